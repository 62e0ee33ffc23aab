// The application's pipelines: a CloudFormation stack for each region that is deployed to, made
// from the template that tandem.yaml names. What they do: pipeline_runs.h.
#pragma once

#include <map>
#include <optional>
#include <set>
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
/// Whether the template takes a token that this topology's source needs. A folder of repositories
/// needs none.
bool needs_token(const Topology& topology, const std::string& body);

struct PipelineAt {
  std::string deploys_to;  ///< a region
  std::string region;      ///< where the pipeline is
  std::string stack;
  std::string name;  ///< of the pipeline: the stack's output PipelineName
};
struct FoundPipelines {
  std::vector<PipelineAt> all;  ///< in the topology's order, each in whichever region it is
  /// Region that is deployed to: the one where its pipeline is looked for, which is silent.
  std::map<std::string, std::string> unknown;
};
/// only: the region that is deployed to; empty: each. Nothing is asked of regions that are silent.
Task<FoundPipelines> find_pipelines(Cloud cloud, Topology topology, std::string only,
                                    std::set<std::string> silent);

/// A stack of a pipeline that the topology no longer has, or has in another region. It still
/// deploys, unless its deletion has begun.
struct LeftPipeline {
  std::string region;
  std::string stack;
  std::string status;  ///< of the stack
};
Task<std::vector<LeftPipeline>> find_left_pipelines(Cloud cloud, Topology topology,
                                                    std::set<std::string> silent);

}  // namespace tandem::topology
