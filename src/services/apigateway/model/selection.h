// Which integration response an answer of the back end takes: the one whose selectionPattern
// matches the whole text, else the one without a pattern (API Gateway developer guide, "Set up an
// integration response"). The text is a function's errorMessage, or the status of whatever else was
// asked.
#pragma once

#include <memory>
#include <string_view>

#include "core/parsed.h"

namespace re2 {
class RE2;
}

namespace tandem::apigateway {

/// AWS's are Java's regular expressions. Here they are RE2's, which answers in linear time whatever
/// the text is, and has no look-around and no backreferences. '.' does not match a line's end, as
/// in Java.
class SelectionPattern {
 public:
  static core::Parsed<SelectionPattern> parse(std::string_view pattern);
  /// An empty pattern is the default, which matches nothing by itself.
  bool is_default() const { return pattern_ == nullptr; }
  bool matches(std::string_view text) const;

 private:
  std::shared_ptr<const re2::RE2> pattern_;
};

}  // namespace tandem::apigateway
