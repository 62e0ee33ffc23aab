#include "services/lambda/model/function.h"

#include <algorithm>

#include "core/bytes.h"
#include "core/clock.h"
#include "core/text.h"

namespace tandem::lambda {

std::string last_modified_text(std::int64_t epoch_ms) {
  std::string text = core::iso8601_ms(epoch_ms);
  text.pop_back();  // 'Z'
  return text + "+0000";
}

json::object Function::to_record() const {
  json::object record = {{"name", name},
                         {"arn", arn},
                         {"version", version},
                         {"runtime", runtime},
                         {"role", role},
                         {"handler", handler},
                         {"description", description},
                         {"timeout_s", timeout_s},
                         {"memory_mb", memory_mb},
                         {"ephemeral_mb", ephemeral_mb},
                         {"architecture", architecture},
                         {"environment", environment},
                         {"layers", layers},
                         {"last_modified", last_modified},
                         {"code_sha256", code_sha256},
                         {"code_size", code_size},
                         {"code_id", code_id},
                         {"code_outline", code_outline},
                         {"code_digest", code_digest},
                         {"revision_id", revision_id},
                         {"tags", tags},
                         {"policy", policy},
                         {"policy_revision_id", policy_revision_id},
                         {"generation", generation}};
  if (last_version != 0) record["last_version"] = last_version;
  if (!published_from.empty()) record["published_from"] = published_from;
  if (reserved_concurrency) record["reserved_concurrency"] = *reserved_concurrency;
  return record;
}

Function Function::from_record(const json::object& record) {
  const auto text = [&](std::string_view key) { return json::string_or(record, key); };
  const auto number = [&](std::string_view key, int fallback) {
    return static_cast<int>(json::int_or(record, key, fallback));
  };
  Function function;
  function.name = text("name");
  function.arn = text("arn");
  // Records from before there were versions have none.
  function.version = json::string_or(record, "version", kLatest);
  function.last_version = json::int_or(record, "last_version", 0);
  function.published_from = text("published_from");
  function.runtime = text("runtime");
  function.role = text("role");
  function.handler = text("handler");
  function.description = text("description");
  function.timeout_s = number("timeout_s", 3);
  function.memory_mb = number("memory_mb", 128);
  function.ephemeral_mb = number("ephemeral_mb", 512);
  function.architecture = text("architecture");
  if (const auto* found = json::find_object(record, "environment")) function.environment = *found;
  if (const auto* found = json::find_array(record, "layers")) function.layers = *found;
  function.last_modified = text("last_modified");
  function.code_sha256 = text("code_sha256");
  function.code_size = json::int_or(record, "code_size", 0);
  function.code_id = text("code_id");
  function.code_outline = text("code_outline");
  function.code_digest = text("code_digest");
  function.revision_id = text("revision_id");
  if (const auto* found = json::find_object(record, "tags")) function.tags = *found;
  if (const auto* found = json::find_array(record, "policy")) function.policy = *found;
  function.policy_revision_id = text("policy_revision_id");
  function.generation = text("generation");
  if (const auto reserved = json::find_int(record, "reserved_concurrency")) {
    function.reserved_concurrency = static_cast<int>(*reserved);
  }
  return function;
}

std::int64_t Function::number() const {
  return static_cast<std::int64_t>(core::parse_uint(version).value_or(0));
}

bool Function::uses_code(std::string_view id) const {
  return code_id == id || std::any_of(layers.begin(), layers.end(), [&](const json::value& each) {
           return json::string_or(each.as_object(), "code_id") == id;
         });
}

std::string Function::content() const {
  const json::object all = {{"runtime", runtime},           {"role", role},
                            {"handler", handler},           {"description", description},
                            {"timeout_s", timeout_s},       {"memory_mb", memory_mb},
                            {"ephemeral_mb", ephemeral_mb}, {"architecture", architecture},
                            {"environment", environment},   {"layers", layers},
                            {"code_sha256", code_sha256}};
  return core::hex_encode(core::sha256(json::to_text(all)));
}

json::object Function::configuration() const {
  json::object out = {{"FunctionName", name},
                      {"FunctionArn", arn},
                      {"Runtime", runtime},
                      {"Role", role},
                      {"Handler", handler},
                      {"CodeSize", code_size},
                      {"Description", description},
                      {"Timeout", timeout_s},
                      {"MemorySize", memory_mb},
                      {"LastModified", last_modified},
                      {"CodeSha256", code_sha256},
                      {"Version", version},
                      {"TracingConfig", {{"Mode", "PassThrough"}}},
                      {"RevisionId", revision_id},
                      {"State", "Active"},
                      {"LastUpdateStatus", "Successful"},
                      {"PackageType", "Zip"},
                      {"Architectures", json::array{architecture}},
                      {"EphemeralStorage", {{"Size", ephemeral_mb}}},
                      {"SnapStart", {{"ApplyOn", "None"}, {"OptimizationStatus", "Off"}}}};
  if (!environment.empty()) out["Environment"] = {{"Variables", environment}};
  if (!layers.empty()) {
    json::array shown;
    for (const json::value& each : layers) {
      const json::object& layer = each.as_object();
      shown.push_back(json::object{{"Arn", layer.at("arn")}, {"CodeSize", layer.at("code_size")}});
    }
    out["Layers"] = std::move(shown);
  }
  out["LoggingConfig"] = {{"LogFormat", "Text"}, {"LogGroup", "/aws/lambda/" + name}};
  return out;
}

}  // namespace tandem::lambda
