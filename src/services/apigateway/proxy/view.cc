#include "services/apigateway/proxy/view.h"

#include "core/json.h"
#include "core/text.h"
#include "services/apigateway/model/method_settings.h"
#include "services/apigateway/model/names.h"

namespace tandem::apigateway {
namespace {

CompiledMethod compile_method(const CompiledStage& stage, const std::string& path,
                              const json::object& method, const json::object& record) {
  CompiledMethod compiled;
  compiled.http_method = json::string_or(method, "httpMethod");
  compiled.api_key_required = json::bool_or(method, "apiKeyRequired", false);
  compiled.setting_key = path + "/" + compiled.http_method;
  compiled.meter_key = child_key(child_key(stage.api_id, stage.name), compiled.setting_key);
  if (const json::object* settings = json::find_object(record, "methodSettings")) {
    compiled.stage_limit = method_limit(*settings, compiled.setting_key, RateLimit{10'000, 5'000});
  }
  if (json::find_object(method, "methodIntegration") != nullptr) {
    compiled.integration = compile_integration(method, json::find_object(record, "variables"));
  }
  return compiled;
}

void compile_resource(CompiledStage& stage, const json::object& resource,
                      const json::object& record, const json::object& snapshot,
                      SnapshotSchemas& schemas) {
  CompiledResource compiled;
  compiled.id = json::string_or(resource, "id");
  compiled.path = json::string_or(resource, "path");
  for (const auto& [name, method] : resource.at("resourceMethods").as_object()) {
    compiled.methods.push_back(compile_method(stage, compiled.path, method.as_object(), record));
    compiled.methods.back().checks = compile_checks(method.as_object(), snapshot, schemas);
    compiled.methods.back().authorizer =
        find_authorizer(method.as_object(), snapshot, json::find_object(record, "variables"));
  }
  stage.routes.add(compiled.path, static_cast<std::uint32_t>(stage.resources.size()));
  stage.resources.push_back(std::move(compiled));
}

/// "ApiName": metrics' dimensions are ASCII, so other characters are left out; of a name that has
/// no other ones the id is left.
std::string metric_name_of(const Records& records, const std::string& api_id) {
  std::string name;
  if (const auto api = records.apis.get(api_id)) name = json::string_or(*api, "name");
  std::erase_if(name, [](char each) { return each < ' ' || each > '~'; });
  return name.empty() ? api_id : name;
}

std::shared_ptr<const CompiledStage> compile_stage(const Records& records,
                                                   const std::string& api_id,
                                                   const json::object& record) {
  auto stage = std::make_shared<CompiledStage>();
  stage->api_id = api_id;
  stage->name = json::string_or(record, "stageName");
  stage->metric_name = metric_name_of(records, api_id);
  stage->deployment_id = json::string_or(record, "deploymentId");
  const json::object* variables = json::find_object(record, "variables");
  stage->variables_json =
      variables == nullptr || variables->empty() ? "null" : json::to_text(json::value(*variables));
  if (variables != nullptr) stage->variables = *variables;
  const auto deployment = records.deployments.get(child_key(api_id, stage->deployment_id));
  CHECK(deployment.has_value());
  const json::object& snapshot = deployment->at("snapshot").as_object();
  stage->key_from_authorizer = json::string_or(snapshot, "apiKeySource") == "AUTHORIZER";
  stage->default_endpoint_disabled = json::bool_or(snapshot, "disableExecuteApiEndpoint", false);
  if (const json::array* types = json::find_array(snapshot, "binaryMediaTypes")) {
    for (const json::value& type : *types) {
      stage->binary_media_types.push_back(core::to_lower(json::to_std(type)));
    }
  }
  if (const json::value* size = json::find(snapshot, "minimumCompressionSize")) {
    stage->minimum_compression = size->to_number<std::size_t>();
  }
  // Snapshots from before there were any have no such member.
  if (const json::array* responses = json::find_array(snapshot, "gatewayResponses")) {
    for (const json::value& response : *responses) {
      stage->response_shapes[json::string_or(response.as_object(), "responseType")] =
          response_shape(response.as_object());
    }
  }
  SnapshotSchemas schemas(api_id, snapshot);
  for (const json::value& resource : snapshot.at("resources").as_array()) {
    compile_resource(*stage, resource.as_object(), record, snapshot, schemas);
  }
  return stage;
}

RateLimit rate_limit(const json::object& throttle) {
  const double rate = json::find_number(throttle, "rateLimit").value_or(0);
  // A rate without a burst would let nothing through: such a bucket holds one token.
  const double burst = json::find_number(throttle, "burstLimit").value_or(rate > 0 ? 1 : 0);
  return {rate, burst};
}

std::shared_ptr<const CompiledPlan> compile_plan(const std::string& id,
                                                 const json::object& record) {
  auto plan = std::make_shared<CompiledPlan>();
  plan->id = id;
  const json::object* throttle = json::find_object(record, "throttle");
  if (throttle != nullptr && !throttle->empty()) plan->limit = rate_limit(*throttle);
  if (const json::object* quota = json::find_object(record, "quota")) {
    plan->quota = Quota{json::int_or(*quota, "limit", 0), json::int_or(*quota, "offset", 0),
                        parse_period(json::string_or(*quota, "period")).value_or(Period::kDay),
                        json::int_or(record, "createdDate", 0)};
  }
  const json::array* stages = json::find_array(record, "apiStages");
  if (stages == nullptr) return plan;
  for (const json::value& each : *stages) {
    const json::object& stage = each.as_object();
    CompiledPlan::Stage compiled{
        json::string_or(stage, "apiId"), json::string_or(stage, "stage"), {}};
    if (const json::object* limits = json::find_object(stage, "throttle")) {
      for (const auto& [key, limit] : *limits) {
        compiled.method_limits[std::string(key)] = rate_limit(limit.as_object());
      }
    }
    plan->stages.push_back(std::move(compiled));
  }
  return plan;
}

}  // namespace

const CompiledMethod* CompiledResource::find(std::string_view http_method) const {
  const CompiledMethod* any = nullptr;
  for (const CompiledMethod& method : methods) {
    if (method.http_method == http_method) return &method;
    if (method.http_method == "ANY") any = &method;
  }
  return any;
}

const CompiledPlan::Stage* CompiledPlan::find(std::string_view api_id,
                                              std::string_view stage) const {
  for (const Stage& each : stages) {
    if (each.api_id == api_id && each.stage == stage) return &each;
  }
  return nullptr;
}

void View::load_all(const Records& records) {
  clear();
  for (const auto& [api_id, api] : records.apis.list()) load_api(records, api_id);
  load_keys(records);
  load_domains(records);
}

void View::load_api(const Records& records, const std::string& api_id) {
  Stages stages;
  for (const auto& [key, record] : records.stages.list(child_key(api_id))) {
    auto stage = compile_stage(records, api_id, record);
    stages[stage->name] = std::move(stage);
  }
  if (stages.empty()) {
    apis_.erase(api_id);
  } else {
    apis_[api_id] = std::move(stages);
  }
}

void View::load_keys(const Records& records) {
  keys_.clear();
  TextMap<std::shared_ptr<CompiledKey>> by_id;
  for (const auto& [id, record] : records.keys.list()) {
    auto key = std::make_shared<CompiledKey>();
    key->id = id;
    key->enabled = json::bool_or(record, "enabled", false);
    by_id[id] = key;
    keys_[json::string_or(record, "value")] = key;
  }
  for (const auto& [plan_id, record] : records.plans.list()) {
    const auto plan = compile_plan(plan_id, record);
    for (const auto& [row, member] : records.plan_keys.list(child_key(plan_id))) {
      const auto key = by_id.find(json::string_or(member, "keyId"));
      if (key != by_id.end()) key->second->plans.push_back({plan, row});
    }
  }
}

void View::load_domains(const Records& records) {
  domains_.clear();
  for (const auto& [name, record] : records.domains.list()) {
    auto domain = std::make_shared<CompiledDomain>();
    for (const auto& [key, mapping] : records.mappings.list(child_key(name))) {
      const std::string path = json::string_or(mapping, "basePath");
      domain->mappings[path == "(none)" ? "" : path] = {json::string_or(mapping, "restApiId"),
                                                        json::string_or(mapping, "stage")};
    }
    domains_[core::to_lower(name)] = std::move(domain);
  }
}

void View::clear() {
  apis_.clear();
  keys_.clear();
  domains_.clear();
}

std::shared_ptr<const CompiledStage> View::find_stage(std::string_view api_id,
                                                      std::string_view stage) const {
  const auto api = apis_.find(api_id);
  if (api == apis_.end()) return nullptr;
  const auto found = api->second.find(stage);
  return found == api->second.end() ? nullptr : found->second;
}

std::shared_ptr<const CompiledKey> View::find_key(std::string_view value) const {
  const auto found = keys_.find(value);
  return found == keys_.end() ? nullptr : found->second;
}

std::shared_ptr<const CompiledDomain> View::find_domain(std::string_view name) const {
  auto found = domains_.find(name);
  if (found == domains_.end()) {
    const auto dot = name.find('.');
    if (dot == std::string_view::npos) return nullptr;
    found = domains_.find("*" + std::string(name.substr(dot)));
  }
  return found == domains_.end() ? nullptr : found->second;
}

}  // namespace tandem::apigateway
