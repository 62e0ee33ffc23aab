#include "services/codebuild/model/phase.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/check.h"

namespace tandem::codebuild {
namespace {

constexpr std::array<std::string_view, 11> kNames{
    "SUBMITTED", "QUEUED",     "PROVISIONING",     "DOWNLOAD_SOURCE", "INSTALL",  "PRE_BUILD",
    "BUILD",     "POST_BUILD", "UPLOAD_ARTIFACTS", "FINALIZING",      "COMPLETED"};
constexpr std::size_t kMessageBytes = 4'096;

json::array& phases_of(json::object& build) {
  json::value& phases = build["phases"];
  if (!phases.is_array()) phases = json::array();
  return phases.get_array();
}

std::int64_t ms_of(const json::object& phase, std::string_view member) {
  return std::llround(json::find_number(phase, member).value_or(0) * 1000);
}

}  // namespace

std::string_view name_of(Phase phase) { return kNames[static_cast<std::size_t>(phase)]; }

std::optional<Phase> phase_named(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Phase>(found - kNames.begin());
}

std::string_view name_of(Status status) {
  switch (status) {
    case Status::kSucceeded:
      return "SUCCEEDED";
    case Status::kFailed:
      return "FAILED";
    case Status::kFault:
      return "FAULT";
    case Status::kTimedOut:
      return "TIMED_OUT";
    case Status::kStopped:
      return "STOPPED";
  }
  return "";
}

PhaseEnd failure(std::string code, std::string message) {
  if (message.size() > kMessageBytes) {
    std::size_t size = kMessageBytes;
    while (size > 0 && (static_cast<unsigned char>(message[size]) & 0xc0) == 0x80) --size;
    message.resize(size);
  }
  return {Status::kFailed, std::move(code), std::move(message)};
}

Phase next_phase(Phase phase, Status ended, OnFailure on_failure) {
  CHECK(phase != Phase::kCompleted);
  const Phase following = static_cast<Phase>(static_cast<int>(phase) + 1);
  if (ended == Status::kSucceeded || phase == Phase::kFinalizing) return following;
  if (ended != Status::kFailed || on_failure == OnFailure::kAbort) return Phase::kFinalizing;
  if (on_failure == OnFailure::kContinue) return following;
  // What BUILD leaves behind is cleaned up and handed over whether it is good or not.
  const bool goes_on = phase == Phase::kBuild || phase == Phase::kPostBuild;
  return goes_on ? following : Phase::kFinalizing;
}

void begin_phase(json::object& build, Phase phase, std::int64_t now_ms) {
  phases_of(build).push_back({{"phaseType", name_of(phase)}, {"startTime", seconds_of(now_ms)}});
  build["currentPhase"] = name_of(phase);
}

void end_phase(json::object& build, const PhaseEnd& end, std::int64_t now_ms) {
  json::array& phases = phases_of(build);
  CHECK(!phases.empty());
  json::object& phase = phases.back().as_object();
  const std::int64_t took_ms = std::max<std::int64_t>(0, now_ms - ms_of(phase, "startTime"));
  phase["phaseStatus"] = name_of(end.status);
  phase["endTime"] = seconds_of(now_ms);
  phase["durationInSeconds"] = took_ms / 1000;
  json::object context{{"statusCode", end.code}, {"message", end.message}};
  phase["contexts"] = json::array{std::move(context)};
}

void forget_after_queue(json::object& build, std::int64_t now_ms) {
  json::array& phases = phases_of(build);
  const auto later = [](const json::value& each) {
    const auto phase = phase_named(json::string_or(each.as_object(), "phaseType"));
    return !phase || *phase > Phase::kQueued;
  };
  while (!phases.empty() && later(phases.back())) phases.pop_back();
  if (phases.empty()) begin_phase(build, Phase::kQueued, now_ms);
  build["currentPhase"] = name_of(Phase::kQueued);
}

Phase current_phase(const json::object& build) {
  return phase_named(json::string_or(build, "currentPhase")).value_or(Phase::kCompleted);
}

}  // namespace tandem::codebuild
