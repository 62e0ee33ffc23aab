#include "services/apigateway/model/openapi.h"

#include "core/text.h"
#include "services/apigateway/model/openapi_parts.h"
#include "services/apigateway/model/openapi_text.h"

namespace tandem::apigateway {
namespace {

constexpr std::size_t kReferences = 16;
constexpr std::size_t kWarnings = 1'000;
constexpr std::string_view kExtension = "x-amazon-apigateway-";

std::string text_of(const json::value& value) {
  if (value.is_string()) return json::to_std(value);
  return value.is_structured() || value.is_null() ? "" : json::to_text(value);
}

const json::value* find_in(const json::object& root, std::string_view reference) {
  if (!reference.starts_with("#/")) return nullptr;
  const json::value* at = nullptr;
  const json::object* in = &root;
  for (const std::string_view part : core::split(reference.substr(2), '/')) {
    if (in == nullptr) return nullptr;
    std::string name;
    const std::string decoded = core::percent_decode(part);
    for (std::size_t i = 0; i < decoded.size(); ++i) {
      const bool escape = decoded[i] == '~' && i + 1 < decoded.size();
      name += escape ? (decoded[++i] == '1' ? '/' : '~') : decoded[i];
    }
    at = in->if_contains(name);
    if (at == nullptr) return nullptr;
    in = at->if_object();
  }
  return at;
}

/// The path of the first server, with its variables' defaults; "basePath" before all others.
std::string server_path(const json::object& root) {
  const json::array* servers = json::find_array(root, "servers");
  if (servers == nullptr || servers->empty() || !servers->front().is_object()) return "";
  const json::object& server = servers->front().as_object();
  const json::object* variables = json::find_object(server, "variables");
  if (variables != nullptr) {
    if (const json::object* base = json::find_object(*variables, "basePath")) {
      return text_in(*base, "default");
    }
  }
  const std::string url = json::string_or(server, "url");
  const auto scheme = url.find("://");
  const auto path = url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
  return path == std::string::npos ? "" : url.substr(path);
}

/// What stands before every path: "" or "/a/b".
std::string prefix_of(const json::object& root, bool version2, BasePath how) {
  if (how == BasePath::kIgnore) return "";
  std::string path = version2 ? text_in(root, "basePath") : server_path(root);
  if (!path.starts_with('/')) path.insert(0, "/");
  while (path.ends_with('/')) path.pop_back();
  if (how == BasePath::kSplit && !path.empty()) {
    const auto second = path.find('/', 1);
    return second == std::string::npos ? "" : path.substr(second);
  }
  return path;
}

void read_info(OpenApiReader& reader) {
  const json::object* info = json::find_object(reader.root, "info");
  if (info == nullptr) throw invalid_openapi();
  json::object& api = reader.out.api;
  for (const auto& [from, to] :
       {std::pair("title", "name"), {"description", "description"}, {"version", "version"}}) {
    const std::string text = text_in(*info, from);
    if (!text.empty()) api[to] = text;
  }
}

void read_endpoint(const json::value& value, json::object& api) {
  const json::object* given = value.if_object();
  if (given == nullptr) throw invalid_openapi();
  for (const auto& [name, member] : *given) {
    if (name == "disableExecuteApiEndpoint") {
      api["disableExecuteApiEndpoint"] = member;
    } else {
      throw errors::not_implemented(
          fmt::format("x-amazon-apigateway-endpoint-configuration {}", std::string_view(name)));
    }
  }
}

void read_validators(const json::value& value, OpenApi& out) {
  const json::object* given = value.if_object();
  if (given == nullptr) throw invalid_openapi();
  for (const auto& [name, settings] : *given) {
    const json::object* of = settings.if_object();
    if (of == nullptr) throw invalid_openapi();
    out.validators.push_back(
        {{"name", name},
         {"validateRequestBody", json::bool_or(*of, "validateRequestBody", false)},
         {"validateRequestParameters", json::bool_or(*of, "validateRequestParameters", false)}});
  }
}

void read_gateway_responses(const json::value& value, OpenApi& out) {
  const json::object* given = value.if_object();
  if (given == nullptr) throw invalid_openapi();
  for (const auto& [type, settings] : *given) {
    const json::object* of = settings.if_object();
    if (of == nullptr) throw invalid_openapi();
    json::object made{{"responseType", type}};
    const std::string status = text_in(*of, "statusCode");
    if (!status.empty()) made["statusCode"] = status;
    for (const std::string_view member : {"responseParameters", "responseTemplates"}) {
      json::object map = text_map(*of, member);
      if (!map.empty()) made[member] = std::move(map);
    }
    out.gateway_responses.push_back(std::move(made));
  }
}

/// An extension of the document as a whole. Those of operations are read with them.
void read_extension(std::string_view name, const json::value& value, OpenApiReader& reader) {
  json::object& api = reader.out.api;
  if (name == "api-key-source") {
    api["apiKeySource"] = core::to_upper(text_of(value));
  } else if (name == "binary-media-types") {
    api["binaryMediaTypes"] = value;
  } else if (name == "minimum-compression-size") {
    api["minimumCompressionSize"] = value;
  } else if (name == "policy") {
    api["policy"] = value.is_string() ? json::to_std(value) : json::to_text(value);
  } else if (name == "endpoint-configuration") {
    read_endpoint(value, api);
  } else if (name == "request-validators") {
    read_validators(value, reader.out);
  } else if (name == "gateway-responses") {
    read_gateway_responses(value, reader.out);
  } else if (name == "documentation") {
    reader.warn("x-amazon-apigateway-documentation is not implemented. Ignoring.");
  } else if (name != "request-validator" && name != "importexport-version" && name != "auth" &&
             name != "cors" && name != "integrations") {
    throw errors::not_implemented(fmt::format("{}{}", kExtension, name));
  }
}

}  // namespace

std::string text_in(const json::object& from, std::string_view member) {
  const json::value* value = json::find(from, member);
  return value == nullptr ? "" : text_of(*value);
}

std::vector<std::string> texts_in(const json::object& from, std::string_view member) {
  std::vector<std::string> texts;
  if (const json::array* list = json::find_array(from, member)) {
    for (const json::value& each : *list) texts.push_back(text_of(each));
  }
  return texts;
}

json::object text_map(const json::object& from, std::string_view member) {
  json::object map;
  if (const json::object* given = json::find_object(from, member)) {
    for (const auto& [name, value] : *given) map[name] = text_of(value);
  }
  return map;
}

void OpenApiReader::warn(std::string text) {
  if (out.warnings.size() < kWarnings) out.warnings.push_back(std::move(text));
}

const json::object* OpenApiReader::resolve(const json::value& value) const {
  const json::value* at = &value;
  for (std::size_t i = 0; i < kReferences; ++i) {
    const json::object* object = at->if_object();
    if (object == nullptr) return nullptr;
    const auto reference = json::find_string(*object, "$ref");
    if (!reference) return object;
    at = find_in(root, *reference);
    if (at == nullptr) return nullptr;
  }
  return nullptr;
}

OpenApi read_openapi(std::string_view text, BasePath base_path, std::string_view api_id) {
  const auto document = parse_openapi_text(text);
  const json::object* root = document ? document->if_object() : nullptr;
  if (root == nullptr) throw invalid_openapi();
  const bool version2 = text_in(*root, "swagger") == "2.0";
  if (!version2 && !text_in(*root, "openapi").starts_with("3.")) throw invalid_openapi();
  OpenApi out;
  OpenApiReader reader(*root, api_id, version2, out);
  read_info(reader);
  for (const auto& [name, value] : *root) {
    if (!std::string_view(name).starts_with(kExtension)) continue;
    read_extension(std::string_view(name).substr(kExtension.size()), value, reader);
  }
  reader.read_models();
  reader.read_security_schemes();
  reader.read_paths(prefix_of(*root, version2, base_path));
  return out;
}

}  // namespace tandem::apigateway
