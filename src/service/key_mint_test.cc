#include "service/key_mint.h"

#include <gtest/gtest.h>

namespace tandem::service {
namespace {

TEST(KeyMint, KnowsItsOwnIds) {
  core::SeededRandom random(1);
  const KeyMint mint("world"), other("another world");
  for (int i = 0; i < 100; ++i) {
    const std::string id = mint.make_id("AKIA", KeyMint::kIdentities, random);
    ASSERT_EQ(id.size(), 20u);
    EXPECT_TRUE(mint.made(id, KeyMint::kIdentities));
    EXPECT_FALSE(mint.made(id, KeyMint::functions_of("us-east-1")));
    EXPECT_FALSE(other.made(id, KeyMint::kIdentities));
    std::string changed = id;
    changed[10] = changed[10] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(mint.made(changed, KeyMint::kIdentities));
  }
  for (const std::string_view foreign :
       {"", "test", "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", "AKIA"}) {
    EXPECT_FALSE(mint.made(foreign, KeyMint::kIdentities)) << foreign;
  }
}

TEST(KeyMint, DerivesSecretsAndTokens) {
  const KeyMint mint("world");
  EXPECT_EQ(mint.secret_of("AKIAX").size(), 40u);
  EXPECT_NE(mint.secret_of("AKIAX"), mint.secret_of("AKIAY"));
  const std::string token = mint.token_of("ASIAX", 1'767'225'600);
  EXPECT_EQ(mint.expiry_in("ASIAX", token), 1'767'225'600);
  EXPECT_EQ(mint.expiry_in("ASIAY", token), std::nullopt);
  for (const std::string_view foreign : {"", "x", "IQoJb3JpZ2luX2Vj", "IQoJb3JpZ2luX2VjXXXX"}) {
    EXPECT_EQ(mint.expiry_in("ASIAX", foreign), std::nullopt);
  }
}

}  // namespace
}  // namespace tandem::service
