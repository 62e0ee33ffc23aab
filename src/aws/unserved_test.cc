#include "aws/unserved.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/model.h"

namespace tandem::aws {
namespace {

using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::StartsWith;

net::HttpResponse refused(std::string_view service, net::Headers headers,
                          std::string target = "/") {
  net::HttpRequest request;
  request.method = "POST";
  request.target = std::move(target);
  request.headers = std::move(headers);
  return encode_unserved_error(request, service, "r-1", ApiError(400, "Code", "<why>"));
}

net::Headers with(std::string_view name, std::string_view value) {
  net::Headers headers;
  headers.set(name, value);
  return headers;
}

constexpr std::string_view kForm = "application/x-www-form-urlencoded; charset=utf-8";

TEST(UnservedError, IsInTheShapeOfTheRequestsProtocol) {
  const auto json = refused("kinesis", with("X-Amz-Target", "Kinesis_20131202.ListStreams"));
  EXPECT_EQ(json.body, R"({"__type":"Code","message":"<why>"})");
  EXPECT_EQ(json.headers.get_or("Content-Type"), "application/x-amz-json-1.1");
  const auto rest = refused("eks", {}, "/clusters");
  EXPECT_EQ(rest.headers.get_or("x-amzn-ErrorType"), "Code");
  EXPECT_EQ(rest.body, R"({"message":"<why>"})");
  const auto query = refused("sns", with("Content-Type", kForm));
  EXPECT_EQ(query.body,
            "<ErrorResponse><Error><Type>Sender</Type><Code>Code</Code><Message>&lt;why&gt;"
            "</Message></Error><RequestId>r-1</RequestId></ErrorResponse>");
  EXPECT_EQ(refused("sns", {}, "/?Version=2010-03-31&Action=ListTopics").body, query.body);
  EXPECT_EQ(query.headers.get_or("x-amzn-RequestId"), "r-1");
}

TEST(UnservedError, KnowsByNameWhatLooksAlike) {
  const auto xml = refused("cloudfront", {}, "/2020-05-31/distribution");
  EXPECT_THAT(xml.body, HasSubstr("<ErrorResponse><Error><Type>Sender</Type><Code>Code</Code>"));
  EXPECT_EQ(xml.headers.get_or("Content-Type"), "text/xml");
  const auto ec2 = refused("ec2", with("Content-Type", kForm));
  EXPECT_THAT(ec2.body, HasSubstr("<Response><Errors><Error><Code>Code</Code><Message>&lt;why&gt;"
                                  "</Message></Error></Errors><RequestID>r-1</RequestID>"));
  EXPECT_EQ(ec2.status, 400);
  EXPECT_THAT(model::unusual_protocols(),
              Contains(Field(&model::UnusualProtocol::service, "s3-control")));
}

TEST(UnservedError, SpeaksCbor) {
  const auto cbor = refused("monitoring", with("Smithy-Protocol", "rpc-v2-cbor"));
  using std::string_literals::operator""s;
  EXPECT_EQ(cbor.body,
            "\xa2\x79\0\x06__type\x79\0\x1d"
            "com.amazon.coral.service#Code\x79\0\x07message\x79\0\x05<why>"s);
  EXPECT_EQ(cbor.headers.get_or("Smithy-Protocol"), "rpc-v2-cbor");
}

}  // namespace
}  // namespace tandem::aws
