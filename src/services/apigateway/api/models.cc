#include <fmt/format.h>

#include "core/task.h"
#include "services/apigateway/api/common.h"
#include "services/apigateway/api/operations.h"
#include "services/apigateway/api/references.h"
#include "services/apigateway/errors.h"
#include "services/apigateway/model/names.h"
#include "services/apigateway/model/patch.h"

namespace tandem::apigateway {
namespace {

constexpr std::size_t kModelsPerApi = 250;
constexpr std::size_t kIdLength = 6;

constexpr std::string_view kEmptySchema = R"({
  "$schema": "http://json-schema.org/draft-04/schema#",
  "title" : "Empty Schema",
  "type" : "object"
})";
constexpr std::string_view kErrorSchema = R"({
  "$schema" : "http://json-schema.org/draft-04/schema#",
  "title" : "Error Schema",
  "type" : "object",
  "properties" : {
    "message" : { "type" : "string" }
  }
})";

json::object first_model(State& state, std::string_view name, std::string_view what,
                         std::string_view schema) {
  return {{"id", make_id(state.environment.random, kIdLength)},
          {"name", name},
          {"description", fmt::format("This is a default {} schema model", what)},
          {"schema", schema},
          {"contentType", "application/json"}};
}

json::object need_model(const State& state, const std::string& api_id, const std::string& name) {
  need_api(state, api_id);
  auto model = state.records.models.get(child_key(api_id, name));
  if (!model) throw errors::not_found("Invalid model name specified: " + name);
  return std::move(*model);
}

void check_name(std::string_view name) {
  if (name.empty()) throw errors::bad_request("Model name must be non-empty");
  const bool alphanumeric = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
  if (!alphanumeric) {
    throw errors::bad_request(fmt::format("Model name must be alphanumeric: {}", name));
  }
}

aws::ApiError already_exists() {
  return errors::conflict("Model name already exists for this REST API");
}

/// Only JSON is ever held against its schema; other schemas are texts for people.
Task<void> check_content(State& state, std::string type, std::string schema, std::string api_id) {
  if (type.find('/') == std::string::npos) {
    throw errors::bad_request(
        fmt::format("Invalid model specified: Validation Result: warnings : [], errors : [Invalid "
                    "content type specified: {}]",
                    type));
  }
  if (schema.size() > kSchemaBytes) {
    throw errors::bad_request("Model schema cannot be larger than 400 KB");
  }
  if (type != "application/json" && !schema.empty()) co_return;
  if (!may_be_slow(schema)) co_return check_schema(schema, api_id);
  // The frame keeps what the closure points to.
  const auto check = [schema = &schema, api_id = &api_id] { check_schema(*schema, *api_id); };
  co_await core::run_blocking(state.environment.blocking, check);
}

bool names(const json::object* models, std::string_view model) {
  if (models == nullptr) return false;
  for (const auto& [type, name] : *models) {
    if (json::view(name.as_string()) == model) return true;
  }
  return false;
}

/// A method or another model that still needs the model keeps it from being deleted.
void check_unused(const State& state, const std::string& api_id, const std::string& model) {
  for (const auto& [key, resource] : state.records.resources.list(child_key(api_id))) {
    const json::object* methods = json::find_object(resource, "resourceMethods");
    if (methods == nullptr) continue;
    for (const auto& [name, method] : *methods) {
      const json::object& document = method.as_object();
      std::string where;
      if (names(json::find_object(document, "requestModels"), model)) where = "request";
      if (const json::object* responses = json::find_object(document, "methodResponses")) {
        for (const auto& [status, response] : *responses) {
          if (names(json::find_object(response.as_object(), "responseModels"), model)) {
            where = "response";
          }
        }
      }
      if (where.empty()) continue;
      throw errors::conflict(
          fmt::format("Cannot delete model '{}', is referenced in method {}: {}/{}", model, where,
                      text(resource, "path"), std::string_view(name)));
    }
  }
  const std::string url = model_url(api_id, model);
  for (const auto& [key, other] : state.records.models.list(child_key(api_id))) {
    const std::string schema = text(other, "schema");
    const bool refers = schema.find("\"" + url + "\"") != std::string::npos ||
                        schema.find("\"" + url + "#") != std::string::npos;
    if (!refers || text(other, "name") == model) continue;
    throw errors::conflict(fmt::format("Cannot delete model '{}', is referenced in model: {}",
                                       model, text(other, "name")));
  }
}

}  // namespace

