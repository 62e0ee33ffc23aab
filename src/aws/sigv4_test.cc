// Known answers: AWS's Signature Version 4 test suite (service "service"), the IAM example of the
// General Reference, and the S3 examples of "Authenticating Requests (AWS Signature Version 4)".
#include "aws/sigv4.h"

#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/aws_chunked.h"
#include "core/bytes.h"

namespace tandem::aws {
namespace {

constexpr std::string_view kSuiteSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
constexpr std::string_view kS3Secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
constexpr std::string_view kEmptyHash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::int64_t kSuiteTime_s = 1440938160;  // 2015-08-30T12:36:00Z
constexpr std::int64_t kS3Time_s = 1369353600;     // 2013-05-24T00:00:00Z

net::HttpRequest suite_request(std::string method, std::string target, net::Headers extra = {}) {
  net::HttpRequest request;
  request.method = std::move(method);
  request.target = std::move(target);
  request.headers.add("Host", "example.amazonaws.com");
  for (const auto& [name, value] : extra) request.headers.add(name, value);
  return request;
}

/// Signs and returns the signature only.
std::string sign_suite(net::HttpRequest request) {
  SigningKeys keys;
  sign_request(request, {"AKIDEXAMPLE", std::string(kSuiteSecret), ""}, "us-east-1", "service",
               kSuiteTime_s, keys);
  const auto header = request.headers.get_or("Authorization");
  return std::string(header.substr(header.rfind('=') + 1));
}

std::string code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const ApiError& error) {
    return error.code() + ": " + error.message();
  }
  return "no error";
}

