#include <boost/asio/io_context.hpp>
#include <fstream>
#include <gtest/gtest.h>
#include <system_error>

#include "service/service.h"
#include "store/faulty_store.h"

namespace tandem::service {
namespace {

/// Says what is asked of it, and what was still there then.
class Recorder final : public Service {
 public:
  explicit Recorder(Environment environment) : environment_(std::move(environment)) {}
  std::string_view name() const override { return "recorder"; }
  const std::vector<Operation>& operations() const override { return operations_; }

  std::string said;
  std::vector<std::string> prefixes = {""};

 private:
  const Environment& environment() const override { return environment_; }
  std::vector<std::string> emptied() const override { return prefixes; }
  Task<void> pause() override {
    say("pause");
    co_return;
  }
  std::function<void()> forgetting() override {
    say("forgetting");
    return [this] { say("forget"); };
  }
  void resume() override { say("resume"); }

  void say(std::string_view what) {
    said += what;
    if (environment_.store.get("own/a")) said += "+key";
    if (std::filesystem::exists(environment_.folder / "deep/file")) said += "+file";
    said += ' ';
  }

  Environment environment_;
  std::vector<Operation> operations_;
};

struct ResetTest : ::testing::Test {
  ResetTest() {
    std::string name = (std::filesystem::temp_directory_path() / "tandem-reset-XXXXXX").string();
    folder = mkdtemp(name.data());
    std::filesystem::create_directories(folder / "deep");
    std::ofstream(folder / "deep/file") << "x";
    store.put("own/a", "1");
    store.put("shared", "2");
    service.emplace(
        Environment{loop.get_executor(), pool, clock, random, store, folder, config, "us-east-1"});
  }
  ~ResetTest() override { std::filesystem::remove_all(folder); }

  /// True when it threw StoreError.
  bool reset() {
    bool refused = false;
    asio::co_spawn(loop, service->reset(), [&](const std::exception_ptr& escaped) {
      try {
        if (escaped) std::rethrow_exception(escaped);
      } catch (const store::StoreError&) {
        refused = true;
      }
    });
    loop.restart();
    loop.run();
    return refused;
  }

  asio::io_context loop;
  core::WorkerThreads pool{1};
  core::ManualClock clock;
  core::SeededRandom random{1};
  Config config;
  store::FaultyStore store;
  std::filesystem::path folder;
  std::optional<Recorder> service;
};

TEST_F(ResetTest, EmptiesScopeAndFolderBeforeMemoryForgets) {
  EXPECT_FALSE(reset());
  EXPECT_EQ(service->said, "pause+key+file forgetting+key+file forget resume ");
  EXPECT_TRUE(store.snapshot().empty());
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST_F(ResetTest, LeavesWhatIsNotTheServicesToEmpty) {
  service->prefixes = {"own/"};
  EXPECT_FALSE(reset());
  EXPECT_FALSE(store.get("own/a"));
  EXPECT_TRUE(store.get("shared"));
}

TEST_F(ResetTest, ForgetsNothingWhenTheStoreRefuses) {
  store.fail_next_writes(1);
  EXPECT_TRUE(reset());
  EXPECT_EQ(service->said, "pause+key+file forgetting+key+file resume+key+file ");
  EXPECT_TRUE(store.get("own/a"));
}

TEST_F(ResetTest, GoesOnAndForgetsWhenItsFolderCannotBeEmptied) {
  // Nobody may remove what the kernel shows there.
  service.emplace(Environment{loop.get_executor(), pool, clock, random, store, "/proc/self/fdinfo",
                              config, "us-east-1"});
  std::string why;
  asio::co_spawn(loop, service->reset(), [&](const std::exception_ptr& escaped) {
    try {
      if (escaped) std::rethrow_exception(escaped);
    } catch (const std::system_error& error) {
      why = error.what();
    }
  });
  loop.run();
  EXPECT_NE(why, "");
  EXPECT_EQ(service->said, "pause+key forgetting+key forget resume ");
}

}  // namespace
}  // namespace tandem::service
