#include "services/lambda/model/runtimes.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "aws/error.h"

namespace tandem::lambda {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

std::string refusal(std::string_view runtime) {
  try {
    check_runtime(runtime);
  } catch (const aws::ApiError& error) {
    return error.code() + ": " + error.message();
  }
  return "accepted";
}

TEST(Runtimes, AreServedRefusedByNameOrUnknown) {
  for (const char* each : {"provided.al2023", "provided.al2", "nodejs", "nodejs4.3-edge",
                           "nodejs6.10", "nodejs24.x", "python2.7", "python3.14"}) {
    EXPECT_EQ(refusal(each), "accepted") << each;
  }
  for (const char* each : {"java21", "dotnetcore2.1", "ruby3.4", "go1.x", "provided"}) {
    EXPECT_EQ(
        refusal(each),
        fmt::format("InvalidParameterValueException: Runtime {} is not supported here: Tandem "
                    "runs Node.js, Python, and provided.al2023 or provided.al2 with a "
                    "bootstrap executable",
                    each));
  }
  for (const char* each : {"cobol85", "PYTHON3.9", "nodejs7.x"}) {
    EXPECT_THAT(refusal(each),
                StartsWith(fmt::format("InvalidParameterValueException: Value {} at 'runtime' "
                                       "failed to satisfy constraint: Member must satisfy enum "
                                       "value set: [nodejs20.x, python3.14, provided.al2023, ",
                                       each)));
  }
}

TEST(Runtimes, AreOfAVersionByWhatCountsInTheirLanguage) {
  const auto is = [](std::string_view name, LanguageVersion version) {
    return is_version(*find_runtime(name), version);
  };
  EXPECT_TRUE(is("nodejs20.x", {20, 19}));
  EXPECT_FALSE(is("nodejs20.x", {22, 1}));
  EXPECT_TRUE(is("nodejs6.10", {6, 10}));
  EXPECT_FALSE(is("nodejs", {20, 0}));
  EXPECT_TRUE(is("python3.11", {3, 11}));
  EXPECT_FALSE(is("python3.12", {3, 11}));
}

// Lambda developer guide, "Building Lambda functions with Node.js".
TEST(Runtimes, NodeIsStartedForItsMemoryAndWithoutExperiments) {
  const std::vector<std::string> known = {"--experimental-require-module",
                                          "--experimental-detect-module"};
  const auto flags = [&](std::string_view name, std::string_view options,
                         const std::vector<std::string>& knows) {
    return launch_of(*find_runtime(name), 128, options, knows).flags;
  };
  EXPECT_THAT(flags("nodejs20.x", "", known),
              ElementsAre("--max-old-space-size=115", "--max-semi-space-size=6",
                          "--no-experimental-require-module"));
  EXPECT_THAT(flags("nodejs22.x", "--max-old-space-size=50 --experimental-require-module", known),
              ElementsAre("--max-semi-space-size=6", "--no-experimental-detect-module"));
  EXPECT_THAT(flags("nodejs22.x", "", {}),
              ElementsAre("--max-old-space-size=115", "--max-semi-space-size=6"));
  EXPECT_EQ(flags("nodejs24.x", "", known).size(), 2u);
  EXPECT_EQ(flags("nodejs6.10", "", known).size(), 4u);
}

TEST(Runtimes, AddTheirLanguagesEnvironment) {
  const auto environment = [](std::string_view name) {
    return launch_of(*find_runtime(name), 128, "", {}).environment;
  };
  using Pair = std::pair<std::string, std::string>;
  EXPECT_THAT(environment("nodejs18.x"),
              ElementsAre(Pair("NODE_PATH",
                               "/opt/nodejs/node18/node_modules:/opt/nodejs/node_modules:"
                               "/var/runtime/node_modules:/var/runtime:/var/task")));
  EXPECT_THAT(environment("python3.11"), ElementsAre(Pair("PYTHONPATH", "/var/runtime")));
  EXPECT_THAT(environment("python3.12"),
              ElementsAre(Pair("PYTHONPATH", "/var/runtime"), Pair("LC_CTYPE", "C.UTF-8")));
  EXPECT_TRUE(environment("provided.al2023").empty());
}

}  // namespace
}  // namespace tandem::lambda
