#include "services/events/model/target_input.h"

#include <gtest/gtest.h>

#include "aws/error.h"
#include "services/events/model/event.h"

namespace tandem::events {
namespace {

json::object object_of(std::string_view text) {
  auto parsed = json::parse_text(text);
  CHECK(parsed.ok());
  return std::move(parsed).value().as_object();
}

constexpr std::string_view kEvent =
    R"({"version": "0", "id": "1", "detail-type": "T", "source": "s", "account": "1",
        "time": "2026-01-01T00:00:00Z", "region": "us-east-1", "resources": ["r"],
        "detail": {"command": "go", "n": 5, "list": ["a", {"b": "c"}], "said": "a \"b\""}})";

std::string input(std::string_view target) {
  const json::object event = object_of(kEvent);
  const auto made = input_of(object_of(target), event, {"rule", "arn:rule"}, "now");
  return made ? made.value() : "! " + made.error().message;
}

std::string transformed(std::string_view paths, std::string_view text) {
  const json::object target{
      {"InputTransformer", {{"InputPathsMap", object_of(paths)}, {"InputTemplate", text}}}};
  const json::object event = object_of(kEvent);
  const auto made = input_of(target, event, {"rule", "arn:rule"}, "now");
  return made ? made.value() : "! " + made.error().message;
}

std::string refusal(std::string_view target) {
  try {
    check_input(object_of(target));
  } catch (const aws::ApiError& error) {
    return error.message();
  }
  return "";
}

TEST(TargetInput, IsTheEventAPartOfItOrAConstant) {
  EXPECT_EQ(json::parse_text(input("{}")).value(), json::value(object_of(kEvent)));
  EXPECT_EQ(input(R"({"InputPath": "$.detail.command"})"), "\"go\"");
  EXPECT_EQ(input(R"({"InputPath": "$.detail.list[1].b"})"), "\"c\"");
  EXPECT_EQ(input(R"({"InputPath": "$.detail.none"})"), "! its InputPath leads nowhere");
  EXPECT_EQ(input(R"({"Input": "{\"a\": 1}"})"), R"({"a": 1})");
}

// Recorded on AWS in June 2024 (localstack/localstack,
// tests/aws/services/events/test_events_inputs.snapshot.json).
TEST(TargetInput, TemplatesAreFilledIn) {
  constexpr std::string_view kPaths =
      R"({"t": "$.detail-type", "c": "$.detail.command", "no": "$.detail.none"})";
  EXPECT_EQ(transformed(kPaths, R"("Event of <t> type, detail <c>")"),
            R"("Event of T type, detail go")");
  EXPECT_EQ(transformed(kPaths, R"("detail <no>")"), R"("detail ")");
  EXPECT_EQ(transformed(kPaths, R"({"type": <t>, "command": <no>})"),
            R"({"type": "T", "command": ""})");
  EXPECT_EQ(transformed("{}", R"("<aws.events.rule-arn> <aws.events.rule-name>")"),
            R"("arn:rule rule")");
  const std::string both =
      transformed("{}", R"({"event": <aws.events.event>, "json": <aws.events.event.json>})");
  const auto parsed = json::parse_text(both).value().as_object();
  EXPECT_EQ(parsed.at("json"), json::value(object_of(kEvent)));
  EXPECT_FALSE(parsed.at("event").as_object().contains("detail"));
  EXPECT_EQ(parsed.at("event").as_object().at("detailType"), "T");
}

TEST(TargetInput, ValuesWithinQuotesStayWithinThem) {
  constexpr std::string_view kPaths =
      R"({"n": "$.detail.n", "l": "$.detail.list", "s": "$.detail.said"})";
  EXPECT_EQ(transformed(kPaths, R"({"a": "<n> <l>", "b": <n>})"),
            R"({"a": "5 [a,{b:c}]", "b": 5})");
  EXPECT_EQ(transformed(kPaths, R"({"a": "say <s>"})"), R"({"a": "say a \"b\""})");
  EXPECT_EQ(transformed(kPaths, R"({"a": <n)"), "! the input template makes no JSON of it");
  EXPECT_EQ(transformed(kPaths, R"("1 < 2 and <n>")"), R"("1 < 2 and 5")");
}

