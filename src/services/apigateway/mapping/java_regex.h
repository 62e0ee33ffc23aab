// Java's regular expressions on RE2: what RE2 can do of them, in Java's spelling. RE2 takes time
// that is linear in the text; what it cannot do that way (look-around, back references, possessive
// quantifiers, intersections of character classes) is refused by name.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/parsed.h"
#include "services/apigateway/mapping/budget.h"

namespace tandem::apigateway::mapping {

/// The pattern as RE2 spells it.
core::Parsed<std::string> java_to_re2(std::string_view pattern);

class Regex;

/// The patterns of one rendering: a template applies the same few again and again.
class Patterns {
 public:
  explicit Patterns(Budget& budget);
  ~Patterns();
  Patterns(const Patterns&) = delete;
  Patterns& operator=(const Patterns&) = delete;

  Budget& budget() { return budget_; }
  /// Throws RenderError for a pattern that is none. Valid until the next call.
  const Regex& compiled(std::string_view pattern);

 private:
  Budget& budget_;
  std::map<std::string, std::unique_ptr<Regex>, std::less<>> known_;
};

/// All throw RenderError for a pattern that is none, and pay for what they read.
///
/// String.matches(): the whole text.
bool regex_matches(Patterns& patterns, std::string_view text, std::string_view pattern);
/// String.replaceAll() and replaceFirst(): "$1" and "${name}" in the replacement are groups, "\"
/// escapes.
enum class Replace { kAll, kFirst };
std::string regex_replace(Patterns& patterns, std::string_view text, std::string_view pattern,
                          std::string_view replacement, Replace which);
/// String.split(): limit as there; 0 drops what is empty at the end.
std::vector<std::string> regex_split(Patterns& patterns, std::string_view text,
                                     std::string_view pattern, std::int64_t limit);

}  // namespace tandem::apigateway::mapping
