#include "sigv4.h"

#include <gtest/gtest.h>

namespace tandem::lambda_runtime {
namespace {

// AWS's Signature Version 4 test suite, "post-x-www-form-urlencoded".
TEST(Signer, ReproducesAwsTestSuite) {
  Signer signer(
      {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1", "service"});
  EXPECT_EQ(signer.authorization("20150830T123600Z",
                                 {{"content-type", "application/x-www-form-urlencoded"},
                                  {"host", "example.amazonaws.com"},
                                  {"x-amz-date", "20150830T123600Z"}},
                                 "Param1=value1"),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            "SignedHeaders=content-type;host;x-amz-date, "
            "Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
}

}  // namespace
}  // namespace tandem::lambda_runtime
