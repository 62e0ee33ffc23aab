// YAML as CloudFormation reads it: YAML 1.1 scalars, its short tags in their long forms, and bounds
// that hold against documents made to explode.
#pragma once

#include <string_view>

#include "core/json.h"

namespace tandem::cloudformation {

struct YamlLimits {
  std::size_t depth = 64;
  /// Of one document.
  std::size_t nodes = 500'000;
  /// In scalars.
  std::size_t bytes = 8 * 1024 * 1024;
};

/// Throws the "YAML not well-formed" error with line and column. One document only.
json::value parse_yaml(std::string_view text, const YamlLimits& limits = {});

/// An unquoted scalar's value by the YAML 1.1 rules CloudFormation applies. Dates stay strings, as
/// does a number that would not come back as it was written.
json::value typed_scalar(std::string_view text);

}  // namespace tandem::cloudformation