void put_first_models(State& state, const std::string& api_id, store::WriteBatch& batch) {
  state.records.models.put(batch, child_key(api_id, "Empty"),
                           first_model(state, "Empty", "empty", kEmptySchema));
  state.records.models.put(batch, child_key(api_id, "Error"),
                           first_model(state, "Error", "error", kErrorSchema));
  state.records.models.put(batch, api_id, {});
}

void give_first_models(State& state) {
  store::WriteBatch batch;
  for (const auto& [api_id, api] : state.records.apis.list()) {
    if (!state.records.models.contains(api_id)) put_first_models(state, api_id, batch);
  }
  if (!batch.empty()) state.records.commit(std::move(batch));
}

void check_models(const State& state, const std::string& api_id, const json::object* models) {
  if (models == nullptr) return;
  for (const auto& [type, model] : *models) {
    if (state.records.models.contains(child_key(api_id, json::to_std(model)))) continue;
    throw errors::bad_request("Invalid model identifier specified: " + json::to_std(model));
  }
}

FindSchema schemas_of(const State& state, std::string api_id) {
  return [&state, api_id = std::move(api_id)](std::string_view name) {
    const auto model = state.records.models.get(child_key(api_id, name));
    return model ? std::optional<std::string>(text(*model, "schema")) : std::nullopt;
  };
}

Task<Reply> create_model(State& state, RequestContext&, json::object input) {
  const std::string api_id = text(input, "restApiId");
  const std::string name = text(input, "name");
  need_api(state, api_id);
  check_name(name);
  const std::string key = child_key(api_id, name);
  if (state.records.models.contains(key)) throw already_exists();
  co_await check_content(state, text(input, "contentType"), text(input, "schema"), api_id);
  need_api(state, api_id);
  if (state.records.models.contains(key)) throw already_exists();
  if (state.records.models.list(child_key(api_id), "", kModelsPerApi).size() == kModelsPerApi) {
    throw errors::limit_exceeded(
        "Maximum number of Models for this API has been reached. Please contact AWS if you need "
        "additional Models.");
  }
  json::object model{{"id", make_id(state.environment.random, kIdLength)}, {"name", name}};
  copy_members(input, model, {"description", "schema", "contentType"});
  state.records.models.put(key, model);
  co_return Reply(std::move(model));
}

Reply get_model(State& state, RequestContext&, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  json::object model = need_model(state, api_id, text(input, "modelName"));
  if (json::bool_or(input, "flatten", false) && text(model, "contentType") == "application/json") {
    model["schema"] = flatten_schema(api_id, text(model, "name"), schemas_of(state, api_id));
  }
  return model;
}

Reply get_models(State& state, RequestContext&, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  need_api(state, api_id);
  return list_page(input, {state.records.models, child_key(api_id), nullptr,
                           [](const std::string&, json::object model) { return model; }});
}

Task<Reply> update_model(State& state, RequestContext&, json::object input) {
  const std::string api_id = text(input, "restApiId");
  const std::string name = text(input, "modelName");
  const auto patched = [&] {
    json::object model = need_model(state, api_id, name);
    apply_patch(model, json::find_array(input, "patchOperations"),
                {replace_text("/description", "description"), replace_text("/schema", "schema")});
    return model;
  };
  json::object model = patched();
  std::string checked;
  // What another request has made of the model meanwhile is checked, too.
  do {
    checked = text(model, "schema");
    co_await check_content(state, text(model, "contentType"), checked, api_id);
    model = patched();
  } while (text(model, "schema") != checked);
  state.records.models.put(child_key(api_id, name), model);
  co_return Reply(std::move(model));
}

Reply delete_model(State& state, RequestContext&, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  const std::string name = text(input, "modelName");
  need_model(state, api_id, name);
  check_unused(state, api_id, name);
  state.records.models.erase(child_key(api_id, name));
  return {};
}

Reply get_model_template(State& state, RequestContext&, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  const json::object model = need_model(state, api_id, text(input, "modelName"));
  const std::string flat = flatten_schema(api_id, text(model, "name"), schemas_of(state, api_id));
  return json::object{{"value", sample_template(flat)}};
}

}  // namespace tandem::apigateway
