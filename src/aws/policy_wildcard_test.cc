#include "aws/policy_wildcard.h"

#include <gtest/gtest.h>

namespace tandem::aws {
namespace {

TEST(PolicyWildcard, StarsAndQuestionMarks) {
  EXPECT_TRUE(matches_wildcard("*", ""));
  EXPECT_TRUE(matches_wildcard("a*b*c", "aXbYbc"));
  EXPECT_TRUE(matches_wildcard("a*c?", "abbcd"));
  EXPECT_TRUE(matches_wildcard("*a*b*", "xaxbx"));
  EXPECT_FALSE(matches_wildcard("a*c?", "abbc"));
  EXPECT_FALSE(matches_wildcard("a*b", "abc"));
  EXPECT_FALSE(matches_wildcard("", "a"));
}

}  // namespace
}  // namespace tandem::aws
