#include "services/lambda/exec/phase.h"

#include "core/check.h"
#include "core/log.h"

namespace tandem::lambda {
namespace {

struct Row {
  Phase from;
  PhaseEvent event;
  Phase to;
};

using enum Phase;
using enum PhaseEvent;
constexpr Row kRows[] = {
    {kDown, kBegin, kStarting}, {kStarting, kReady, kBetween}, {kBetween, kNext, kIdle},
    {kIdle, kNext, kIdle},      {kIdle, kDeliver, kBusy},      {kBusy, kAnswer, kBetween},
    {kStarting, kEnd, kEnding}, {kBetween, kEnd, kEnding},     {kIdle, kEnd, kEnding},
    {kBusy, kEnd, kEnding},     {kEnding, kEnd, kEnding},      {kStarting, kExit, kDown},
    {kBetween, kExit, kDown},   {kIdle, kExit, kDown},         {kBusy, kExit, kDown},
    {kEnding, kExit, kDown},
};

}  // namespace

std::optional<Phase> after(Phase phase, PhaseEvent event) {
  for (const Row& row : kRows) {
    if (row.from == phase && row.event == event) return row.to;
  }
  return std::nullopt;
}

std::string_view name_of(Phase phase) {
  switch (phase) {
    case kDown:
      return "Down";
    case kStarting:
      return "Starting";
    case kBetween:
      return "Between";
    case kIdle:
      return "Idle";
    case kBusy:
      return "Busy";
    case kEnding:
      return "Ending";
  }
  return "";
}

std::string_view name_of(PhaseEvent event) {
  switch (event) {
    case kBegin:
      return "begin";
    case kReady:
      return "ready";
    case kNext:
      return "next";
    case kDeliver:
      return "deliver";
    case kAnswer:
      return "answer";
    case kEnd:
      return "end";
    case kExit:
      return "exit";
  }
  return "";
}

/// INVARIANT(one-phase): an instance is in one phase, and goes only where the table says.
void PhaseTrack::on(PhaseEvent event) {
  const auto next = after(phase_, event);
  if (!next) log::error("lambda: {} in phase {}", name_of(event), name_of(phase_));
  CHECK(next.has_value());
  phase_ = *next;
  was_ready_ = was_ready_ || event == kReady;
}

}  // namespace tandem::lambda
