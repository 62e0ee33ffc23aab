// The developer guide's tables of mapping expressions, and the measured refusals.
#include "services/apigateway/mapping/parameter_expression.h"

#include <gtest/gtest.h>

namespace tandem::apigateway::mapping {
namespace {

using Kind = ParameterSource::Kind;

TEST(ParameterSource, OfARequest) {
  const auto kind = [](std::string_view text) {
    const auto parsed = parse_parameter_source(Direction::kRequest, text);
    return parsed ? std::optional(parsed.value().kind) : std::nullopt;
  };
  EXPECT_EQ(kind("method.request.path.id"), Kind::kPath);
  EXPECT_EQ(kind("method.request.querystring.q"), Kind::kQueryString);
  EXPECT_EQ(kind("method.request.multivaluequerystring.q"), Kind::kMultiValueQueryString);
  EXPECT_EQ(kind("method.request.header.X-Name"), Kind::kHeader);
  EXPECT_EQ(kind("method.request.multivalueheader.X-Name"), Kind::kMultiValueHeader);
  EXPECT_EQ(kind("method.request.body"), Kind::kBody);
  EXPECT_EQ(kind("method.request.body.a.b[0]"), Kind::kBody);
  EXPECT_EQ(kind("stageVariables.x"), Kind::kStageVariable);
  EXPECT_EQ(kind("context.identity.sourceIp"), Kind::kContext);
  EXPECT_EQ(kind("'static value'"), Kind::kLiteral);
  for (const char* wrong : {"true", "", "'", "method.request.header.", "method.request.header.a b",
                            "method.request.bodyx", "method.request.body.", "context.",
                            "integration.response.header.x", "method.request.cookie.x"}) {
    EXPECT_EQ(kind(wrong), std::nullopt) << wrong;
  }
  EXPECT_EQ(parse_parameter_source(Direction::kRequest, "'a'").value().name, "a");
  const auto body = parse_parameter_source(Direction::kRequest, "method.request.body.a.b");
  EXPECT_EQ(json::to_text(*body.value().path->evaluate(json::parse(R"({"a":{"b":1}})")).value()),
            "1");
}

TEST(ParameterSource, OfAResponse) {
  const auto source =
      parse_parameter_source(Direction::kResponse, "integration.response.header.ETag");
  ASSERT_TRUE(source.ok());
  EXPECT_EQ(source.value().kind, Kind::kResponseHeader);
  EXPECT_EQ(source.value().name, "ETag");
  EXPECT_TRUE(parse_parameter_source(Direction::kResponse, "integration.response.body.a").ok());
  EXPECT_FALSE(parse_parameter_source(Direction::kResponse, "method.request.header.x").ok());
  // [measured: Mapping templates]
  EXPECT_EQ(mapping_errors({parse_parameter_source(Direction::kResponse, "true").error().message}),
            "Invalid mapping expression specified: Validation Result: warnings : [], errors : "
            "[Invalid mapping expression specified: true]");
}

TEST(ParameterTarget, IsOfItsDirection) {
  EXPECT_EQ(parse_parameter_target(Direction::kRequest, "integration.request.path.p").value().kind,
            ParameterTarget::Kind::kPath);
  EXPECT_EQ(parse_parameter_target(Direction::kResponse, "method.response.header.X").value().name,
            "X");
  EXPECT_EQ(
      parse_parameter_target(Direction::kResponse, "integration.request.header.x").error().message,
      "Invalid mapping expression parameter specified: integration.request.header.x");
}

}  // namespace
}  // namespace tandem::apigateway::mapping
