#include "services/apigateway/proxy/content.h"

#include <gtest/gtest.h>

namespace tandem::apigateway {
namespace {

constexpr const char* kBase64 = "/wA=";
const std::string kBytes("\xff\0", 2);

void expect(const std::optional<Content>& content, std::string_view body, bool bytes) {
  ASSERT_TRUE(content);
  EXPECT_EQ(content->body, body);
  EXPECT_EQ(content->bytes, bytes);
}

// Developer guide, "API Gateway request content type conversions", row by row.
TEST(Content, ConvertsRequests) {
  using enum ContentHandling;
  expect(convert_request("a", Media::kText, kNone), "a", false);
  expect(convert_request("a\xff", Media::kText, kNone), "a\xEF\xBF\xBD", false);
  expect(convert_request("a", Media::kText, kToText), "a", false);
  expect(convert_request(kBase64, Media::kText, kToBinary), kBytes, true);
  expect(convert_request(kBytes, Media::kBinary, kNone), kBytes, true);
  expect(convert_request(kBytes, Media::kBinary, kToText), kBase64, false);
  expect(convert_request(kBytes, Media::kBinary, kToBinary), kBytes, true);
  EXPECT_FALSE(convert_request("no base64!", Media::kText, kToBinary));
}

// "API Gateway response content type conversions".
TEST(Content, ConvertsResponses) {
  using enum ContentHandling;
  expect(convert_response(kBase64, Media::kText, Media::kText, kNone), kBase64, false);
  expect(convert_response(kBase64, Media::kText, Media::kBinary, kNone), kBytes, true);
  expect(convert_response(kBase64, Media::kText, Media::kBinary, kToText), kBase64, false);
  expect(convert_response(kBase64, Media::kText, Media::kText, kToBinary), kBytes, true);
  expect(convert_response(kBytes, Media::kBinary, Media::kText, kNone), kBase64, false);
  expect(convert_response(kBytes, Media::kBinary, Media::kBinary, kNone), kBytes, true);
  expect(convert_response(kBytes, Media::kBinary, Media::kBinary, kToText), kBase64, false);
  expect(convert_response(kBytes, Media::kBinary, Media::kText, kToBinary), kBytes, true);
  EXPECT_FALSE(convert_response("{}", Media::kText, Media::kText, kToBinary));
}

// A function answers with JSON: its base64 is a JSON text.
TEST(Content, TakesBase64OutOfItsQuotes) {
  expect(convert_response("\"/wA=\"", Media::kText, Media::kText, ContentHandling::kToBinary),
         kBytes, true);
}

}  // namespace
}  // namespace tandem::apigateway
