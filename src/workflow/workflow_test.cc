#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <stdexcept>
#include <vector>

#include "workflow/durable_runs.h"
#include "workflow/graph_run.h"

namespace tandem::workflow {
namespace {

Task<void> stop(core::TaskGroup* group) { co_await group->stop(); }

/// Runs a graph whose nodes write themselves down; what it came to.
struct Recorded {
  std::vector<std::string> done;
  std::string escaped;

  void run(const Graph& graph, std::set<std::string> bad = {}, std::string stop_at = "") {
    asio::io_context loop;
    core::TaskGroup tasks(loop.get_executor());
    bool stopped = false;
    auto work = [&](std::string node) {
      return step(this, std::move(node), &bad, &stop_at, &stopped);
    };
    auto graph_run = std::make_shared<GraphRun>(tasks, loop.get_executor(), "test", graph, work,
                                                [&stopped] { return stopped; });
    asio::co_spawn(loop, graph_run->run(), [&](const std::exception_ptr& error) {
      try {
        if (error) std::rethrow_exception(error);
      } catch (const std::exception& caught) {
        escaped = caught.what();
      }
      asio::co_spawn(loop, stop(&tasks), [](const std::exception_ptr&) {});
    });
    loop.run();
  }
  static Task<bool> step(Recorded* self, std::string node, const std::set<std::string>* bad,
                         const std::string* stop_at, bool* stopped) {
    co_await core::sleep_for(std::chrono::milliseconds(1));
    self->done.push_back(node);
    if (node == *stop_at) *stopped = true;
    if (node == "throws") throw std::runtime_error("thrown");
    co_return !bad->contains(node);
  }
};

TEST(GraphRun, EachNodeComesAfterWhatItNeeds) {
  Recorded recorded;
  recorded.run({{"c", {"b", "no node"}}, {"b", {"a"}}, {"a", {}}});
  EXPECT_EQ(recorded.done, (std::vector<std::string>{"a", "b", "c"}));
}

TEST(GraphRun, WhatWasNotDoneWellHoldsBackWhatNeedsIt) {
  Recorded recorded;
  recorded.run({{"a", {}}, {"b", {"a"}}, {"c", {}}, {"d", {"c"}}}, {"a"});
  EXPECT_EQ(std::set<std::string>(recorded.done.begin(), recorded.done.end()),
            (std::set<std::string>{"a", "c", "d"}));
}

TEST(GraphRun, StartsNothingMoreOnceItIsStopped) {
  Recorded recorded;
  recorded.run({{"a", {}}, {"b", {"a"}}}, {}, "a");
  EXPECT_EQ(recorded.done, std::vector<std::string>{"a"});
}

TEST(GraphRun, SaysWhatEscapedOnceNothingRuns) {
  Recorded recorded;
  recorded.run({{"throws", {}}, {"b", {}}, {"c", {"b"}}});
  EXPECT_EQ(recorded.escaped, "thrown");
  EXPECT_EQ(recorded.done.size(), 2U);
}

/// A run that counts to three in a store that refuses, now and then.
struct Counting {
  struct World {
    int stored = 0;
    int refusals = 0;
    std::vector<Start> starts;
    int ended = 0;
  };
  explicit Counting(World& given) : world(given), count(given.stored) {}

  static Task<void> run(std::shared_ptr<Counting> self, Start how) {
    self->world.starts.push_back(how);
    while (self->count < 3) {
      co_await core::sleep_for(std::chrono::milliseconds(1));
      ++self->count;
      if (self->count == 2 && self->world.refusals-- > 0) throw store::StoreError("full");
      self->world.stored = self->count;
    }
  }

  World& world;
  int count;
};

DurableRuns<Counting>::Plan plan_of(Counting::World& world) {
  return {"counting", [&world](core::TaskGroup&) { return std::make_shared<Counting>(world); },
          [] {}, [&world] { ++world.ended; }};
}

TEST(DurableRuns, ARunGoesOnFromWhatIsStored) {
  asio::io_context loop;
  DurableRuns<Counting> runs(loop.get_executor());
  Counting::World world{.refusals = 2};
  runs.start("key", Start::kFresh, plan_of(world));
  EXPECT_NE(runs.find("key"), nullptr);
  EXPECT_EQ(runs.find("other"), nullptr);
  loop.run();
  EXPECT_EQ(world.stored, 3);
  EXPECT_EQ(world.starts, (std::vector<Start>{Start::kFresh, Start::kResumed, Start::kResumed}));
  EXPECT_EQ(world.ended, 1);
  EXPECT_EQ(runs.find("key"), nullptr);
}

Task<void> stop_runs(DurableRuns<Counting>* runs) { co_await runs->stop(); }

TEST(DurableRuns, StopsInTheMiddleAndGoesOnLater) {
  asio::io_context loop;
  DurableRuns<Counting> runs(loop.get_executor());
  Counting::World world;
  runs.start("key", Start::kFresh, plan_of(world));
  asio::co_spawn(loop, stop_runs(&runs),
                 [](const std::exception_ptr& error) { EXPECT_FALSE(error); });
  loop.run();
  EXPECT_EQ(world.ended, 0);
  EXPECT_EQ(runs.find("key"), nullptr);
  loop.restart();
  runs.reopen();
  runs.start("key", Start::kResumed, plan_of(world));
  loop.run();
  EXPECT_EQ(world.stored, 3);
  EXPECT_EQ(world.ended, 1);
}

}  // namespace
}  // namespace tandem::workflow
