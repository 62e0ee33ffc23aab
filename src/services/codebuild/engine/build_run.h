// One build as it goes on: from the queue through its phases to its end.
//
// INVARIANT(stored-before-done): a phase is begun in the store before it is, and a run that is made
// anew knows no more than what is written there. What ran in a room when the process died is gone
// with it; such a build begins again from PROVISIONING, in a new room, as itself.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/environment.h"
#include "services/codebuild/engine/artifact_files.h"
#include "services/codebuild/engine/build_log.h"
#include "services/codebuild/engine/build_queue.h"
#include "services/codebuild/engine/file_work.h"
#include "services/codebuild/engine/role_keys.h"
#include "services/codebuild/model/buildspec.h"
#include "services/codebuild/model/phase.h"
#include "services/codebuild/model/project.h"
#include "services/codebuild/model/variables.h"
#include "services/codebuild/ports.h"
#include "services/codebuild/store/build_store.h"
#include "workflow/durable_runs.h"

namespace tandem::codebuild {

/// What all runs share.
struct Workshop {
  const service::Environment& environment;
  CodeBuildPorts& ports;
  BuildStore& builds;
  RoleKeys& keys;
  BuildQueue& queue;
  std::filesystem::path rooms;      ///< each build's room has a folder of its own here
  std::filesystem::path transfers;  ///< and what goes from and to S3 one here
  bool closing = false;             ///< nothing is begun or gone on with
};

class BuildRun : public std::enable_shared_from_this<BuildRun> {
 public:
  /// From what is stored of it, which is there.
  BuildRun(Workshop& shop, const std::string& id);

  static Task<void> run(std::shared_ptr<BuildRun> self, workflow::Start how);

  /// Somebody wants it to end. Throws StoreError, and then nothing has changed.
  void stop();
  /// Ends without a trace, to be gone on with another time.
  void abandon();
  const BuildRecord& record() const { return record_; }

 private:
  using Change = std::function<void(BuildRecord&)>;
  /// Store first, memory after.
  void change(const Change& change);
  void halt();
  void time_out();
  bool halted() const { return record_.stopping || timed_out_ || abandoned_; }
  /// Throws operation_aborted.
  void require_not_abandoned() const;

  // Life: build_run.cc.
  Task<void> work(workflow::Start how);
  Task<bool> wait_for_place();
  void begin_again();
  Task<void> phases();
  Task<Status> phase(Phase at);
  Task<PhaseEnd> attempt(Phase at);
  Task<PhaseEnd> step(Phase at);
  PhaseEnd halted_end() const;
  OnFailure on_failure_of(Phase at) const;
  void end_of_phase(Phase at, const PhaseEnd& end);
  Task<void> finish();
  /// What nobody has foreseen has happened: the build ends, and says so.
  void fault(const std::string& what);
  Task<void> clear_up();
  void begin_log();

  // build_run_source.cc
  Task<PhaseEnd> provision();
  Task<PhaseEnd> download();
  Task<void> download_source(json::object source, std::string folder, std::string version);
  Task<std::string> read_buildspec();
  Variables own_variables() const;
  void announce_buildspec();

  // build_run_commands.cc
  Task<PhaseEnd> commands(Phase at);
  Task<PhaseEnd> block(std::vector<std::string> texts, std::string user);
  Task<PhaseEnd> command(std::string text, std::string user);
  Task<void> enter_source();
  Task<PhaseEnd> select_runtimes();
  /// What a command of ours prints; its code is not looked at.
  Task<std::string> ask(std::string text, Command::Shell shell);
  Task<Variables> shell_variables();
  Task<json::array> exported_variables();

  // build_run_artifacts.cc
  Task<PhaseEnd> upload();
  Task<PhaseEnd> upload_artifact(json::object settings, ArtifactSpec spec, Variables variables);
  Task<std::string> artifact_name(json::object settings, ArtifactSpec spec);
  /// As the build's document shows it.
  Task<json::object> upload_zip(ObjectName object, bool encrypted, ArtifactFiles found);
  Task<json::object> upload_files(ObjectName object, bool encrypted, ArtifactFiles found);
  const ArtifactSpec* spec_of(const json::object& settings, bool primary) const;

  std::string session() const;
  /// Where primary source is, below the source folder.
  std::string source_folder() const;
  /// A folder below the source folder, as commands see it.
  std::string inside(const std::string& folder) const;

  Workshop& shop_;
  BuildRecord record_;
  std::shared_ptr<BuildLog> log_;
  std::unique_ptr<BuildRoom> room_;
  BuildQueue::Ticket ticket_;
  BuildQueue::Place place_;
  core::Timer deadline_;
  Buildspec spec_;
  bool succeeding_ = true;
  bool timed_out_ = false;
  bool abandoned_ = false;
  Halt halt_ = std::make_shared<std::atomic<bool>>(false);  ///< halted(), for work off the loop
  bool printed_ = false;                                    ///< by the command that runs
  std::string* captured_ = nullptr;  ///< where output goes instead of the log
  Variables set_in_shells_;          ///< what the room's environment does not have yet
  json::object artifacts_;           ///< of the build's document, as they come to be
  json::array secondary_artifacts_;
};

}  // namespace tandem::codebuild
