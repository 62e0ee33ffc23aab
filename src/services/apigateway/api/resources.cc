#include "services/apigateway/api/common.h"
#include "services/apigateway/api/operations.h"
#include "services/apigateway/errors.h"
#include "services/apigateway/model/names.h"
#include "services/apigateway/model/patch.h"

namespace tandem::apigateway {
namespace {

constexpr std::size_t kResourcesPerApi = 300;

using Rows = std::vector<std::pair<std::string, json::object>>;

Rows resources_of(const State& state, const std::string& api_id) {
  return state.records.resources.list(child_key(api_id));
}

enum class Embed { kNothing, kMethods };

Embed embed_of(const json::object& input) {
  const json::array* embed = json::find_array(input, "embed");
  if (embed == nullptr) return Embed::kNothing;
  for (const json::value& each : *embed) {
    if (each == "methods") return Embed::kMethods;
  }
  return Embed::kNothing;
}

/// Without embed=methods only the names of the methods are shown.
json::object show(json::object resource, Embed embed) {
  json::value* methods = resource.if_contains("resourceMethods");
  if (methods != nullptr && embed == Embed::kNothing) {
    for (auto& each : methods->as_object()) each.value() = json::object();
  }
  return resource;
}

std::string join_path(const std::string& parent_path, const std::string& part) {
  return (parent_path == "/" ? "" : parent_path) + "/" + part;
}

/// part must be free under parent; self may hold it already.
void check_siblings(const Rows& rows, const std::string& parent_id, const std::string& part,
                    std::string_view self) {
  const PartKind kind = check_path_part(part);
  for (const auto& [key, sibling] : rows) {
    if (text(sibling, "parentId") != parent_id || text(sibling, "id") == self) continue;
    const std::string other = text(sibling, "pathPart");
    if (other == part) {
      throw errors::conflict(
          fmt::format("Another resource with the same parent already has this name: {}", part));
    }
    if (kind != PartKind::kLiteral && check_path_part(other) != PartKind::kLiteral) {
      throw errors::bad_request(
          fmt::format("A sibling ({}) of this resource already has a variable path part -- only "
                      "one is allowed",
                      other));
    }
  }
}

void check_parent(const json::object& parent) {
  const std::string part = text(parent, "pathPart");
  if (!part.empty() && check_path_part(part) == PartKind::kGreedy) {
    throw errors::bad_request(
        fmt::format("Cannot create a child of a resource with a greedy path variable: {}", part));
  }
}

bool is_below(const std::string& path, const std::string& ancestor) {
  return path.starts_with(ancestor == "/" ? "/" : ancestor + "/");
}

void check_not_root(const json::object& resource, const PatchOperation& operation) {
  if (text(resource, "path") != "/") return;
  throw errors::bad_request(
      fmt::format("Root resource cannot update its {}.", operation.path.substr(1)));
}

PatchTable patches(State& state, const std::string& api_id) {
  return {
      {{"replace"},
       "/parentId",
       [&state, api_id](json::object& resource, const PatchOperation& operation) {
         check_not_root(resource, operation);
         const json::object parent = need_resource(state, api_id, operation.need_value());
         check_parent(parent);
         const std::string own = text(resource, "path");
         if (text(parent, "path") == own || is_below(text(parent, "path"), own)) {
           throw errors::bad_request("Resources cannot be cyclical.");
         }
         resource["parentId"] = operation.need_value();
       }},
      {{"replace"},
       "/pathPart",
       [](json::object& resource, const PatchOperation& operation) {
         check_not_root(resource, operation);
         resource["pathPart"] = operation.need_value();
       }},
  };
}

/// The resource under its new path, and everything below it.
void store_moved(State& state, const std::string& api_id, const Rows& rows,
                 json::object& resource) {
  const json::object parent = need_resource(state, api_id, text(resource, "parentId"));
  const std::string old_path = text(resource, "path");
  const std::string new_path = join_path(text(parent, "path"), text(resource, "pathPart"));
  resource["path"] = new_path;
  store::WriteBatch batch;
  state.records.resources.put(batch, child_key(api_id, text(resource, "id")), resource);
  for (const auto& [key, row] : rows) {
    const std::string path = text(row, "path");
    if (!is_below(path, old_path)) continue;
    json::object moved = row;
    moved["path"] = new_path + path.substr(old_path.size());
    state.records.resources.put(batch, key, moved);
  }
  state.records.commit(std::move(batch));
}

}  // namespace

Reply create_resource(State& state, RequestContext&, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  const std::string parent_id = text(input, "parentId");
  const std::string part = text(input, "pathPart");
  const json::object parent = need_resource(state, api_id, parent_id);
  check_path_part(part);
  check_parent(parent);
  const Rows rows = resources_of(state, api_id);
  check_siblings(rows, parent_id, part, "");
  if (rows.size() >= kResourcesPerApi) {
    throw errors::limit_exceeded(
        "Maximum number of resources for this API has been reached. Please contact AWS if you "
        "need additional resources.");
  }
  const std::string id = fresh_id(state, state.records.resources, api_id, 6);
  json::object resource{{"id", id},
                        {"parentId", parent_id},
                        {"pathPart", part},
                        {"path", join_path(text(parent, "path"), part)}};
  state.records.resources.put(child_key(api_id, id), resource);
  return resource;
}

Reply get_resource(State& state, RequestContext&, const json::object& input) {
  return show(need_resource(state, text(input, "restApiId"), text(input, "resourceId")),
              embed_of(input));
}

Reply get_resources(State& state, RequestContext&, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  need_api(state, api_id);
  const Embed embed = embed_of(input);
  return list_page(input, {state.records.resources, child_key(api_id), nullptr,
                           [embed](const std::string&, json::object resource) {
                             return show(std::move(resource), embed);
                           }});
}

Reply update_resource(State& state, RequestContext&, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  json::object resource = need_resource(state, api_id, text(input, "resourceId"));
  apply_patch(resource, json::find_array(input, "patchOperations"), patches(state, api_id));
  if (text(resource, "path") == "/") return show(std::move(resource), Embed::kNothing);
  const Rows rows = resources_of(state, api_id);
  check_siblings(rows, text(resource, "parentId"), text(resource, "pathPart"),
                 text(resource, "id"));
  store_moved(state, api_id, rows, resource);
  return show(std::move(resource), Embed::kNothing);
}

Reply delete_resource(State& state, RequestContext&, const json::object& input) {
  const std::string api_id = text(input, "restApiId");
  const json::object resource = need_resource(state, api_id, text(input, "resourceId"));
  const std::string path = text(resource, "path");
  if (path == "/") throw errors::bad_request("Root resource cannot be deleted");
  store::WriteBatch batch;
  for (const auto& [key, row] : resources_of(state, api_id)) {
    const std::string other = text(row, "path");
    if (other == path || is_below(other, path)) state.records.resources.erase(batch, key);
  }
  state.records.commit(std::move(batch));
  return {};
}

}  // namespace tandem::apigateway
