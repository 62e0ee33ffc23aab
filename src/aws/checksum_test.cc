#include "aws/checksum.h"

#include <gtest/gtest.h>

namespace tandem::aws {
namespace {

// The check values of the CRC catalogue: of the nine characters "123456789".
TEST(Checksum, MatchesTheCataloguesCheckValues) {
  constexpr std::string_view kText = "123456789";
  EXPECT_EQ(crc32(kText), 0xCBF43926u);
  EXPECT_EQ(checksum_base64(ChecksumAlgorithm::kCrc32, kText), "y/Q5Jg==");
  EXPECT_EQ(checksum_base64(ChecksumAlgorithm::kCrc32c, kText), "4waSgw==");
  EXPECT_EQ(checksum_base64(ChecksumAlgorithm::kCrc64Nvme, kText), "rosUhgp5mIg=");
  EXPECT_EQ(checksum_base64(ChecksumAlgorithm::kSha1, ""), "2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
  EXPECT_EQ(checksum_base64(ChecksumAlgorithm::kSha256, ""),
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

TEST(Checksum, FindsAlgorithmsByHeader) {
  EXPECT_EQ(checksum_algorithm("X-Amz-Checksum-CRC32C"), ChecksumAlgorithm::kCrc32c);
  EXPECT_EQ(checksum_header(ChecksumAlgorithm::kCrc64Nvme), "x-amz-checksum-crc64nvme");
  EXPECT_FALSE(checksum_algorithm("x-amz-checksum-type").has_value());
}

}  // namespace
}  // namespace tandem::aws
