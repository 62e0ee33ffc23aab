#include "services/apigateway/model/json_schema.h"

#include <gtest/gtest.h>
#include <map>

#include "aws/error.h"

namespace tandem::apigateway {
namespace {

constexpr std::string_view kApi = "abcdefghij";

using Models = std::map<std::string, std::string, std::less<>>;

FindSchema in(const Models& models) {
  return [&models](std::string_view name) {
    const auto found = models.find(name);
    return found == models.end() ? std::nullopt : std::optional<std::string>(found->second);
  };
}

bool fits(const Models& models, std::string_view instance) {
  const auto schema = JsonSchema::compile(kApi, "Root", in(models));
  return schema->fits(json::parse_text(instance).value());
}

bool fits(std::string schema, std::string_view instance) {
  return fits(Models{{"Root", std::move(schema)}}, instance);
}

std::string ref(std::string_view model) {
  return R"({"$ref": ")" + model_url(kApi, model) + R"("})";
}

std::string refusal(std::string_view schema) {
  try {
    check_schema(schema, kApi);
  } catch (const aws::ApiError& error) {
    return error.message();
  }
  return "";
}

TEST(JsonSchema, TypesAreDraft4s) {
  EXPECT_TRUE(fits(R"({"type": "integer"})", "1"));
  EXPECT_FALSE(fits(R"({"type": "integer"})", "1.0"));
  EXPECT_TRUE(fits(R"({"type": "number"})", "1"));
  EXPECT_TRUE(fits(R"({"type": ["string", "null"]})", "null"));
  EXPECT_FALSE(fits(R"({"type": ["string", "null"]})", "[]"));
  EXPECT_TRUE(fits("{}", "[1, {}]"));
}

TEST(JsonSchema, NumbersAndTextsHaveBounds) {
  EXPECT_TRUE(fits(R"({"minimum": 1, "maximum": 2})", "2"));
  EXPECT_FALSE(fits(R"({"minimum": 1, "exclusiveMinimum": true})", "1"));
  EXPECT_TRUE(fits(R"({"multipleOf": 0.1})", "0.3"));
  EXPECT_FALSE(fits(R"({"multipleOf": 0.1})", "0.35"));
  EXPECT_TRUE(fits(R"({"maxLength": 2})", R"("äö")"));
  EXPECT_FALSE(fits(R"({"maxLength": 1})", R"("äö")"));
  EXPECT_TRUE(fits(R"({"pattern": "b+"})", R"("abbc")"));
  EXPECT_FALSE(fits(R"({"pattern": "^b+$"})", R"("abbc")"));
  EXPECT_TRUE(fits(R"({"minLength": 5})", "1"));
}

TEST(JsonSchema, FormatsOfDraft4Count) {
  const auto has = [](std::string_view format, std::string_view text) {
    return fits(R"({"format": ")" + std::string(format) + R"("})",
                json::to_text(json::value(text)));
  };
  EXPECT_TRUE(has("date-time", "2026-11-30T11:00:00Z"));
  EXPECT_FALSE(has("date-time", "yesterday"));
  EXPECT_TRUE(has("ipv4", "127.0.0.1"));
  EXPECT_FALSE(has("ipv4", "127.0.0.256"));
  EXPECT_TRUE(has("ipv6", "::1"));
  EXPECT_FALSE(has("ipv6", "1::2::3"));
  EXPECT_TRUE(has("email", "a@example.com"));
  EXPECT_FALSE(has("email", "a"));
  EXPECT_TRUE(has("hostname", "a.example"));
  EXPECT_TRUE(has("uri", "https://a.example/b?c=%20"));
  EXPECT_FALSE(has("uri", "a b"));
  EXPECT_TRUE(has("int32", "x"));
}

TEST(JsonSchema, ObjectsAreDescribedByMember) {
  const std::string schema = R"({"properties": {"a": {"type": "string"}},
      "patternProperties": {"^n": {"type": "number"}}, "additionalProperties": false,
      "required": ["a"], "dependencies": {"n1": ["n2"], "n3": {"minProperties": 3}}})";
  EXPECT_TRUE(fits(schema, R"({"a": "x", "n1": 1, "n2": 2})"));
  EXPECT_FALSE(fits(schema, R"({"a": "x", "n1": 1})"));
  EXPECT_FALSE(fits(schema, R"({"n1": 1, "n2": 2})"));
  EXPECT_FALSE(fits(schema, R"({"a": "x", "other": 1})"));
  EXPECT_FALSE(fits(schema, R"({"a": "x", "n3": 1})"));
  EXPECT_FALSE(fits(schema, R"({"a": 1})"));
}

TEST(JsonSchema, ListsAreDescribedByPlace) {
  const std::string schema =
      R"({"items": [{"type": "string"}, {"type": "number"}], "additionalItems": false})";
  EXPECT_TRUE(fits(schema, R"(["a", 1])"));
  EXPECT_TRUE(fits(schema, R"(["a"])"));
  EXPECT_FALSE(fits(schema, R"(["a", 1, 2])"));
  EXPECT_FALSE(fits(schema, R"([1, 1])"));
  EXPECT_FALSE(fits(R"({"uniqueItems": true})", R"([{"a": 1, "b": 2}, {"b": 2, "a": 1.0}])"));
  EXPECT_TRUE(fits(R"({"uniqueItems": true})", R"([1, "1", true])"));
  EXPECT_FALSE(fits(R"({"minItems": 1})", "[]"));
}

