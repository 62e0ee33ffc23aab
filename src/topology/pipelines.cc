#include "topology/pipelines.h"

#include <fmt/format.h>
#include <map>

#include "aws/error.h"
#include "topology/template_parameters.h"

namespace tandem::topology {
namespace {

using Source = PipelineSettings::Source;
using Parameters = std::map<std::string, std::string>;

constexpr std::string_view kToken = "OAuthToken";

std::string_view kind_of(Source source) {
  switch (source) {
    case Source::kGitHub:
      return "GitHub";
    case Source::kConnection:
      return "Connection";
    case Source::kS3:
      break;
  }
  return "S3";
}

Parameters parameters_for(const Topology& topology, const std::string& region) {
  const PipelineSettings& settings = *topology.pipeline;
  const auto slash = settings.repository.find('/');
  return {
      {"AppName", topology.name},
      {"DeploymentRegion", region},
      {"StageName", topology.stage},
      {"TableName", topology.table.name},
      {"SourceKind", std::string(kind_of(settings.source))},
      {"RepositoryOwner", settings.repository.substr(0, slash)},
      {"RepositoryName", slash == std::string::npos ? "" : settings.repository.substr(slash + 1)},
      {"Branch", settings.branch},
      {"ConnectionArn", settings.connection},
      {"SourceBucket", settings.bucket},
      {"SourceKey", settings.key},
      {"PollForSourceChanges", settings.poll ? "true" : "false"}};
}

/// In a folder of repositories nobody asks for one, and CodePipeline wants one declared.
constexpr std::string_view kNoToken = "none-is-needed";

/// Where the stack is to be.
const std::string& region_of(const Topology& topology, const Region& deploys_to) {
  const bool together = topology.pipeline && !topology.pipeline->region.empty();
  return together ? topology.pipeline->region : deploys_to.name;
}

/// Where it is expected first.
std::vector<std::string> places_of(const Topology& topology, const Region& deploys_to) {
  std::vector<std::string> regions{region_of(topology, deploys_to)};
  for (const Region& other : topology.regions) {
    if (other.name != regions.front()) regions.push_back(other.name);
  }
  return regions;
}

}  // namespace

std::string pipeline_stack_name(const Topology& topology, std::string_view deploys_to) {
  return fmt::format("{}-pipeline-{}", topology.name, deploys_to);
}

bool needs_token(const Topology& topology, const std::string& body) {
  const auto declared = declared_parameters(body);
  return topology.pipeline->source == Source::kGitHub &&
         !topology.settings.git_host.starts_with('/') &&
         (!declared || declared->contains(std::string(kToken)));
}

std::vector<StackSpec> pipeline_stacks(const Topology& topology, const std::string& body,
                                       const std::optional<std::string>& token) {
  const auto declared = declared_parameters(body);
  std::vector<StackSpec> specs;
  for (const Region& region : topology.regions) {
    StackSpec spec;
    spec.region = region_of(topology, region);
    spec.name = pipeline_stack_name(topology, region.name);
    spec.body = body;
    spec.parameters = parameters_for(topology, region.name);
    const bool in_folder = topology.settings.git_host.starts_with('/');
    if (token || in_folder)
      spec.parameters[std::string(kToken)] = token.value_or(std::string(kNoToken));
    if (declared) {
      std::erase_if(spec.parameters,
                    [&](const auto& entry) { return !declared->contains(entry.first); });
      if (!token && !in_folder && declared->contains(std::string(kToken)))
        spec.kept.emplace(kToken);
    }
    specs.push_back(std::move(spec));
  }
  return specs;
}

Task<FoundPipelines> find_pipelines(Cloud cloud, Topology topology, std::string only,
                                    std::set<std::string> silent) {
  FoundPipelines found;
  for (const Region& deploys_to : topology.regions) {
    if (!only.empty() && deploys_to.name != only) continue;
    const std::string stack_name = pipeline_stack_name(topology, deploys_to.name);
    const std::vector<std::string> places = places_of(topology, deploys_to);
    const std::size_t before = found.all.size();
    for (const std::string& region : places) {
      if (silent.contains(region)) continue;
      const json::object stack = co_await cloud.stack(region, stack_name);
      if (stack.empty()) continue;
      const auto outputs = outputs_of(stack);
      const auto name = outputs.find("PipelineName");
      found.all.push_back(
          {deploys_to.name, region, stack_name, name == outputs.end() ? stack_name : name->second});
      break;
    }
    const bool is_found = found.all.size() > before;
    if (!is_found && silent.contains(places.front())) {
      found.unknown[deploys_to.name] = places.front();
    }
  }
  co_return found;
}

Task<std::vector<LeftPipeline>> find_left_pipelines(Cloud cloud, Topology topology,
                                                    std::set<std::string> silent) {
  std::map<std::string, std::string> wanted;  // stack: region
  for (const Region& deploys_to : topology.regions) {
    wanted[pipeline_stack_name(topology, deploys_to.name)] = region_of(topology, deploys_to);
  }
  const std::string prefix = pipeline_stack_name(topology, "");
  std::vector<LeftPipeline> left;
  for (const Region& region : topology.regions) {
    if (silent.contains(region.name)) continue;
    const auto stacks = co_await cloud.stacks(region.name);
    for (const StackState& stack : stacks) {
      if (!stack.name.starts_with(prefix)) continue;
      const auto found = wanted.find(stack.name);
      if (found != wanted.end() && found->second == region.name) continue;
      left.push_back({region.name, stack.name, stack.status});
    }
  }
  co_return left;
}

}  // namespace tandem::topology
