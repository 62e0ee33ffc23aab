// A build's phases, as its document lists them, and what follows when one ends ("Build phase
// transitions" in CodeBuild's User Guide). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "services/codebuild/model/buildspec.h"

namespace tandem::codebuild {

enum class Phase {
  kSubmitted,
  kQueued,
  kProvisioning,
  kDownloadSource,
  kInstall,
  kPreBuild,
  kBuild,
  kPostBuild,
  kUploadArtifacts,
  kFinalizing,
  kCompleted,
};
/// "DOWNLOAD_SOURCE".
std::string_view name_of(Phase phase);
std::optional<Phase> phase_named(std::string_view name);

enum class Status { kSucceeded, kFailed, kFault, kTimedOut, kStopped };
std::string_view name_of(Status status);

/// How a phase ended. No code: nothing to say.
struct PhaseEnd {
  Status status = Status::kSucceeded;
  std::string code;     ///< "COMMAND_EXECUTION_ERROR"
  std::string message;  ///< cut to what a context may hold
};
/// FAILED, with its context.
PhaseEnd failure(std::string code, std::string message);

/// Which comes after phase. on_failure: what the buildspec says of it.
Phase next_phase(Phase phase, Status ended, OnFailure on_failure);

/// The document's list: a phase that runs has a start only.
void begin_phase(json::object& build, Phase phase, std::int64_t now_ms);
void end_phase(json::object& build, const PhaseEnd& end, std::int64_t now_ms);
/// As if it had just left the queue.
void forget_after_queue(json::object& build, std::int64_t now_ms);
Phase current_phase(const json::object& build);

/// A timestamp of the API's documents: seconds, with milliseconds.
inline double seconds_of(std::int64_t ms) { return static_cast<double>(ms) / 1000.0; }

}  // namespace tandem::codebuild
