#include "cli/build_lines.h"

#include <gmock/gmock.h>

namespace tandem::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr const char* kFailed =
    "[Container] 2026/01/01 00:00:00.000000 Command did not exit successfully make exit status 2\n";

TEST(BuildLines, AnEventEndsWithoutItsLineEnd) {
  EXPECT_EQ(without_line_end("make\r\n"), "make");
  EXPECT_EQ(without_line_end("make"), "make");
  EXPECT_EQ(without_line_end("\n"), "");
}

TEST(BuildLines, InnerLinesAreLines) {
  EXPECT_THAT(lines_of("one\r\ntwo\n\nthree\n"), ElementsAre("one", "two", "", "three"));
  EXPECT_THAT(lines_of("\n"), ElementsAre(""));
}

TEST(BuildLines, AFailureIsToldUpToTheSentenceThatTellsOfIt) {
  const std::vector<BuildLine> log{{1, "begin\n"},
                                   {2, "error: no rule\nin line 7\n"},
                                   {3, kFailed},
                                   {4,
                                    "[Container] 2026/01/01 00:00:01.000000 Entering phase "
                                    "POST_BUILD\n"},
                                   {5, kFailed}};
  const std::string failed(without_line_end(kFailed));
  EXPECT_THAT(lines_of_failure(log, 20),
              ElementsAre("begin", "error: no rule", "in line 7", failed));
  EXPECT_THAT(lines_of_failure(log, 2), ElementsAre("in line 7", failed));
}

TEST(BuildLines, ACommandThatPrintsTheSentenceIsNotMistakenForIt) {
  const std::vector<BuildLine> log{{1, "grep: Command did not exit successfully x\n"},
                                   {2, "the end\n"}};
  EXPECT_THAT(lines_of_failure(log, 20), SizeIs(2));
}

TEST(BuildLines, WithoutTheSentenceTheLastLinesAreTold) {
  const std::vector<BuildLine> log{{1, "one\n"}, {2, "two\n"}, {3, "three\n"}};
  EXPECT_THAT(lines_of_failure(log, 2), ElementsAre("two", "three"));
}

}  // namespace
}  // namespace tandem::cli
