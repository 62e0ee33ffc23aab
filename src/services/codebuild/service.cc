#include "services/codebuild/service.h"

#include <utility>

#include "service/table.h"
#include "services/codebuild/api/operations.h"

namespace tandem::codebuild {
namespace {

std::vector<service::Operation> table(api::Scope& s) {
  using service::row;
  return {
      row(s, "CreateProject", api::create_project,
          {"name", "description", "source", "secondarySources", "sourceVersion",
           "secondarySourceVersions", "artifacts", "secondaryArtifacts", "cache", "environment",
           "serviceRole", "timeoutInMinutes", "queuedTimeoutInMinutes", "encryptionKey", "tags",
           "logsConfig", "concurrentBuildLimit", "badgeEnabled=false"}),
      row(s, "UpdateProject", api::update_project,
          {"name", "description", "source", "secondarySources", "sourceVersion",
           "secondarySourceVersions", "artifacts", "secondaryArtifacts", "cache", "environment",
           "serviceRole", "timeoutInMinutes", "queuedTimeoutInMinutes", "encryptionKey", "tags",
           "logsConfig", "concurrentBuildLimit", "badgeEnabled=false"}),
      row(s, "DeleteProject", api::delete_project, {"name"}),
      row(s, "BatchGetProjects", api::batch_get_projects, {"names"}),
      row(s, "ListProjects", api::list_projects, {"sortBy", "sortOrder", "nextToken"}),
      row(s, "ListCuratedEnvironmentImages", api::list_curated_environment_images, {}),
      row(s, "StartBuild", api::start_build,
          {"projectName",
           "secondarySourcesOverride",
           "secondarySourcesVersionOverride",
           "sourceVersion",
           "artifactsOverride",
           "secondaryArtifactsOverride",
           "environmentVariablesOverride",
           "sourceTypeOverride",
           "sourceLocationOverride",
           "buildspecOverride",
           "environmentTypeOverride",
           "imageOverride",
           "computeTypeOverride",
           "cacheOverride",
           "serviceRoleOverride",
           "timeoutInMinutesOverride",
           "queuedTimeoutInMinutesOverride",
           "encryptionKeyOverride",
           "idempotencyToken",
           "logsConfigOverride",
           "imagePullCredentialsTypeOverride",
           "insecureSslOverride=false",
           "reportBuildStatusOverride=false",
           "privilegedModeOverride=false",
           "debugSessionEnabled=false"}),
      row(s, "RetryBuild", api::retry_build, {"id", "idempotencyToken"}),
      row(s, "StopBuild", api::stop_build, {"id"}),
      row(s, "BatchGetBuilds", api::batch_get_builds, {"ids"}),
      row(s, "ListBuilds", api::list_builds, {"sortOrder", "nextToken"}),
      row(s, "ListBuildsForProject", api::list_builds_for_project,
          {"projectName", "sortOrder", "nextToken"}),
      row(s, "BatchDeleteBuilds", api::batch_delete_builds, {"ids"}),
  };
}

}  // namespace

struct CodeBuildService::State {
  State(service::Environment given_environment, service::KeyRing& keys, CodeBuildPorts given_ports)
      : environment(std::move(given_environment)),
        ports(given_ports),
        builds(environment.store),
        builder(environment, ports, builds, keys),
        scope{environment, builds, builder, ports.roles},
        operations(table(scope)) {}

  service::Environment environment;
  CodeBuildPorts ports;
  BuildStore builds;
  Builder builder;
  api::Scope scope;
  std::vector<service::Operation> operations;
};

CodeBuildService::CodeBuildService(service::Environment environment, service::KeyRing& keys,
                                   CodeBuildPorts ports)
    : state_(std::make_unique<State>(std::move(environment), keys, ports)) {}

CodeBuildService::~CodeBuildService() = default;

const std::vector<service::Operation>& CodeBuildService::operations() const {
  return state_->operations;
}

const service::Environment& CodeBuildService::environment() const { return state_->environment; }

void CodeBuildService::start() { state_->builder.start(); }

Task<void> CodeBuildService::stop() { co_await state_->builder.stop(); }

Task<void> CodeBuildService::pause() { co_await state_->builder.stop(); }

// Projects and builds are read from the store each time.
std::function<void()> CodeBuildService::forgetting() {
  return [] {};
}

void CodeBuildService::describe_metrics(core::MetricSet& metrics) const {
  metrics.gauge("tandem_builds_under_way", "Builds of CodeBuild that run or wait for their turn.")
      .add(state_->builder.under_way());
}

void CodeBuildService::resume() { state_->builder.go_on(); }

}  // namespace tandem::codebuild
