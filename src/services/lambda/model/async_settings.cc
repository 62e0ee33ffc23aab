#include "services/lambda/model/async_settings.h"

#include "core/clock.h"
#include "core/utf8.h"

namespace tandem::lambda {
namespace {

constexpr std::size_t kPayloadDepth = 256;

std::string_view name_of(Condition condition) {
  switch (condition) {
    case Condition::kSuccess:
      return "Success";
    case Condition::kRetriesExhausted:
      return "RetriesExhausted";
    case Condition::kEventAgeExceeded:
      return "EventAgeExceeded";
    case Condition::kZeroReservedConcurrency:
      return "ZeroReservedConcurrency";
  }
  return "";
}

json::value payload_value(std::string_view payload) {
  auto parsed = json::parse_text(payload, kPayloadDepth);
  if (parsed) return std::move(parsed).value();
  return json::value(json::string(core::to_utf8(std::string(payload))));
}

json::object destination(const std::string& arn) {
  json::object out;
  if (!arn.empty()) out["Destination"] = arn;
  return out;
}

}  // namespace

AsyncSettings AsyncSettings::from_record(const json::object& record) {
  AsyncSettings settings;
  if (const auto retries = json::find_int(record, "retries")) {
    settings.retries = static_cast<int>(*retries);
  }
  if (const auto age = json::find_int(record, "age_s")) settings.age_s = static_cast<int>(*age);
  settings.on_success = json::string_or(record, "on_success");
  settings.on_failure = json::string_or(record, "on_failure");
  settings.modified_ms = json::int_or(record, "modified_ms", 0);
  return settings;
}

json::object AsyncSettings::to_record() const {
  json::object record = {
      {"on_success", on_success}, {"on_failure", on_failure}, {"modified_ms", modified_ms}};
  if (retries) record["retries"] = *retries;
  if (age_s) record["age_s"] = *age_s;
  return record;
}

json::object AsyncSettings::shown(std::string_view arn) const {
  json::object out;
  out["LastModified"] = static_cast<double>(modified_ms) / 1000;
  out["FunctionArn"] = json::string(arn);
  if (retries) out["MaximumRetryAttempts"] = *retries;
  if (age_s) out["MaximumEventAgeInSeconds"] = *age_s;
  json::object destinations;
  destinations["OnSuccess"] = destination(on_success);
  destinations["OnFailure"] = destination(on_failure);
  out["DestinationConfig"] = std::move(destinations);
  return out;
}

json::object to_json(const InvocationRecord& record) {
  json::object context;
  context["requestId"] = json::string(record.request_id);
  context["functionArn"] = json::string(record.function_arn);
  context["condition"] = json::string(name_of(record.condition));
  context["approximateInvokeCount"] = record.invoke_count;
  json::object out;
  out["version"] = "1.0";
  out["timestamp"] = core::iso8601_ms(record.timestamp_ms);
  out["requestContext"] = std::move(context);
  out["requestPayload"] = payload_value(record.request_payload);
  if (record.executed_version.empty()) return out;
  json::object response;
  response["statusCode"] = 200;
  response["executedVersion"] = json::string(record.executed_version);
  if (record.function_error) response["functionError"] = "Unhandled";
  out["responseContext"] = std::move(response);
  out["responsePayload"] = payload_value(record.response_payload);
  return out;
}

}  // namespace tandem::lambda
