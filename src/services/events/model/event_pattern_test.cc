// Patterns of the user guide's pages, and answers that AWS gave when they were held against it.
#include "services/events/model/event_pattern.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "services/events/model/json_tokens.h"

namespace tandem::events {
namespace {

json::object event_of(std::string_view text) {
  auto parsed = json::parse_text(text);
  CHECK(parsed.ok());
  return std::move(parsed).value().as_object();
}

bool matches(std::string_view pattern, std::string_view event) {
  const json::object whole = event_of(event);
  json::object room;
  return EventPattern::compile(pattern).matches(with_steps(whole, room));
}

std::string refusal(std::string_view pattern) {
  try {
    EventPattern::compile(pattern);
  } catch (const PatternError& error) {
    return error.what();
  }
  return "";
}

struct Case {
  std::string_view pattern;
  std::string_view event;
  bool matches;
};

void check(std::initializer_list<Case> cases) {
  for (const Case& each : cases) {
    EXPECT_EQ(matches(each.pattern, each.event), each.matches) << each.pattern << each.event;
  }
}

TEST(EventPattern, ValuesAreExact) {
  check({{R"({"a": ["x"]})", R"({"a": "x"})", true},
         {R"({"a": ["x"]})", R"({"a": "X"})", false},
         {R"({"a": ["x", "y"]})", R"({"a": "y"})", true},
         {R"({"a": [5]})", R"({"a": 5.0})", true},
         {R"({"a": [5]})", R"({"a": "5"})", false},
         {R"({"a": [3.018e2]})", R"({"a": 301.8})", true},
         {R"({"a": [123456789012]})", R"({"a": 123456789012})", true},
         {R"({"a": [true]})", R"({"a": true})", true},
         {R"({"a": [true]})", R"({"a": false})", false},
         {R"({"a": [null]})", R"({"a": null})", true},
         {R"({"a": [null]})", R"({})", false},
         {R"({"a": [null]})", R"({"a": []})", false},
         {R"({"a": [""]})", R"({"a": ""})", true},
         {R"({"a": [{"exactly": "x"}]})", R"({"a": "x"})", true},
         {R"({"a": ["x"], "b": ["y"]})", R"({"a": "x"})", false}});
}

TEST(EventPattern, TextsBeginEndAndEqualWithOrWithoutCase) {
  check({{R"({"a": [{"prefix": "us-"}]})", R"({"a": "us-east-1"})", true},
         {R"({"a": [{"prefix": "us-"}]})", R"({"a": "US-EAST-1"})", false},
         {R"({"a": [{"prefix": "1"}]})", R"({"a": 1})", false},
         {R"({"a": [{"prefix": {"equals-ignore-case": "EventB"}}]})", R"({"a": "eventbridge"})",
          true},
         {R"({"a": [{"suffix": ".png"}]})", R"({"a": "x.png"})", true},
         {R"({"a": [{"suffix": ".png"}]})", R"({"a": "png"})", false},
         {R"({"a": [{"suffix": {"equals-ignore-case": "tbridge"}}]})", R"({"a": "EVENTBRIDGE"})",
          true},
         {R"({"a": [{"equals-ignore-case": "alice"}]})", R"({"a": "ALICE"})", true},
         {R"({"a": [{"equals-ignore-case": "alice"}]})", R"({"a": "ALICIA"})", false}});
}

TEST(EventPattern, AnythingButTakesValuesOfOtherTypesToo) {
  check(
      {{R"({"a": [{"anything-but": "x"}]})", R"({"a": "y"})", true},
       {R"({"a": [{"anything-but": "x"}]})", R"({"a": "x"})", false},
       {R"({"a": [{"anything-but": "x"}]})", R"({"a": null})", true},
       {R"({"a": [{"anything-but": "x"}]})", R"({})", false},
       {R"({"a": [{"anything-but": ["x", "y"]}]})", R"({"a": "y"})", false},
       {R"({"a": [{"anything-but": [100, 200]}]})", R"({"a": 200.0})", false},
       {R"({"a": [{"anything-but": [100, 200]}]})", R"({"a": "200"})", true},
       {R"({"a": [{"anything-but": {"prefix": "init"}}]})", R"({"a": "initial"})", false},
       {R"({"a": [{"anything-but": {"prefix": ["a", "b"]}}]})", R"({"a": "bc"})", false},
       {R"({"a": [{"anything-but": {"prefix": "init"}}]})", R"({"a": 5})", true},
       {R"({"a": [{"anything-but": {"suffix": [".txt", ".png"]}}]})", R"({"a": "x.zip"})", true},
       {R"({"a": [{"anything-but": {"equals-ignore-case": "Init"}}]})", R"({"a": "INIT"})", false},
       {R"({"a": [{"anything-but": {"wildcard": "*/lib/*"}}]})", R"({"a": "/usr/lib/x"})", false},
       {R"({"a": [{"anything-but": {"wildcard": ["*/lib/*", "*/bin/*"]}}]})", R"({"a": "/x"})",
        true},
       {R"({"a": [{"anything-but": "x"}]})", R"({"a": ["x", "y"]})", true},
       {R"({"a": [{"anything-but": "x"}]})", R"({"a": ["x"]})", false}});
}

TEST(EventPattern, NumbersAreCompared) {
  constexpr std::string_view kBetween = R"({"a": [{"numeric": [">", 0, "<=", 5]}]})";
  check({{kBetween, R"({"a": 5})", true},
         {kBetween, R"({"a": 0})", false},
         {kBetween, R"({"a": 0.000001})", true},
         {kBetween, R"({"a": "3"})", false},
         {kBetween, R"({"a": null})", false},
         {R"({"a": [{"numeric": ["<", 10]}]})", R"({"a": -3})", true},
         {R"({"a": [{"numeric": [">=", 10]}]})", R"({"a": 10.0})", true},
         {R"({"a": [{"numeric": ["=", 3.018e2]}]})", R"({"a": 301.8})", true},
         {R"({"a": [{"numeric": [">", 0]}]})", R"({"a": 6e9})", false}});
}

TEST(EventPattern, AddressesLieInBlocks) {
  check({{R"({"a": [{"cidr": "10.0.0.0/24"}]})", R"({"a": "10.0.0.255"})", true},
         {R"({"a": [{"cidr": "10.0.0.0/24"}]})", R"({"a": "10.0.1.0"})", false},
         {R"({"a": [{"cidr": "10.0.0.0/24"}]})", R"({"a": 10})", false},
         {R"({"a": [{"cidr": "2001:db8:1234:1a00::/64"}]})", R"({"a": "2001:0db8:1234:1a00::5"})",
          true},
         {R"({"a": [{"cidr": "2001:db8:1234:1a00::/64"}]})", R"({"a": "2001:db8:1234:1a01::"})",
          false},
         {R"({"a": ["::1"]})", R"({"a": "0:0:0:0:0:0:0:1"})", true}});
}

TEST(EventPattern, AsterisksStandForAnything) {
  check({{R"({"a": [{"wildcard": "dir/*.png"}]})", R"({"a": "dir/x/y.png"})", true},
         {R"({"a": [{"wildcard": "dir/*.png"}]})", R"({"a": "dir/.pn"})", false},
         {R"({"a": [{"wildcard": "a*a"}]})", R"({"a": "a"})", false},
         {R"({"a": [{"wildcard": "*x*y*"}]})", R"({"a": "axby"})", true},
         {R"({"a": [{"wildcard": "*x*y*"}]})", R"({"a": "aybx"})", false},
         {R"({"a": [{"wildcard": "a\\*b"}]})", R"({"a": "a*b"})", true},
         {R"({"a": [{"wildcard": "a\\*b"}]})", R"({"a": "axb"})", false},
         {R"({"a": [{"wildcard": "/Users/*/dir/dir/dir/dir/dir/doc.txt"}]})",
          R"({"a": "/Users/ls_user/dir/dir/dir/dir/dir/doc.txt"})", true}});
}

TEST(EventPattern, WhatIsThereAndWhatIsNot) {
  check({{R"({"a": [{"exists": true}]})", R"({"a": null})", true},
         {R"({"a": [{"exists": true}]})", R"({"a": []})", false},
         {R"({"a": [{"exists": true}]})", R"({"a": {"b": 1}})", false},
         {R"({"a": [{"exists": false}]})", R"({"a": []})", true},
         {R"({"a": [{"exists": false}]})", R"({"a": {"b": 1}})", true},
         {R"({"a": [{"exists": false}]})", R"({"a": 0})", false},
         {R"({"a": {"b": [{"exists": false}]}})", R"({})", true},
         {R"({"a": {"b": {"c": [{"anything-but": ["r"]}, {"exists": false}]}}})", R"({"a": {}})",
          true},
         {R"({"a": {"id": [{"exists": true}]}})", R"({"a": [{"k": 1}, {"id": 2}]})", true},
         {R"({"a": {"id": [{"exists": false}]}})", R"({"a": [{"k": 1}, {"id": 2}]})", false}});
}

TEST(EventPattern, OneOfSeveralFields) {
  constexpr std::string_view kOr =
      R"({"s": ["c"], "$or": [{"m": ["x"]}, {"t": ["y"], "n": ["z"]}]})";
  check({{kOr, R"({"s": "c", "m": "x"})", true},
         {kOr, R"({"s": "c", "t": "y", "n": "z"})", true},
         {kOr, R"({"s": "c", "t": "y"})", false},
         {kOr, R"({"m": "x"})", false},
         {R"({"d": {"$or": [{"a": [1]}, {"$or": [{"b": [2]}, {"c": [3]}]}]}})",
          R"({"d": {"c": 3}})", true}});
}

TEST(EventPattern, FieldsOfAnArrayAreOfOneObject) {
  constexpr std::string_view kPattern = R"({"p": {"first": ["Anna"], "last": ["Smith"]}})";
  check({{kPattern,
          R"({"p": [{"first": "Anna", "last": "Jones"}, {"first": "Bill", "last": "Smith"}]})",
          false},
         {kPattern, R"({"p": [{"first": "Bill"}, [{"first": "Anna", "last": "Smith"}]]})", true},
         {R"({"r": ["x"]})", R"({"r": ["y", ["x"]]})", true}});
}

// User guide, "Considerations when creating event patterns"; event-ruler's README.
TEST(EventPattern, ADotIsAStep) {
  check({{R"({"d": {"state": {"status": ["on"]}}})", R"({"d": {"state.status": "on"}})", true},
         {R"({"d": {"state.status": ["on"]}})", R"({"d": {"state": {"status": "on"}}})", true},
         {R"({"d": {"state": {"status": ["on"]}}})", R"({"d": {"state.status": {"status": "on"}}})",
          false},
         {R"({"d": {"state.status": {"status": ["on"]}}})", R"({"d": {"state": {"status": "on"}}})",
          false},
         {R"({"a.b": [1]})", R"({"a.b": 2, "a": {"b": 1}})", true}});
}

// Recorded on AWS in December 2024 (localstack/localstack,
// tests/aws/services/events/test_events_patterns.snapshot.json).
TEST(EventPattern, RefusesInEventRulersWords) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {R"({"int": 42})", R"("int" must be an object or an array@11)"},
      {R"({"string": "my-value"})", R"("string" must be an object or an array@13)"},
      {R"({"resources": []})", "Empty arrays are not allowed@17"},
      {R"({"source": ["aws.health"], "detail": {}})", "Empty objects are not allowed@40"},
      {R"({"my_key": [{"EXISTS": true}]})", "Unrecognized match type EXISTS@28"},
      {R"({"detail": {"equal": [{"NUMERIC": ["=", 5]}]}})", "Unrecognized match type NUMERIC@36"},
      {R"({"detail": {"c-count": [{"numeric": [">", 0, ">", 0]}]}})",
       "Bad numeric range operator: >@49"},
      {R"({"detail": {"c-count": [{"numeric": [">", 0, "<"]}]}})", "Value of < must be numeric@50"},
      {R"({"detail-type": [{"equals-ignore-case": {"prefix": "ec2"}}]})",
       "equals-ignore-case match pattern must be a string@42"},
      {R"({"EventBusArn": [{"wildcard": 123}]})", "wildcard match pattern must be a string@34"},
      {R"({"time": [{"prefix": ["2022-07-13"]}]})", "prefix match pattern must be a string@23"},
      {R"({"FileName": [{"suffix": 123}]})", "suffix match pattern must be a string@29"},
      {R"({"detail": {"state": [{"anything-but": {"prefix": 123}}]}})",
       "prefix/suffix match pattern must be a string@54"},
      {R"({"detail": {"FileName": [{"anything-but": {"prefix": {"equals-ignore-case": "file"}}}]}})",
       "Value of anything-but must be an array or single string/number value.@55"},
      {R"({"detail": {"state": [{"anything-but": {"equals-ignore-case": 123}}]}})",
       "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not "
       "supported.@66"},
      {R"({"detail": {"sourceIPAddress": [{"cidr": ["bad-type"]}]}})",
       "prefix match pattern must be a string@43"},
      {R"(["not", "a", "dict", "but valid json"])", "Filter is not an object@2"},
      {"this is valid json but not a dict",
       "Unrecognized token 'this': was expecting (JSON String, Number, Array, Object or token "
       "'null', 'true' or 'false')@5"},
      {"{'bad': 'quotation'}",
       "Unexpected character (''' (code 39)): was expecting double-quote to start field name@2"},
      {R"({"not": closed mark")",
       "Unrecognized token 'closed': was expecting (JSON String, Number, Array, Object or token "
       "'null', 'true' or 'false')@15"}};
  for (const auto& [pattern, expected] : cases) {
    const std::size_t at = expected.rfind('@');
    EXPECT_EQ(refusal(pattern),
              fmt::format("{}\n at [Source: (String)\"{}\"; line: 1, column: {}]",
                          expected.substr(0, at), pattern, expected.substr(at + 1)));
  }
}

