// The application's pipelines: a CloudFormation stack for each region that is deployed to, made
// from the template that tandem.yaml names, and what they do, read from CodePipeline.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topology/cloud.h"
#include "topology/stacks.h"
#include "topology/topology.h"

namespace tandem::topology {

/// "todo-pipeline-us-east-1", of the region that it deploys to.
std::string pipeline_stack_name(const Topology& topology, std::string_view deploys_to);

/// A stack for each region, with as many of these parameters as the template declares: AppName,
/// DeploymentRegion, StageName, TableName, SourceKind (GitHub, Connection, S3), RepositoryOwner,
/// RepositoryName, Branch, OAuthToken, ConnectionArn, SourceBucket, SourceKey,
/// PollForSourceChanges. Nothing for token: what a stack has stays; whoever has none must be given
/// it. The topology has a pipeline section.
std::vector<StackSpec> pipeline_stacks(const Topology& topology, const std::string& body,
                                       const std::optional<std::string>& token);
/// Whether the template takes a token that this topology's source needs.
bool needs_token(const Topology& topology, const std::string& body);

struct PipelineAt {
  std::string deploys_to;  ///< a region
  std::string region;      ///< where the pipeline is
  std::string stack;
  std::string name;  ///< of the pipeline: the stack's output PipelineName
};
/// Those that are there, in the topology's order: in whichever region.
Task<std::vector<PipelineAt>> find_pipelines(Cloud cloud, Topology topology);

struct ActionView {
  std::string name;
  std::string provider;     ///< "CodeBuild" …
  std::string status;       ///< CodePipeline's; empty: not begun
  std::string external_id;  ///< a build's id …
  std::string summary;      ///< what it says of itself
  std::string error;        ///< "JobFailed: …"
  std::string token;        ///< of an approval that is waited for
  double begun_s = 0;       ///< 0: not begun
  double changed_s = 0;
};
struct StageView {
  std::string name;
  std::string status;  ///< CodePipeline's; empty: this run has not come to it
  std::vector<ActionView> actions;
  std::string held;  ///< the reason why its inbound transition is disabled
  bool is_held = false;
  /// From its first action's begin to the last one's end, or to now_s while it runs.
  double seconds(double now_s) const;
};
/// One execution of a pipeline.
struct RunView {
  std::string id;
  std::string status;    ///< CodePipeline's: "InProgress" …
  std::string trigger;   ///< "StartPipelineExecution" …
  std::string revision;  ///< of the source
  std::string revision_summary;
  double begun_s = 0;
  std::vector<StageView> stages;

  bool ended() const;
  bool succeeded() const { return status == "Succeeded"; }
};
/// id empty: the newest. Nothing when there is none.
Task<std::optional<RunView>> read_run(Cloud cloud, PipelineAt at, std::string id);

}  // namespace tandem::topology
