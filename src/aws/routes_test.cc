#include "aws/routes.h"

#include <gtest/gtest.h>

namespace tandem::aws {
namespace {

std::string find(std::string_view service, std::string_view method, std::string_view target,
                 net::Headers headers = {}) {
  const RouteTable table(*model::find_service(service));
  const auto question = target.find('?');
  const auto query =
      question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
  const auto match = table.match(method, target.substr(0, question), query, headers);
  if (!match) return "none";
  std::string text(match->operation.name());
  for (const auto& [label, value] : match->labels) text += " " + label + "=" + value;
  return text;
}

// Amazon S3 API Reference: operations that share a path are told apart by query and headers.
TEST(Routes, TellS3OperationsApart) {
  EXPECT_EQ(find("s3", "GET", "/"), "ListBuckets");
  EXPECT_EQ(find("s3", "GET", "/b"), "ListObjects Bucket=b");
  EXPECT_EQ(find("s3", "GET", "/b/"), "ListObjects Bucket=b");
  EXPECT_EQ(find("s3", "GET", "/b?list-type=2"), "ListObjectsV2 Bucket=b");
  EXPECT_EQ(find("s3", "GET", "/b?location"), "GetBucketLocation Bucket=b");
  EXPECT_EQ(find("s3", "PUT", "/b/k"), "PutObject Bucket=b Key=k");
  EXPECT_EQ(find("s3", "PUT", "/b/k?x-id=PutObject"), "PutObject Bucket=b Key=k");
  EXPECT_EQ(find("s3", "PUT", "/b/k", {{"x-amz-copy-source", "/a/b"}}),
            "CopyObject Bucket=b Key=k");
  EXPECT_EQ(find("s3", "PUT", "/b/k?partNumber=1&uploadId=u"), "UploadPart Bucket=b Key=k");
  EXPECT_EQ(find("s3", "PUT", "/b/k?partNumber=1&uploadId=u", {{"X-Amz-Copy-Source", "/a"}}),
            "UploadPartCopy Bucket=b Key=k");
  EXPECT_EQ(find("s3", "GET", "/b/k?uploadId=u"), "ListParts Bucket=b Key=k");
  EXPECT_EQ(find("s3", "GET", "/b/k?partNumber=2"), "GetObject Bucket=b Key=k");
  EXPECT_EQ(find("s3", "POST", "/b/k?uploads"), "CreateMultipartUpload Bucket=b Key=k");
  EXPECT_EQ(find("s3", "POST", "/b/k?uploadId=u"), "CompleteMultipartUpload Bucket=b Key=k");
  EXPECT_EQ(find("s3", "DELETE", "/b/k?uploadId=u"), "AbortMultipartUpload Bucket=b Key=k");
  EXPECT_EQ(find("s3", "DELETE", "/b/k"), "DeleteObject Bucket=b Key=k");
  EXPECT_EQ(find("s3", "POST", "/b?delete="), "DeleteObjects Bucket=b");
  EXPECT_EQ(find("s3", "POST", "/b"), "none");
}

TEST(Routes, TakeS3KeysByteForByte) {
  EXPECT_EQ(find("s3", "GET", "/b/a//b/../c%2F%20d/"), "GetObject Bucket=b Key=a//b/../c/ d/");
  EXPECT_EQ(find("s3", "GET", "/b//k"), "GetObject Bucket=b Key=/k");
  EXPECT_EQ(find("s3", "GET", "/b/2026-11-23T00:00:00Z-x"),
            "GetObject Bucket=b Key=2026-11-23T00:00:00Z-x");
}

TEST(Routes, IgnoreTrailingSlashesElsewhere) {
  // Old botocore posts /rrset/, newer SDKs /rrset.
  EXPECT_EQ(find("route53", "POST", "/2013-04-01/hostedzone/Z1/rrset/"),
            "ChangeResourceRecordSets Id=Z1");
  EXPECT_EQ(find("route53", "POST", "/2013-04-01/hostedzone/Z1/rrset"),
            "ChangeResourceRecordSets Id=Z1");
  EXPECT_EQ(find("route53", "GET", "/2013-04-01/hostedzone/%2Fhostedzone%2FZ1"),
            "GetHostedZone Id=/hostedzone/Z1");
  EXPECT_EQ(find("lambda", "GET", "/2015-03-31/functions/"), "ListFunctions");
  EXPECT_EQ(find("lambda", "POST", "/2015-03-31/functions/f/invocations"), "Invoke FunctionName=f");
  EXPECT_EQ(find("lambda", "GET", "/2015-03-31/nothing"), "none");
}

TEST(Routes, DecodeLabelsAfterSplitting) {
  EXPECT_EQ(find("apigateway", "PATCH", "/domainnames/a.b/basepathmappings/%28none%29"),
            "UpdateBasePathMapping domain_name=a.b base_path=(none)");
  EXPECT_EQ(
      find("apigateway", "PUT", "/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Fx"),
      "TagResource resource_arn=arn:aws:apigateway:us-east-1::/restapis/x");
  EXPECT_EQ(find("apigateway", "POST", "/restapis"), "CreateRestApi");
  EXPECT_EQ(find("apigateway", "POST", "/restapis?mode=import"), "ImportRestApi");
}

TEST(Routes, ReportAMissingRequiredParameterNotAnUnknownOperation) {
  EXPECT_EQ(find("apigateway", "DELETE", "/tags/x"), "UntagResource resource_arn=x");
}

}  // namespace
}  // namespace tandem::aws
