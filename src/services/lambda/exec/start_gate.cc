#include "services/lambda/exec/start_gate.h"

#include <algorithm>
#include <utility>

#include "core/check.h"

namespace tandem::lambda {
namespace {

using std::chrono::nanoseconds;

/// The kernel counts in hundredths of a second.
constexpr nanoseconds kBetweenLooks = std::chrono::milliseconds(50);
/// What was seen longer ago says nothing of now: load that begins would find an idle machine.
constexpr nanoseconds kStale = std::chrono::milliseconds(500);
/// What a start may take before it is thought to wait for something else than the processors.
constexpr nanoseconds kLongStart = std::chrono::seconds(3);

}  // namespace

StartGate::StartGate(core::Clock& clock, Look look, std::size_t processors)
    : clock_(clock), look_(std::move(look)), processors_(processors) {}

/// Whoever is given more than the machine can do gets nothing done: with 500 sandboxes begun at
/// once none is ready within the ten seconds of its init phase.
std::size_t StartGate::most() const { return std::max<std::size_t>(8, 4 * processors_); }

std::size_t StartGate::starting() const {
  const std::int64_t since_ns = clock_.steady_ns() - kLongStart.count();
  const auto counts = [&](const auto& start) { return start.second > since_ns; };
  return static_cast<std::size_t>(std::count_if(starts_.begin(), starts_.end(), counts));
}

bool StartGate::may_start(const Wish& wish) {
  const std::size_t others = starting();
  // Others' bursts do not keep a function's first instance waiting.
  const std::size_t times = wish.first ? 2 : 1;
  if (others >= times * most()) return false;
  const bool at_once = wish.first || wish.waited >= wish.patience;
  if (at_once && others < times * processors_) return true;
  look_again();
  return idle_ > 0;
}

void StartGate::look_again() {
  const std::int64_t now_ns = clock_.steady_ns();
  const nanoseconds since(looked_ns_ ? now_ns - *looked_ns_ : kStale.count());
  if (since < kBetweenLooks) return;
  looked_ns_ = now_ns;
  const std::optional<core::ProcessorTimes> before =
      std::exchange(seen_, look_ ? look_() : std::nullopt);
  idle_ = seen_ ? 0 : processors_;
  if (!seen_ || !before || since >= kStale || seen_->all <= before->all) return;
  const std::int64_t ticks = seen_->all - before->all;
  const std::int64_t idle_ticks = std::clamp<std::int64_t>(seen_->idle - before->idle, 0, ticks);
  // Half of one counts as one.
  const auto count = static_cast<std::int64_t>(processors_);
  idle_ = static_cast<std::size_t>((2 * idle_ticks * count + ticks) / (2 * ticks));
}

void StartGate::started(const void* who) {
  starts_[who] = clock_.steady_ns();
  if (idle_ > 0) --idle_;
}

void StartGate::ended(const void* who) { CHECK(starts_.erase(who) == 1); }

}  // namespace tandem::lambda
