#include "services/dynamodb/model/value.h"

#include <gtest/gtest.h>

#include "replication/wire.h"
#include "services/dynamodb/model/item_codec.h"
#include "services/dynamodb/model/reserved_words.h"
#include "services/dynamodb/model/testing.h"

namespace tandem::dynamodb {
namespace {

using testing::error_of;
using testing::item;
using testing::value;

TEST(Value, EqualityIgnoresOrderOfSetsAndMaps) {
  EXPECT_EQ(value(R"({"SS":["a","b"]})"), value(R"({"SS":["b","a"]})"));
  EXPECT_EQ(value(R"({"NS":["1","2.0"]})"), value(R"({"NS":["2","1.00"]})"));
  EXPECT_EQ(value(R"({"M":{"a":{"N":"1"},"b":{"S":"x"}}})"),
            value(R"({"M":{"b":{"S":"x"},"a":{"N":"1e0"}}})"));
  EXPECT_FALSE(value(R"({"L":[{"S":"a"},{"S":"b"}]})") == value(R"({"L":[{"S":"b"},{"S":"a"}]})"));
  EXPECT_FALSE(value(R"({"S":"1"})") == value(R"({"N":"1"})"));
  EXPECT_FALSE(value(R"({"S":"eA=="})") == value(R"({"B":"eA=="})"));
}

TEST(Value, OrdersStringsAndBinariesByUnsignedBytes) {
  EXPECT_LT(compare(value(R"({"S":"a"})"), value(R"({"S":"ab"})")).sign, 0);
  EXPECT_LT(compare(value(R"({"S":"z"})"), value(R"({"S":"é"})")).sign, 0);
  EXPECT_LT(compare(value(R"({"B":"fw=="})"), value(R"({"B":"gA=="})")).sign, 0);
  EXPECT_GT(compare(value(R"({"N":"10"})"), value(R"({"N":"9"})")).sign, 0);
  EXPECT_FALSE(compare(value(R"({"N":"10"})"), value(R"({"S":"9"})")).comparable);
  EXPECT_FALSE(compare(value(R"({"BOOL":true})"), value(R"({"BOOL":true})")).comparable);
}

// Developer Guide, "DynamoDB item sizes and formats".
TEST(Value, SizesFollowTheDeveloperGuide) {
  EXPECT_EQ(item_size(item(R"({"ab":{"S":"é"}})")), 4U);
  EXPECT_EQ(value_size(value(R"({"N":"0"})")), 1U);
  EXPECT_EQ(value_size(value(R"({"N":"1200"})")), 2U);
  EXPECT_EQ(value_size(value(R"({"N":"-123"})")), 4U);
  EXPECT_EQ(value_size(value(R"({"N":"-1.2345678901234567890123456789012345678e10"})")), 21U);
  // [measured: Keys and values] Digits are paired on each side of the point.
  for (const auto& [text, bytes] : {std::pair{"15", 2U},
                                    {"1.5", 3U},
                                    {"3.14159", 5U},
                                    {"123456", 4U},
                                    {"100.5", 4U},
                                    {"0.15", 2U},
                                    {"1010", 3U},
                                    {"1E125", 2U},
                                    {"1E-100", 2U},
                                    {"-42", 3U}}) {
    EXPECT_EQ(value_size(value(std::string(R"({"N":")") + text + "\"}")), bytes) << text;
  }
  EXPECT_EQ(value_size(value(R"({"B":"AAAA"})")), 3U);
  EXPECT_EQ(value_size(value(R"({"BOOL":false})")), 1U);
  EXPECT_EQ(value_size(value(R"({"NULL":true})")), 1U);
  EXPECT_EQ(value_size(value(R"({"SS":["a","bc"]})")), 3U);
  EXPECT_EQ(value_size(value(R"({"L":[]})")), 3U);
  EXPECT_EQ(value_size(value(R"({"L":[{"S":"abc"}]})")), 7U);
  EXPECT_EQ(value_size(value(R"({"M":{"k":{"S":"abc"}}})")), 8U);
}

TEST(ValueCodec, WritesWhatItReadsInCanonicalForm) {
  const std::string_view text =
      R"({"s":{"S":"q\"\\\n\u0001é😀"},"n":{"N":"12.50"},"b":{"B":"AAH/"},"t":{"BOOL":true},)"
      R"("z":{"NULL":true},"ss":{"SS":["b","a"]},"ns":{"NS":["1e2","-0.10"]},"bs":{"BS":["AA=="]},)"
      R"("l":{"L":[{"S":""},{"M":{}}]},"m":{"M":{"x":{"L":[]}}}})";
  const Map read = item(text);
  const std::string written = to_json(read);
  EXPECT_EQ(written,
            R"({"s":{"S":"q\"\\\n\u0001é😀"},"n":{"N":"12.5"},"b":{"B":"AAH/"},"t":{"BOOL":true},)"
            R"("z":{"NULL":true},"ss":{"SS":["a","b"]},"ns":{"NS":["-0.1","100"]},)"
            R"("bs":{"BS":["AA=="]},"l":{"L":[{"S":""},{"M":{}}]},"m":{"M":{"x":{"L":[]}}}})");
  EXPECT_TRUE(item(written) == read);
  const std::string stored = encode_item(read);
  EXPECT_EQ(StoredItem(stored).size(), item_size(read));
  EXPECT_EQ(StoredItem(stored).json(), written);
  EXPECT_TRUE(StoredItem(stored).decode() == read);
}

