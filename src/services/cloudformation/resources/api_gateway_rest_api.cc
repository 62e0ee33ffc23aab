#include "services/cloudformation/resources/api_gateway.h"
#include "services/cloudformation/resources/table.h"

namespace tandem::cloudformation {
namespace {

json::object create_request(const json::object& properties) {
  json::object request =
      pick(properties, {{"Name", "name"},
                        {"Description", "description"},
                        {"ApiKeySourceType", "apiKeySource"},
                        {"BinaryMediaTypes", "binaryMediaTypes"},
                        {"DisableExecuteApiEndpoint", "disableExecuteApiEndpoint"}});
  if (const auto* endpoint = json::find_object(properties, "EndpointConfiguration")) {
    request["endpointConfiguration"] =
        pick(*endpoint, {{"Types", "types"}, {"VpcEndpointIds", "vpcEndpointIds"}});
  }
  if (const json::value* policy = json::find(properties, "Policy")) {
    request["policy"] = document_text(*policy);
  }
  return request;
}

void patch_media_types(Patch& patch, const json::object& before, const json::object& after) {
  const auto list = [](const json::object& in) {
    const auto* types = json::find_array(in, "BinaryMediaTypes");
    return types == nullptr ? json::array() : *types;
  };
  const json::array old_types = list(before);
  const json::array new_types = list(after);
  const auto contains = [](const json::array& in, const json::value& type) {
    return std::find(in.begin(), in.end(), type) != in.end();
  };
  for (const auto& type : old_types) {
    const std::string path = "/binaryMediaTypes/" + pointer_escaped(json::to_std(type));
    if (!contains(new_types, type)) patch.remove(path);
  }
  for (const auto& type : new_types) {
    const std::string path = "/binaryMediaTypes/" + pointer_escaped(json::to_std(type));
    if (!contains(old_types, type)) patch.add("add", path, "");
  }
}

std::string only_endpoint_type(const json::object& properties) {
  const auto* endpoint = json::find_object(properties, "EndpointConfiguration");
  const auto* types = endpoint == nullptr ? nullptr : json::find_array(*endpoint, "Types");
  return types == nullptr || types->empty() ? "EDGE" : json::to_std(types->front());
}

class RestApi final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    if (!properties.contains("Name")) {
      throw HandlerError("InvalidRequest", "Name is required: Body is not supported by Tandem");
    }
    json::object request = create_request(properties);
    request["tags"] = all_tags(context, properties);
    context.intend({});
    json::object made = co_await context.call("apigateway", "CreateRestApi", std::move(request));
    Physical physical;
    physical.id = json::string_or(made, "id");
    physical.attributes["RestApiId"] = physical.id;
    context.claim(physical);
    co_return co_await read(context, physical.id);
  }

  Task<std::optional<Physical>> find(HandlerContext& context, Physical, json::object,
                                     std::set<std::string> known) const override {
    std::string id = co_await find_tagged(context, "GetRestApis", std::move(known));
    if (id.empty()) co_return std::nullopt;
    co_return Physical{std::move(id), {}};
  }

  Task<Physical> read(HandlerContext& context, std::string identifier) const override {
    Physical physical;
    physical.id = std::move(identifier);
    physical.attributes["RestApiId"] = physical.id;
    json::object listing{{"restApiId", physical.id}, {"limit", 500}};
    json::object resources =
        co_await context.call("apigateway", "GetResources", std::move(listing));
    if (const auto* items = json::find_array(resources, "items")) {
      for (const auto& item : *items) {
        if (json::string_or(item.as_object(), "path") != "/") continue;
        physical.attributes["RootResourceId"] = json::string_or(item.as_object(), "id");
      }
    }
    co_return physical;
  }

  Task<Physical> update(HandlerContext& context, Physical physical, json::object before,
                        json::object after) const override {
    Patch patch;
    patch.replace_if_changed(before, after, "Name", "/name");
    patch.replace_if_changed(before, after, "Description", "/description");
    patch.replace_if_changed(before, after, "ApiKeySourceType", "/apiKeySource", "HEADER");
    patch.replace_if_changed(before, after, "DisableExecuteApiEndpoint",
                             "/disableExecuteApiEndpoint", "false");
    patch_media_types(patch, before, after);
    if (differs(before, after, "Policy")) {
      const json::value* policy = json::find(after, "Policy");
      patch.add("replace", "/policy", policy == nullptr ? "" : document_text(*policy));
    }
    if (only_endpoint_type(before) != only_endpoint_type(after)) {
      patch.add("replace", "/endpointConfiguration/types/" + only_endpoint_type(before),
                only_endpoint_type(after));
    }
    if (!patch.empty()) {
      json::object request{{"restApiId", physical.id}, {"patchOperations", patch.take()}};
      co_await context.call("apigateway", "UpdateRestApi", std::move(request));
    }
    co_await update_gateway_tags(context, "/restapis/" + physical.id, before, after);
    co_return physical;
  }

  Task<void> remove(HandlerContext& context, Physical physical, json::object) const override {
    json::object request{{"restApiId", physical.id}};
    co_await context.call("apigateway", "DeleteRestApi", std::move(request));
  }
};

class Resource final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    json::object request =
        pick(properties,
             {{"RestApiId", "restApiId"}, {"ParentId", "parentId"}, {"PathPart", "pathPart"}});
    const std::string before = co_await id_of(context, properties);
    if (before.empty()) context.intend({});
    json::object made = co_await context.call("apigateway", "CreateResource", std::move(request));
    Physical physical;
    physical.id = json::string_or(made, "id");
    physical.attributes["ResourceId"] = physical.id;
    co_return physical;
  }
  Task<std::optional<Physical>> find(HandlerContext& context, Physical, json::object properties,
                                     std::set<std::string>) const override {
    std::string id = co_await id_of(context, properties);
    if (id.empty()) co_return std::nullopt;
    co_return Physical{std::move(id), {}};
  }
  Task<void> remove(HandlerContext& context, Physical physical,
                    json::object properties) const override {
    json::object request{{"restApiId", text_of(properties, "RestApiId")},
                         {"resourceId", physical.id}};
    co_await context.call("apigateway", "DeleteResource", std::move(request));
  }

 private:
  // There is one resource of a parent and path part; empty: none.
  static Task<std::string> id_of(HandlerContext& context, json::object properties) {
    json::object request{{"restApiId", text_of(properties, "RestApiId")}};
    std::vector<json::object> items;
    try {
      items = co_await list_items(context, "GetResources", std::move(request));
    } catch (const aws::ApiError& error) {
      if (!means_gone(error)) throw;
    }
    for (const json::object& item : items) {
      if (json::string_or(item, "parentId") == text_of(properties, "ParentId") &&
          json::string_or(item, "pathPart") == text_of(properties, "PathPart")) {
        co_return json::string_or(item, "id");
      }
    }
    co_return "";
  }
};

}  // namespace

ResourceType api_gateway_rest_api() {
  return importable_by(
      "RestApiId",
      declare("AWS::ApiGateway::RestApi",
              {.serves = "ApiKeySourceType BinaryMediaTypes Description DisableExecuteApiEndpoint "
                         "EndpointConfiguration Name Policy Tags",
               .refuses = "EndpointConfiguration/IpAddressType"},
              {"RestApiId", "RootResourceId"}, "", std::make_unique<RestApi>()));
}

ResourceType api_gateway_resource() {
  return declare("AWS::ApiGateway::Resource", {.serves = "ParentId PathPart RestApiId"},
                 {"ResourceId"}, "", std::make_unique<Resource>());
}

}  // namespace tandem::cloudformation
