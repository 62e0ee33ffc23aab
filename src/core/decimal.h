// Decimal numbers as DynamoDB has them: 38 significant digits, magnitudes from 1E-130 to
// 9.9…9E+125, exact or refused, never rounded.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::core {

enum class DecimalFault : std::uint8_t {
  kNone,
  kNotNumeric,
  kOverflow,    ///< magnitude of 1E+126 or more
  kUnderflow,   ///< magnitude below 1E-130, and not zero
  kTooPrecise,  ///< more than 38 significant digits
};

struct DecimalResult;

/// A value type. Kept canonical (no trailing zeros in the coefficient, zero is positive), so equal
/// numbers have equal members whatever text they came from.
class Decimal {
 public:
  static constexpr int kMaxDigits = 38;
  static constexpr int kMaxExponent = 125;   ///< of the leading digit
  static constexpr int kMinExponent = -130;  ///< of the leading digit

  Decimal() = default;
  explicit Decimal(std::int64_t value);

  /// Accepts [+-] digits [. digits] [e [+-] digits] with at least one digit before the exponent,
  /// and nothing else.
  static DecimalResult parse(std::string_view text);

  bool is_zero() const { return digits_ == 0; }
  bool negative() const { return negative_; }
  /// Significant digits; 0 for zero.
  int digit_count() const { return digits_; }
  /// Power of ten of the first significant digit. Only for numbers other than zero.
  int leading_exponent() const { return exponent_ + digits_ - 1; }
  /// The significant digits as text, without sign, point or trailing zeros; "" for zero.
  std::string digits() const;

  /// Plain notation without exponent, superfluous zeros or "+": "-0.05", "1200".
  std::string text() const;
  void append_text(std::string& out) const;

  Decimal negated() const;

  friend DecimalResult add(const Decimal& a, const Decimal& b);
  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);
  friend bool operator==(const Decimal& a, const Decimal& b) = default;

 private:
  __extension__ using Coefficient = unsigned __int128;
  Coefficient coefficient() const { return (Coefficient{high_} << 64) | low_; }
  void set(Coefficient coefficient, int exponent, bool negative);
  /// coefficient * 10^exponent in canonical form, or why it is out of range. Any coefficient.
  static DecimalResult make(Coefficient coefficient, int exponent, bool negative);

  std::uint64_t high_ = 0;
  std::uint64_t low_ = 0;
  std::int16_t exponent_ = 0;  ///< of the coefficient's last digit
  std::uint8_t digits_ = 0;
  bool negative_ = false;
};

struct DecimalResult {
  Decimal value;
  DecimalFault fault = DecimalFault::kNone;
  bool ok() const { return fault == DecimalFault::kNone; }
};

/// Exact sum, or the fault that keeps it from being a Decimal.
DecimalResult add(const Decimal& a, const Decimal& b);
inline DecimalResult subtract(const Decimal& a, const Decimal& b) { return add(a, b.negated()); }

}  // namespace tandem::core
