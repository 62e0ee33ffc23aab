#include "services/codepipeline/model/schedule.h"

#include <gtest/gtest.h>

namespace tandem::codepipeline {
namespace {

using Kind = Step::Kind;
using Steps = std::vector<Step>;

Standing waits(std::uint64_t number, std::string stage, Mode mode = Mode::kSuperseded) {
  return {number, std::move(stage), false, false, mode};
}
Standing inside(std::uint64_t number, std::string stage) {
  return {number, std::move(stage), true, false, Mode::kSuperseded};
}

TEST(Schedule, AFreeStageIsEntered) {
  EXPECT_EQ(next_steps({waits(1, "Build")}, {}), (Steps{{Kind::kEnter, 1}}));
}

TEST(Schedule, AnOccupiedStageIsNot) {
  EXPECT_EQ(next_steps({inside(1, "Build"), waits(2, "Build")}, {}), Steps{});
  EXPECT_EQ(next_steps({inside(1, "Deploy"), waits(2, "Build")}, {}), (Steps{{Kind::kEnter, 2}}));
}

TEST(Schedule, TheNewestSupersedesThoseThatWaitBeforeTheSameStage) {
  EXPECT_EQ(next_steps({inside(1, "B"), waits(2, "B"), waits(3, "B"), waits(4, "C")}, {"C"}),
            (Steps{{Kind::kSupersede, 2}}));
  EXPECT_EQ(next_steps({waits(2, "B"), waits(3, "B")}, {}),
            (Steps{{Kind::kSupersede, 2}, {Kind::kEnter, 3}}));
}

TEST(Schedule, AHeldStageIsNotEnteredAndTheNewestWaits) {
  EXPECT_EQ(next_steps({waits(2, "B"), waits(3, "B")}, {"B"}), (Steps{{Kind::kSupersede, 2}}));
}

TEST(Schedule, QueuedOnesGoOnInTheirOrder) {
  EXPECT_EQ(next_steps({waits(3, "B", Mode::kQueued), waits(2, "B", Mode::kQueued)}, {}),
            (Steps{{Kind::kEnter, 2}}));
}

TEST(Schedule, WhoWaitsAndIsStoppedHasStopped) {
  Standing stopping = waits(2, "B");
  stopping.stopping = true;
  EXPECT_EQ(next_steps({stopping, waits(1, "B")}, {"B"}), (Steps{{Kind::kStop, 2}}));
}

}  // namespace
}  // namespace tandem::codepipeline
