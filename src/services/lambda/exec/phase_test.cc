#include "services/lambda/exec/phase.h"

#include <array>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <string>

namespace tandem::lambda {
namespace {

using enum Phase;
using enum PhaseEvent;
constexpr std::array kPhases{kDown, kStarting, kBetween, kIdle, kBusy, kEnding};
constexpr std::array kEvents{kBegin, kReady, kNext, kDeliver, kAnswer, kEnd, kExit};

/// The whole table, a line a phase: what each event leads to, in the order of kEvents.
std::string table() {
  std::string text;
  for (const Phase phase : kPhases) {
    text += fmt::format("{}:", name_of(phase));
    for (const PhaseEvent event : kEvents) {
      const auto next = after(phase, event);
      text += fmt::format(" {}", next ? name_of(*next) : "-");
    }
    text += '\n';
  }
  return text;
}

TEST(Phase, TheWholeTable) {
  EXPECT_EQ(table(),
            "Down: Starting - - - - - -\n"
            "Starting: - Between - - - Ending Down\n"
            "Between: - - Idle - - Ending Down\n"
            "Idle: - - Idle Busy - Ending Down\n"
            "Busy: - - - - Between Ending Down\n"
            "Ending: - - - - - Ending Down\n");
}

// Lambda developer guide, "Using the Lambda execution environment": init, then invocation after
// invocation, then shutdown; what begins again begins with an init.
TEST(Phase, ALife) {
  PhaseTrack track;
  for (const PhaseEvent event : {kBegin, kExit, kBegin}) track.on(event);
  EXPECT_FALSE(track.was_ready());
  for (const PhaseEvent event :
       {kReady, kNext, kDeliver, kAnswer, kNext, kNext, kDeliver, kEnd, kExit}) {
    track.on(event);
  }
  EXPECT_TRUE(track.is(kDown));
  EXPECT_TRUE(track.was_ready());
}

TEST(PhaseDeath, WorkIsGivenToNoneThatIsBeingEnded) {
  PhaseTrack track;
  for (const PhaseEvent event : {kBegin, kReady, kNext, kEnd}) track.on(event);
  EXPECT_DEATH(track.on(kDeliver), "");
}

}  // namespace
}  // namespace tandem::lambda
