#include "services/codebuild/model/glob.h"

#include <gtest/gtest.h>

namespace tandem::codebuild {
namespace {

bool matches(std::string_view pattern, std::string_view path) {
  const auto glob = Glob::parse(pattern);
  return glob && glob->matches(path);
}

// "Build specification reference for CodeBuild", artifacts/files.
TEST(Globs, MeanWhatTheReferenceSays) {
  EXPECT_TRUE(matches("my-file.jar", "my-file.jar"));
  EXPECT_TRUE(matches("./my-file.jar", "my-file.jar"));
  EXPECT_TRUE(matches("sub/my-file.jar", "sub/my-file.jar"));
  EXPECT_FALSE(matches("my-file.jar", "sub/my-file.jar"));
  EXPECT_TRUE(matches("**/*", "a"));
  EXPECT_TRUE(matches("**/*", "a/b/c.txt"));
  EXPECT_TRUE(matches("sub/*", "sub/a"));
  EXPECT_FALSE(matches("sub/*", "sub/a/b"));
  EXPECT_TRUE(matches("sub/**/*", "sub/a/b"));
  EXPECT_TRUE(matches("sub/**/*", "sub/a"));
  EXPECT_FALSE(matches("sub/**/*", "other/a"));
  EXPECT_TRUE(matches("**/*.txt", "a/b/c.txt"));
  EXPECT_TRUE(matches("**/*.txt", "c.txt"));
  EXPECT_FALSE(matches("**/*.txt", "a/b/c.png"));
  EXPECT_TRUE(matches("my-subdir*", "my-subdirectory1"));
}

TEST(Globs, NamesHaveWildcards) {
  EXPECT_TRUE(name_matches("a?c", "abc"));
  EXPECT_FALSE(name_matches("a?c", "ac"));
  EXPECT_TRUE(name_matches("[a-c]*", "bee"));
  EXPECT_FALSE(name_matches("[!a-c]*", "bee"));
  EXPECT_TRUE(name_matches("*a*b*c", "xxaxxbxxc"));
  EXPECT_FALSE(name_matches("*a*b*c", "xxaxxcxxb"));
  EXPECT_TRUE(name_matches("\\*", "*"));
  EXPECT_FALSE(name_matches("\\*", "a"));
  EXPECT_TRUE(name_matches("[", "["));
  EXPECT_TRUE(name_matches("[]a]", "]"));
  EXPECT_TRUE(name_matches("*", ".hidden"));
  EXPECT_TRUE(name_matches("*", ""));
}

TEST(Globs, NothingOutsideIsNamed) {
  EXPECT_FALSE(Glob::parse("../secret"));
  EXPECT_FALSE(Glob::parse("a/../../secret"));
  EXPECT_FALSE(Glob::parse("/etc/passwd"));
  EXPECT_FALSE(Glob::parse(std::string("a\0b", 3)));
  EXPECT_FALSE(Glob::parse(std::string(5'000, 'a')));
}

TEST(Globs, FoldersThatCannotMatchAreLeftAlone) {
  EXPECT_TRUE(Glob::parse("dist/**/*")->may_match_below("dist/a/b"));
  EXPECT_FALSE(Glob::parse("dist/**/*")->may_match_below("node_modules"));
  EXPECT_TRUE(Glob::parse("dist/*")->may_match_below(""));
  EXPECT_TRUE(Glob::parse("dist/*")->may_match_below("dist"));
  EXPECT_FALSE(Glob::parse("dist/*")->may_match_below("dist/a"));
  EXPECT_TRUE(Glob::parse("a/b")->is_plain());
  EXPECT_FALSE(Glob::parse("a/*")->is_plain());
}

TEST(Globs, ManyStarsTakeNoTime) {
  std::string stars;
  for (int i = 0; i < 60; ++i) stars += "**/a*a*/";
  std::string path;
  for (int i = 0; i < 120; ++i) path += "aaaaaaaa/";
  EXPECT_FALSE(matches(stars + "b", path + "c"));
}

}  // namespace
}  // namespace tandem::codebuild
