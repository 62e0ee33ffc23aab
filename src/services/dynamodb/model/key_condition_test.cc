#include "services/dynamodb/model/key_condition.h"

#include <gtest/gtest.h>
#include <random>

#include "core/random.h"
#include "services/dynamodb/model/key_codec.h"
#include "services/dynamodb/model/testing.h"

namespace tandem::dynamodb {
namespace {

using testing::error_of;
using testing::substitutions;

Substitutions given() {
  return substitutions(R"({"#p":"p"})",
                       R"({":a":{"S":"a"},":b":{"S":"b"},":n":{"N":"1"},":e":{"S":""}})");
}

std::vector<KeyPredicate> parse(std::string_view expression, Substitutions& values) {
  return parse_key_condition(expression, values);
}

std::string fault(std::string_view expression) {
  Substitutions values = given();
  return error_of([&] { parse(expression, values); });
}

TEST(KeyCondition, ReadsOneOrTwoPredicatesInAnyOrder) {
  Substitutions values = given();
  const auto one = parse("#p = :a", values);
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0].attribute, "p");
  EXPECT_EQ(one[0].op, KeyOperator::kEqual);

  const auto two = parse("(begins_with(r, :b)) AND (:a = p)", values);
  ASSERT_EQ(two.size(), 2U);
  EXPECT_EQ(two[0].op, KeyOperator::kBeginsWith);
  EXPECT_EQ(two[1].attribute, "p");

  EXPECT_EQ(parse("p = :a and :a < r", values)[1].op, KeyOperator::kGreater);
  EXPECT_EQ(parse("p = :a and :a >= r", values)[1].op, KeyOperator::kLessOrEqual);
  const auto between = parse("p = :a and r between :a and :b", values);
  EXPECT_EQ(*between[1].high, Value::string("b"));
}

// [measured: Queries, scans and batches] The messages.
TEST(KeyCondition, FaultsAreWordedAsAwsDoes) {
  EXPECT_EQ(fault("p = :a OR r = :b"), "Invalid operator used in KeyConditionExpression: OR");
  EXPECT_EQ(fault("NOT p = :a"), "Invalid operator used in KeyConditionExpression: NOT");
  EXPECT_EQ(fault("p <> :a"), "Invalid operator used in KeyConditionExpression: <>");
  EXPECT_EQ(fault("p IN (:a)"), "Invalid operator used in KeyConditionExpression: IN");
  EXPECT_EQ(fault("contains(p, :a)"), "Invalid operator used in KeyConditionExpression: contains");
  EXPECT_EQ(fault("size(p) = :n"), "KeyConditionExpressions cannot contain nested operations");
  EXPECT_EQ(fault("p = :a and p = :b"),
            "KeyConditionExpressions must only contain one condition per key");
  EXPECT_EQ(fault("p.x = :a"),
            "KeyConditionExpressions cannot have conditions on nested attributes");
  EXPECT_EQ(fault(":a = :b"),
            "Invalid condition in KeyConditionExpression: No key attribute specified");
  EXPECT_EQ(fault("p = r"),
            "Invalid condition in KeyConditionExpression: Multiple attribute names used in one "
            "condition");
  EXPECT_EQ(fault(":a between p and :b"),
            "Invalid condition in KeyConditionExpression: BETWEEN operator must have the key "
            "attribute as its first operand");
  EXPECT_EQ(fault("begins_with(:a, p)"),
            "Invalid condition in KeyConditionExpression: begins_with operator must have the key "
            "attribute as its first operand");
  EXPECT_EQ(fault("p = "),
            R"(Invalid KeyConditionExpression: Syntax error; token: "<EOF>", near: "= ")");
}

/// The interval of encoded keys and the predicate itself must agree on every key.
TEST(KeyCondition, IntervalsHoldExactlyTheMatchingKeys) {
  const std::uint64_t seed = core::SystemRandom().next();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto any = [&](bool number) -> Value {
    if (number) {
      return core::Decimal(static_cast<std::int64_t>(random() % 41) - 20);
    }
    std::string text;
    for (auto length = 1 + random() % 3; length > 0; --length) {
      text += static_cast<char>(random() % 3 == 0 ? 0xff : random() % 3);
    }
    return Value(Binary{text});
  };
  for (int round = 0; round < 20'000; ++round) {
    const bool number = random() % 2 == 0;
    Value low = any(number);
    Value high = any(number);
    if (compare(low, high).sign > 0) std::swap(low, high);
    KeyPredicate predicate;
    predicate.op = static_cast<KeyOperator>(random() % (number ? 6 : 7));
    predicate.value = &low;
    predicate.high = &high;
    const Value key = any(number);
    std::string bytes;
    append_key_bytes(bytes, key);
    const RangeInterval interval = interval_of(predicate);
    const bool inside = bytes >= interval.begin && (interval.end.empty() || bytes < interval.end);
    ASSERT_EQ(inside, matches(predicate, key))
        << static_cast<int>(predicate.op) << " " << describe(low) << " " << describe(high) << " "
        << describe(key);
  }
}

}  // namespace
}  // namespace tandem::dynamodb
