// CreateFunctionUrlConfig and its like.
#include "services/lambda/api/urls.h"

#include "core/ids.h"
#include "services/lambda/api/pages.h"
#include "services/lambda/errors.h"

namespace tandem::lambda::api {
namespace {

constexpr std::size_t kUrlIdLength = 32;

aws::ApiError no_url() { return errors::not_found("The resource you requested does not exist."); }

/// With the qualifier that the URL is kept under.
FunctionReference url_of(const Scope& scope, const json::object& input) {
  FunctionReference named = reference_in(scope, input);
  if (named.qualifier.empty()) named.qualifier = kLatest;
  return named;
}

std::string url_arn(const Scope& scope, const FunctionReference& named) {
  return scope.arn(named.name, named.qualifier == kLatest ? "" : named.qualifier);
}

json::object shown(const Scope& scope, const FunctionReference& named, const json::object& record) {
  json::object out;
  out["FunctionUrl"] = fmt::format("https://{}.lambda-url.{}.on.aws/",
                                   json::string_or(record, "url_id"), scope.environment.region);
  out["FunctionArn"] = url_arn(scope, named);
  out["AuthType"] = record.at("auth_type");
  const json::object* cors = json::find_object(record, "cors");
  if (cors != nullptr && !cors->empty()) out["Cors"] = *cors;
  out["CreationTime"] = record.at("created");
  out["LastModifiedTime"] = record.at("modified");
  out["InvokeMode"] = json::string_or(record, "invoke_mode", "BUFFERED");
  return out;
}

const json::object& require_url(const Scope& scope, const FunctionReference& named) {
  const json::object* record = scope.functions.urls().find(named.name, named.qualifier);
  if (record == nullptr) throw no_url();
  return *record;
}

void set_members(json::object& record, const json::object& input, const Scope& scope) {
  if (const auto type = json::find_string(input, "AuthType")) record["auth_type"] = *type;
  if (const json::object* cors = json::find_object(input, "Cors")) record["cors"] = *cors;
  if (const auto mode = json::find_string(input, "InvokeMode")) record["invoke_mode"] = *mode;
  record["modified"] = last_modified_text(scope.environment.clock.now_ms());
}

}  // namespace

Reply create_function_url_config(Scope& scope, const json::object& input) {
  const FunctionReference named = url_of(scope, input);
  const bool alias = named.qualifier == kLatest || is_alias_name(named.qualifier);
  if (!alias || scope.functions.find(named.name, named.qualifier) == nullptr) {
    throw errors::not_found("Function does not exist");
  }
  if (scope.functions.urls().find(named.name, named.qualifier) != nullptr) {
    throw errors::conflict(
        fmt::format("Failed to create function url config for [functionArn = {}]. Error message:  "
                    "FunctionUrlConfig exists for this Lambda function",
                    url_arn(scope, named)));
  }
  json::object record;
  record["url_id"] = core::random_text(scope.environment.random, kUrlIdLength, core::kLowerAlnum);
  set_members(record, input, scope);
  record["created"] = record.at("modified");
  json::object out = shown(scope, named, record);
  out.erase("LastModifiedTime");
  scope.functions.urls().put(named.name, named.qualifier, std::move(record));
  return out;
}

Reply get_function_url_config(Scope& scope, const json::object& input) {
  const FunctionReference named = url_of(scope, input);
  return shown(scope, named, require_url(scope, named));
}

Reply update_function_url_config(Scope& scope, const json::object& input) {
  const FunctionReference named = url_of(scope, input);
  json::object record = require_url(scope, named);
  set_members(record, input, scope);
  json::object out = shown(scope, named, record);
  scope.functions.urls().put(named.name, named.qualifier, std::move(record));
  return out;
}

Reply delete_function_url_config(Scope& scope, const json::object& input) {
  const FunctionReference named = url_of(scope, input);
  require_url(scope, named);
  scope.functions.urls().erase(named.name, named.qualifier);
  return {};
}

Reply list_function_url_configs(Scope& scope, const json::object& input) {
  const FunctionReference named = reference_in(scope, input);
  if (scope.functions.find(named.name) == nullptr) {
    throw errors::not_found("Function does not exist");
  }
  service::Page page(kPages, input, "FunctionUrlConfigs");
  for (const auto& [qualifier, record] : scope.functions.urls().of(named.name)) {
    const auto row = [&, at = &qualifier, url = record] {
      return shown(scope, {named.name, *at}, *url);
    };
    if (!page.add(qualifier, row)) break;
  }
  return std::move(page).finish();
}

}  // namespace tandem::lambda::api
