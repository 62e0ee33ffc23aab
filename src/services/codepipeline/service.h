// CodePipeline of one region: pipelines, their executions and what those run.
//
// Not here: PARALLEL executions, rollback and stage conditions, Git triggers, webhooks, custom
// action types and job workers (refused by name).
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/metrics.h"
#include "service/environment.h"
#include "service/service.h"
#include "services/codepipeline/ports.h"

namespace tandem::codepipeline {

class CodePipelineService final : public service::Service {
 public:
  /// Borrows what is behind the ports.
  CodePipelineService(service::Environment environment, CodePipelinePorts ports);
  ~CodePipelineService() override;

  std::string_view name() const override { return "codepipeline"; }
  const std::vector<service::Operation>& operations() const override;

  /// Goes on with executions that were in progress when the process ended.
  void start() override;
  Task<void> stop() override;

  /// docs/metrics.md
  void describe_metrics(core::MetricSet& metrics) const;

 private:
  const service::Environment& environment() const override;
  std::function<void()> forgetting() override;
  Task<void> pause() override;
  void resume() override;

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tandem::codepipeline
