// CodeBuild of one region: projects, and builds that are carried out on this machine.
//
// Not here: batches, reports, webhooks, source credentials, fleets, sandboxes.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "core/metrics.h"
#include "service/environment.h"
#include "service/key_ring.h"
#include "service/service.h"
#include "services/codebuild/ports.h"

namespace tandem::codebuild {

class CodeBuildService final : public service::Service {
 public:
  /// keys: where the keys of builds' roles go, so that the region knows them.
  CodeBuildService(service::Environment environment, service::KeyRing& keys, CodeBuildPorts ports);
  ~CodeBuildService() override;

  std::string_view name() const override { return "codebuild"; }
  const std::vector<service::Operation>& operations() const override;

  /// Goes on with the builds that went on when the process ended.
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

}  // namespace tandem::codebuild
