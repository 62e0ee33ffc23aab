#include "aws/arn.h"
#include "services/logs/api/operations.h"
#include "services/logs/errors.h"

namespace tandem::logs::api {
namespace {

constexpr std::size_t kTags = 50;

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

json::object tags_of(const json::object& group) {
  const json::object* tags = json::find_object(group, "tags");
  return tags == nullptr ? json::object{} : *tags;
}

void add_tags(const Scope& scope, const std::string& name, const json::object& input) {
  json::object group = require_group(scope, name);
  json::object tags = tags_of(group);
  if (const json::object* given = json::find_object(input, "tags")) {
    for (const auto& [key, value] : *given) tags[key] = value;
  }
  if (tags.size() > kTags) throw errors::too_many_tags(scope.group_arn(name));
  group["tags"] = std::move(tags);
  scope.logs.put_group(name, group);
}

void remove_tags(const Scope& scope, const std::string& name, const json::array* keys) {
  json::object group = require_group(scope, name);
  json::object tags = tags_of(group);
  if (keys != nullptr) {
    for (const json::value& key : *keys) tags.erase(json::view(key.as_string()));
  }
  group["tags"] = std::move(tags);
  scope.logs.put_group(name, group);
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
  return {{"tags", tags_of(require_group(scope, json::string_or(input, "logGroupName")))}};
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
  return {{"tags", tags_of(require_group(scope, group_of_arn(scope, input)))}};
}

}  // namespace tandem::logs::api