TEST(JsonSchema, SchemasAreCombined) {
  const std::string one = R"({"oneOf": [{"type": "null"}, {"minimum": 3}, {"maximum": 1}]})";
  EXPECT_TRUE(fits(one, "4"));
  EXPECT_FALSE(fits(one, "2"));
  EXPECT_FALSE(fits(one, R"("both bounds let texts through")"));
  EXPECT_FALSE(fits(R"({"not": {"enum": [1, {"a": [2]}]}})", R"({"a": [2.0]})"));
  EXPECT_TRUE(fits(R"({"anyOf": [{"type": "string"}, {"type": "null"}]})", "null"));
  EXPECT_FALSE(fits(R"({"allOf": [{"minimum": 1}, {"maximum": 2}]})", "3"));
}

TEST(JsonSchema, ModelsReferToEachOtherInCircles) {
  const Models models{
      {"Root", R"({"type": "object", "properties": {"children": {"type": "array", "items": )" +
                   ref("Child") + "}}}"},
      {"Child", R"({"oneOf": [{"type": "null"}, )" + ref("Root") + "]}"}};
  EXPECT_TRUE(fits(models, R"({"children": [null, {"children": []}]})"));
  EXPECT_FALSE(fits(models, R"({"children": [{"children": [1]}]})"));
  EXPECT_FALSE(fits(Models{{"Root", ref("Missing")}}, "1"));
  EXPECT_TRUE(
      fits(R"({"definitions": {"a/b": {"type": "null"}}, "$ref": "#/definitions/a~1b"})", "null"));
}

TEST(JsonSchema, WhatTakesTooLongDoesNotFit) {
  EXPECT_FALSE(fits(R"({"$ref": "#"})", "1"));
  EXPECT_FALSE(fits(R"({"not": {"allOf": [{"$ref": "#"}]}})", "1"));
  // Each level asks twice: 2 to the 300th questions.
  EXPECT_FALSE(fits(R"({"anyOf": [{"allOf": [{"$ref": "#"}, {"type": "null"}]},
                                  {"allOf": [{"$ref": "#"}, {"type": "null"}]}]})",
                    "1"));
}

TEST(JsonSchema, OnlyDraft4IsAccepted) {
  EXPECT_EQ(refusal(R"({"type": "object", "properties": {"a": {"type": "string"}}})"), "");
  EXPECT_EQ(refusal(""), "Model schema must have at least 1 property or array items defined");
  const std::string invalid =
      "Invalid model specified: Validation Result: warnings : [], errors : [Invalid model schema "
      "specified";
  EXPECT_EQ(refusal("{"), invalid + "]");
  EXPECT_EQ(refusal("[]"), invalid + "]");
  EXPECT_EQ(refusal(R"({"required": []})"), invalid + "]");
  EXPECT_EQ(refusal(R"({"enum": ["A", "A"]})"), invalid + "]");
  EXPECT_EQ(refusal(R"({"type": "text"})"), invalid + "]");
  EXPECT_EQ(refusal(R"({"minLength": -1})"), invalid + "]");
  EXPECT_EQ(refusal(R"({"exclusiveMinimum": 3})"), invalid + "]");
  EXPECT_EQ(refusal(R"({"properties": {"a": {"example": "x"}}})"),
            invalid + R"(. Unsupported keyword(s): ["example"]])");
  EXPECT_EQ(refusal(R"({"$ref": "Other"})"),
            invalid + ", Model reference must be in canonical form]");
  EXPECT_EQ(refusal(ref("Other")), "");
  EXPECT_EQ(refusal(R"x({"pattern": "(?=a)"})x"),
            "The pattern (?=a) of a model's schema is not implemented");
}

TEST(JsonSchema, PatternsAreBoundedTogether) {
  std::string many;
  for (int i = 0; i < 1500; ++i) {
    many += (i > 0 ? "," : "") + std::string("\"p") + std::to_string(i) +
            R"(":{"pattern":"^[a-z]{1,100}$"})";
  }
  EXPECT_EQ(refusal(R"({"properties": {)" + many + "}}"),
            "A model's schema whose patterns take more than 200000 steps is not implemented");
}

TEST(JsonSchema, FlatteningBringsOtherModelsIn) {
  const Models models{{"Root", R"({"properties":{"a":)" + ref("Other") + "}}"},
                      {"Other", R"({"type":"string"})"}};
  EXPECT_EQ(flatten_schema(kApi, "Root", in(models)),
            R"({"properties":{"a":{"$ref":"#/definitions/Other"}},)"
            R"("definitions":{"Other":{"type":"string"}}})");
}

TEST(JsonSchema, SampleTemplates) {
  EXPECT_EQ(sample_template(R"({"type": "object"})"), "#set($inputRoot = $input.path('$'))\n{ }");
  EXPECT_EQ(sample_template(R"({"type": "object", "properties": {"id": {"type": "integer"},
                                "name": {"type": "string"}}})"),
            "#set($inputRoot = $input.path('$'))\n{\n  \"id\" : 42,\n  \"name\" : \"foo\"\n}");
}

}  // namespace
}  // namespace tandem::apigateway