TEST(SigV4, SignsTheSuitesGetVanilla) {
  EXPECT_EQ(sign_suite(suite_request("GET", "/")),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

TEST(SigV4, SignsTheSuitesQueryOrderKeyCase) {
  EXPECT_EQ(sign_suite(suite_request("GET", "/?Param2=value2&Param1=value1")),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
}

TEST(SigV4, SignsTheSuitesPostVanilla) {
  EXPECT_EQ(sign_suite(suite_request("POST", "/")),
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
}

TEST(SigV4, NormalisesPathsForAllButS3) {
  // The suite's normalize-path cases all sign "/", or the resolved path.
  EXPECT_EQ(sign_suite(suite_request("GET", "/foo/bar/../..")),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  EXPECT_EQ(sign_suite(suite_request("GET", "//")),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  const auto raw = canonical_request(suite_request("GET", "/a//b/../c%20d"), {"host"}, "h", "s3");
  EXPECT_EQ(raw.substr(0, raw.find('\n', 4)), "GET\n/a//b/../c%20d");
  const auto twice =
      canonical_request(suite_request("GET", "/a//b/../c%20d"), {"host"}, "h", "iam");
  EXPECT_EQ(twice.substr(0, twice.find('\n', 4)), "GET\n/a/c%2520d");
}

TEST(SigV4, SignsTheGeneralReferencesIamExample) {
  net::HttpRequest request;
  request.method = "GET";
  request.target = "/?Action=ListUsers&Version=2010-05-08";
  request.headers = {{"Host", "iam.amazonaws.com"},
                     {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  SigningKeys keys;
  sign_request(request, {"AKIDEXAMPLE", std::string(kSuiteSecret), ""}, "us-east-1", "iam",
               kSuiteTime_s, keys);
  EXPECT_EQ(request.headers.get_or("Authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
            "SignedHeaders=content-type;host;x-amz-date, "
            "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
  const auto& key = keys.get({"AKIDEXAMPLE", "20150830", "us-east-1", "iam"}, kSuiteSecret);
  EXPECT_EQ(core::hex_encode(key),
            "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
}

net::HttpRequest s3_get() {
  net::HttpRequest request;
  request.method = "GET";
  request.target = "/test.txt";
  request.headers = {
      {"Host", "examplebucket.s3.amazonaws.com"},
      {"Range", "bytes=0-9"},
      {"x-amz-content-sha256", std::string(kEmptyHash)},
      {"x-amz-date", "20130524T000000Z"},
      {"Authorization",
       "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
       "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
       "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"}};
  return request;
}

TEST(SigV4, VerifiesS3GetWithRange) {
  const auto request = s3_get();
  const auto authorization = parse_authorization(request);
  ASSERT_TRUE(authorization.has_value());
  SigningKeys keys;
  EXPECT_NO_THROW(verify_signature(request, *authorization, kS3Secret, keys, kS3Time_s));
  auto tampered = request;
  tampered.target = "/other.txt";
  EXPECT_THAT(
      code_of([&] { verify_signature(tampered, *authorization, kS3Secret, keys, kS3Time_s); }),
      ::testing::StartsWith("InvalidSignatureException: The request signature we"));
}

TEST(SigV4, VerifiesS3PutWhosePathNeedsEncoding) {
  net::HttpRequest request;
  request.method = "PUT";
  request.target = "/test$file.text";
  request.body = "Welcome to Amazon S3.";
  request.headers = {
      {"Host", "examplebucket.s3.amazonaws.com"},
      {"Date", "Fri, 24 May 2013 00:00:00 GMT"},
      {"x-amz-date", "20130524T000000Z"},
      {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
      {"x-amz-content-sha256", "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"},
      {"Authorization",
       "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
       "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,"
       "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"}};
  SigningKeys keys;
  EXPECT_NO_THROW(
      verify_signature(request, *parse_authorization(request), kS3Secret, keys, kS3Time_s));
  // S3 API reference, "Error responses": the signature is good, the body is another.
  request.body = "Welcome to Amazon S4.";
  EXPECT_EQ(code_of([&] {
              verify_signature(request, *parse_authorization(request), kS3Secret, keys, kS3Time_s);
            }),
            "XAmzContentSHA256Mismatch: The provided 'x-amz-content-sha256' header does not match "
            "what was computed.");
}

net::HttpRequest s3_presigned() {
  net::HttpRequest request;
  request.method = "GET";
  request.target =
      "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
      "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
      "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
      "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
  request.headers = {{"Host", "examplebucket.s3.amazonaws.com"}};
  return request;
}

TEST(SigV4, VerifiesAPresignedUrlUntilItExpires) {
  const auto request = s3_presigned();
  const auto authorization = parse_authorization(request);
  ASSERT_TRUE(authorization.has_value());
  SigningKeys keys;
  EXPECT_NO_THROW(verify_signature(request, *authorization, kS3Secret, keys, kS3Time_s + 86'400));
  EXPECT_EQ(code_of([&] {
              verify_signature(request, *authorization, kS3Secret, keys, kS3Time_s + 86'401);
            }),
            "AccessDenied: Request has expired");
}

// aws-sdk-go #2167: STS does not look at X-Amz-Expires.
TEST(SigV4, PresignedUrlsOfOtherServicesLiveFifteenMinutes) {
  auto request = suite_request("GET", "/");
  SigningKeys keys;
  request.target = "/?" + presign_query(request, {"AKIDEXAMPLE", "secret", ""}, "us-east-1", "sts",
                                        kSuiteTime_s, 60, keys);
  request.body.clear();
  const auto at = [&](std::int64_t now) {
    return code_of([&] { check_signature_time(*parse_authorization(request), now); });
  };
  EXPECT_EQ(at(kSuiteTime_s + 900), "no error");
  EXPECT_EQ(at(kSuiteTime_s + 901),
            "InvalidSignatureException: Signature expired: 20150830T123600Z is now earlier than "
            "20150830T123601Z (20150830T125101Z - 15 min.)");
}

TEST(SigV4, PresignedUrlsNameTheirAlgorithm) {
  auto request = s3_presigned();
  const auto without = request.target.find("X-Amz-Algorithm");
  ASSERT_NE(without, std::string::npos);
  request.target.replace(request.target.find("AWS4-HMAC-SHA256"), 16, "AWS4-HMAC-SHA512");
  EXPECT_EQ(code_of([&] { parse_authorization(request); }),
            "AuthorizationQueryParametersError: X-Amz-Algorithm only supports "
            "\"AWS4-HMAC-SHA256\"");
  request.target.replace(without, 15, "X-Amz-Algorythm");
  EXPECT_THAT(code_of([&] { parse_authorization(request); }),
              ::testing::HasSubstr("requires the X-Amz-Algorithm"));
}

// IAM User Guide, "Troubleshoot AWS API request signatures": the dates must be the same.
TEST(SigV4, TheScopesDateIsTheSignaturesDate) {
  auto request = suite_request("GET", "/");
  SigningKeys keys;
  sign_request(request, {"AKIDEXAMPLE", "secret", ""}, "us-east-1", "sts", kSuiteTime_s, keys);
  auto authorization = *parse_authorization(request);
  authorization.scope.date = "20150829";
  EXPECT_EQ(
      code_of([&] { verify_signature(request, authorization, "secret", keys, kSuiteTime_s); }),
      "InvalidSignatureException: Date in Credential scope does not match YYYYMMDD from "
      "ISO-8601 version of date from HTTP: '20150829' != '20150830', from "
      "'20150830T123600Z'.");
}

TEST(SigV4, PresignsTheUrlOfTheS3Example) {
  net::HttpRequest request;
  request.method = "GET";
  request.target = "/test.txt";
  request.headers = {{"Host", "examplebucket.s3.amazonaws.com"}};
  SigningKeys keys;
  const auto query = presign_query(request, {"AKIAIOSFODNN7EXAMPLE", std::string(kS3Secret), ""},
                                   "us-east-1", "s3", kS3Time_s, 86'400, keys);
  EXPECT_EQ(query, s3_presigned().query());
}

TEST(SigV4, RefusesClocksFifteenMinutesApart) {
  auto request = suite_request("GET", "/");
  SigningKeys keys;
  sign_request(request, {"AKIDEXAMPLE", "secret", ""}, "us-east-1", "dynamodb", kSuiteTime_s, keys);
  const auto authorization = *parse_authorization(request);
  const auto at = [&](std::int64_t now) {
    return code_of([&] { verify_signature(request, authorization, "secret", keys, now); });
  };
  EXPECT_EQ(at(kSuiteTime_s + 900), "no error");
  EXPECT_EQ(at(kSuiteTime_s - 900), "no error");
  // The text is DynamoDB's (developer guide, "Signature expired").
  EXPECT_EQ(at(kSuiteTime_s + 901),
            "InvalidSignatureException: Signature expired: 20150830T123600Z is now earlier than "
            "20150830T123601Z (20150830T125101Z - 15 min.)");
  EXPECT_THAT(at(kSuiteTime_s - 901), ::testing::HasSubstr("Signature not yet current"));
}

TEST(SigV4, NamesWhatABrokenHeaderLacks) {
  const auto with = [](std::string value) {
    auto request = suite_request("GET", "/", {{"Authorization", std::move(value)}});
    return code_of([&] { parse_authorization(request); });
  };
  EXPECT_THAT(with("AWS4-HMAC-SHA256 SignedHeaders=host, Signature=ab"),
              ::testing::StartsWith(
                  "IncompleteSignatureException: Authorization header requires 'Credential'"));
  EXPECT_THAT(with("AWS4-HMAC-SHA256 Credential=a/20150830/us-east-1/iam/aws4_request"),
              ::testing::HasSubstr("'Signature'"));
  EXPECT_THAT(with("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=ab"),
              ::testing::HasSubstr("exactly 5 slash-delimited elements"));
  EXPECT_THAT(with("Basic dXNlcjpwYXNz"), ::testing::HasSubstr("Unsupported AWS 'algorithm'"));
  EXPECT_FALSE(parse_authorization(suite_request("GET", "/")).has_value());
}

/// The chunked upload of the S3 documentation: 65,536 and 1,024 letters a.
net::HttpRequest chunked_upload() {
  net::HttpRequest request;
  request.method = "PUT";
  request.target = "/examplebucket/chunkObject.txt";
  request.headers = {
      {"Host", "s3.amazonaws.com"},
      {"x-amz-date", "20130524T000000Z"},
      {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
      {"x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"},
      {"Content-Encoding", "aws-chunked"},
      {"x-amz-decoded-content-length", "66560"},
      {"Content-Length", "66824"},
      {"Authorization",
       "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
       "SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;"
       "x-amz-decoded-content-length;x-amz-storage-class,"
       "Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"}};
  request.body =
      "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n" +
      std::string(65536, 'a') +
      "\r\n400;chunk-signature="
      "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n" +
      std::string(1024, 'a') +
      "\r\n0;chunk-signature="
      "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n";
  return request;
}

std::optional<SigningContext> chunk_signing(const net::HttpRequest& request) {
  const auto authorization = *parse_authorization(request);
  SigningKeys keys;
  return SigningContext{keys.get(authorization.scope, kS3Secret), authorization.scope.text(),
                        authorization.date, authorization.signature};
}

TEST(AwsChunked, VerifiesTheDocumentedUpload) {
  auto request = chunked_upload();
  SigningKeys keys;
  EXPECT_NO_THROW(
      verify_signature(request, *parse_authorization(request), kS3Secret, keys, kS3Time_s));
  decode_aws_chunked(request, chunk_signing(request));
  EXPECT_EQ(request.body, std::string(66560, 'a'));
  EXPECT_FALSE(request.headers.contains("Content-Encoding"));
}

TEST(AwsChunked, RefusesAChangedChunk) {
  auto request = chunked_upload();
  request.body[1'000] = 'b';
  EXPECT_THAT(code_of([&] { decode_aws_chunked(request, chunk_signing(request)); }),
              ::testing::StartsWith("SignatureDoesNotMatch"));
}

net::HttpRequest trailing_upload(std::string body, std::string length) {
  net::HttpRequest request;
  request.method = "PUT";
  request.target = "/b/k";
  request.headers = {{"x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
                     {"Content-Encoding", "gzip,aws-chunked"},
                     {"x-amz-trailer", "x-amz-checksum-crc32"},
                     {"x-amz-decoded-content-length", std::move(length)}};
  request.body = std::move(body);
  return request;
}

TEST(AwsChunked, ChecksTheTrailingChecksum) {
  auto good = trailing_upload("9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n", "9");
  decode_aws_chunked(good, std::nullopt);
  EXPECT_EQ(good.body, "123456789");
  EXPECT_EQ(good.headers.get_or("x-amz-checksum-crc32"), "y/Q5Jg==");
  EXPECT_EQ(good.headers.get_or("Content-Encoding"), "gzip");
  auto bad = trailing_upload("9\r\n123456788\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n", "9");
  EXPECT_EQ(code_of([&] { decode_aws_chunked(bad, std::nullopt); }),
            "BadDigest: The CRC32 you specified did not match the calculated checksum.");
}

TEST(AwsChunked, RefusesWhatIsCutOffOrAnotherLength) {
  for (const auto* body :
       {"", "9", "9\r\n1234", "9\r\n123456789", "9\r\n123456789\r\n", "zz\r\n1\r\n0\r\n\r\n",
        "ffffffff\r\n1\r\n", "9\r\n1234567890\r\n0\r\n\r\n"}) {
    auto request = trailing_upload(body, "9");
    EXPECT_THAT(code_of([&] { decode_aws_chunked(request, std::nullopt); }),
                ::testing::StartsWith("IncompleteBody"))
        << body;
  }
  auto longer =
      trailing_upload("9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n", "8");
  EXPECT_THAT(code_of([&] { decode_aws_chunked(longer, std::nullopt); }),
              ::testing::StartsWith("IncompleteBody"));
  auto promised = trailing_upload("9\r\n123456789\r\n0\r\n\r\n", "9");
  EXPECT_THAT(code_of([&] { decode_aws_chunked(promised, std::nullopt); }),
              ::testing::StartsWith("MalformedTrailerError"));
}

/// What comes out when the body comes in pieces of this size.
std::string decode_in_pieces(const net::HttpRequest& request,
                             const std::optional<SigningContext>& signing, std::size_t piece) {
  AwsChunkedDecoder decoder(request.headers, signing);
  std::string content;
  for (std::size_t at = 0; at < request.body.size(); at += piece) {
    decoder.feed(std::string_view(request.body).substr(at, piece), content);
  }
  decoder.finish();
  return content;
}

TEST(AwsChunked, TakesPiecesOfAnySize) {
  auto changed = chunked_upload();
  changed.body[1'000] = 'b';
  const auto trailing =
      trailing_upload("9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n", "9");
  for (const std::size_t piece : {1, 2, 3, 7, 1000, 65'536, 100'000}) {
    const auto request = chunked_upload();
    EXPECT_EQ(decode_in_pieces(request, chunk_signing(request), piece), std::string(66560, 'a'));
    EXPECT_THAT(code_of([&] { decode_in_pieces(changed, chunk_signing(changed), piece); }),
                ::testing::StartsWith("SignatureDoesNotMatch"));
    EXPECT_EQ(decode_in_pieces(trailing, std::nullopt, piece), "123456789");
  }
}

TEST(AwsChunked, ACutAtAnyByteIsIncomplete) {
  const auto whole =
      trailing_upload("9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n", "9");
  // The empty line at the end is all that may be missing.
  for (std::size_t size = 0; size + 2 < whole.body.size(); ++size) {
    auto cut = whole;
    cut.body.resize(size);
    EXPECT_NE(code_of([&] { decode_in_pieces(cut, std::nullopt, 4); }), "no error") << size;
  }
}

TEST(AwsChunked, ATrailerThatComesForEverIsRefused) {
  const auto start = trailing_upload("9\r\n123456789\r\n0\r\n", "9");
  AwsChunkedDecoder decoder(start.headers, std::nullopt);
  std::string content;
  decoder.feed(start.body, content);
  EXPECT_THAT(code_of([&] {
                for (int at = 0; at < 1000; ++at) decoder.feed("a:b\r\n", content);
              }),
              ::testing::StartsWith("IncompleteBody"));
}

TEST(AwsChunked, AChecksumThatNobodyAnnouncedIsRefused) {
  auto request = trailing_upload("9\r\n123456789\r\n0\r\nx-amz-checksum-sha1:AAAA\r\n\r\n", "9");
  request.headers.erase("x-amz-trailer");
  EXPECT_THAT(code_of([&] { decode_aws_chunked(request, std::nullopt); }),
              ::testing::StartsWith("MalformedTrailerError"));
}

}  // namespace
}  // namespace tandem::aws
