// Builds over a process that dies and a store that refuses writes: what is shown is what is
// written, and every build comes to an end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/codebuild/codebuild_testing.h"
#include "store/faulty_store.h"

namespace tandem::codebuild {
namespace {

using testing::HasSubstr;
using testing::Not;

class DurableTest : public testing::Test {
 protected:
  DurableTest() {
    region_.stop();
    auto faulty = std::make_unique<store::FaultyStore>();
    store_ = faulty.get();
    region_.store = std::move(faulty);
    region_.start();
  }

  void create(const std::string& command) {
    region_.create("version: 0.2\nphases: {build: {commands: ['" + command + "']}}\n");
  }
  std::string begin_and_reach(std::string_view phase) {
    const std::string id = region_.begin();
    EXPECT_TRUE(region_.run_until([&] {
      return json::string_or(region_.build(id), "currentPhase") == phase &&
             region_.log().find("Running command") != std::string::npos;
    }));
    return id;
  }
  /// As when the process is killed: what the run does in its end is not written.
  void restart() {
    region_.stop();
    EXPECT_EQ(region_.rooms.open_rooms, 0U);
    region_.start();
  }

  TestRegion region_;
  store::FaultyStore* store_ = nullptr;
};

TEST_F(DurableTest, ABuildBeginsAgainAsItself) {
  const std::string flag = (region_.folder / "flag").string();
  create("test -f " + flag + " || sleep 60");
  const std::string id = begin_and_reach("BUILD");
  std::ofstream(flag) << "go";
  restart();
  const json::object build = region_.finished(id);
  EXPECT_EQ(json::string_or(build, "buildStatus"), "SUCCEEDED");
  EXPECT_EQ(json::int_or(build, "buildNumber", 0), 1);
  EXPECT_EQ(region_.rooms.opened, 2);
  EXPECT_THAT(TestRegion::phases(build), Not(HasSubstr("- ")));
  EXPECT_THAT(region_.log(), HasSubstr("the build begins again in a new environment\n"));
}

TEST_F(DurableTest, ABuildThatWasBeingStoppedEndsStopped) {
  create("sleep 60");
  const std::string id = begin_and_reach("BUILD");
  // The stop is written, and nothing after it.
  store_->fail_after(1);
  region_.call("StopBuild", {{"id", id}});
  region_.run_until([&] { return store_->failures() > 0; });
  region_.stop();
  store_->heal();
  region_.start();
  const json::object build = region_.finished(id);
  EXPECT_EQ(json::string_or(build, "buildStatus"), "STOPPED");
  EXPECT_EQ(region_.rooms.opened, 1);
  EXPECT_THAT(TestRegion::phases(build), HasSubstr("BUILD=STOPPED FINALIZING=SUCCEEDED"));
}

TEST_F(DurableTest, WhateverWriteIsRefusedTheBuildEnds) {
  create("echo done");
  for (std::uint64_t after = 0; after < 22; ++after) {
    SCOPED_TRACE(testing::Message() << "write " << after << " is refused");
    store_->fail_after(after, 1);
    const std::string id = region_.begin();
    if (after == 0) {
      EXPECT_THAT(id, HasSubstr("StoreError"));
      continue;
    }
    const json::object build = region_.finished(id);
    store_->heal();
    EXPECT_EQ(json::string_or(build, "buildStatus"), "SUCCEEDED") << json::to_text(build);
    EXPECT_EQ(json::int_or(build, "buildNumber", 0), static_cast<std::int64_t>(after));
    EXPECT_EQ(region_.rooms.open_rooms, 0U);
    const std::string shown = json::to_text(build);
    restart();
    EXPECT_EQ(json::to_text(region_.build(id)), shown);
  }
}

TEST_F(DurableTest, WhatNobodyForesawEndsTheBuild) {
  create("echo done");
  region_.logs.broken = true;
  const json::object build = region_.built();
  EXPECT_EQ(json::string_or(build, "buildStatus"), "FAULT");
  EXPECT_THAT(TestRegion::context(build), HasSubstr("INTERNAL_SERVICE_ERROR: "));
  EXPECT_EQ(region_.rooms.open_rooms, 0U);
}

TEST_F(DurableTest, ARefusedStopChangesNothing) {
  create("sleep 60");
  const std::string id = begin_and_reach("BUILD");
  store_->fail_next_writes(1);
  EXPECT_EQ(json::string_or(region_.call("StopBuild", {{"id", id}}), "Error"), "StoreError");
  EXPECT_EQ(json::string_or(region_.build(id), "buildStatus"), "IN_PROGRESS");
  region_.call("StopBuild", {{"id", id}});
  EXPECT_EQ(json::string_or(region_.finished(id), "buildStatus"), "STOPPED");
}

TEST_F(DurableTest, WhatWasHandedOverIsNotMadeAgain) {
  region_.create(
      "version: 0.2\nphases: {build: {commands: [date > f]}}\nartifacts: {files: [f]}\n",
      {{"artifacts", json::object{{"type", "S3"}, {"location", "out"}, {"packaging", "ZIP"}}}});
  for (const std::uint64_t after : {16, 17}) {
    SCOPED_TRACE(after);
    region_.rooms.opened = 0;
    // The end of UPLOAD_ARTIFACTS is written; the beginning, or the end, of what follows is not.
    store_->fail_after(after);
    const std::uint64_t before = store_->failures();
    const std::string id = region_.begin();
    ASSERT_TRUE(region_.run_until([&] { return store_->failures() > before; }));
    region_.stop();
    store_->heal();
    region_.start();
    const json::object build = region_.finished(id);
    EXPECT_EQ(json::string_or(build, "buildStatus"), "SUCCEEDED");
    EXPECT_EQ(region_.rooms.opened, 1);
    EXPECT_THAT(json::to_text(build.at("artifacts").as_object()), HasSubstr("sha256sum"));
  }
}

}  // namespace
}  // namespace tandem::codebuild
