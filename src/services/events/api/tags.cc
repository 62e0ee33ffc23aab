#include "aws/arn.h"
#include "services/events/api/operations.h"

namespace tandem::events::api {
namespace {

/// Tags belong to rules here.
std::string rule_of_arn(const Scope& scope, const json::object& input) {
  const std::string text = json::string_or(input, "ResourceARN");
  const auto arn = aws::Arn::parse(text);
  constexpr std::string_view kRule = "rule/";
  const bool ours = arn && arn->service == "events" && arn->region == scope.environment.region &&
                    arn->account == scope.environment.account();
  if (!ours) throw errors::invalid_parameter(text, "Provided Arn is not in correct format.");
  if (text == scope.bus_arn()) service::refuse_member("ResourceARN", "tags of event buses");
  if (!arn->resource.starts_with(kRule)) {
    throw errors::invalid_parameter(text, "Provided Arn is not in correct format.");
  }
  return arn->resource.substr(kRule.size());
}

}  // namespace

json::object tag_resource(const Scope& scope, const json::object& input) {
  const std::string name = rule_of_arn(scope, input);
  json::object rule = require_rule(scope, name).document;
  service::TagSet tags(kTagRules, json::find(rule, "tags"));
  tags.merge(service::read_tags(json::find(input, "Tags")), scope.caller);
  rule["tags"] = tags.map();
  scope.rules.put(name, std::move(rule));
  return {};
}

json::object untag_resource(const Scope& scope, const json::object& input) {
  const std::string name = rule_of_arn(scope, input);
  json::object rule = require_rule(scope, name).document;
  service::TagSet tags(kTagRules, json::find(rule, "tags"));
  tags.remove(json::find_array(input, "TagKeys"));
  rule["tags"] = tags.map();
  scope.rules.put(name, std::move(rule));
  return {};
}

json::object list_tags_for_resource(const Scope& scope, const json::object& input) {
  const Rule& rule = require_rule(scope, rule_of_arn(scope, input));
  const service::TagSet tags(kTagRules, json::find(rule.document, "tags"));
  return {{"Tags", tags.list()}};
}

}  // namespace tandem::events::api