TEST(ValueCodec, DecodesEscapes) {
  EXPECT_EQ(*value(R"( { "S" : "\u0041\ud83d\ude00\/\b\f\n\r\t" } )").get<std::string>(),
            "A😀/\b\f\n\r\t");
}

TEST(ValueCodec, TheLastOfEqualNamesCounts) {
  EXPECT_EQ(to_json(item(R"({"a":{"S":"x"},"b":{"S":"y"},"a":{"N":"1"}})")),
            R"({"a":{"N":"1"},"b":{"S":"y"}})");
  std::string many = "{";
  for (int i = 0; i < 200; ++i) {
    many += "\"k" + std::to_string(i % 50) + "\":{\"N\":\"" + std::to_string(i) + "\"},";
  }
  many.back() = '}';
  const Map map = item(many);
  EXPECT_EQ(map.size(), 50U);
  EXPECT_EQ(*map.find("k49"), Value(core::Decimal(199)));
}

/// What cannot be framed would stop all replication behind it. Sets of the smallest numbers grow
/// most of all from the size that is limited to the bytes that are stored.
TEST(StoredItem, TheLargestFitsAFrameOfReplication) {
  NumberSet smallest;
  for (int i = 1; i <= 99; ++i) {
    const std::string text = std::to_string(i) + (i < 10 ? "e-130" : "e-129");
    smallest.members.push_back(core::Decimal::parse(text).value);
  }
  List sets(kMaxItemSize / (1 + value_size(Value(smallest))) - 1, Value(smallest));
  Map item;
  item.append("l", Value(std::move(sets)));
  ASSERT_GT(item_size(item), kMaxItemSize - 1000);
  const std::size_t stored = encode_item(item).size();
  EXPECT_GT(stored, 60 * kMaxItemSize);
  EXPECT_LT(stored, replication::kMaxFrameBytes - (1U << 20));
}

TEST(ValueCodec, MalformedJsonIsASerializationExceptionWithoutMessage) {
  for (const std::string_view text :
       {"", "{", R"({"S":"a)", R"({"S":"a"}})", R"({"S":"a"},)", R"({"S" "a"})", R"({S:"a"})",
        R"({"S":"\x"})", R"({"S":"\ud800"})", R"({"S":"\udc00"})", R"({"S":"\u12"})",
        "{\"S\":\"\x01\"}", "{\"S\":\"\xff\"}", "{\"S\":\"\xc3\"}", R"({"BOOL":tru})",
        R"({"X":01})", R"({"X":1.})", R"({"X":-})", R"({"X":[1,]})"}) {
    try {
      value(text);
      ADD_FAILURE() << text;
    } catch (const aws::ApiError& error) {
      EXPECT_EQ(error.code(), "SerializationException") << text;
      EXPECT_EQ(error.message(), "") << text;
    }
  }
}

