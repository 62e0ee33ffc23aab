#include "services/apigateway/model/patch.h"

#include <algorithm>
#include <charconv>
#include <fmt/ranges.h>

#include "core/text.h"
#include "services/apigateway/errors.h"

namespace tandem::apigateway {
namespace {

/// RFC 6901 §4: "~1" is '/', then "~0" is '~'.
std::string decode_segment(std::string_view segment) {
  std::string text;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    const bool escape = segment[i] == '~' && i + 1 < segment.size();
    if (escape && segment[i + 1] == '1') {
      text += '/';
      ++i;
    } else if (escape && segment[i + 1] == '0') {
      text += '~';
      ++i;
    } else {
      text += segment[i];
    }
  }
  return text;
}

bool is_variable(std::string_view segment) { return segment.starts_with('{'); }
bool is_greedy(std::string_view segment) { return segment.ends_with("+}"); }

/// The captures when path has the pattern's form.
std::optional<std::vector<std::string>> match_path(std::string_view pattern,
                                                   std::string_view path) {
  const auto wanted = core::split(pattern, '/');
  const auto given = core::split(path, '/');
  if (given.size() < wanted.size()) return std::nullopt;
  std::size_t spare = given.size() - wanted.size();
  std::vector<std::string> captures;
  std::size_t at = 0;
  for (const std::string_view segment : wanted) {
    if (!is_variable(segment)) {
      if (given[at++] != segment) return std::nullopt;
      continue;
    }
    std::string text = decode_segment(given[at++]);
    while (is_greedy(segment) && spare > 0) {
      text += '/';
      text += decode_segment(given[at++]);
      --spare;
    }
    captures.push_back(std::move(text));
  }
  if (at != given.size()) return std::nullopt;
  return captures;
}

bool supports(const PatchRule& rule, std::string_view op) {
  return std::find(rule.ops.begin(), rule.ops.end(), op) != rule.ops.end();
}

/// The operations that the table has for this path.
std::vector<std::string_view> ops_for(std::string_view path, const PatchTable& table) {
  std::vector<std::string_view> possible;
  for (const std::string_view op : {"add", "replace", "remove"}) {
    const auto takes = [&](const PatchRule& rule) {
      return supports(rule, op) && match_path(rule.path, path);
    };
    if (std::any_of(table.begin(), table.end(), takes)) possible.push_back(op);
  }
  return possible;
}

aws::ApiError unsupported(const PatchOperation& operation, const PatchTable& table,
                          PatchWords words) {
  const auto possible_ops = ops_for(operation.path, table);
  if (words == PatchWords::kShort) {
    if (possible_ops.empty()) {
      return errors::bad_request(fmt::format("Invalid patch path {}", operation.path));
    }
    return errors::bad_request(fmt::format(
        "Invalid patch operation specified. Must be one of: [{}]", fmt::join(possible_ops, ", ")));
  }
  if (!possible_ops.empty()) {
    return errors::bad_request(
        fmt::format("Invalid patch path  '{}' specified for op '{}'. Please choose supported "
                    "operations",
                    operation.path, operation.op));
  }
  std::vector<std::string_view> possible;
  for (const PatchRule& rule : table) {
    if (supports(rule, operation.op)) possible.push_back(rule.path);
  }
  return errors::bad_request(
      fmt::format("Invalid patch path  '{}' specified for op '{}'. Must be one of: [{}]",
                  operation.path, operation.op, fmt::join(possible, ", ")));
}

void apply_one(json::object& document, PatchOperation operation, const PatchTable& table,
               PatchWords words) {
  for (const PatchRule& rule : table) {
    if (!supports(rule, operation.op)) continue;
    auto captures = match_path(rule.path, operation.path);
    if (!captures) continue;
    operation.captures = std::move(*captures);
    rule.apply(document, operation);
    return;
  }
  throw unsupported(operation, table, words);
}

PatchRule change_entry(std::string_view path, std::string_view member, MissingEntry missing,
                       json::value (*value_of)(const PatchOperation&)) {
  return {{"add", "replace", "remove"},
          path,
          [member, missing, value_of](json::object& document, const PatchOperation& operation) {
            json::value& map = document[member];
            if (!map.is_object()) map = json::object();
            const std::string& name = operation.captures.front();
            const bool there = map.as_object().contains(name);
            if (!there && operation.op != "add" && !missing.message.empty()) {
              throw errors::not_found(std::string(missing.message));
            }
            if (operation.op == "remove") {
              map.as_object().erase(name);
            } else {
              map.as_object()[name] = value_of(operation);
            }
            if (map.as_object().empty()) document.erase(member);
          }};
}

}  // namespace

const std::string& PatchOperation::need_value() const {
  if (!value) {
    throw errors::bad_request(
        fmt::format("Invalid patch operation: a value is required for path '{}'", path));
  }
  return *value;
}

bool PatchOperation::need_bool() const {
  const std::string text = core::to_lower(need_value());
  if (text == "true") return true;
  if (text == "false") return false;
  throw errors::bad_request(
      fmt::format("Invalid value '{}' for path '{}'. Must be a boolean", need_value(), path));
}

std::int64_t PatchOperation::need_int() const {
  if (const auto number = core::parse_int(need_value())) return *number;
  throw errors::bad_request(
      fmt::format("Invalid value '{}' for path '{}'. Must be an integer", need_value(), path));
}

double PatchOperation::need_number() const {
  const std::string& text = need_value();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (whole && number >= -1e15 && number <= 1e15) return number;
  throw errors::bad_request(
      fmt::format("Invalid value '{}' for path '{}'. Must be a number", text, path));
}

void apply_patch(json::object& document, const json::array* operations, const PatchTable& table,
                 PatchWords words) {
  if (operations == nullptr) return;
  for (const json::value& each : *operations) {
    if (!each.is_object()) throw errors::bad_request("Invalid patch operation specified");
    const json::object& given = each.as_object();
    PatchOperation operation;
    operation.op = json::string_or(given, "op");
    operation.path = json::string_or(given, "path");
    operation.value = json::find_string(given, "value");
    apply_one(document, std::move(operation), table, words);
  }
}

PatchRule replace_text(std::string_view path, std::string_view member) {
  return {{"replace"}, path, [member](json::object& document, const PatchOperation& operation) {
            document[member] = operation.need_value();
          }};
}

PatchRule replace_flag(std::string_view path, std::string_view member) {
  return {{"replace"}, path, [member](json::object& document, const PatchOperation& operation) {
            document[member] = operation.need_bool();
          }};
}

PatchRule change_map_entry(std::string_view path, std::string_view member, MissingEntry missing) {
  return change_entry(path, member, missing, [](const PatchOperation& operation) {
    return json::value(operation.need_value());
  });
}

PatchRule change_flag_entry(std::string_view path, std::string_view member, MissingEntry missing) {
  return change_entry(path, member, missing, [](const PatchOperation& operation) {
    return json::value(core::equals_ignoring_case(operation.value.value_or(""), "true"));
  });
}

}  // namespace tandem::apigateway
