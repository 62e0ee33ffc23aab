#include "core/digest.h"

#include <gtest/gtest.h>

#include "core/bytes.h"

namespace tandem::core {
namespace {

TEST(Digest, PiecesMakeTheSameAsTheWhole) {
  const std::string text(1'000, 'x');
  Digest md5(Digest::Algorithm::kMd5);
  Digest sha256(Digest::Algorithm::kSha256);
  for (const std::size_t piece : {1, 7, 1'000}) {
    for (std::size_t at = 0; at < text.size(); at += piece) {
      md5.update(std::string_view(text).substr(at, piece));
      sha256.update(std::string_view(text).substr(at, piece));
    }
    EXPECT_EQ(md5.finish(), core::md5(text));
    EXPECT_EQ(sha256.finish(), core::sha256(text));
  }
}

// FIPS 180-4's example.
TEST(Digest, Sha1) {
  Digest sha1(Digest::Algorithm::kSha1);
  sha1.update("abc");
  EXPECT_EQ(hex_encode(sha1.finish()), "a9993e364706816aba3e25717850c26c9cd0d89d");
}

}  // namespace
}  // namespace tandem::core
