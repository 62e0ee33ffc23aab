#include "core/decimal.h"

#include <boost/multiprecision/cpp_int.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

#include "core/random.h"

namespace tandem::core {
namespace {

// Number ranges and precision: DynamoDB Developer Guide, "Supported data types: Number".

Decimal number(std::string_view text) {
  const auto result = Decimal::parse(text);
  EXPECT_TRUE(result.ok()) << text;
  return result.value;
}

TEST(Decimal, NormalisesEveryNotation) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"0", "0"},
      {"-0", "0"},
      {"0e125", "0"},
      {"0.000", "0"},
      {"+3", "3"},
      {"0001.2300", "1.23"},
      {".123", "0.123"},
      {"1.", "1"},
      {"-17.4E2", "-1740"},
      {"1e+5", "100000"},
      {"12e-4", "0.0012"},
      {"100", "100"},
      {"-0.05", "-0.05"},
      {"120.50", "120.5"},
      {"99999999999999999999999999999999999999", "99999999999999999999999999999999999999"},
  };
  for (const auto& [text, plain] : cases) EXPECT_EQ(number(text).text(), plain) << text;
}

TEST(Decimal, RefusesWhatIsNoNumber) {
  for (const std::string_view text : {"",
                                      " ",
                                      " 1",
                                      "1 ",
                                      "-",
                                      "+",
                                      ".",
                                      "e5",
                                      "1e",
                                      "1e+",
                                      "1.2.3",
                                      "--1",
                                      "NaN",
                                      "Infinity",
                                      "-Infinity",
                                      "dog",
                                      "0x10",
                                      "1_000",
                                      "1e5.0",
                                      "1e9223372036854775808",
                                      "1e-99999999999999999999"}) {
    EXPECT_EQ(Decimal::parse(text).fault, DecimalFault::kNotNumeric) << text;
  }
}

TEST(Decimal, HoldsTheLimitsAndRefusesWhatIsBeyondThem) {
  const std::string nines(38, '9');
  EXPECT_EQ(number(nines.substr(0, 1) + "." + nines.substr(1) + "e125").text(),
            nines + std::string(88, '0'));
  EXPECT_EQ(number("1e-130").text(), "0." + std::string(129, '0') + "1");
  EXPECT_EQ(number("-1e125").leading_exponent(), 125);

  EXPECT_EQ(Decimal::parse("1e126").fault, DecimalFault::kOverflow);
  EXPECT_EQ(Decimal::parse("-11e125").fault, DecimalFault::kOverflow);
  EXPECT_EQ(Decimal::parse("1e99999999999").fault, DecimalFault::kOverflow);
  EXPECT_EQ(Decimal::parse("1e9223372036854775807").fault, DecimalFault::kOverflow);
  EXPECT_EQ(Decimal::parse("0e126").fault, DecimalFault::kOverflow);
  EXPECT_EQ(Decimal::parse("0e-131").fault, DecimalFault::kUnderflow);
  EXPECT_EQ(Decimal::parse("0.9e-130").fault, DecimalFault::kUnderflow);
  EXPECT_EQ(Decimal::parse("1e-99999999999").fault, DecimalFault::kUnderflow);
  EXPECT_EQ(Decimal::parse(nines + "9").fault, DecimalFault::kTooPrecise);
  EXPECT_EQ(Decimal::parse("1" + std::string(37, '0') + "1").fault, DecimalFault::kTooPrecise);
  // Zeros at the end are not significant.
  EXPECT_EQ(number(nines + "000").leading_exponent(), 40);
}

TEST(Decimal, ReadsHugeTextsInLinearTime) {
  const std::string zeros(1'000'000, '0');
  EXPECT_EQ(number(zeros + "1." + zeros).text(), "1");
  EXPECT_EQ(number("0." + zeros + "1e1000001").text(), "1");
}

