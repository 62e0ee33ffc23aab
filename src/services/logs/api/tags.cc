#include "aws/arn.h"
#include "services/logs/api/operations.h"
#include "services/logs/errors.h"

namespace tandem::logs::api {
namespace {

/// Tags belong to log groups here; their ARN comes with or without ":*".
std::string group_of_arn(const Scope& scope, const json::object& input) {
  const auto arn = aws::Arn::parse(json::string_or(input, "resourceArn"));
  constexpr std::string_view kPrefix = "log-group:";
  if (!arn || arn->service != "logs" || !arn->resource.starts_with(kPrefix)) {
    throw errors::invalid_parameter("The specified resourceArn is invalid.");
  }
  std::string name = arn->resource.substr(kPrefix.size());
  if (name.ends_with(":*")) name.resize(name.size() - 2);
  const bool ours =
      arn->region == scope.environment.region && arn->account == scope.environment.account();
  if (!ours || !scope.logs.group(name)) throw errors::resource_not_found();
  return name;
}

service::TagSet tags_of(const json::object& group) {
  return service::TagSet(kTagRules, json::find(group, "tags"));
}

void put_tags(const Scope& scope, const std::string& name, json::object group,
              const service::TagSet& tags) {
  group["tags"] = tags.map();
  scope.logs.put_group(name, group);
}

void add_tags(const Scope& scope, const std::string& name, const json::object& input) {
  json::object group = require_group(scope, name);
  service::TagSet tags = tags_of(group);
  tags.merge(service::read_tags(json::find(input, "tags")), scope.caller);
  put_tags(scope, name, std::move(group), tags);
}

void remove_tags(const Scope& scope, const std::string& name, const json::array* keys) {
  json::object group = require_group(scope, name);
  service::TagSet tags = tags_of(group);
  tags.remove(keys);
  put_tags(scope, name, std::move(group), tags);
}

}  // namespace

json::object tag_log_group(const Scope& scope, const json::object& input) {
  add_tags(scope, json::string_or(input, "logGroupName"), input);
  return {};
}

json::object untag_log_group(const Scope& scope, const json::object& input) {
  remove_tags(scope, json::string_or(input, "logGroupName"), json::find_array(input, "tags"));
  return {};
}

json::object list_tags_log_group(const Scope& scope, const json::object& input) {
  return {{"tags", tags_of(require_group(scope, json::string_or(input, "logGroupName"))).map()}};
}

json::object tag_resource(const Scope& scope, const json::object& input) {
  add_tags(scope, group_of_arn(scope, input), input);
  return {};
}

json::object untag_resource(const Scope& scope, const json::object& input) {
  remove_tags(scope, group_of_arn(scope, input), json::find_array(input, "tagKeys"));
  return {};
}

json::object list_tags_for_resource(const Scope& scope, const json::object& input) {
  return {{"tags", tags_of(require_group(scope, group_of_arn(scope, input))).map()}};
}

}  // namespace tandem::logs::api
