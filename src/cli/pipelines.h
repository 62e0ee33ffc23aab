// What the commands below `tandem pipeline` share: the pipelines that are there, and how their runs
// are shown.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "aws/error.h"
#include "cli/build_lines.h"
#include "cli/client.h"
#include "cli/command.h"
#include "topology/local.h"
#include "topology/pipeline_runs.h"

namespace tandem::cli {

/// The running world, and the pipelines that are chosen. Each is in a region, and needs no other.
class Pipelines {
 public:
  /// region: one that is deployed to; empty: all. Says which cannot be asked. Throws Failure when
  /// there is none, or none that can be asked.
  Pipelines(const Common& common, const std::string& region);

  const std::vector<topology::PipelineAt>& all() const { return all_; }
  Client& client() { return client_; }
  topology::Cloud cloud() { return topology::Cloud(client_.api()); }
  /// The newest run of each, or nothing where there is none.
  std::optional<topology::RunView> newest(const topology::PipelineAt& at);
  json::object state(const topology::PipelineAt& at);

  /// Its region has gone away: says so, once. error is what came of asking it; when it is no such
  /// thing it is thrown again.
  void lose(const topology::PipelineAt& at, const aws::ApiError& error);
  /// Why pipelines could not be asked, by the region that they deploy to.
  json::object unknown() const;
  /// 3 in the place of 0 when one could not be asked.
  int exit_code(int code) const;
  /// Throws a usage Failure that names the stages when none of the pipelines has it.
  void check_stage(const std::string& stage);

 private:
  /// No region's start is the remedy when nothing at all runs.
  void check_running() const;
  void find(const Common& common, const std::string& region);

  topology::LocalWorld world_;
  Client client_;
  std::vector<topology::PipelineAt> all_;
  std::map<std::string, std::string> unknown_;
};

/// True when a region does not answer, or answers that it cannot at the moment.
bool is_outage(const aws::ApiError& error);

/// "Succeeded", "in progress" …
std::string said(const std::string& status);
/// A run that could not be asked for is not in it.
json::object to_json(const topology::PipelineAt& at, const std::optional<topology::RunView>& run);
/// What a stage is in, with what to do where somebody is waited for.
std::string state_of(const topology::StageView& stage);
/// The same, and that no run is let into the stage while that is so.
std::string state_and_gate_of(const topology::StageView& stage);
/// True when the run has come to the stage and its inbound transition keeps it out.
bool is_held(const topology::StageView& stage);
/// The command that lets it in.
std::string release_of(const topology::PipelineAt& at, const topology::StageView& stage);
/// Why an action failed: "JobFailed: …", or of an approval "rejected: …".
std::string failure_text(const topology::ActionView& action);
/// Why the run failed or is held, a line for each action or stage, and what it ended as where its
/// stages do not tell.
std::vector<std::string> reasons_of(const topology::PipelineAt& at, const topology::RunView& run);
/// "1.2 s", "3 min 05 s"; empty for 0.
std::string duration_text(double seconds);
/// As the commit is known: seven digits of an id, the first line of its message.
std::string revision_text(const topology::RunView& run);
double now_s();

/// Reads one build's log from where it was left.
class BuildLog {
 public:
  /// build: "project:uuid".
  BuildLog(std::string region, std::string build)
      : region_(std::move(region)), build_(std::move(build)) {}
  /// What is new. None while the build has no log yet.
  Task<std::vector<BuildLine>> read(topology::Cloud cloud);

 private:
  Task<void> find(topology::Cloud cloud);

  std::string region_;
  std::string build_;
  std::string group_;
  std::string stream_;
  std::string next_;
};

struct RunOptions {
  std::string region;
  bool at_once = false;
  bool wait = true;
  int patience_s = 0;  ///< with a region that does not answer
};
int run_pipelines(const Common& common, const RunOptions& options);
int show_pipeline_logs(const Common& common, const std::string& region, const std::string& stage,
                       bool follow);

}  // namespace tandem::cli
