#include "sandbox/room_wire.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/text.h"

namespace tandem::sandbox {
namespace {

constexpr std::size_t kHead = 5;
constexpr int kBitsPerByte = 8;
constexpr std::size_t kLengthBytes = 4;

bool is_kind(char byte) {
  constexpr std::string_view kKinds = "scfbrpe";
  return kKinds.find(byte) != std::string_view::npos;
}

std::optional<std::pair<std::string, std::string>> split_variable(std::string_view entry) {
  const std::size_t equals = entry.find('=');
  if (equals == std::string_view::npos || equals == 0) return std::nullopt;
  return std::pair(std::string(entry.substr(0, equals)), std::string(entry.substr(equals + 1)));
}

}  // namespace

std::string RoomMessage::text() const {
  std::string body(1, static_cast<char>(kind));
  for (const std::string& field : fields) body.append(field).push_back('\0');
  std::string all;
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    all.push_back(static_cast<char>(body.size() >> (kBitsPerByte * i) & 0xFF));
  }
  return all + body;
}

Variables RoomMessage::variables(std::size_t first) const {
  Variables all;
  for (std::size_t i = first; i < fields.size(); ++i) {
    if (auto variable = split_variable(fields[i])) all.push_back(std::move(*variable));
  }
  return all;
}

std::optional<RoomMessage> RoomReader::next() {
  if (broken_ || held_.size() < kHead) return std::nullopt;
  std::size_t length = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    length |= static_cast<std::size_t>(static_cast<unsigned char>(held_[i])) << (kBitsPerByte * i);
  }
  broken_ = length == 0 || length > kMost || !is_kind(held_[kLengthBytes]);
  if (broken_ || held_.size() < kLengthBytes + length) return std::nullopt;
  RoomMessage message;
  message.kind = static_cast<RoomMessage::Kind>(held_[kLengthBytes]);
  std::string_view body = std::string_view(held_).substr(kHead, length - 1);
  while (!body.empty()) {
    const std::size_t end = body.find('\0');
    if (end == std::string_view::npos) {
      broken_ = true;
      return std::nullopt;
    }
    message.fields.emplace_back(body.substr(0, end));
    body.remove_prefix(end + 1);
  }
  held_.erase(0, kLengthBytes + length);
  return message;
}

std::optional<std::vector<std::string>> take_report(std::string& held, std::string_view mark) {
  constexpr std::string_view kEnd("\0\0", 2);
  constexpr std::size_t kFieldsBefore = 2;
  const std::string begin = std::string(mark) + '\0';
  const std::size_t at = held.find(begin);
  if (at == std::string::npos) {
    if (held.size() > begin.size()) held.erase(0, held.size() - begin.size());
    return std::nullopt;
  }
  held.erase(0, at);
  const bool too_long = held.size() > RoomReader::kMost / 2;
  const std::size_t end = held.find(kEnd, begin.size());
  if (end == std::string::npos && !too_long) return std::nullopt;
  std::vector<std::string> fields;
  const std::size_t past = end == std::string::npos ? held.size() : end + kEnd.size();
  for (std::size_t from = begin.size(); from < past;) {
    const std::size_t to = std::min(held.find('\0', from), past);
    fields.push_back(held.substr(from, to - from));
    from = to + 1;
    if (too_long && fields.size() == kFieldsBefore) break;
  }
  if (fields.empty() || !fields.back().empty()) fields.emplace_back();
  held.clear();
  return fields;
}

std::optional<Report> parse_report(const std::vector<std::string>& fields, std::size_t first) {
  if (fields.size() < first + 3 || !fields.back().empty()) return std::nullopt;
  constexpr std::uint64_t kLargest = 255;
  const auto code = core::parse_uint(fields[first]);
  if (!code || *code > kLargest || !fields[first + 1].starts_with('=')) return std::nullopt;
  Report report{.code = static_cast<int>(*code),
                .folder = fields[first + 1].substr(1),
                .variables = std::nullopt};
  if (fields.size() == first + 3) return report;
  report.variables.emplace();
  for (std::size_t i = first + 2; i + 1 < fields.size(); ++i) {
    auto variable = split_variable(fields[i]);
    // "_" is the program that told them.
    if (variable && variable->first != "_") report.variables->push_back(std::move(*variable));
  }
  return report;
}

bool is_variable_name(std::string_view name) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && !(name.front() >= '0' && name.front() <= '9') &&
         std::ranges::all_of(name, is_word);
}

std::string quote_for_shell(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += R"('\'')";
    } else {
      quoted.push_back(c);
    }
  }
  return quoted + "'";
}

std::string command_script(std::string_view text, const Variables& variables,
                           std::string_view report, std::string_view mark) {
  std::string script;
  for (const auto& [name, value] : variables) {
    if (is_variable_name(name)) {
      script += fmt::format("export {}={}\n", name, quote_for_shell(value));
    }
  }
  // Quoted, so that an open quote or a missing fi is the command's matter and not what follows.
  script += fmt::format("eval {}\n", quote_for_shell(text));
  // In one group, so that 'set -x' prints nothing of it.
  script += fmt::format(
      R"report({{ command printf '%s\0' {} "$?" "=$(pwd -P)"; /usr/bin/env -0; command printf '\0'; }})report"
      " >>{} 2>/dev/null\n",
      mark, report);
  return script;
}

}  // namespace tandem::sandbox
