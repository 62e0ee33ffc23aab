// What one field of an event is held against: the comparison operators of event patterns
// (EventBridge user guide, "Comparison operators for use in event patterns").
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/json.h"

namespace tandem::events {

/// Addresses with the same first bits.
struct AddressBlock {
  std::array<unsigned char, 16> address{};
  std::size_t bytes = 4;  ///< 4 or 16
  unsigned bits = 32;
  bool contains(const AddressBlock& other) const;
};
/// An address alone. Nothing for what is none.
std::optional<AddressBlock> read_address(std::string_view text);
/// "10.0.0.0/24". Throws PatternError.
AddressBlock read_block(std::string_view text);

/// "numeric" works within ±5e9, and up to six digits behind the point (user guide, "Numeric
/// matching"). Nothing outside of it.
std::optional<std::int64_t> comparable_number(double number);
/// The refusal of one outside.
inline constexpr std::string_view kNumberRange =
    "Value must be between -5.0E9 and 5.0E9, inclusive";

struct ValuePattern {
  enum class Kind {
    kLiteral,  ///< null, true or false
    kNumber,
    kText,
    kPrefix,
    kSuffix,
    kIgnoreCase,
    kPrefixIgnoreCase,
    kSuffixIgnoreCase,
    kWildcard,
    kRange,
    kBlock,
    kAnythingBut,  ///< none of `none`
    kExists,
    kAbsent,
  };
  Kind kind = Kind::kText;
  std::string text;                ///< kLiteral too
  std::vector<std::string> parts;  ///< kWildcard: what stands between the asterisks
  double number = 0;               ///< kNumber
  std::int64_t low = INT64_MIN;    ///< kRange, both inclusive, as comparable_number() has them
  std::int64_t high = INT64_MAX;
  AddressBlock block;              ///< kBlock
  std::vector<ValuePattern> none;  ///< kAnythingBut

  /// value is no object and no array.
  bool matches(const json::value& value) const;
};

/// "dir/*.png" cut at its asterisks. Throws PatternError: asterisks in a row, an escape of anything
/// but an asterisk or a backslash.
std::vector<std::string> read_wildcard(std::string_view text);
/// How many beginnings of the wildcards one text can have at once, which is what AWS bounds
/// (event-ruler, "MachineComplexityEvaluator").
std::size_t complexity(const std::vector<const ValuePattern*>& wildcards);

/// All that one field may be.
class ValuePatterns {
 public:
  void add(ValuePattern pattern);
  bool empty() const { return texts_.empty() && others_.empty(); }
  /// Null, an object and what holds no value are absent.
  bool matches(const json::value* field) const;
  /// Nothing but { "exists": false }.
  bool only_absence() const;
  std::size_t wildcard_complexity() const;

 private:
  enum class Found { kNothing, kOther, kMatch };
  Found look(const json::value& field) const;
  bool matches_value(const json::value& value) const;

  std::unordered_set<std::string> texts_;  ///< exact ones: there may be many
  std::vector<ValuePattern> others_;
  bool absence_ = false;
};

}  // namespace tandem::events
