// Filter patterns for unstructured log events: terms, "quoted phrases", -exclusions and ?choices.
// (CloudWatch Logs user guide, "Filter pattern syntax for metric filters, subscription filters,
// filter log events, and Live Tail".) Matching is by substring and case matters.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/parsed.h"

namespace tandem::logs {

class FilterPattern {
 public:
  /// The error's message is the text for the client. JSON, space-delimited and regular-expression
  /// patterns are not implemented and are refused by name.
  static core::Parsed<FilterPattern> parse(std::string_view text);

  bool matches(std::string_view message) const;
  bool matches_everything() const { return required_.empty() && excluded_.empty() && any_.empty(); }

 private:
  std::vector<std::string> required_;
  std::vector<std::string> excluded_;
  std::vector<std::string> any_;  ///< at least one must be there, when there are any
};

}  // namespace tandem::logs
