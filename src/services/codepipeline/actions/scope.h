// What an action works with while it runs: its configuration, its artifacts, and its record, which
// is all that is known of it.
//
// INVARIANT(kept-first): whatever a later run of the same action must know (the build it started,
// the revision it chose) is kept before it is acted upon, and what it starts elsewhere it starts
// under a token that follows from its own id. So an action may be begun again at any point.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aws/error.h"
#include "core/timer.h"
#include "service/environment.h"
#include "services/codepipeline/model/structure.h"
#include "services/codepipeline/ports.h"
#include "services/codepipeline/store/pipeline_store.h"

namespace tandem::codepipeline {

/// Why an action fails. code: one of an action's error codes (JobFailed, ConfigurationError,
/// PermissionError, RevisionUnavailable …).
struct ActionFailure {
  std::string code;
  std::string message;
};
/// Nobody waits for the action's end any more.
struct Abandoned {};

/// What an action that succeeded leaves beside its artifacts.
struct ActionResult {
  json::object variables;
  std::string summary;
  json::object revision;  ///< of a source: revisionId, revisionSummary, revisionUrl, created
};

/// What is done elsewhere, as the action's state shows it.
struct External {
  std::string id;
  std::string url;
  std::string summary;
};

/// Where artifacts are.
struct ArtifactPlace {
  std::string region;
  std::string bucket;
  std::string key;

  json::object document() const;
  static ArtifactPlace from(const json::object& document);
};

/// Those that rest, by the id of their action, so that they can be woken. Loop thread.
class Sleepers {
 public:
  void wake(const std::string& id);
  /// Until it is woken, and no longer than that. Throws when the coroutine was cancelled.
  Task<void> rest(std::string id, std::chrono::milliseconds most);

 private:
  std::map<std::string, core::Timer*, std::less<>> timers_;
};

/// What all actions of the region share.
struct Workshop {
  service::Environment environment;
  CodePipelinePorts ports;
  PipelineStore& store;
  Sleepers& sleepers;

  std::int64_t now_ms() const { return environment.clock.now_ms(); }
  /// What waits on AWS waits here.
  std::chrono::milliseconds at_pace(std::chrono::milliseconds on_aws) const {
    return environment.config.pace().of(on_aws);
  }
};

class ActionScope {
 public:
  /// record: key of the action's record, which says InProgress.
  ActionScope(Workshop& workshop, const Structure& structure, const Action& action,
              std::string record);

  Workshop& workshop() { return workshop_; }
  const Action& action() const { return action_; }
  const std::string& pipeline() const { return structure_.name; }
  const std::string& id() const { return id_; }
  const std::string& execution() const { return execution_; }
  /// Where the action happens.
  const std::string& region() const { return region_; }
  /// In this process's own region.
  bool is_here() const { return region_ == workshop_.environment.region; }
  /// The revision that an artifact of a source has in this execution; empty: of none.
  std::string revision_of(std::string_view artifact) const;
  /// ARN of the role's session: on whose behalf the action calls.
  std::string caller() const { return session_of(role_arn()); }
  const std::string& role_arn() const;
  /// "arn:aws:iam::1:role/path/Name" → the session of that role.
  std::string session_of(std::string_view role_arn) const;

  /// With its variables resolved.
  std::string configured(std::string_view key, std::string_view otherwise = "") const;
  const json::object& configuration() const { return configuration_; }
  /// What the configuration does not show.
  std::string secret(std::string_view key) const { return action_.configured(key); }

  /// The record as it is stored. Throws Abandoned once it does not say InProgress.
  json::object record() const;
  /// Changes it. Throws StoreError and Abandoned.
  void change(const std::function<void(json::object&)>& apply);
  /// What a later run must know.
  json::object work() const;
  void keep(std::string_view member, json::value value);
  void keep(std::string_view member, const std::string& text) {
    keep(member, json::value(json::string(text)));
  }
  void show(const External& external);
  std::int64_t deadline_ms() const;

  /// On behalf of the role, in the action's region. Throws ApiError.
  Task<aws::ApiResult> call(std::string service, std::string operation, json::object input);
  Task<aws::ApiResult> call_as(std::string caller, std::string service, std::string operation,
                               json::object input, std::string payload);
  /// Throws Abandoned, and ActionFailure once the action's time is over.
  Task<void> rest(std::chrono::milliseconds most);

  /// Where an input is, in the action's region.
  ArtifactPlace input(std::string_view artifact) const;
  /// Where an output is to be put.
  ArtifactPlace output(std::string_view artifact) const;
  /// A file of the action's own folder, which goes with the action.
  std::filesystem::path file(std::string_view name) const;
  /// An input as a file. Throws ActionFailure.
  Task<std::filesystem::path> fetch(std::string artifact);
  /// A file of an input, by its path in it. Throws ActionFailure.
  Task<std::string> read(std::string artifact, std::string path, std::uint64_t most_bytes);
  /// The file becomes the output.
  Task<void> deliver(std::string artifact, std::filesystem::path file);
  /// Inputs that are in another region are copied into the action's.
  Task<void> bring_inputs();

 private:
  /// Objects, with as much patience as for calls.
  Task<void> patiently(std::function<Task<service::StoredObject>()> transfer);
  Task<void> read_object(service::ObjectPlace place, std::filesystem::path file);
  Task<void> write_object(service::ObjectPlace place, std::filesystem::path file,
                          json::object more);

  Workshop& workshop_;
  const Structure& structure_;
  const Action& action_;
  std::string record_;
  std::string id_;
  std::string execution_;
  std::string region_;
  json::object configuration_;
};

/// What an action's refused call means for the action.
ActionFailure failure_of(const aws::ApiError& error);

}  // namespace tandem::codepipeline
