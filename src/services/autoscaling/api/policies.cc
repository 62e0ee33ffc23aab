#include <utility>

#include "aws/arn.h"
#include "core/ids.h"
#include "services/autoscaling/api/operations.h"
#include "services/autoscaling/model/policy.h"
#include "services/autoscaling/model/step_scaling.h"

namespace tandem::autoscaling::api {
namespace {

constexpr std::string_view kTracking = "TargetTrackingScalingPolicyConfiguration";

/// "MaxResults … This value can be between 1 and 10."
constexpr service::PageStyle kPolicyPages{.token = "NextToken",
                                          .next = "NextToken",
                                          .limit = "MaxResults",
                                          .usual = 10,
                                          .most = 10,
                                          .invalid = errors::invalid_next_token};

std::string policy_id(const Named& target, std::string_view name) {
  return owned_prefix(target.id) + std::string(name);
}

/// DynamoDB has target tracking alone. A step policy's own configuration is judged first.
void check_type(std::string_view type, const json::object& input) {
  if (type == "TargetTrackingScaling") return;
  if (type == "StepScaling") {
    json::object none;
    const json::object* given = json::find_object(input, "StepScalingPolicyConfiguration");
    const StepReading reading = read_steps(given == nullptr ? none : *given);
    if (!reading.refusal.empty()) throw errors::validation(reading.refusal);
  }
  throw errors::validation(
      fmt::format("{} policies are not supported for service namespace: dynamodb", type));
}

json::object new_policy(const Scope& scope, const json::object& input) {
  const service::Environment& environment = scope.environment;
  json::object policy;
  for (const char* member : {"ServiceNamespace", "ResourceId", "ScalableDimension", "PolicyName"}) {
    policy[member] = json::string_or(input, member);
  }
  policy["CreationTime"] = environment.clock.now_seconds();
  policy["created_by"] = core::uuid4(environment.random);
  policy["PolicyARN"] = aws::make_arn(
      "autoscaling", environment.region, environment.account(),
      fmt::format("scalingPolicy:{}:resource/dynamodb/{}:policyName/{}",
                  core::uuid4(environment.random), json::string_or(input, "ResourceId"),
                  json::string_or(input, "PolicyName")));
  return policy;
}

/// Throws what is wrong with the request, and with the moment.
json::object policy_of(const Scope& scope, const Named& named, const std::string& id,
                       const json::object& input) {
  registered(scope, named);
  const json::object* before = scope.records.find(Kind::kPolicy, id);
  const auto type = json::find_string(input, "PolicyType");
  if (!type && before == nullptr) {
    throw errors::validation("Policy type is required when creating a new scaling policy");
  }
  check_type(type.value_or("TargetTrackingScaling"), input);
  if (input.contains("StepScalingPolicyConfiguration")) {
    throw errors::validation(
        "StepScaling policy configuration cannot be specified for a TargetTrackingScaling policy");
  }
  const json::object* configuration = json::find_object(input, kTracking);
  if (configuration == nullptr && before != nullptr) {
    configuration = json::find_object(*before, kTracking);
  }
  check_tracking(configuration, named.dimension, json::string_or(input, "ScalableDimension"));
  // There is one metric for a dimension, and so one policy.
  const auto others = scope.records.ids(Kind::kPolicy, owned_prefix(named.id));
  if (before == nullptr && !others.empty()) {
    throw errors::validation(
        "Only one TargetTrackingScaling policy for a given metric specification is allowed.");
  }
  if (scope.scaler.is_busy(named.id) || scope.alarms.is_busy(id)) {
    throw errors::concurrent_update();
  }
  json::object policy = before == nullptr ? new_policy(scope, input) : *before;
  policy["PolicyType"] = "TargetTrackingScaling";
  policy[kTracking] = json::object(*configuration);
  make_stale(policy);
  return policy;
}

/// What could not be given its alarms is not there; what was there is as it was.
void take_back(Scope& scope, const std::string& id, const json::object* before) {
  const json::object* now = scope.records.find(Kind::kPolicy, id);
  if (now == nullptr) return;
  Change change;
  if (before == nullptr) {
    let_alarms_go(*now, change);
    change.erase(Kind::kPolicy, id);
  } else {
    json::object again = *now;
    again[kTracking] = before->at(kTracking);
    change.put(Kind::kPolicy, id, std::move(again));
  }
  scope.records.apply(std::move(change));
  scope.alarms.wake();
}

}  // namespace

Task<service::Reply> put_scaling_policy(Scope& scope, json::object input) {
  const Named named = named_target(input);
  const std::string id = policy_id(named, json::string_or(input, "PolicyName"));
  json::object policy = policy_of(scope, named, id, input);
  const std::string arn = json::string_or(policy, "PolicyARN");
  std::optional<json::object> before;
  if (const json::object* found = scope.records.find(Kind::kPolicy, id)) before = *found;
  scope.records.apply(std::move(Change().put(Kind::kPolicy, id, std::move(policy))));
  std::optional<aws::ApiError> refused;
  try {
    co_await scope.alarms.renew(id);
  } catch (const aws::ApiError& error) {
    refused = errors::failed_access(arn, error);
  }
  if (refused) {
    take_back(scope, id, before ? &*before : nullptr);
    throw *refused;
  }
  const json::object* made = scope.records.find(Kind::kPolicy, id);
  if (made == nullptr) throw errors::concurrent_update();
  json::object output{{"PolicyARN", arn}};
  output["Alarms"] = made->at("Alarms");
  co_return output;
}

Task<service::Reply> delete_scaling_policy(Scope& scope, json::object input) {
  const Named named = named_target(input);
  const std::string name = json::string_or(input, "PolicyName");
  const std::string id = policy_id(named, name);
  const json::object* policy = scope.records.find(Kind::kPolicy, id);
  if (policy == nullptr) {
    throw errors::not_found(
        fmt::format("No scaling policy found for {}, policy name: {}", named.text, name));
  }
  if (scope.alarms.is_busy(id)) throw errors::concurrent_update();
  Change change;
  let_alarms_go(*policy, change);
  change.erase(Kind::kPolicy, id);
  scope.records.apply(std::move(change));
  if (!co_await scope.alarms.sweep()) scope.alarms.wake();
  co_return json::object();
}

json::object describe_scaling_policies(Scope& scope, const json::object& input) {
  const Filter filter(input);
  const json::array* names = json::find_array(input, "PolicyNames");
  service::Page page(kPolicyPages, input, "ScalingPolicies");
  for (const auto& [id, policy] : scope.records.all(Kind::kPolicy)) {
    if (!filter.takes(policy) || !is_listed(names, json::string_or(policy, "PolicyName"))) continue;
    if (!page.add(id, [&] { return json::value(shown_policy(policy)); })) break;
  }
  return std::move(page).finish();
}

}  // namespace tandem::autoscaling::api
