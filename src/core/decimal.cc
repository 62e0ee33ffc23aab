#include "core/decimal.h"

#include <algorithm>
#include <array>

#include "core/check.h"

namespace tandem::core {
namespace {

__extension__ using Uint128 = unsigned __int128;

constexpr std::array<Uint128, 39> make_powers() {
  std::array<Uint128, 39> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}
constexpr std::array<Uint128, 39> kPowers = make_powers();

int count_digits(Uint128 value) {
  return static_cast<int>(std::upper_bound(kPowers.begin(), kPowers.end(), value) -
                          kPowers.begin());
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The exponent part "e+12", saturating far outside the allowed range. As in DynamoDB, one that
/// does not fit 64 bits is none.
struct Exponent {
  std::int64_t value = 0;
  bool ok = true;
};
Exponent parse_exponent(std::string_view text) {
  constexpr std::int64_t kFar = 1'000'000'000;
  bool negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return {0, false};
  std::int64_t value = 0;
  for (char c : text) {
    if (__builtin_mul_overflow(value, 10, &value)) return {0, false};
    if (__builtin_add_overflow(value, c - '0', &value)) return {0, false};
  }
  value = std::min(value, kFar);
  return {negative ? -value : value, true};
}

/// Collects digits of a mantissa of any length, keeping the first 38 that matter.
struct Mantissa {
  Uint128 coefficient = 0;
  int digits = 0;                  ///< in coefficient
  std::int64_t pending_zeros = 0;  ///< after coefficient, not known yet to be inner zeros
  std::int64_t leading = 0;        ///< exponent of the first significant digit, before "e"
  bool too_precise = false;
  bool any = false;

  void take(char c, std::int64_t place) {
    any = true;
    if (c == '0') {
      if (digits > 0) ++pending_zeros;
      return;
    }
    if (digits == 0) leading = place;
    const std::int64_t more = pending_zeros + 1;
    pending_zeros = 0;
    if (too_precise || digits + more > Decimal::kMaxDigits) {
      too_precise = true;
      digits = std::max(digits, 1);
      return;
    }
    coefficient =
        coefficient * kPowers[static_cast<std::size_t>(more)] + static_cast<unsigned>(c - '0');
    digits += static_cast<int>(more);
  }
};

}  // namespace

Decimal::Decimal(std::int64_t value) {
  const bool negative = value < 0;
  const auto magnitude = negative ? std::uint64_t{0} - static_cast<std::uint64_t>(value)
                                  : static_cast<std::uint64_t>(value);
  *this = make(magnitude, 0, negative).value;
}

void Decimal::set(Coefficient coefficient, int exponent, bool negative) {
  high_ = static_cast<std::uint64_t>(coefficient >> 64);
  low_ = static_cast<std::uint64_t>(coefficient);
  exponent_ = static_cast<std::int16_t>(exponent);
  digits_ = static_cast<std::uint8_t>(count_digits(coefficient));
  negative_ = negative;
}

DecimalResult Decimal::make(Coefficient coefficient, int exponent, bool negative) {
  if (coefficient == 0) return {};
  while (coefficient % 10 == 0) {
    coefficient /= 10;
    ++exponent;
  }
  const int digits = count_digits(coefficient);
  const int leading = exponent + digits - 1;
  if (leading > kMaxExponent) return {{}, DecimalFault::kOverflow};
  if (leading < kMinExponent) return {{}, DecimalFault::kUnderflow};
  if (digits > kMaxDigits) return {{}, DecimalFault::kTooPrecise};
  DecimalResult result;
  result.value.set(coefficient, exponent, negative);
  return result;
}

DecimalResult Decimal::parse(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  std::size_t end = 0;
  while (end < text.size() && (is_digit(text[end]) || text[end] == '.')) ++end;
  const std::string_view mantissa_text = text.substr(0, end);
  const std::size_t point = std::min(mantissa_text.find('.'), mantissa_text.size());

  Exponent exponent;
  if (end < text.size()) {
    if (text[end] != 'e' && text[end] != 'E') return {{}, DecimalFault::kNotNumeric};
    exponent = parse_exponent(text.substr(end + 1));
    if (!exponent.ok) return {{}, DecimalFault::kNotNumeric};
  }

  Mantissa mantissa;
  auto place = static_cast<std::int64_t>(point) - 1;
  for (std::size_t i = 0; i < mantissa_text.size(); ++i) {
    const char c = mantissa_text[i];
    if (c == '.') {
      if (i != point) return {{}, DecimalFault::kNotNumeric};
      continue;
    }
    mantissa.take(c, place--);
  }
  if (!mantissa.any) return {{}, DecimalFault::kNotNumeric};

  // DynamoDB measures even a zero by the exponent it is written with.
  const std::int64_t leading = mantissa.leading + exponent.value;
  if (leading > kMaxExponent) return {{}, DecimalFault::kOverflow};
  if (leading < kMinExponent) return {{}, DecimalFault::kUnderflow};
  if (mantissa.too_precise) return {{}, DecimalFault::kTooPrecise};
  if (mantissa.digits == 0) return {};
  DecimalResult result;
  result.value.set(mantissa.coefficient, static_cast<int>(leading) - mantissa.digits + 1, negative);
  return result;
}

std::string Decimal::digits() const {
  std::string out(digits_, '0');
  Coefficient rest = coefficient();
  // Two halves of 19 digits each keep the divisions in 64 bits.
  constexpr std::uint64_t kHalf = 10'000'000'000'000'000'000U;
  auto at = out.size();
  auto low = static_cast<std::uint64_t>(rest % kHalf);
  auto high = static_cast<std::uint64_t>(rest / kHalf);
  for (int i = 0; i < 19 && at > 0; ++i, low /= 10) {
    out[--at] = static_cast<char>('0' + low % 10);
  }
  for (; at > 0; high /= 10) out[--at] = static_cast<char>('0' + high % 10);
  return out;
}

void Decimal::append_text(std::string& out) const {
  if (is_zero()) {
    out += '0';
    return;
  }
  if (negative_) out += '-';
  const std::string all = digits();
  if (exponent_ >= 0) {
    out += all;
    out.append(static_cast<std::size_t>(exponent_), '0');
    return;
  }
  const int whole = digits_ + exponent_;  // digits before the point
  if (whole > 0) {
    out.append(all, 0, static_cast<std::size_t>(whole));
    out += '.';
    out.append(all, static_cast<std::size_t>(whole));
  } else {
    out += "0.";
    out.append(static_cast<std::size_t>(-whole), '0');
    out += all;
  }
}

std::string Decimal::text() const {
  std::string out;
  append_text(out);
  return out;
}

Decimal Decimal::negated() const {
  Decimal out = *this;
  if (!out.is_zero()) out.negative_ = !out.negative_;
  return out;
}

DecimalResult add(const Decimal& a, const Decimal& b) {
  if (a.is_zero()) return {b};
  if (b.is_zero()) return {a};
  const Decimal& coarse = a.exponent_ >= b.exponent_ ? a : b;
  const Decimal& fine = a.exponent_ >= b.exponent_ ? b : a;
  const int shift = coarse.exponent_ - fine.exponent_;
  // The result's last digit is fine's last digit, which is not zero when shift > 0, and its first
  // is at worst one place below coarse's first: with more than 39 places it cannot have 38 digits.
  if (shift > 0 && coarse.digits_ + shift > Decimal::kMaxDigits + 1) {
    return {{}, DecimalFault::kTooPrecise};
  }
  Uint128 aligned = coarse.coefficient();
  if (shift > 0 &&
      __builtin_mul_overflow(aligned, kPowers[static_cast<std::size_t>(shift)], &aligned)) {
    return {{}, DecimalFault::kTooPrecise};
  }
  const Uint128 other = fine.coefficient();
  if (coarse.negative_ == fine.negative_) {
    Uint128 sum = 0;
    if (__builtin_add_overflow(aligned, other, &sum)) return {{}, DecimalFault::kTooPrecise};
    return Decimal::make(sum, fine.exponent_, coarse.negative_);
  }
  return aligned >= other ? Decimal::make(aligned - other, fine.exponent_, coarse.negative_)
                          : Decimal::make(other - aligned, fine.exponent_, fine.negative_);
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
  const auto sign = [](const Decimal& x) { return x.is_zero() ? 0 : x.negative_ ? -1 : 1; };
  if (const auto order = sign(a) <=> sign(b); order != 0) return order;
  if (a.is_zero()) return std::strong_ordering::equal;
  auto magnitude = a.leading_exponent() <=> b.leading_exponent();
  if (magnitude == 0) {
    const auto scaled = [](const Decimal& x) {
      return x.coefficient() * kPowers[static_cast<std::size_t>(Decimal::kMaxDigits - x.digits_)];
    };
    magnitude = scaled(a) <=> scaled(b);
  }
  return a.negative_ ? 0 <=> magnitude : magnitude;
}

}  // namespace tandem::core
