#include "services/apigateway/model/content_coding.h"

#include <gtest/gtest.h>

#include "aws/error.h"

namespace tandem::apigateway {
namespace {

using net::ContentCoding;

/// Developer guide, "Content codings supported by API Gateway", and its note that the highest
/// priority decides.
TEST(ContentCoding, IsTheOneAClientPrefers) {
  EXPECT_EQ(preferred_coding("deflate,gzip"), ContentCoding::kDeflate);
  EXPECT_EQ(preferred_coding("gzip, deflate, br"), ContentCoding::kGzip);
  EXPECT_EQ(preferred_coding("deflate;q=0.5,gzip;q=1.0"), ContentCoding::kGzip);
  EXPECT_EQ(preferred_coding("gzip;q=1.0,identity;q=0.5,*;q=0"), ContentCoding::kGzip);
  EXPECT_EQ(preferred_coding("GZIP ; Q=0.123"), ContentCoding::kGzip);
  for (const char* none : {"", "*", "br, gzip", "identity", "gzip;q=0", "gzip;q=2", "gzip;q=0.1234",
                           "gzip;level=1", "gzip;q=nan", "gzip;q=-1", "deflate;q=0.5,identity"}) {
    EXPECT_EQ(preferred_coding(none), std::nullopt) << none;
  }
}

TEST(ContentCoding, OfABodyIsOneOfThree) {
  using Kind = BodyCoding::Kind;
  EXPECT_EQ(body_coding("").kind, Kind::kPlain);
  EXPECT_EQ(body_coding("identity").kind, Kind::kPlain);
  EXPECT_EQ(body_coding(" Gzip ").kind, Kind::kCoded);
  EXPECT_EQ(body_coding("deflate").coding, ContentCoding::kDeflate);
  EXPECT_EQ(body_coding("br").kind, Kind::kUnsupported);
  EXPECT_EQ(body_coding("gzip, gzip").kind, Kind::kUnsupported);
}

/// Developer guide, "Enable payload compression for an API": an empty value turns it off.
TEST(ContentCoding, HasASizeFromWhichItIsUsed) {
  EXPECT_EQ(read_minimum_compression("0"), 0);
  EXPECT_EQ(read_minimum_compression("10485760"), 10'485'760);
  EXPECT_EQ(read_minimum_compression(""), std::nullopt);
  EXPECT_EQ(read_minimum_compression(std::nullopt), std::nullopt);
  for (const char* wrong : {"-1", "10485761", "many", "1.5", "null"}) {
    EXPECT_THROW(read_minimum_compression(wrong), aws::ApiError) << wrong;
  }
}

}  // namespace
}  // namespace tandem::apigateway
