// Java's regular expressions in RE2's syntax, and the services' wording of violations.
#include <fmt/format.h>
#include <re2/re2.h>

#include "aws/dialect.h"
#include "aws/validate.h"
#include "core/text.h"

namespace tandem::aws {
namespace {

constexpr std::uint64_t kLargestRepeat = 1000;

/// "{1,2048}" to "+", "{0,2048}" to "*": RE2 repeats at most 1,000 times.
std::string relax_repeat(std::string_view braces) {
  const auto comma = braces.find(',');
  const auto low = core::parse_uint(braces.substr(0, comma));
  const auto high =
      comma == std::string_view::npos ? low : core::parse_uint(braces.substr(comma + 1));
  if (!low || (high.value_or(0) <= kLargestRepeat && *low <= kLargestRepeat)) {
    return fmt::format("{{{}}}", braces);
  }
  if (*low == 0) return "*";
  return *low <= kLargestRepeat ? fmt::format("{{{},}}", *low) : "+";
}

/// Java's POSIX classes that RE2 writes otherwise; empty when it is none of them.
std::string_view posix_class(std::string_view rest) {
  static constexpr std::pair<std::string_view, std::string_view> kClasses[] = {
      {"\\p{Print}", "[[:print:]]"},
      {"\\p{ASCII}", "[[:ascii:]]"},
      {"\\p{Alnum}", "[[:alnum:]]"},
      {"\\p{Graph}", "[[:graph:]]"},
  };
  for (const auto& [java, re2] : kClasses) {
    if (rest.starts_with(java)) return re2;
  }
  return {};
}

/// "\uXXXX" to "\x{XXXX}"; a surrogate pair, or one end of a range of them, to the whole range
/// beyond the basic plane, which UTF-8 has no surrogates for.
std::string translate(std::string_view pattern) {
  std::string result;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 5 < pattern.size() && pattern[i + 1] == 'u') {
      const auto digits = core::to_upper(pattern.substr(i + 2, 4));
      i += 5;
      if (digits < "D800" || digits > "DFFF") {
        result += "\\x{" + digits + "}";
      } else if (digits == "DBFF") {
        result += "\\x{10FFFF}";
      } else if (digits == "D800") {
        result += "\\x{10000}";
      }
      continue;
    }
    if (const auto posix = posix_class(pattern.substr(i)); !posix.empty()) {
      result += posix;
      i = pattern.find('}', i);
      continue;
    }
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      result += pattern.substr(i++, 2);
      continue;
    }
    const auto close = pattern[i] == '{' ? pattern.find('}', i) : std::string_view::npos;
    if (close != std::string_view::npos) {
      result += relax_repeat(pattern.substr(i + 1, close - i - 1));
      i = close;
      continue;
    }
    result += pattern[i];
  }
  return result;
}

std::string xml_violation(const Violation& violation) {
  constexpr std::string_view kEnum = "Member must satisfy enum value set: ";
  if (violation.constraint.starts_with(kEnum)) {
    return fmt::format(
        "Invalid XML ; cvc-enumeration-valid: Value {} is not facet-valid with respect to "
        "enumeration '{}'. It must be a value from the enumeration.",
        violation.value, violation.constraint.substr(kEnum.size()));
  }
  return {};
}

}  // namespace

const re2::RE2& Validator::compiled(std::string_view pattern) {
  const std::scoped_lock lock(compiling_);
  auto& compiled = patterns_[std::string(pattern)];
  if (!compiled) {
    re2::RE2::Options options(re2::RE2::Quiet);
    options.set_dot_nl(true);
    compiled = std::make_unique<re2::RE2>(translate(pattern), options);
  }
  return *compiled;
}

bool Validator::can_check(std::string_view pattern) { return compiled(pattern).ok(); }

bool Validator::matches(std::string_view pattern, std::string_view text) {
  const auto& expression = compiled(pattern);
  if (!expression.ok()) return true;
  return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), expression);
}

namespace {

std::string lower_first(std::string_view name) {
  std::string text(name);
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] += 'a' - 'A';
  return text;
}

/// "putIntegrationInput.type": what comes in a body is named within it, what comes in the URI is
/// not.
std::string path_in_input(const model::Operation& operation, const std::string& path) {
  const std::string first = path.substr(0, path.find('.'));
  for (const model::Member member : operation.input()->members()) {
    if (lower_first(member.name()) != first) continue;
    if (member.location() != model::Location::kBody) break;
    return lower_first(operation.name()) + "Input." + path;
  }
  return path;
}

}  // namespace

std::optional<ApiError> validation_error(const model::Operation& operation,
                                         const std::vector<Violation>& violations) {
  if (violations.empty()) return std::nullopt;
  const Dialect& dialect = dialect_of(operation.service().name());
  const std::string code(dialect.constraint.empty() ? "ValidationException" : dialect.constraint);
  if (dialect.schema) {
    const auto text = xml_violation(violations.front());
    if (!text.empty()) return ApiError(400, code, text);
  }
  std::string message = fmt::format("{} validation error{} detected: ", violations.size(),
                                    violations.size() == 1 ? "" : "s");
  bool first = true;
  for (const auto& violation : violations) {
    if (!first) message += "; ";
    first = false;
    const std::string path =
        dialect.inputs_in_paths ? path_in_input(operation, violation.path) : violation.path;
    message += fmt::format("Value {} at '{}' failed to satisfy constraint: {}", violation.value,
                           path, violation.constraint);
  }
  return ApiError(400, code, std::move(message));
}

}  // namespace tandem::aws