TEST(TargetInput, IsBounded) {
  std::string many;
  for (int i = 0; i < 2000; ++i) many += "<e>";
  json::object event{{"detail", std::string(2000, 'x')}};
  const json::object target{
      {"InputTransformer", {{"InputPathsMap", {{"e", "$.detail"}}}, {"InputTemplate", many}}}};
  EXPECT_FALSE(input_of(target, event, {}, ""));
}

// As AWS answered in September 2026 (events:PutTargets; the rules of cdk-preflight).
TEST(TargetInput, RefusesInAwsWords) {
  EXPECT_EQ(refusal(R"({"Id": "t", "Input": "1", "InputPath": "$"})"),
            "Only one of Input, InputPath, or InputTransformer must be provided for target t.");
  EXPECT_EQ(refusal(R"({"Id": "t", "Input": "word"})"), "JSON syntax error in input for target t.");
  for (const std::string_view path : {"detail", "$.detail['x']", "$detail", "$.", "$[x]", "$[1"}) {
    const json::object target{{"Id", "t"}, {"InputPath", path}};
    EXPECT_EQ(refusal(json::to_text(target)), "InputPath for target t is invalid.") << path;
  }
  for (const std::string_view path : {"$", "$.detail.a[0]", "$.detail-type"}) {
    const json::object target{{"Id", "t"}, {"InputPath", path}};
    EXPECT_EQ(refusal(json::to_text(target)), "") << path;
  }
  EXPECT_EQ(refusal(R"({"Id": "t", "InputTransformer": {"InputTemplate": "\"<k>\""}})"),
            "InputTemplate for target t contains invalid placeholder k.");
  EXPECT_EQ(
      refusal(R"({"Id": "t", "InputTransformer": {"InputTemplate": "[<aws.events.event.json>]"}})"),
      "InputTemplate for target t contains placeholder aws.events.event.json valid only for JSON "
      "template.");
}

// Recorded on AWS in December 2024 (localstack/localstack,
// tests/aws/services/events/test_events.snapshot.json).
TEST(Event, EntriesAreRefusedOneByOne) {
  json::object detail;
  const auto said = [&](std::string_view entry) {
    const auto error = read_entry(object_of(entry), detail);
    return error ? std::string(error->code) : "";
  };
  EXPECT_EQ(said(R"({})"), "InvalidArgument");
  EXPECT_EQ(said(R"({"Source": "s", "DetailType": "t"})"), "InvalidArgument");
  EXPECT_EQ(said(R"({"Source": "s", "DetailType": "t", "Detail": "[]"})"), "MalformedDetail");
  EXPECT_EQ(said(R"({"Source": "s", "DetailType": "t", "Detail": "\"{}\""})"), "MalformedDetail");
  EXPECT_EQ(said(R"({"Source": "aws.s3", "DetailType": "t", "Detail": "{}"})"),
            "NotAuthorizedForSourceException");
  EXPECT_EQ(said(R"({"Source": "s", "DetailType": "t", "Detail": "{\"a\": 1}"})"), "");
  EXPECT_EQ(json::to_text(make_event(object_of(R"({"Source": "s", "DetailType": "t", "Time": 1})"),
                                     detail, {"id", "1", "us-east-1", 5})),
            R"({"version":"0","id":"id","detail-type":"t","source":"s","account":"1",)"
            R"("time":"1970-01-01T00:00:01Z","region":"us-east-1","resources":[],)"
            R"("detail":{"a":1}})");
  EXPECT_EQ(entry_bytes(object_of(R"({"Source": "ab", "Time": 1, "Resources": ["xyz"]})")), 19u);
}

}  // namespace
}  // namespace tandem::events
