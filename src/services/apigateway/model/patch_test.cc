#include "services/apigateway/model/patch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/error.h"
#include "services/apigateway/model/method_settings.h"

namespace tandem::apigateway {
namespace {

json::array operations(std::string_view text) {
  auto parsed = json::parse_text(text);
  return std::move(parsed).value().as_array();
}

PatchTable table() {
  return {replace_text("/name", "name"), replace_text("/description", "description"),
          replace_flag("/enabled", "enabled"), change_map_entry("/variables/{name}", "variables")};
}

std::string refusal(json::object document, std::string_view patches, const PatchTable& rules) {
  const json::array given = operations(patches);
  try {
    apply_patch(document, &given, rules);
  } catch (const aws::ApiError& error) {
    EXPECT_EQ(error.code(), "BadRequestException");
    return error.message();
  }
  return "";
}

TEST(Patch, AppliesInOrder) {
  json::object document{{"name", "a"}};
  const json::array given = operations(
      R"([{"op":"replace","path":"/name","value":"b"},
          {"op":"replace","path":"/enabled","value":"True"},
          {"op":"add","path":"/variables/a~1b~0c","value":"1"},
          {"op":"replace","path":"/variables/x","value":"2"},
          {"op":"remove","path":"/variables/a~1b~0c"}])");
  apply_patch(document, &given, table());
  EXPECT_EQ(document,
            (json::object{{"name", "b"}, {"enabled", true}, {"variables", {{"x", "2"}}}}));
}

// API Gateway's wording, two blanks included.
TEST(Patch, NamesThePossiblePathsOfTheOperation) {
  EXPECT_EQ(refusal({}, R"([{"op":"replace","path":"/x","value":"1"}])", table()),
            "Invalid patch path  '/x' specified for op 'replace'. Must be one of: [/name, "
            "/description, /enabled, /variables/{name}]");
  EXPECT_EQ(refusal({}, R"([{"op":"remove","path":"/name"}])", table()),
            "Invalid patch path  '/name' specified for op 'remove'. Please choose supported "
            "operations");
  EXPECT_EQ(refusal({}, R"([{"op":"test","path":"/x"}])", table()),
            "Invalid patch path  '/x' specified for op 'test'. Must be one of: []");
}

// Of methods and what belongs to them, in other words.
TEST(Patch, IsShortOfMethods) {
  const auto short_refusal = [](std::string_view patches) {
    json::object document;
    const json::array given = operations(patches);
    try {
      apply_patch(document, &given, table(), PatchWords::kShort);
    } catch (const aws::ApiError& error) {
      return error.message();
    }
    return std::string();
  };
  EXPECT_EQ(short_refusal(R"([{"op":"replace","path":"/x","value":"1"}])"),
            "Invalid patch path /x");
  EXPECT_EQ(short_refusal(R"([{"op":"add","path":"/name","value":"1"}])"),
            "Invalid patch operation specified. Must be one of: [replace]");
}

TEST(Patch, AMapGoesWithItsLastEntry) {
  json::object document{{"variables", {{"x", "1"}}}};
  const json::array given = operations(R"([{"op":"remove","path":"/variables/x"}])");
  apply_patch(document, &given, table());
  EXPECT_EQ(document, json::object());
  const PatchTable strict = {change_map_entry("/a/{b}", "a", {"Invalid parameter name specified"})};
  const json::array missing = operations(R"([{"op":"remove","path":"/a/x"}])");
  EXPECT_THROW(apply_patch(document, &missing, strict), aws::ApiError);
}

TEST(Patch, ChecksValues) {
  EXPECT_THAT(refusal({}, R"([{"op":"replace","path":"/enabled","value":"yes"}])", table()),
              ::testing::HasSubstr("Must be a boolean"));
  EXPECT_THAT(refusal({}, R"([{"op":"replace","path":"/name"}])", table()),
              ::testing::HasSubstr("a value is required"));
}

TEST(MethodSettings, AreNamedWithoutTheLeadingSlash) {
  json::object stage{{"methodSettings", json::object()}};
  const json::array given = operations(
      R"([{"op":"replace","path":"/~1todos~1{id}/GET/throttling/burstLimit","value":"5"},
          {"op":"replace","path":"/a/b/PUT/throttling/rateLimit","value":"2.5"},
          {"op":"replace","path":"/*/*/throttling/rateLimit","value":"7"},
          {"op":"replace","path":"/*/*/logging/loglevel","value":"OFF"}])");
  apply_patch(stage, &given, method_setting_patches());
  const json::object& settings = stage.at("methodSettings").as_object();
  EXPECT_EQ(settings.at("todos/{id}/GET").at("throttlingBurstLimit"), 5);
  EXPECT_EQ(settings.at("a/b/PUT").at("throttlingRateLimit"), 2.5);
  const RateLimit account{10'000, 5'000};
  EXPECT_EQ(method_limit(settings, "/todos/{id}/GET", account), (RateLimit{10'000, 5}));
  EXPECT_EQ(method_limit(settings, "/other/GET", account), (RateLimit{7, 5'000}));
  EXPECT_EQ(method_limit({}, "/other/GET", account), std::nullopt);
}

TEST(MethodSettings, RefuseWhatIsNotImplemented) {
  const json::object stage{{"methodSettings", json::object()}};
  EXPECT_EQ(refusal(stage, R"([{"op":"replace","path":"/*/*/caching/enabled","value":"true"}])",
                    method_setting_patches()),
            "Method setting caching/enabled is not implemented");
  EXPECT_THAT(refusal(stage, R"([{"op":"replace","path":"/*/*/caching/ttlInSeconds","value":"3"}])",
                      method_setting_patches()),
              ::testing::HasSubstr("Invalid patch path"));
}

}  // namespace
}  // namespace tandem::apigateway