TEST(EventPattern, RefusesSomeWithoutAPlaceAndSomeWithTwo) {
  EXPECT_EQ(refusal(R"({"a": [{"cidr": "10.0.0.0"}]})"), "Malformed CIDR, one '/' required");
  EXPECT_EQ(refusal(R"({"a": [{"cidr": "10.0.0.0/x"}]})"),
            "Malformed CIDR, mask bits must be an integer");
  EXPECT_EQ(refusal(R"({"a": [{"cidr": "xx.11.xx/8"}]})"), "Nonstandard IP address: xx.11.xx");
  EXPECT_EQ(refusal(R"({"EventBusArn": [{"wildcard": "*:*:*:*:*:event-bus/*"}]})"),
            "Rule is too complex - try using fewer wildcard characters or fewer repeating "
            "character sequences after a wildcard character");
  const std::string pattern =
      R"({"detail": {"state": [{"anything-but": {"prefix": [123, "test"]}}]}})";
  const std::string place =
      fmt::format("\n at [Source: (String)\"{}\"; line: 1, column: 55]", pattern);
  EXPECT_EQ(refusal(pattern), "prefix/suffix match pattern must be a string" + place + place);
}

TEST(EventPattern, RefusesWhatNoEventCouldMean) {
  for (const std::string_view pattern : {"",
                                         "{",
                                         R"({"a": ["x"]} y)",
                                         R"({"a": ["x",]})",
                                         R"({"a": [["x"]]})",
                                         R"({"a": [{}]})",
                                         R"({"a": [{"prefix": "x", "suffix": "y"}]})",
                                         R"({"a": [{"numeric": []}]})",
                                         R"({"a": [{"numeric": ["!", 1]}]})",
                                         R"({"a": [{"numeric": ["<", 1, "<", 2]}]})",
                                         R"({"a": [{"numeric": [">", 5, "<", 1]}]})",
                                         R"({"a": [{"numeric": ["=", 6e9]}]})",
                                         R"({"a": [{"anything-but": []}]})",
                                         R"({"a": [{"anything-but": ["x", 1]}]})",
                                         R"({"a": [{"anything-but": {"prefix": ""}}]})",
                                         R"({"a": [{"wildcard": "a**"}]})",
                                         R"({"a": [{"wildcard": "a\\b"}]})",
                                         R"({"$or": [{"a": [1]}]})",
                                         R"({"$or": [{"prefix": ["a"]}, {"b": [1]}]})",
                                         R"({"$or": {"a": [1]}})",
                                         R"({"a": [{"exists": "x"}]})"}) {
    EXPECT_NE(refusal(pattern), "") << pattern;
  }
}

TEST(EventPattern, AlternativesMultiplyToAThousandAtMost) {
  const auto pattern = [](int fields) {
    std::string text;
    for (int i = 0; i < fields; ++i) {
      text +=
          fmt::format(R"({}"f{}": {{"$or": [{{"a": [1]}}, {{"b": [2]}}]}})", i > 0 ? ", " : "", i);
    }
    return "{" + text + "}";
  };
  EXPECT_EQ(refusal(pattern(9)), "");
  EXPECT_THAT(refusal(pattern(10)), ::testing::HasSubstr("too complex"));
}

}  // namespace
}  // namespace tandem::events
