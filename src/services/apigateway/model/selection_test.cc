#include "services/apigateway/model/selection.h"

#include <gtest/gtest.h>

namespace tandem::apigateway {
namespace {

bool matches(std::string_view pattern, std::string_view text) {
  return SelectionPattern::parse(pattern).value().matches(text);
}

// API Gateway developer guide, "Set up an integration response": the whole text, as Java's
// matches().
TEST(SelectionPattern, MatchesTheWholeText) {
  EXPECT_TRUE(matches("4\\d{2}", "404"));
  EXPECT_FALSE(matches("4\\d{2}", "4040"));
  EXPECT_FALSE(matches("Not found", "Error: Not found"));
  EXPECT_TRUE(matches(".*Not found.*", "Error: Not found"));
  EXPECT_TRUE(matches("[\\s\\S]*\\[400\\][\\s\\S]*", "a\n[400] b"));
}

TEST(SelectionPattern, DotStopsAtALinesEnd) {
  EXPECT_FALSE(matches(".*b", "a\nb"));
  EXPECT_TRUE(matches("(.|\\n)*b", "a\nb"));
}

TEST(SelectionPattern, AnEmptyOneIsTheDefault) {
  const auto pattern = SelectionPattern::parse("");
  EXPECT_TRUE(pattern.value().is_default());
  EXPECT_FALSE(pattern.value().matches(""));
}

TEST(SelectionPattern, RefusesWhatIsNoPattern) {
  EXPECT_FALSE(SelectionPattern::parse("(").ok());
  EXPECT_FALSE(SelectionPattern::parse("(?!x)y").ok());
  EXPECT_FALSE(SelectionPattern::parse(std::string(5'000, 'a')).ok());
}

// Whoever can choose what a back end says must not choose how long it takes.
TEST(SelectionPattern, TakesLinearTime) {
  EXPECT_FALSE(matches("(a+)+b", std::string(100'000, 'a')));
}

}  // namespace
}  // namespace tandem::apigateway
