// What the commands below `tandem pipeline` share: the pipelines that are there, and how their runs
// are shown.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "cli/client.h"
#include "cli/command.h"
#include "topology/local.h"
#include "topology/pipelines.h"

namespace tandem::cli {

/// The running world, and the pipelines that are chosen.
class Pipelines {
 public:
  /// region: one that is deployed to; empty: all. Throws Failure when there is none, or no region
  /// answers.
  Pipelines(const Common& common, const std::string& region);

  const std::vector<topology::PipelineAt>& all() const { return all_; }
  Client& client() { return client_; }
  topology::Cloud cloud() { return topology::Cloud(client_.api()); }
  /// The newest run of each, or nothing where there is none.
  std::optional<topology::RunView> newest(const topology::PipelineAt& at);

 private:
  topology::LocalWorld world_;
  Client client_;
  std::vector<topology::PipelineAt> all_;
};

/// "Succeeded", "In progress" …
std::string said(const std::string& status);
json::object to_json(const topology::PipelineAt& at, const std::optional<topology::RunView>& run);
/// What a stage is in, with what to do where somebody is waited for.
std::string state_of(const topology::StageView& stage, const topology::RunView& run);
/// "1.2 s", "3 min 05 s"; empty for 0.
std::string duration_text(double seconds);
/// As the commit is known: seven digits of an id, the first line of its message.
std::string revision_text(const topology::RunView& run);

/// A line of a build's log.
struct BuildLine {
  std::int64_t timestamp_ms = 0;
  std::string message;
};
/// Reads one build's log from where it was left.
class BuildLog {
 public:
  /// build: "project:uuid".
  BuildLog(std::string region, std::string build)
      : region_(std::move(region)), build_(std::move(build)) {}
  /// What is new. None while the build has no log yet.
  Task<std::vector<BuildLine>> read(topology::Cloud cloud);

 private:
  std::string region_;
  std::string build_;
  std::string group_;
  std::string stream_;
  std::string next_;
};

int run_pipelines(const Common& common, const std::string& region, bool at_once, bool wait);
int show_pipeline_logs(const Common& common, const std::string& region, const std::string& stage,
                       bool follow);

}  // namespace tandem::cli
