// ImportRestApi and PutRestApi: a document is read, made in a draft by the operations that anyone
// has, and written at once.
#include <map>

#include "core/text.h"
#include "services/apigateway/api/common.h"
#include "services/apigateway/api/draft.h"
#include "services/apigateway/api/operations.h"
#include "services/apigateway/api/references.h"
#include "services/apigateway/model/openapi.h"

namespace tandem::apigateway {
namespace {

constexpr std::size_t kErrors = 20;
/// After so long others have their turn.
constexpr std::int64_t kSlice_ns = 5'000'000;

struct Options {
  BasePath base_path = BasePath::kIgnore;
  std::string endpoint_type;
  bool fail_on_warnings = false;
};

Options options_of(const json::object& input) {
  Options options;
  options.fail_on_warnings = json::bool_or(input, "failOnWarnings", false);
  const json::object* parameters = json::find_object(input, "parameters");
  if (parameters == nullptr) return options;
  for (const auto& [name, value] : *parameters) {
    const std::string given = json::to_std(value);
    if (name == "endpointConfigurationTypes") {
      options.endpoint_type = given;
    } else if (name == "basepath") {
      if (given == "prepend") options.base_path = BasePath::kPrepend;
      if (given == "split") options.base_path = BasePath::kSplit;
      if (given != "prepend" && given != "split" && given != "ignore") {
        throw errors::bad_request(fmt::format("Invalid basepath parameter specified: {}", given));
      }
    } else if (name != "ignore" || given != "documentation") {
      throw errors::not_implemented(fmt::format("Import parameter {}", std::string_view(name)));
    }
  }
  return options;
}

json::object operation_on(std::string_view op, std::string_view path, const json::value& value) {
  return {{"op", op},
          {"path", path},
          {"value", value.is_string() ? json::to_std(value) : json::to_text(value)}};
}

/// Makes what a document says in a draft. What goes wrong is collected, as AWS does.
class Import {
 public:
  Import(Draft& draft, std::string api_id, const OpenApi& document)
      : draft_(draft),
        api_id_(std::move(api_id)),
        document_(document),
        resumed_ns_(draft.state().environment.clock.steady_ns()) {}

  static Task<std::vector<std::string>> run(Import* self) {
    co_await settings(self);
    co_await models(self);
    co_await validators(self);
    co_await authorizers(self);
    for (const json::object& response : self->document_.gateway_responses) {
      co_await attempt(self, "PutGatewayResponse", response, "put gateway response");
    }
    co_await resources(self);
    for (const OpenApiMethod& method : self->document_.methods) co_await put(self, &method);
    co_return std::move(self->warnings_);
  }

  void check() const {
    if (errors_.empty()) return;
    throw errors::bad_request("Errors found during import:\n\t" + core::join(errors_, "\n\t"));
  }

 private:
  static Task<void> let_others_in(Import* self) {
    const core::Clock& clock = self->draft_.state().environment.clock;
    if (clock.steady_ns() - self->resumed_ns_ < kSlice_ns) co_return;
    const auto executor = co_await asio::this_coro::executor;
    co_await asio::post(executor, asio::use_awaitable);
    self->resumed_ns_ = clock.steady_ns();
  }

  /// False, and a line of what went wrong, when the operation refuses.
  static Task<bool> attempt(Import* self, std::string operation, json::object input,
                            std::string what) {
    co_await let_others_in(self);
    input["restApiId"] = self->api_id_;
    try {
      co_await self->draft_.call(std::move(operation), std::move(input));
      co_return true;
    } catch (const aws::ApiError& error) {
      if (self->errors_.size() < kErrors) {
        self->errors_.push_back(fmt::format("Unable to {}: {}", what, error.message()));
      }
    }
    co_return false;
  }

  static Task<void> settings(Import* self) {
    json::array patches;
    for (const std::string_view member : {"name", "description", "apiKeySource", "policy",
                                          "minimumCompressionSize", "disableExecuteApiEndpoint"}) {
      const json::value* value = json::find(self->document_.api, member);
      if (value == nullptr) continue;
      patches.push_back(operation_on("replace", "/" + std::string(member), *value));
    }
    if (const json::array* types = json::find_array(self->document_.api, "binaryMediaTypes")) {
      for (const json::value& type : *types) {
        if (!type.is_string()) continue;
        std::string path = "/binaryMediaTypes/";
        for (const char c : json::to_std(type)) path += c == '/' ? "~1" : std::string(1, c);
        patches.push_back(operation_on("add", path, ""));
      }
    }
    json::object input{{"patchOperations", std::move(patches)}};
    co_await attempt(self, "UpdateRestApi", std::move(input), "update the API");
    Records& records = self->draft_.state().records;
    json::object api = records.apis.get(self->api_id_).value();
    copy_members(self->document_.api, api, {"version"});
    records.apis.put(self->api_id_, api);
  }

