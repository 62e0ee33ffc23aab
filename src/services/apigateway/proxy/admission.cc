#include "services/apigateway/proxy/admission.h"

namespace tandem::apigateway {
namespace {

constexpr std::string_view kAccountMeter = "account";

const CompiledKey::Membership* find_plan(const CompiledKey& key, const CompiledStage& stage) {
  for (const CompiledKey::Membership& each : key.plans) {
    if (each.plan->find(stage.api_id, stage.name) != nullptr) return &each;
  }
  return nullptr;
}

std::optional<RateLimit> plan_method_limit(const CompiledPlan& plan, const CompiledStage& stage,
                                           const CompiledMethod& method) {
  const CompiledPlan::Stage* in_plan = plan.find(stage.api_id, stage.name);
  const auto found = in_plan->method_limits.find(method.setting_key);
  if (found == in_plan->method_limits.end()) return std::nullopt;
  return found->second;
}

/// What the client's plan allows. A request that a throttle turns away costs no quota.
std::optional<GatewayResponse> check_plan(State& state, const CompiledStage& stage,
                                          const CompiledMethod& method,
                                          const CompiledKey::Membership& membership) {
  const std::int64_t now = state.environment.clock.steady_ns();
  const CompiledPlan& plan = *membership.plan;
  if (plan.limit && !state.meters.take(membership.meter_key, *plan.limit, now)) {
    return GatewayResponse::kThrottled;
  }
  if (const auto limit = plan_method_limit(plan, stage, method)) {
    const std::string bucket = child_key(membership.meter_key, method.meter_key);
    if (!state.meters.take(bucket, *limit, now)) return GatewayResponse::kThrottled;
  }
  const std::int64_t epoch_s = state.environment.clock.now_s();
  if (plan.quota && state.meters.quota_left(membership.meter_key, *plan.quota, epoch_s) <= 0) {
    return GatewayResponse::kQuotaExceeded;
  }
  return std::nullopt;
}

/// Limits that hold for all clients together.
std::optional<GatewayResponse> check_shared(State& state, const CompiledMethod& method) {
  const std::int64_t now = state.environment.clock.steady_ns();
  if (method.stage_limit && !state.meters.take(method.meter_key, *method.stage_limit, now)) {
    return GatewayResponse::kThrottled;
  }
  if (!state.meters.take(kAccountMeter, state.account, now)) {
    return GatewayResponse::kThrottled;
  }
  return std::nullopt;
}

}  // namespace

Admission admit(State& state, const CompiledStage& stage, const CompiledMethod& method,
                std::string_view key_value) {
  if (!method.api_key_required) return {check_shared(state, method), nullptr};
  auto key = key_value.empty() ? nullptr : state.view.find_key(key_value);
  if (!key || !key->enabled) return {GatewayResponse::kInvalidApiKey, nullptr};
  const CompiledKey::Membership* membership = find_plan(*key, stage);
  if (membership == nullptr) return {GatewayResponse::kInvalidApiKey, nullptr};
  auto refusal = check_plan(state, stage, method, *membership);
  if (!refusal) refusal = check_shared(state, method);
  if (!refusal && membership->plan->quota) state.meters.count(membership->meter_key);
  return {refusal, std::move(key)};
}

}  // namespace tandem::apigateway
