#include "services/apigateway/model/method_settings.h"

#include "core/text.h"
#include "services/apigateway/errors.h"

namespace tandem::apigateway {
namespace {

/// "todos/{id}/GET" for path "/todos/{id}": settings are named without the leading slash.
std::string key_of(const PatchOperation& operation) {
  std::string_view path = operation.captures.at(0);
  if (path.starts_with('/')) path.remove_prefix(1);
  return std::string(path) + "/" + operation.captures.at(1);
}

json::object& setting_of(json::object& stage, const PatchOperation& operation) {
  json::value& setting = stage.at("methodSettings").as_object()[key_of(operation)];
  if (!setting.is_object()) setting = json::object();
  return setting.as_object();
}

/// A setting that is off, and whose only accepted value is off.
PatchRule stays_off(std::string_view path) {
  return {{"replace"}, path, [path](json::object& stage, const PatchOperation& operation) {
            setting_of(stage, operation);
            const std::string value = core::to_lower(operation.need_value());
            if (value != "false" && value != "off") {
              throw errors::not_implemented(
                  fmt::format("Method setting {}", path.substr(path.rfind("}/") + 2)));
            }
          }};
}

void set_burst(json::object& stage, const PatchOperation& operation) {
  const std::int64_t burst = operation.need_int();
  if (burst < -1) throw errors::bad_request("Throttling burst limit must be -1 or more");
  setting_of(stage, operation)["throttlingBurstLimit"] = burst;
}

void set_rate(json::object& stage, const PatchOperation& operation) {
  const double rate = operation.need_number();
  if (rate < 0 && rate != -1) throw errors::bad_request("Throttling rate limit must be -1 or more");
  setting_of(stage, operation)["throttlingRateLimit"] = rate;
}

void remove_setting(json::object& stage, const PatchOperation& operation) {
  json::object& settings = stage.at("methodSettings").as_object();
  if (settings.erase(key_of(operation)) == 0) {
    throw errors::bad_request(
        fmt::format("Cannot remove method setting {} because there is no method setting for this "
                    "method",
                    key_of(operation)));
  }
}

double value_or(const json::object& setting, std::string_view member, double fallback) {
  const auto value = json::find_number(setting, member);
  return value && *value >= 0 ? *value : fallback;
}

}  // namespace

PatchTable method_setting_patches() {
  return {
      {{"replace"}, "/{path+}/{method}/throttling/burstLimit", set_burst},
      {{"replace"}, "/{path+}/{method}/throttling/rateLimit", set_rate},
      stays_off("/{path+}/{method}/metrics/enabled"),
      stays_off("/{path+}/{method}/logging/loglevel"),
      stays_off("/{path+}/{method}/logging/dataTrace"),
      stays_off("/{path+}/{method}/caching/enabled"),
      {{"remove"}, "/{path+}/{method}", remove_setting},
  };
}

json::object shown_method_settings(const json::object& settings) {
  json::object shown;
  for (const auto& [key, setting] : settings) {
    json::object full{{"metricsEnabled", false},
                      {"loggingLevel", "OFF"},
                      {"dataTraceEnabled", false},
                      {"throttlingBurstLimit", -1},
                      {"throttlingRateLimit", -1.0},
                      {"cachingEnabled", false},
                      {"cacheTtlInSeconds", 300},
                      {"cacheDataEncrypted", false},
                      {"requireAuthorizationForCacheControl", true},
                      {"unauthorizedCacheControlHeaderStrategy", "SUCCEED_WITH_RESPONSE_HEADER"}};
    for (const auto& [member, value] : setting.as_object()) full[member] = value;
    shown[key] = std::move(full);
  }
  return shown;
}

std::optional<RateLimit> method_limit(const json::object& settings, std::string_view setting_key,
                                      const RateLimit& account) {
  const json::object* setting = json::find_object(settings, setting_key.substr(1));
  if (setting == nullptr) setting = json::find_object(settings, "*/*");
  if (setting == nullptr) return std::nullopt;
  const RateLimit limit{value_or(*setting, "throttlingRateLimit", account.rate),
                        value_or(*setting, "throttlingBurstLimit", account.burst)};
  if (limit == account) return std::nullopt;
  return limit;
}

}  // namespace tandem::apigateway
