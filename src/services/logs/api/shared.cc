#include "aws/arn.h"
#include "services/logs/api/operations.h"
#include "services/logs/errors.h"

namespace tandem::logs::api {

std::string Scope::group_arn(std::string_view group) const {
  return aws::make_arn("logs", environment.region, environment.account(),
                       "log-group:" + std::string(group));
}

std::string group_name(const Scope& scope, const json::object& input) {
  const auto name = json::find_string(input, "logGroupName");
  const auto identifier = json::find_string(input, "logGroupIdentifier");
  if (name && identifier) {
    throw errors::invalid_parameter(
        "LogGroup name and LogGroup identifier are mutually exclusive parameters.");
  }
  if (name) return *name;
  if (!identifier) throw errors::invalid_parameter("LogGroup name must be specified.");
  const auto arn = aws::Arn::parse(*identifier);
  if (!arn) return *identifier;
  constexpr std::string_view kPrefix = "log-group:";
  std::string_view resource = arn->resource;
  if (arn->service != "logs" || !resource.starts_with(kPrefix)) {
    throw errors::invalid_parameter("The specified logGroupIdentifier is invalid.");
  }
  if (arn->region != scope.environment.region || arn->account != scope.environment.account()) {
    throw errors::group_not_found();
  }
  resource.remove_prefix(kPrefix.size());
  if (resource.ends_with(":*")) resource.remove_suffix(2);
  return std::string(resource);
}

json::object require_group(const Scope& scope, std::string_view group) {
  auto document = scope.logs.group(group);
  if (!document) throw errors::group_not_found();
  return std::move(*document);
}

json::object require_stream(const Scope& scope, std::string_view group, std::string_view stream) {
  auto document = scope.logs.stream(group, stream);
  if (!document) throw errors::stream_not_found();
  return std::move(*document);
}

std::chrono::milliseconds retention(const Scope& scope, const json::object& group) {
  const std::chrono::days kept(json::int_or(group, "retentionInDays", 0));
  return scope.environment.config.pace().of(std::chrono::milliseconds(kept));
}

std::int64_t expiry_ms(const Scope& scope, const json::object& group) {
  const auto kept = retention(scope, group);
  return kept.count() > 0 ? scope.now_ms() - kept.count() : 0;
}

json::object new_group(std::int64_t now_ms) {
  return {{"creationTime", now_ms}, {"storedBytes", 0}};
}

json::object new_stream(std::int64_t now_ms) {
  return {{"creationTime", now_ms}, {"nextSequence", 1}};
}

}  // namespace tandem::logs::api
