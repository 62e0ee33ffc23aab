// What CloudWatch is told of stages (API Gateway Developer Guide, "Amazon API Gateway dimensions
// and metrics"): by API, and by API and stage.
#pragma once

#include <memory>
#include <string>

#include "service/environment.h"
#include "services/apigateway/proxy/view.h"

namespace tandem::apigateway {

class StageMetrics {
 public:
  struct Answered {
    int status = 0;
    double latency_ms = 0;
    double integration_ms = -1;  ///< less than 0: nothing was integrated
  };

  /// Borrows environment.
  explicit StageMetrics(const service::Environment& environment) : environment_(environment) {}

  void record(const CompiledStage& stage, const Answered& answered);

 private:
  struct OfStage {
    std::shared_ptr<core::Meter> count, client_errors, server_errors, latency, integration;
  };
  OfStage& of(const CompiledStage& stage);

  const service::Environment& environment_;
  TextMap<OfStage> stages_;  ///< by name of the API and stage
};

}  // namespace tandem::apigateway