  static Task<void> models(Import* self) {
    const Records& records = self->draft_.state().records;
    for (const json::object& model : self->document_.models) {
      const std::string name = text(model, "name");
      const std::string what = fmt::format("create model for '{}'", name);
      if (!records.models.contains(child_key(self->api_id_, name))) {
        co_await attempt(self, "CreateModel", model, what);
        continue;
      }
      json::array patches;
      patches.push_back(operation_on("replace", "/schema", model.at("schema")));
      const json::value* description = json::find(model, "description");
      if (description != nullptr) {
        patches.push_back(operation_on("replace", "/description", *description));
      }
      json::object input{{"modelName", name}, {"patchOperations", std::move(patches)}};
      co_await attempt(self, "UpdateModel", std::move(input), what);
    }
  }

  /// Made, or changed member by member when there is one of that name.
  static Task<void> named(Import* self, const store::Documents* existing, std::string kind,
                          std::string id_member, const json::object* wanted) {
    const std::string name = text(*wanted, "name");
    const std::string what = fmt::format("create {} '{}'", core::to_lower(kind), name);
    std::string id;
    for (const auto& [key, record] : existing->list(child_key(self->api_id_))) {
      if (text(record, "name") == name) id = text(record, "id");
    }
    if (id.empty()) {
      co_await attempt(self, "Create" + kind, *wanted, what);
      co_return;
    }
    json::array patches;
    for (const auto& [member, value] : *wanted) {
      if (member == "name") continue;
      patches.push_back(
          operation_on("replace", "/" + std::string(std::string_view(member)), value));
    }
    json::object input{{id_member, id}, {"patchOperations", std::move(patches)}};
    co_await attempt(self, "Update" + kind, std::move(input), what);
  }

  static Task<void> validators(Import* self) {
    const store::Documents* existing = &self->draft_.state().records.validators;
    for (const json::object& validator : self->document_.validators) {
      co_await named(self, existing, "RequestValidator", "requestValidatorId", &validator);
    }
  }

  static Task<void> authorizers(Import* self) {
    const store::Documents* existing = &self->draft_.state().records.authorizers;
    for (const json::object& authorizer : self->document_.authorizers) {
      co_await named(self, existing, "Authorizer", "authorizerId", &authorizer);
    }
  }

  static Task<void> resources(Import* self) {
    const Records& records = self->draft_.state().records;
    for (const auto& [key, resource] : records.resources.list(child_key(self->api_id_))) {
      self->ids_[text(resource, "path")] = text(resource, "id");
    }
    for (const std::string& path : self->document_.paths) {
      std::string at;
      std::string parent = self->ids_["/"];
      for (const std::string_view part : core::split(std::string_view(path).substr(1), '/')) {
        if (path == "/") break;
        at += "/" + std::string(part);
        if (!self->ids_.contains(at)) {
          json::object input{
              {"restApiId", self->api_id_}, {"parentId", parent}, {"pathPart", part}};
          co_await make_resource(self, at, std::move(input));
        }
        if (!self->ids_.contains(at)) break;
        parent = self->ids_[at];
      }
    }
  }

  static Task<void> make_resource(Import* self, std::string path, json::object input) {
    co_await let_others_in(self);
    try {
      const json::object made = co_await self->draft_.call("CreateResource", std::move(input));
      self->ids_[path] = text(made, "id");
    } catch (const aws::ApiError& error) {
      self->errors_.push_back(
          fmt::format("Unable to create resource at path '{}': {}", path, error.message()));
    }
  }

  static std::string id_of(const store::Documents& records, const std::string& api_id,
                           const std::string& name) {
    for (const auto& [key, record] : records.list(child_key(api_id))) {
      if (text(record, "name") == name) return text(record, "id");
    }
    return name;  // refused as an id that is not there
  }

  static Task<void> put(Import* self, const OpenApiMethod* method) {
    const auto resource = self->ids_.find(method->path);
    if (resource == self->ids_.end()) co_return;
    const json::object at{{"resourceId", resource->second}, {"httpMethod", method->http_method}};
    const std::string where =
        fmt::format("on '{}' for resource at path '{}'", method->http_method, method->path);
    Records& records = self->draft_.state().records;
    const auto record = records.resources.get(child_key(self->api_id_, resource->second));
    const json::object* methods = json::find_object(record.value(), "resourceMethods");
    if (methods != nullptr && methods->contains(method->http_method)) {
      co_await attempt(self, "DeleteMethod", at, "delete method " + where);
    }
    json::object input = joined(at, method->method);
    if (!method->authorizer.empty()) {
      input["authorizerId"] = id_of(records.authorizers, self->api_id_, method->authorizer);
    }
    if (!method->validator.empty()) {
      input["requestValidatorId"] = id_of(records.validators, self->api_id_, method->validator);
    }
    const bool made = co_await attempt(self, "PutMethod", std::move(input), "put method " + where);
    if (made) co_await put_rest(self, method, at, where);
  }

