#include <utility>

#include "aws/arn.h"
#include "core/ids.h"
#include "core/log.h"
#include "services/autoscaling/api/operations.h"

namespace tandem::autoscaling::api {
namespace {

constexpr std::string_view kTags = "tags";
constexpr std::string_view kSuspensions[] = {
    "DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"};

/// Members that are given replace what there is; those that are not stay.
void set_suspensions(json::object& target, const json::object& input) {
  json::object state;
  if (const auto* before = json::find_object(target, "SuspendedState")) state = *before;
  const json::object* given = json::find_object(input, "SuspendedState");
  for (const std::string_view member : kSuspensions) {
    const bool before = json::bool_or(state, member, false);
    state[member] = given == nullptr ? before : json::bool_or(*given, member, before);
  }
  target["SuspendedState"] = std::move(state);
}

/// "This property is required when registering a new scalable target."
void set_bounds(json::object& target, const json::object& input, bool is_new) {
  for (const char* bound : {"MinCapacity", "MaxCapacity"}) {
    if (const auto value = json::find_int(input, bound)) {
      target[bound] = *value;
    } else if (is_new) {
      throw errors::validation(
          "Minimum capacity and maximum capacity are required when registering a new scalable "
          "target");
    }
  }
  const std::int64_t least = json::int_or(target, "MinCapacity", 0);
  if (json::int_or(target, "MaxCapacity", 0) < least) throw errors::max_below_min();
  // DynamoDB's capacity begins with one.
  if (least < 1) throw errors::validation("Minimum capacity cannot be less than 1");
}

json::object new_target(const Scope& scope, const json::object& input) {
  const service::Environment& environment = scope.environment;
  json::object target;
  for (const char* member : {"ServiceNamespace", "ResourceId", "ScalableDimension"}) {
    target[member] = json::string_or(input, member);
  }
  target["CreationTime"] = environment.clock.now_seconds();
  target["ScalableTargetARN"] = aws::make_arn(
      "application-autoscaling", environment.region, environment.account(),
      "scalable-target/" + core::random_text(environment.random, 36, core::kLowerHex));
  return target;
}

/// "Application Auto Scaling creates the service-linked role for you." That it is there already is
/// how it is from the second time on; while IAM does not answer, targets are registered all the
/// same, and the next one makes it.
Task<void> make_role(Scope* scope) {
  aws::ApiCall call;
  call.region = scope->environment.region;
  call.service = "iam";
  call.operation = "CreateServiceLinkedRole";
  call.input["AWSServiceName"] = "dynamodb.application-autoscaling.amazonaws.com";
  try {
    co_await scope->ports.api.call(std::move(call));
  } catch (const aws::ApiError& error) {
    if (error.code() != "InvalidInput") {
      log::warning("autoscaling: its role in IAM is not made yet: {}", error.message());
    }
  }
}

json::object shown_target(const Scope& scope, const json::object& target) {
  json::object shown;
  for (const char* member :
       {"ServiceNamespace", "ResourceId", "ScalableDimension", "MinCapacity", "MaxCapacity",
        "CreationTime", "SuspendedState", "ScalableTargetARN"}) {
    if (const json::value* value = json::find(target, member)) shown[member] = *value;
  }
  // Whatever role was given: DynamoDB's targets are scaled by the service's own.
  shown["RoleARN"] = scope.role_arn();
  return shown;
}

/// Once what had to be waited for is known: all of it in one go.
json::object write_target(Scope& scope, const Named& named, const json::object& input,
                          service::TagSource caller) {
  const json::object* before = scope.records.find(Kind::kTarget, named.id);
  const bool is_new = before == nullptr;
  json::object target = is_new ? new_target(scope, input) : *before;
  set_bounds(target, input, is_new);
  set_suspensions(target, input);
  const service::TagSet tags = service::tag_set(kTagRules, json::find(input, "Tags"), caller);
  if (!is_new && !tags.empty()) {
    throw errors::validation(
        "The scalable target that you tried to tag already exists. To update tags on an existing "
        "scalable target, use the TagResource API.");
  }
  if (is_new && scope.records.all(Kind::kTarget).size() >= kMostTargets) {
    throw errors::limit_exceeded(
        fmt::format("The limit of {} scalable targets has been reached", kMostTargets));
  }
  if (is_new) target[kTags] = tags.map();
  target[kCorrect] = true;
  json::object output{{"ScalableTargetARN", json::string_or(target, "ScalableTargetARN")}};
  scope.records.apply(std::move(Change().put(Kind::kTarget, named.id, std::move(target))));
  scope.scaler.attend(named.id);
  return output;
}

}  // namespace

Task<service::Reply> register_scalable_target(Scope& scope, service::RequestContext& context,
                                              json::object input) {
  const Named named = named_target(input);
  const bool is_new = scope.records.find(Kind::kTarget, named.id) == nullptr;
  if (is_new) {
    // What is wrong with the request itself is said before anybody is asked.
    json::object bounds;
    set_bounds(bounds, input, true);
    if (!co_await scope.tables.find(named.dimension)) {
      throw errors::no_table(json::string_or(input, "ResourceId"));
    }
    co_await make_role(&scope);
  }
  co_return write_target(scope, named, input, service::tag_source(context));
}

/// What belongs to the target goes with it.
Task<service::Reply> deregister_scalable_target(Scope& scope, json::object input) {
  const Named named = named_target(input);
  if (scope.records.find(Kind::kTarget, named.id) == nullptr) {
    throw errors::not_found("No scalable target found for " + named.text);
  }
  Change change;
  change.erase(Kind::kTarget, named.id);
  for (std::string& id : scope.records.ids(Kind::kAction, owned_prefix(named.id))) {
    change.erase(Kind::kAction, std::move(id));
  }
  for (std::string& id : scope.records.ids(Kind::kPolicy, owned_prefix(named.id))) {
    let_alarms_go(*scope.records.find(Kind::kPolicy, id), change);
    change.erase(Kind::kPolicy, std::move(id));
  }
  scope.records.apply(std::move(change));
  if (!co_await scope.alarms.sweep()) scope.alarms.wake();
  co_return json::object();
}

json::object describe_scalable_targets(Scope& scope, const json::object& input) {
  const Filter filter(input);
  const json::array* resources = json::find_array(input, "ResourceIds");
  service::Page page(kPages, input, "ScalableTargets");
  for (const auto& [id, target] : scope.records.all(Kind::kTarget)) {
    if (!filter.takes(target) || !is_listed(resources, json::string_or(target, "ResourceId"))) {
      continue;
    }
    if (!page.add(id, [&] { return json::value(shown_target(scope, target)); })) break;
  }
  return std::move(page).finish();
}

}  // namespace tandem::autoscaling::api
