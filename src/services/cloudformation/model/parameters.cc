#include "services/cloudformation/model/parameters.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <re2/re2.h>

#include "core/text.h"
#include "services/cloudformation/errors.h"

namespace tandem::cloudformation {
namespace {

constexpr std::size_t kLongestValue = 4096;

bool is_list(std::string_view type) {
  return type == "CommaDelimitedList" || type.starts_with("List<");
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  // from_chars reads "nan" and "inf", too.
  if (!whole || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::vector<std::string> items_of(const ParameterDeclaration& parameter, const std::string& text) {
  if (!is_list(parameter.type)) return {text};
  std::vector<std::string> items;
  if (text.empty()) return items;
  for (const std::string_view item : core::split(text, ',')) items.emplace_back(core::trim(item));
  return items;
}

[[noreturn]] void violated(const ParameterDeclaration& parameter, std::string_view rule) {
  if (!parameter.constraint_description.empty()) {
    throw validation_error(fmt::format("Parameter {} failed to satisfy constraint: {}",
                                       parameter.name, parameter.constraint_description));
  }
  throw validation_error(fmt::format("Parameter '{}' {}", parameter.name, rule));
}

void check_pattern(const ParameterDeclaration& parameter, const std::string& item) {
  RE2::Options options;
  options.set_log_errors(false);
  const RE2 pattern(parameter.allowed_pattern, options);
  if (!pattern.ok()) {
    throw format_error(
        fmt::format("AllowedPattern of parameter {} is not a supported regular "
                    "expression: {}",
                    parameter.name, pattern.error()));
  }
  if (RE2::FullMatch(item, pattern)) return;
  throw validation_error(
      fmt::format("Parameter {} failed to satisfy constraint: {}", parameter.name,
                  parameter.constraint_description.empty()
                      ? fmt::format("must match pattern {}", parameter.allowed_pattern)
                      : parameter.constraint_description));
}

void check_number(const ParameterDeclaration& parameter, const std::string& item) {
  const auto value = number(item);
  if (!value) violated(parameter, "must be a number");
  if (parameter.min_value && *value < *parameter.min_value) {
    violated(parameter, fmt::format("must be a number not less than {}", *parameter.min_value));
  }
  if (parameter.max_value && *value > *parameter.max_value) {
    violated(parameter, fmt::format("must be a number not greater than {}", *parameter.max_value));
  }
}

void check_item(const ParameterDeclaration& parameter, const std::string& item) {
  const auto& allowed = parameter.allowed_values;
  if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), item) == allowed.end()) {
    violated(parameter, "must be one of AllowedValues");
  }
  if (!parameter.allowed_pattern.empty()) check_pattern(parameter, item);
  if (parameter.type == "Number" || parameter.type == "List<Number>") {
    check_number(parameter, item);
    return;
  }
  const auto length = static_cast<std::int64_t>(item.size());
  if (parameter.min_length && length < *parameter.min_length) {
    violated(parameter, fmt::format("must contain at least {} characters", *parameter.min_length));
  }
  if (parameter.max_length && length > *parameter.max_length) {
    violated(parameter, fmt::format("must contain at most {} characters", *parameter.max_length));
  }
}

void check_value(const ParameterDeclaration& parameter, const std::string& text) {
  if (text.size() > kLongestValue) {
    violated(parameter, fmt::format("exceeds the limit of {} bytes", kLongestValue));
  }
  for (const std::string& item : items_of(parameter, text)) check_item(parameter, item);
}

void check_known(const Template& source, const std::vector<GivenParameter>& given) {
  std::vector<std::string> unknown;
  for (const GivenParameter& parameter : given) {
    if (source.find_parameter(parameter.key) == nullptr) unknown.push_back(parameter.key);
  }
  if (!unknown.empty()) {
    throw validation_error(
        fmt::format("Parameters: {} do not exist in the template", bracketed(unknown)));
  }
}

std::optional<std::string> choose(const ParameterDeclaration& parameter,
                                  const GivenParameter* given, const ParameterTexts* previous) {
  if (given != nullptr && given->use_previous) {
    const auto known = previous == nullptr ? nullptr : [&]() -> const std::string* {
      const auto found = previous->find(parameter.name);
      return found == previous->end() ? nullptr : &found->second;
    }();
    if (known == nullptr) {
      throw validation_error(fmt::format(
          "Invalid input for parameter key {}. Cannot specify usePreviousValue as true for a "
          "parameter key not in the previous template",
          parameter.name));
    }
    return *known;
  }
  if (given != nullptr && given->value) return given->value;
  return parameter.default_value;
}

ParameterValues values(const Template& source, const ParameterTexts& texts, bool mask) {
  ParameterValues result;
  for (const ParameterDeclaration& parameter : source.parameters) {
    const auto text = texts.find(parameter.name);
    if (text == texts.end()) continue;
    const std::string shown = mask && parameter.no_echo ? std::string(kMask) : text->second;
    if (!is_list(parameter.type)) {
      result.emplace(parameter.name, json::string(shown));
      continue;
    }
    json::array list;
    for (const std::string& item : items_of(parameter, shown)) list.push_back(json::string(item));
    result.emplace(parameter.name, std::move(list));
  }
  return result;
}

}  // namespace

ParameterTexts resolve_parameters(const Template& source, const std::vector<GivenParameter>& given,
                                  const ParameterTexts* previous) {
  check_known(source, given);
  ParameterTexts texts;
  std::vector<std::string> missing;
  for (const ParameterDeclaration& parameter : source.parameters) {
    const auto found = std::find_if(given.begin(), given.end(), [&](const GivenParameter& one) {
      return one.key == parameter.name;
    });
    const auto text = choose(parameter, found == given.end() ? nullptr : &*found, previous);
    if (!text) {
      missing.push_back(parameter.name);
      continue;
    }
    texts.emplace(parameter.name, *text);
  }
  if (!missing.empty()) {
    throw validation_error(fmt::format("Parameters: {} must have values", bracketed(missing)));
  }
  for (const ParameterDeclaration& parameter : source.parameters) {
    check_value(parameter, texts.at(parameter.name));
  }
  return texts;
}

ParameterValues parameter_values(const Template& source, const ParameterTexts& texts) {
  return values(source, texts, false);
}

ParameterValues masked_values(const Template& source, const ParameterTexts& texts) {
  return values(source, texts, true);
}

}  // namespace tandem::cloudformation