TEST(Decimal, AddsExactly) {
  const auto sum = [](std::string_view a, std::string_view b) {
    const auto result = add(number(a), number(b));
    EXPECT_TRUE(result.ok()) << a << " + " << b;
    return result.value.text();
  };
  EXPECT_EQ(sum("1", "10000000000000000000000"), "10000000000000000000001");
  EXPECT_EQ(sum("0.1", "0.2"), "0.3");
  EXPECT_EQ(sum("5", "-5"), "0");
  EXPECT_EQ(sum("-0.5", "0.25"), "-0.25");
  EXPECT_EQ(sum(std::string(38, '9'), "1"), "1" + std::string(38, '0'));
  EXPECT_EQ(sum("1e38", "-1"), std::string(38, '9'));
  EXPECT_EQ(sum("1e125", "-1e125"), "0");
  EXPECT_EQ(sum("0", "7"), "7");
  EXPECT_EQ(subtract(number("10000000000000000000000"), number("1")).value.text(),
            "9999999999999999999999");
}

TEST(Decimal, RefusesSumsThatDoNotFit) {
  EXPECT_EQ(add(number("9e125"), number("9e125")).fault, DecimalFault::kOverflow);
  EXPECT_EQ(add(number("1e50"), number("1")).fault, DecimalFault::kTooPrecise);
  EXPECT_EQ(add(number("1e39"), number("-1")).fault, DecimalFault::kTooPrecise);
  EXPECT_EQ(add(number("1e-130"), number("1")).fault, DecimalFault::kTooPrecise);
  EXPECT_EQ(subtract(number("1.1e-130"), number("1e-130")).fault, DecimalFault::kUnderflow);
}

TEST(Decimal, Orders) {
  const std::string_view ascending[] = {"-1e125", "-12.3",  "-12",  "-1",   "-0.5", "-1e-130",
                                        "0",      "1e-130", "0.5",  "1",    "9",    "10",
                                        "12",     "12.3",   "1e20", "1e125"};
  for (std::size_t i = 0; i < std::size(ascending); ++i) {
    for (std::size_t j = 0; j < std::size(ascending); ++j) {
      EXPECT_EQ(number(ascending[i]) <=> number(ascending[j]), i <=> j)
          << ascending[i] << " and " << ascending[j];
    }
  }
}

TEST(Decimal, MakesIntegers) {
  EXPECT_EQ(Decimal(0), Decimal());
  EXPECT_EQ(Decimal(1200).text(), "1200");
  EXPECT_EQ(Decimal(INT64_MIN).text(), "-9223372036854775808");
}

/// Against arbitrary precision integers: a sum of numbers with up to 19 digits and close exponents.
TEST(Decimal, AgreesWithWideIntegers) {
  const std::uint64_t seed = SystemRandom().next();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  using Wide = boost::multiprecision::cpp_int;
  const auto shifted = [](std::int64_t digits, int exponent) {
    Wide out = digits;
    for (int i = 0; i < exponent; ++i) out *= 10;
    return out;
  };
  for (int round = 0; round < 20'000; ++round) {
    const auto a = static_cast<std::int64_t>(random() >> (random() % 64));
    const auto b = -static_cast<std::int64_t>(random() >> (1 + random() % 63));
    const int x = static_cast<int>(random() % 18);
    const int y = static_cast<int>(random() % 18);
    const Decimal left = number(std::to_string(a) + "e" + std::to_string(x));
    const Decimal right = number(std::to_string(b) + "e" + std::to_string(y));
    const Wide sum = shifted(a, x) + shifted(b, y);
    const auto result = add(left, right);
    ASSERT_TRUE(result.ok());
    ASSERT_EQ(result.value.text(), sum.str());
    const auto order = shifted(a, x).compare(shifted(b, y));
    ASSERT_EQ(left <=> right, order <=> 0);
    ASSERT_EQ(number(result.value.text()), result.value);
  }
}

}  // namespace
}  // namespace tandem::core