  static Task<void> put_rest(Import* self, const OpenApiMethod* method, json::object at,
                             std::string where) {
    for (const json::object& response : method->responses) {
      co_await attempt(self, "PutMethodResponse", joined(at, response),
                       "put method response " + where);
    }
    if (method->integration.empty()) co_return;
    const bool made = co_await attempt(self, "PutIntegration", joined(at, method->integration),
                                       "put integration " + where);
    if (!made) co_return;
    if (!method->integration_responses.empty() && !self->draft_.has("PutIntegrationResponse")) {
      self->warnings_.push_back("Integration responses are not implemented. Ignoring those " +
                                where);
      co_return;
    }
    for (const json::object& response : method->integration_responses) {
      co_await attempt(self, "PutIntegrationResponse", joined(at, response),
                       "put integration response " + where);
    }
  }

  static json::object joined(json::object first, const json::object& second) {
    for (const auto& [name, value] : second) first[name] = value;
    return first;
  }

  Draft& draft_;
  std::string api_id_;
  const OpenApi& document_;
  std::map<std::string, std::string, std::less<>> ids_;
  std::vector<std::string> warnings_;
  std::vector<std::string> errors_;
  std::int64_t resumed_ns_;
};

/// Reading takes a large document some hundredths of a second. The payload outlives this.
Task<OpenApi> read(State* state, std::string_view payload, BasePath base_path, std::string api_id) {
  const auto work = [payload, base_path, id = std::string_view(api_id)] {
    return read_openapi(payload, base_path, id);
  };
  co_return co_await core::run_blocking(state->environment.blocking, work);
}

/// Makes the document in the draft and writes it.
Task<Reply> finish(Draft* draft, std::string api_id, OpenApi document, Options options) {
  Import import(*draft, api_id, document);
  for (std::string& warning : co_await Import::run(&import)) {
    document.warnings.push_back(std::move(warning));
  }
  import.check();
  if (options.fail_on_warnings && !document.warnings.empty()) {
    throw errors::bad_request("Warnings found during import:\n\t" +
                              core::join(document.warnings, "\n\t"));
  }
  draft->commit(api_id);
  json::object api = draft->state().records.apis.get(api_id).value();
  if (!document.warnings.empty()) {
    json::array warnings;
    for (const std::string& each : document.warnings) warnings.emplace_back(each);
    api["warnings"] = std::move(warnings);
  }
  co_return api;
}

}  // namespace

Task<Reply> import_rest_api(State& state, RequestContext& context, json::object input) {
  Options options = options_of(input);
  check_room_for_api(state);
  Draft draft(state);
  json::object given{{"name", "import"}};
  if (!options.endpoint_type.empty()) {
    json::array types;
    types.emplace_back(options.endpoint_type);
    json::object configuration{{"types", std::move(types)}};
    given["endpointConfiguration"] = std::move(configuration);
  }
  const json::object made = co_await draft.call("CreateRestApi", std::move(given));
  const std::string api_id = text(made, "id");
  CHECK(!state.records.apis.contains(api_id));
  OpenApi document = co_await read(&state, context.payload, options.base_path, api_id);
  co_return co_await finish(&draft, api_id, std::move(document), std::move(options));
}

Task<Reply> put_rest_api(State& state, RequestContext& context, json::object input) {
  Options options = options_of(input);
  const std::string api_id = text(input, "restApiId");
  // Measured: before the API's id is looked at.
  OpenApi document = co_await read(&state, context.payload, options.base_path, api_id);
  need_api(state, api_id);
  const std::string mode = json::string_or(input, "mode", "merge");
  Draft draft(state);
  draft.copy(api_id, mode == "overwrite" ? Draft::Copy::kBare : Draft::Copy::kWhole);
  if (mode == "overwrite") {
    Records& records = draft.state().records;
    json::object api = records.apis.get(api_id).value();
    for (const std::string_view member :
         {"description", "version", "binaryMediaTypes", "minimumCompressionSize"}) {
      api.erase(member);
    }
    records.apis.put(api_id, api);
  }
  co_return co_await finish(&draft, api_id, std::move(document), std::move(options));
}

}  // namespace tandem::apigateway
