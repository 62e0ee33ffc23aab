#include "services/codebuild/model/buildspec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tandem::codebuild {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

std::string refusal(std::string_view text) {
  try {
    parse_buildspec(text);
  } catch (const BuildspecError& error) {
    return error.code + ": " + error.what();
  }
  return "accepted";
}

// The example of "Build specification reference for CodeBuild", without what is refused here.
constexpr std::string_view kWhole = R"(
version: 0.2
run-as: builder
env:
  shell: bash
  variables:
    JAVA_HOME: "/usr/lib/jvm"
    LEVEL: 012
    FLAG: true
    NOTHING:
  exported-variables:
    - LEVEL
  git-credential-helper: no
phases:
  install:
    runtime-versions:
      nodejs: 18
      python: 3.11
    commands:
      - echo Entered the install phase...
    finally:
      - echo always
  pre_build:
    on-failure: CONTINUE
    commands: [one, two]
  build:
    run-as: root
    on-failure: ABORT
    commands:
      - |
        if true; then
          echo yes
        fi
  post_build:
artifacts:
  files:
    - target/app.jar
    - '**/*'
  name: app-$(date +%Y-%m-%d)
  base-directory: 'out*'
  discard-paths: yes
  exclude-paths:
    - '**/*.o'
  enable-symlinks: yes
  secondary-artifacts:
    second:
      files: ['a']
      base-directory: x
unheard: of
)";

TEST(Buildspecs, AreReadWhole) {
  const Buildspec spec = parse_buildspec(kWhole);
  EXPECT_FALSE(spec.new_shells);
  EXPECT_EQ(spec.run_as, "builder");
  EXPECT_EQ(spec.shell, "bash");
  EXPECT_THAT(spec.variables, ElementsAre(Pair("JAVA_HOME", "/usr/lib/jvm"), Pair("LEVEL", "012"),
                                          Pair("FLAG", "true"), Pair("NOTHING", "")));
  EXPECT_THAT(spec.exported, ElementsAre("LEVEL"));
  EXPECT_THAT(spec.runtime_versions, ElementsAre(Pair("nodejs", "18"), Pair("python", "3.11")));
  EXPECT_THAT(spec.phases[0].finally, ElementsAre("echo always"));
  EXPECT_EQ(spec.phases[1].on_failure, OnFailure::kContinue);
  EXPECT_THAT(spec.phases[1].commands, ElementsAre("one", "two"));
  EXPECT_EQ(spec.phases[2].on_failure, OnFailure::kAbort);
  EXPECT_EQ(spec.phases[2].run_as, "root");
  EXPECT_THAT(spec.phases[2].commands, ElementsAre("if true; then\n  echo yes\nfi\n"));
  EXPECT_TRUE(spec.phases[3].given);
  EXPECT_TRUE(spec.artifacts.given && spec.artifacts.discard_paths);
  EXPECT_TRUE(spec.artifacts.enable_symlinks);
  EXPECT_EQ(spec.artifacts.base_directory, "out*");
  EXPECT_THAT(spec.artifacts.exclude_paths, ElementsAre("**/*.o"));
  ASSERT_EQ(spec.secondary_artifacts.size(), 1U);
  EXPECT_EQ(spec.secondary_artifacts[0].first, "second");
  EXPECT_THAT(spec.ignored, ElementsAre("unheard"));
}

TEST(Buildspecs, OfTheOlderVersionHaveAPlaceOfTheirOwnForVariables) {
  const Buildspec spec = parse_buildspec(
      "version: 0.1\nenvironment_variables:\n  plaintext:\n    A: b\nphases:\n  build:\n"
      "    commands:\n      - make\n");
  EXPECT_TRUE(spec.new_shells);
  EXPECT_THAT(spec.variables, ElementsAre(Pair("A", "b")));
}

// Texts seen in public build logs.
TEST(Buildspecs, AreRefusedInCodeBuildsWords) {
  EXPECT_EQ(
      refusal("version: 0.2\n\nphases:\n  build:\n    commands:\n      - echo \"Hello: x\"\n"),
      "YAML_FILE_ERROR: Expected Commands[0] to be of string type: found subkeys instead at "
      "line 6, value of the key tag on line 5 might be empty");
  EXPECT_EQ(refusal("version: 0.2\nphases:\n  commands:\n    - make\n"),
            "YAML_FILE_ERROR: Invalid buildspec phase name: commands. Expecting: "
            "build,install,post_build,pre_build");
  EXPECT_EQ(refusal("version: 0.2\n"),
            "YAML_FILE_ERROR: wrong number of container tags, expected 1");
  EXPECT_EQ(refusal("just words"), "YAML_FILE_ERROR: wrong number of container tags, expected 1");
  EXPECT_THAT(refusal("version: 0.2\nphases:\n\tbuild:\n"), HasSubstr(" at line 3"));
  EXPECT_THAT(refusal("version: 0.3\nphases: {build: {commands: [a]}}"), HasSubstr("0.3"));
  EXPECT_THAT(refusal(""), HasSubstr("wrong number of container tags"));
}

TEST(Buildspecs, WhatIsNotServedIsRefusedByName) {
  constexpr std::string_view kPhases = "version: 0.2\nphases: {build: {commands: [make]}}\n";
  const auto with = [&](std::string_view more) {
    return refusal(std::string(kPhases) + std::string(more));
  };
  for (const char* key : {"reports", "cache", "batch", "proxy"}) {
    EXPECT_THAT(with(std::string(key) + ": {a: b}\n"),
                HasSubstr(std::string("YAML_FILE_ERROR: ") + key + " is not supported by Tandem"));
  }
  EXPECT_THAT(with("env: {parameter-store: {P: /p}}\n"),
              HasSubstr("Decrypted Variables Error: P cannot be read: env/parameter-store"));
  EXPECT_THAT(with("env: {secrets-manager: {S: s}}\n"), HasSubstr("Secrets Manager Error: S"));
  EXPECT_THAT(with("artifacts: {files: [a], s3-prefix: p}\n"), HasSubstr("artifacts/s3-prefix"));
  EXPECT_THAT(refusal("version: 0.2\nphases: {build: {on-failure: RETRY-3, commands: [a]}}"),
              HasSubstr("RETRY-3"));
  EXPECT_THAT(with("env: {git-credential-helper: yes}\n"), HasSubstr("git-credential-helper: yes"));
  EXPECT_EQ(with("env: {parameter-store: }\n"), "accepted");
}

TEST(Buildspecs, AnchorsWorkAndDoNotExplode) {
  const Buildspec spec = parse_buildspec(
      "version: 0.2\nx: &c {commands: [make]}\nphases:\n  build:\n    <<: *c\n    finally: [b]\n");
  EXPECT_THAT(spec.phases[2].commands, ElementsAre("make"));
  EXPECT_THAT(spec.phases[2].finally, ElementsAre("b"));
  std::string bomb = "version: 0.2\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string from = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) bomb += (j > 0 ? ", " : "") + from;
    bomb += "]\n";
  }
  EXPECT_THAT(refusal(bomb), HasSubstr("excessive aliasing"));
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "- ";
  EXPECT_THAT(refusal(deep), HasSubstr("depth"));
  EXPECT_THAT(refusal("version: 0.2\na: &a [*a]\n"), HasSubstr("anchor"));
  EXPECT_THAT(refusal(std::string(2'000'000, ' ')), HasSubstr("too large"));
}

}  // namespace
}  // namespace tandem::codebuild