TEST(ValueCodec, HostileNestingIsRefusedWithoutDeepRecursion) {
  std::string lists;
  for (int i = 0; i < 100'000; ++i) lists += R"({"L":[)";
  EXPECT_EQ(error_of([&] { value(lists); }), "");
  std::string deep = R"({"S":"x"})";
  // [measured: Keys and values] 31 lists around a scalar are taken, 32 are not.
  for (int i = 0; i < 31; ++i) deep = R"({"L":[)" + deep + "]}";
  EXPECT_EQ(error_of([&] { value(deep); }), "no error");
  EXPECT_EQ(error_of([&] { value(R"({"L":[)" + deep + "]}"); }),
            "Nesting Levels have exceeded supported limits: Attributes in the item have nested "
            "levels beyond supported limit");
}

// Texts of AWS's serialisation layer: reference, "Serialization texts".
TEST(ValueCodec, WrongTypesAreWordedAsAwsDoes) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {R"({"S":1})", "NUMBER_VALUE cannot be converted to String"},
      {R"({"S":1.5})", "DECIMAL_VALUE cannot be converted to String"},
      {R"({"S":true})", "TRUE_VALUE cannot be converted to String"},
      {R"({"N":123})", "NUMBER_VALUE cannot be converted to String"},
      {R"({"S":{}})", "Start of structure or map found where not expected"},
      {R"({"S":[]})", "Unrecognized collection type class java.lang.String"},
      {R"("a")", "Unexpected field type"},
      {R"(["a"])",
       "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue"},
      {R"({"BOOL":"true"})", "Unexpected token received from parser"},
      {R"({"SS":"a"})", "Unexpected field type"},
      {R"({"L":{}})", "Start of structure or map found where not expected"},
      {R"({"B":1})", "only base-64-encoded strings are convertible to bytes"},
      {R"({"B":"abc"})", "Base64 encoded length is expected a multiple of 4 bytes but found: 3"},
      {R"({"B":"ab*d"})", "Invalid Base64 character: '*'"},
      {R"({"B":"aaab+x=="})", "Invalid last non-pad Base64 character dectected"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_EQ(error_of([&, json = text] { value(json); }), message) << text;
  }
}

// [measured: Keys and values] The messages.
TEST(ValueCodec, InvalidValuesAreWordedAsAwsDoes) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"{}",
       "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
      {R"({"X":"a"})",
       "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
      {R"({"S":"a","N":"1"})",
       "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
       "supported datatypes"},
      {R"({"N":""})", "The parameter cannot be converted to a numeric value"},
      {R"({"N":"x"})", "The parameter cannot be converted to a numeric value: x"},
      {R"({"N":"1e126"})",
       "Number overflow. Attempting to store a number with magnitude larger than supported range"},
      {R"({"N":"1e-131"})",
       "Number underflow. Attempting to store a number with magnitude smaller than supported "
       "range"},
      {R"({"N":"123456789012345678901234567890123456789"})",
       "Attempting to store more than 38 significant digits in a Number"},
      {R"({"SS":[]})",
       "One or more parameter values were invalid: An string set  may not be empty"},
      {R"({"NS":[]})",
       "One or more parameter values were invalid: An number set  may not be empty"},
      {R"({"BS":[]})",
       "One or more parameter values were invalid: Binary sets should not be empty"},
      {R"({"SS":["a","a"]})",
       "One or more parameter values were invalid: Input collection [a, a] contains duplicates."},
      {R"({"NS":["1","1.0"]})", "Input collection contains duplicates"},
      {R"({"BS":["Yg==","Yg=="]})",
       "One or more parameter values were invalid: Input collection [Yg==, Yg==]of type BS "
       "contains duplicates."},
      {R"({"NULL":false})",
       "One or more parameter values were invalid: Null attribute value types must have the value "
       "of true"},
      {R"({"M":{"a":{"L":[{"N":"y"}]}}})",
       "The parameter cannot be converted to a numeric value: y"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_EQ(error_of([&, json = text] { value(json); }), message) << text;
  }
}

TEST(ReservedWords, AreFoundInAnyCase) {
  for (const std::string_view word : {"ABORT", "abort", "Status", "name", "ZONE", "value"}) {
    EXPECT_TRUE(is_reserved_word(word)) << word;
  }
  for (const std::string_view word : {"", "aborts", "id", "text", "checked", "zones"}) {
    // TEXT is one of AWS's words; the others are none.
    EXPECT_EQ(is_reserved_word(word), word == "text") << word;
  }
}

}  // namespace
}  // namespace tandem::dynamodb
