#include "services/apigateway/api/common.h"
#include "services/apigateway/api/operations.h"
#include "services/apigateway/errors.h"
#include "services/apigateway/model/names.h"
#include "services/apigateway/model/patch.h"

namespace tandem::apigateway {
namespace {

std::string base_path(const json::object& input) {
  return normal_base_path(text(input, "basePath"));
}

json::object need_mapping(const State& state, const std::string& domain, const std::string& path) {
  need_domain(state, domain);
  auto mapping = state.records.mappings.get(child_key(domain, path));
  if (!mapping) throw errors::no_such_mapping();
  return std::move(*mapping);
}

void check_free(const State& state, const std::string& domain, const std::string& path) {
  if (state.records.mappings.contains(child_key(domain, path))) {
    throw errors::conflict("Base path already exists for this domain name");
  }
}

/// A mapping is refused with 400, not 404, for an API or stage that is not there.
void check_target(const State& state, const json::object& mapping) {
  const std::string api_id = text(mapping, "restApiId");
  if (!state.records.apis.contains(api_id)) {
    throw errors::bad_request("Invalid REST API identifier specified");
  }
  const std::string stage = text(mapping, "stage");
  if (!stage.empty() && !state.records.stages.contains(child_key(api_id, stage))) {
    throw errors::bad_request("Invalid stage identifier specified");
  }
}

PatchTable patches() {
  return {
      replace_text("/basePath", "basePath"),
      replace_text("/restapiId", "restApiId"),
      replace_text("/restApiId", "restApiId"),
      replace_text("/stage", "stage"),
  };
}

}  // namespace

Reply create_base_path_mapping(State& state, RequestContext&, const json::object& input) {
  const std::string domain = text(input, "domainName");
  const std::string path = base_path(input);
  need_domain(state, domain);
  check_base_path(path);
  check_target(state, input);
  check_free(state, domain, path);
  json::object mapping{{"basePath", path}, {"restApiId", text(input, "restApiId")}};
  if (!text(input, "stage").empty()) mapping["stage"] = text(input, "stage");
  state.records.mappings.put(child_key(domain, path), mapping);
  state.view.load_domains(state.records);
  return mapping;
}

Reply get_base_path_mapping(State& state, RequestContext&, const json::object& input) {
  return need_mapping(state, text(input, "domainName"), base_path(input));
}

Reply get_base_path_mappings(State& state, RequestContext&, const json::object& input) {
  const std::string domain = text(input, "domainName");
  need_domain(state, domain);
  return list_page(input, {state.records.mappings, child_key(domain), nullptr,
                           [](const std::string&, json::object mapping) { return mapping; }});
}

Reply update_base_path_mapping(State& state, RequestContext&, const json::object& input) {
  const std::string domain = text(input, "domainName");
  const std::string old_path = base_path(input);
  json::object mapping = need_mapping(state, domain, old_path);
  apply_patch(mapping, json::find_array(input, "patchOperations"), patches());
  const std::string path = normal_base_path(text(mapping, "basePath"));
  mapping["basePath"] = path;
  if (text(mapping, "stage").empty()) mapping.erase("stage");
  check_base_path(path);
  check_target(state, mapping);
  if (path != old_path) check_free(state, domain, path);
  store::WriteBatch batch;
  state.records.mappings.erase(batch, child_key(domain, old_path));
  state.records.mappings.put(batch, child_key(domain, path), mapping);
  state.records.commit(std::move(batch));
  state.view.load_domains(state.records);
  return mapping;
}

Reply delete_base_path_mapping(State& state, RequestContext&, const json::object& input) {
  const std::string domain = text(input, "domainName");
  const std::string path = base_path(input);
  need_mapping(state, domain, path);
  state.records.mappings.erase(child_key(domain, path));
  state.view.load_domains(state.records);
  return {};
}

}  // namespace tandem::apigateway
