#include <chrono>

#include "services/apigateway/api/common.h"
#include "services/apigateway/api/operations.h"
#include "services/apigateway/model/openapi_export.h"
#include "services/apigateway/model/openapi_text.h"

namespace tandem::apigateway {
namespace {

/// Which of API Gateway's extensions the document is to have.
void take_extensions(const json::object& input, ExportInput& wanted) {
  const json::object* parameters = json::find_object(input, "parameters");
  if (parameters == nullptr) return;
  for (const auto& [name, value] : *parameters) {
    if (name != "extensions") {
      throw errors::not_implemented(fmt::format("Export parameter {}", std::string_view(name)));
    }
    const std::string given = json::to_std(value);
    if (given == "postman") throw errors::not_implemented("Export extension postman");
    const bool all = given == "apigateway";
    wanted.integrations = all || given == "integrations";
    wanted.authorizers = all || given == "authorizers";
    wanted.others = all;
    if (!wanted.integrations && !wanted.authorizers) {
      throw errors::bad_request(fmt::format("Invalid export extension specified: {}", given));
    }
  }
}

/// "2026-11-30T11:00:00Z".
std::string date_of(std::int64_t epoch_s) {
  const auto time = std::chrono::sys_seconds(std::chrono::seconds(epoch_s));
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

/// As a file's name: what a header may not carry becomes '_'.
std::string in_file_name(std::string text) {
  for (char& c : text) {
    const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '-' || c == ':';
    if (!fine) c = '_';
  }
  return text;
}

bool wants_yaml(const json::object& input) {
  const std::string accepts = json::string_or(input, "accepts", "application/json");
  if (accepts == "application/yaml") return true;
  if (accepts == "application/json" || accepts == "*/*" || accepts.empty()) return false;
  throw errors::bad_request(fmt::format("Invalid content type specified: {}", accepts));
}

}  // namespace

Reply get_export(State& state, RequestContext&, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  const json::object api = need_api(state, api_id);
  const json::object stage = need_stage(state, api_id, text(input, "stageName"));
  const std::string type = text(input, "exportType");
  if (type != "oas30" && type != "swagger") {
    throw errors::bad_request("Invalid export type specified: " + type);
  }
  const bool yaml = wants_yaml(input);
  const json::object deployment = need_deployment(state, api_id, text(stage, "deploymentId"));
  const std::string host =
      fmt::format("{}.execute-api.{}.amazonaws.com", api_id, state.environment.region);
  const std::string name = text(stage, "stageName");
  std::string version = text(api, "version");
  if (version.empty()) version = date_of(json::int_or(api, "createdDate", 0));
  ExportInput wanted{.api = api,
                     .snapshot = deployment.at("snapshot").as_object(),
                     .host = host,
                     .stage = name,
                     .version = version,
                     .version2 = type == "swagger"};
  take_extensions(input, wanted);
  const json::value document = export_openapi(wanted);
  Reply reply;
  reply.payload = yaml ? to_yaml(document) : to_pretty_json(document);
  reply.output["contentType"] = "application/octet-stream";
  reply.output["contentDisposition"] = fmt::format("attachment; filename=\"{}_{}.{}\"", type,
                                                   in_file_name(version), yaml ? "yaml" : "json");
  return reply;
}

}  // namespace tandem::apigateway
