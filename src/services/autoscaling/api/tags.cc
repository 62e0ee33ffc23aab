#include <utility>

#include "services/autoscaling/api/operations.h"

namespace tandem::autoscaling::api {
namespace {

constexpr std::string_view kTags = "tags";

/// Throws ResourceNotFoundException.
std::pair<std::string, json::object> target_of(const Scope& scope, const json::object& input) {
  const std::string arn = json::string_or(input, "ResourceARN");
  for (const auto& [id, target] : scope.records.all(Kind::kTarget)) {
    if (json::string_or(target, "ScalableTargetARN") == arn) return {id, target};
  }
  throw errors::resource_not_found(arn);
}

}  // namespace

json::object tag_resource(Scope& scope, service::RequestContext& context,
                          const json::object& input) {
  auto [id, target] = target_of(scope, input);
  service::TagSet tags(kTagRules, json::find(target, kTags));
  tags.merge(service::read_tags(json::find(input, "Tags")), service::tag_source(context));
  target[kTags] = tags.map();
  scope.records.apply(std::move(Change().put(Kind::kTarget, std::move(id), std::move(target))));
  return {};
}

json::object untag_resource(Scope& scope, const json::object& input) {
  auto [id, target] = target_of(scope, input);
  service::TagSet tags(kTagRules, json::find(target, kTags));
  tags.remove(json::find_array(input, "TagKeys"));
  target[kTags] = tags.map();
  scope.records.apply(std::move(Change().put(Kind::kTarget, std::move(id), std::move(target))));
  return {};
}

json::object list_tags_for_resource(Scope& scope, const json::object& input) {
  const auto [id, target] = target_of(scope, input);
  return {{"Tags", service::TagSet(kTagRules, json::find(target, kTags)).map()}};
}

}  // namespace tandem::autoscaling::api
