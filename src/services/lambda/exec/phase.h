// Where an execution environment is in its life, and what leads from where to where: one table, no
// I/O. What happens beside it (who waits, what is ended and why) is Instance's.
//
//   Down ──begin──► Starting ──ready──► Between ──next──► Idle ──deliver──► Busy ──answer──►
//   Between Any but Down ──end──► Ending;  any but Down ──exit──► Down
#pragma once

#include <optional>
#include <string_view>

namespace tandem::lambda {

enum class Phase {
  kDown,      ///< no program
  kStarting,  ///< the program is being started, or runs and has not asked for work yet
  kBetween,   ///< it has asked before, or answered, and no call for work waits
  kIdle,      ///< a call for work waits
  kBusy,      ///< it has work
  kEnding     ///< it is being ended, and is given nothing more
};

enum class PhaseEvent {
  kBegin,    ///< an attempt to start the program
  kReady,    ///< its first call for work
  kNext,     ///< a call for work waits; also a later one in place of an earlier
  kDeliver,  ///< the call is answered with work
  kAnswer,   ///< the work has its result
  kEnd,      ///< the program is to end
  kExit      ///< it has ended, or could not be started
};

/// What follows; nothing when the event cannot happen in that phase.
std::optional<Phase> after(Phase phase, PhaseEvent event);
std::string_view name_of(Phase phase);
std::string_view name_of(PhaseEvent event);

/// A phase that only goes where after() says: anything else is a broken invariant.
class PhaseTrack {
 public:
  Phase now() const { return phase_; }
  bool is(Phase phase) const { return phase_ == phase; }
  void on(PhaseEvent event);
  /// It has asked for work at least once, in whatever attempt.
  bool was_ready() const { return was_ready_; }

 private:
  Phase phase_ = Phase::kDown;
  bool was_ready_ = false;
};

}  // namespace tandem::lambda
