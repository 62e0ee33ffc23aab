// Developer guide: "Payload compression for REST APIs in API Gateway".
#include "net/gzip.h"
#include "services/apigateway/testing.h"

namespace tandem::apigateway::testing {
namespace {

using net::ContentCoding;

struct Compression : Harness {
  Compression() {
    api = make_api();
    make_method(api, root, "POST");
    deploy(api);
  }
  void set_minimum(std::string value) {
    call("UpdateRestApi",
         {{"restApiId", api},
          {"patchOperations",
           {{{"op", "replace"}, {"path", "/minimumCompressionSize"}, {"value", value}}}}});
    deploy(api);
  }
  net::HttpResponse post(net::Headers headers, std::string body = "x") {
    return send("POST", host_of(api), "/dev/", std::move(headers), std::move(body));
  }
  json::object event() const { return json::parse(functions.calls.back().event).as_object(); }
  void answer(std::size_t bytes) {
    functions.answer.payload =
        json::to_text(json::object{{"statusCode", 200}, {"body", std::string(bytes, 'a')}});
  }
  std::string api;
};

TEST_F(Compression, OfAnswersIsWhatTheApiAndTheClientWant) {
  answer(100);
  EXPECT_EQ(post({{"Accept-Encoding", "gzip"}}).body, std::string(100, 'a'));
  set_minimum("100");
  const auto packed = post({{"Accept-Encoding", "gzip, deflate"}});
  EXPECT_EQ(packed.headers.get_or("Content-Encoding"), "gzip");
  EXPECT_EQ(net::gunzip(packed.body, 100).value(), std::string(100, 'a'));
  const auto deflated = post({{"Accept-Encoding", "deflate"}});
  EXPECT_EQ(deflated.headers.get_or("Content-Encoding"), "deflate");
  EXPECT_TRUE(net::decompress(deflated.body, ContentCoding::kDeflate, 100).ok());
  for (const char* other : {"br, gzip", "*", "identity"}) {
    EXPECT_EQ(post({{"Accept-Encoding", other}}).body.size(), 100U) << other;
  }
  EXPECT_FALSE(post({}).headers.contains("Content-Encoding"));
  answer(99);
  EXPECT_EQ(post({{"Accept-Encoding", "gzip"}}).body.size(), 99U);
  answer(1'000'000);
  EXPECT_LT(post({{"Accept-Encoding", "gzip"}}).body.size(), 10'000U);
  set_minimum("");
  EXPECT_EQ(post({{"Accept-Encoding", "gzip"}}).body.size(), 1'000'000U);
}

TEST_F(Compression, LeavesWhatIsCompressedAndTheGatewaysOwnAnswers) {
  set_minimum("0");
  functions.answer.payload =
      R"({"statusCode":200,"headers":{"content-encoding":"br"},"body":"as it is"})";
  EXPECT_EQ(post({{"Accept-Encoding", "gzip"}}).body, "as it is");
  functions.answer.payload = "no answer";
  EXPECT_EQ(post({{"Accept-Encoding", "gzip"}}).body, R"({"message": "Internal server error"})");
}

/// By default, with the header left where it is (serverless-http #194).
TEST_F(Compression, IsTakenOffRequests) {
  EXPECT_EQ(post({{"Content-Encoding", "gzip"}}, net::gzip("hello")).status, 200);
  EXPECT_EQ(text(event(), "body"), "hello");
  EXPECT_EQ(text(event().at("headers").as_object(), "Content-Encoding"), "gzip");
  EXPECT_EQ(event().at("isBase64Encoded"), false);
  EXPECT_EQ(post({{"Content-Encoding", "deflate"}}, net::compress("hello", ContentCoding::kDeflate))
                .status,
            200);
  EXPECT_EQ(text(event(), "body"), "hello");
  EXPECT_EQ(post({{"Content-Encoding", "identity"}}, "plain").status, 200);
  EXPECT_EQ(post({{"Content-Encoding", "gzip"}}, "").status, 200);
  const auto refused = post({{"Content-Encoding", "br"}});
  EXPECT_EQ(refused.status, 415);
  EXPECT_EQ(refused.body, R"({"message": "Unsupported Media Type"})");
  EXPECT_EQ(post({{"Content-Encoding", "gzip"}}, "not gzip").status, 415);
  std::string large;
  large.resize(10'485'761, 'a');
  EXPECT_EQ(post({{"Content-Encoding", "gzip"}}, net::gzip(large)).status, 413);
}

/// "If the payload size is smaller than this value, compression or decompression are not applied
/// on the payload."
TEST_F(Compression, OfSmallRequestsStaysOnThem) {
  set_minimum("10485760");
  const std::string packed = net::gzip("hello");
  EXPECT_EQ(post({{"Content-Encoding", "gzip"}}, packed).status, 200);
  EXPECT_NE(text(event(), "body"), "hello");
}

/// The texts are those of AWS (LocalStack's recorded tests).
TEST_F(Compression, IsSetWithinItsRange) {
  constexpr std::string_view kText =
      "Invalid minimum compression size, must be between 0 and 10485760";
  EXPECT_EQ(fail("CreateRestApi", {{"name", "x"}, {"minimumCompressionSize", -1}}).message, kText);
  EXPECT_EQ(fail("CreateRestApi", {{"name", "x"}, {"minimumCompressionSize", 10'485'761}}).message,
            kText);
  EXPECT_EQ(fail("UpdateRestApi",
                 {{"restApiId", api},
                  {"patchOperations",
                   {{{"op", "replace"}, {"path", "/minimumCompressionSize"}, {"value", "many"}}}}})
                .message,
            kText);
  const json::object made = call("CreateRestApi", {{"name", "x"}, {"minimumCompressionSize", 0}});
  EXPECT_EQ(made.at("minimumCompressionSize"), 0);
  set_minimum("7");
  EXPECT_EQ(call("GetRestApi", {{"restApiId", api}}).at("minimumCompressionSize"), 7);
  set_minimum("");
  EXPECT_FALSE(call("GetRestApi", {{"restApiId", api}}).contains("minimumCompressionSize"));
}

}  // namespace
}  // namespace tandem::apigateway::testing
