#include "services/apigateway/proxy/stage_metrics.h"

#include <utility>
#include <vector>

namespace tandem::apigateway {
namespace {

using core::MeterKind;

constexpr std::string_view kGateway = "AWS/ApiGateway";
constexpr MeterKind kCount{kGateway, "Count", "Count", "aws_apigateway_count", "Requests"};
constexpr MeterKind kClientErrors{kGateway, "4XXError", "Count", "aws_apigateway_4xx_error",
                                  "1 for an answer of 400 to 499, 0 for another"};
constexpr MeterKind kServerErrors{kGateway, "5XXError", "Count", "aws_apigateway_5xx_error",
                                  "1 for an answer of 500 to 599, 0 for another"};
constexpr MeterKind kLatency{kGateway, "Latency", "Milliseconds",
                             "aws_apigateway_latency_milliseconds",
                             "Time between a request and its answer"};
constexpr MeterKind kIntegration{kGateway, "IntegrationLatency", "Milliseconds",
                                 "aws_apigateway_integration_latency_milliseconds",
                                 "The back end's share of it"};

/// Handles of stages that nobody calls any more need not be kept.
constexpr std::size_t kKept = 1'000;

}  // namespace

StageMetrics::OfStage& StageMetrics::of(const CompiledStage& stage) {
  std::string key = stage.metric_name + '/' + stage.name;
  const auto found = stages_.find(key);
  if (found != stages_.end()) return found->second;
  if (stages_.size() >= kKept) stages_.clear();
  const std::vector<core::Dimensions> under{{{"ApiName", stage.metric_name}, {"Stage", stage.name}},
                                            {{"ApiName", stage.metric_name}}};
  const auto meter = [&](const MeterKind& kind) { return environment_.meter(kind, under); };
  return stages_
      .emplace(std::move(key), OfStage{meter(kCount), meter(kClientErrors), meter(kServerErrors),
                                       meter(kLatency), meter(kIntegration)})
      .first->second;
}

void StageMetrics::record(const CompiledStage& stage, const Answered& answered) {
  OfStage& meters = of(stage);
  meters.count->record(1);
  meters.client_errors->record(answered.status / 100 == 4 ? 1 : 0);
  meters.server_errors->record(answered.status / 100 == 5 ? 1 : 0);
  meters.latency->record(answered.latency_ms);
  if (answered.integration_ms >= 0) meters.integration->record(answered.integration_ms);
}

}  // namespace tandem::apigateway
