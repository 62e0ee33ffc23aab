#include "aws/sigv2.h"

#include <gtest/gtest.h>

#include "aws/error.h"

namespace tandem::aws {
namespace {

constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

// S3 user guide, "Signing and authenticating REST requests", query string example.
net::HttpRequest published() {
  net::HttpRequest request;
  request.method = "GET";
  request.target =
      "/johnsmith/photos/puppy.jpg?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE"
      "&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620";
  request.headers.add("Host", "s3.us-east-1.amazonaws.com");
  return request;
}

std::string outcome(const net::HttpRequest& request, std::int64_t now_s = 1'175'139'000) {
  try {
    const auto parsed = parse_signature_version_2(request);
    if (!parsed) return "none";
    verify_signature_version_2(request, *parsed, request.path(), kSecret, now_s);
    return parsed->access_key_id;
  } catch (const ApiError& error) {
    return error.code() + ": " + error.message();
  }
}

net::HttpRequest with(std::string_view from, std::string_view to) {
  net::HttpRequest request = published();
  request.target.replace(request.target.find(from), from.size(), to);
  return request;
}

TEST(SignatureVersion2, IsVerifiedOrSaysWhyNot) {
  EXPECT_EQ(outcome(published()), "AKIAIOSFODNN7EXAMPLE");
  EXPECT_EQ(outcome(published(), 1'175'139'621), "AccessDenied: Request has expired");
  EXPECT_TRUE(outcome(with("puppy", "kitty")).starts_with("InvalidSignatureException"));
  EXPECT_TRUE(outcome(with("Expires=1175139620", "Expires=1175139621"))
                  .starts_with("InvalidSignatureException"));
  EXPECT_TRUE(outcome(with("&Expires=1175139620", "")).starts_with("AccessDenied: Query-string"));
  net::HttpRequest more = published();
  more.headers.add("x-amz-meta-added", "by somebody else");
  EXPECT_TRUE(outcome(more).starts_with("InvalidSignatureException"));
  net::HttpRequest none = published();
  none.target = "/johnsmith/photos/puppy.jpg";
  EXPECT_EQ(outcome(none), "none");
}

TEST(SignatureVersion2, IsTakenInOlderRegionsOnly) {
  EXPECT_TRUE(takes_signature_version_2("us-east-1"));
  EXPECT_TRUE(takes_signature_version_2("us-west-2"));
  EXPECT_FALSE(takes_signature_version_2("eu-central-1"));
}

}  // namespace
}  // namespace tandem::aws
