// AWS::ApplicationAutoScaling::ScalingPolicy: its target is given by three properties, or by the
// three in one, as AWS::ApplicationAutoScaling::ScalableTarget is referred to.
#include "core/text.h"
#include "services/cloudformation/resources/common.h"
#include "services/cloudformation/resources/table.h"

namespace tandem::cloudformation {
namespace {

constexpr std::string_view kService = "application-autoscaling";

/// "table/T|dynamodb:table:WriteCapacityUnits|dynamodb"
json::object target_of(const json::object& properties) {
  json::object target = keep(properties, {"ResourceId", "ScalableDimension", "ServiceNamespace"});
  const std::string id = text_of(properties, "ScalingTargetId");
  if (!id.empty()) {
    const auto parts = core::split(id, '|');
    if (parts.size() != 3) {
      throw HandlerError("InvalidRequest",
                         "ScalingTargetId is not that of a scalable target: " + id);
    }
    target["ResourceId"] = parts[0];
    target["ScalableDimension"] = parts[1];
    target["ServiceNamespace"] = parts[2];
  }
  if (target.size() == 3) return target;
  throw HandlerError("InvalidRequest",
                     "Either ScalingTargetId or ResourceId, ScalableDimension and ServiceNamespace "
                     "must be specified");
}

class ScalingPolicy final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    if (co_await shown(context, properties)) {
      throw HandlerError("AlreadyExists", "A scaling policy with the name '" +
                                              text_of(properties, "PolicyName") +
                                              "' already exists");
    }
    context.intend(Physical{});
    const Physical made = co_await put(context, std::move(properties));
    context.claim(made);
    co_return made;
  }

  Task<std::optional<Physical>> find(HandlerContext& context, Physical, json::object properties,
                                     std::set<std::string>) const override {
    return shown(context, std::move(properties));
  }

  Task<Physical> update(HandlerContext& context, Physical, json::object,
                        json::object after) const override {
    return put(context, std::move(after));
  }

  Task<void> remove(HandlerContext& context, Physical, json::object properties) const override {
    json::object request = target_of(properties);
    request["PolicyName"] = text_of(properties, "PolicyName");
    co_await context.call_unless_gone(std::string(kService), "DeleteScalingPolicy",
                                      std::move(request));
  }

 private:
  static Physical physical_of(const json::object& answer) {
    Physical physical;
    physical.id = json::string_or(answer, "PolicyARN");
    physical.attributes["Arn"] = physical.id;
    return physical;
  }

  static Task<Physical> put(HandlerContext& context, json::object properties) {
    json::object request = target_of(properties);
    for (auto& member :
         keep(properties, {"PolicyName", "PolicyType", "StepScalingPolicyConfiguration",
                           "TargetTrackingScalingPolicyConfiguration"})) {
      request[member.key()] = member.value();
    }
    const json::object answer =
        co_await context.call(std::string(kService), "PutScalingPolicy", std::move(request));
    co_return physical_of(answer);
  }

  static Task<std::optional<Physical>> shown(HandlerContext& context, json::object properties) {
    json::object request = target_of(properties);
    json::array names;
    names.push_back(json::value(text_of(properties, "PolicyName")));
    request["PolicyNames"] = std::move(names);
    const json::object answer =
        co_await context.call(std::string(kService), "DescribeScalingPolicies", std::move(request));
    const json::array* found = json::find_array(answer, "ScalingPolicies");
    if (found == nullptr || found->empty()) co_return std::nullopt;
    co_return physical_of(found->at(0).as_object());
  }
};

}  // namespace

ResourceType application_autoscaling_scaling_policy() {
  return declare("AWS::ApplicationAutoScaling::ScalingPolicy",
                 {.serves = "PolicyName PolicyType ResourceId ScalableDimension ScalingTargetId "
                            "ServiceNamespace StepScalingPolicyConfiguration "
                            "TargetTrackingScalingPolicyConfiguration",
                  .refuses = "TargetTrackingScalingPolicyConfiguration/"
                             "CustomizedMetricSpecification/Metrics"},
                 {"Arn"}, "", std::make_unique<ScalingPolicy>());
}

}  // namespace tandem::cloudformation
