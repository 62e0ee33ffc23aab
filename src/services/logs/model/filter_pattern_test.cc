#include "services/logs/model/filter_pattern.h"

#include <gtest/gtest.h>

namespace tandem::logs {
namespace {

bool matches(std::string_view pattern, std::string_view message) {
  const auto parsed = FilterPattern::parse(pattern);
  EXPECT_TRUE(parsed.ok()) << pattern;
  return parsed.ok() && parsed.value().matches(message);
}

// The examples of the user guide, "Filter pattern syntax", unstructured log events.
TEST(FilterPattern, FollowsTheGuidesExamples) {
  EXPECT_TRUE(matches("", "anything"));
  EXPECT_TRUE(matches("ERROR", "[ERROR 400] BAD REQUEST"));
  EXPECT_FALSE(matches("ERROR", "[error 400] bad request"));
  EXPECT_TRUE(matches("ERROR ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS"));
  EXPECT_FALSE(matches("ERROR ARGUMENTS", "[ERROR 400] BAD REQUEST"));
  EXPECT_TRUE(matches("?ERROR ?ARGUMENTS", "[ERROR 400] BAD REQUEST"));
  EXPECT_TRUE(matches("?ERROR ?ARGUMENTS", "[420] INVALID ARGUMENTS"));
  EXPECT_FALSE(matches("?ERROR ?ARGUMENTS", "all is well"));
  EXPECT_TRUE(matches("\"INTERNAL SERVER ERROR\"", "[ERROR 500] INTERNAL SERVER ERROR"));
  EXPECT_FALSE(matches("\"INTERNAL SERVER ERROR\"", "INTERNAL ERROR OF SERVER"));
  EXPECT_TRUE(matches("ERROR -ARGUMENTS", "[ERROR 400] BAD REQUEST"));
  EXPECT_FALSE(matches("ERROR -ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS"));
  EXPECT_TRUE(matches("\"a \\\"b\\\"\"", "say a \"b\""));
}

TEST(FilterPattern, RefusesWhatItDoesNotImplementByName) {
  const auto why = [](std::string_view pattern) {
    const auto parsed = FilterPattern::parse(pattern);
    return parsed.ok() ? std::string("accepted") : parsed.error().message;
  };
  EXPECT_EQ(why("{ $.level = \"error\" }"), "JSON filter patterns are not supported");
  EXPECT_EQ(why("[ip, user]"), "Space-delimited filter patterns are not supported");
  EXPECT_EQ(why("%err.r%"), "Regular expression filter patterns are not supported");
  EXPECT_EQ(why("a:b"), "Invalid character(s) in term 'a:b'");
  EXPECT_EQ(why("?"), "Invalid character(s) in term ''");
  EXPECT_EQ(why("\"open"), "Invalid filter pattern: unclosed quotation mark");
  EXPECT_EQ(why("?a b"), "Invalid filter pattern: ?terms cannot be combined with other terms");
}

}  // namespace
}  // namespace tandem::logs
