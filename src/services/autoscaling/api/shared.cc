#include <algorithm>

#include "services/autoscaling/api/operations.h"

namespace tandem::autoscaling::api {

std::string Scope::role_arn() const {
  return fmt::format(
      "arn:aws:iam::{}:role/aws-service-role/dynamodb.application-autoscaling.amazonaws.com/"
      "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable",
      environment.account());
}

Named named_target(const json::object& input) {
  const std::string name_space = json::string_or(input, "ServiceNamespace");
  const std::string resource = json::string_or(input, "ResourceId");
  const std::string dimension = json::string_or(input, "ScalableDimension");
  if (name_space != "dynamodb") {
    // "ecs:service:DesiredCount" begins with the namespace that it belongs to.
    if (!dimension.starts_with(name_space + ":")) throw errors::unsupported();
    service::refuse_member("ServiceNamespace", "the value " + name_space);
  }
  auto read = read_dimension(resource, dimension);
  if (!read) throw errors::unsupported();
  return {std::move(*read), target_id(resource, dimension),
          fmt::format("service namespace: {}, resource ID: {}, scalable dimension: {}", name_space,
                      resource, dimension)};
}

const json::object& registered(const Scope& scope, const Named& target) {
  const json::object* found = scope.records.find(Kind::kTarget, target.id);
  if (found != nullptr) return *found;
  throw errors::not_found("No scalable target registered for " + target.text);
}

Filter::Filter(const json::object& input)
    : name_space_(json::string_or(input, "ServiceNamespace")),
      resource_(json::find_string(input, "ResourceId")),
      dimension_(json::find_string(input, "ScalableDimension")) {
  // "If you specify a scalable dimension, you must also specify a resource ID."
  if (dimension_ && !resource_ && json::find_array(input, "ResourceIds") == nullptr) {
    throw errors::validation(
        "If a scalable dimension is specified, a resource ID must also be specified");
  }
}

bool Filter::takes(const json::object& item) const {
  return json::string_or(item, "ServiceNamespace") == name_space_ &&
         (!resource_ || json::string_or(item, "ResourceId") == *resource_) &&
         (!dimension_ || json::string_or(item, "ScalableDimension") == *dimension_);
}

bool is_listed(const json::array* names, std::string_view name) {
  if (names == nullptr || names->empty()) return true;
  return std::any_of(names->begin(), names->end(), [&](const json::value& each) {
    return each.is_string() && json::view(each.get_string()) == name;
  });
}

}  // namespace tandem::autoscaling::api
