#include "services/apigateway/api/common.h"
#include "services/apigateway/api/operations.h"
#include "services/apigateway/api/plans.h"
#include "services/apigateway/errors.h"

namespace tandem::apigateway {
namespace {

constexpr std::size_t kPlansPerKey = 10;

json::object show(const json::object& key) {
  json::object shown{{"id", text(key, "id")}, {"type", "API_KEY"}};
  copy_members(key, shown, {"value", "name"});
  return shown;
}

std::size_t plans_of(const State& state, const std::string& key_id) {
  std::size_t count = 0;
  for (const auto& [plan_id, plan] : state.records.plans.list()) {
    if (state.records.plan_keys.contains(child_key(plan_id, key_id))) ++count;
  }
  return count;
}

}  // namespace

Reply create_usage_plan_key(State& state, RequestContext&, const json::object& input) {
  const std::string plan_id = text(input, "usagePlanId");
  const std::string key_id = text(input, "keyId");
  const json::object plan = need_plan(state, plan_id);
  if (text(input, "keyType") != "API_KEY") {
    throw errors::bad_request("Usage plan key type must be one of: [API_KEY]");
  }
  const json::object key = need_key(state, key_id);
  if (state.records.plan_keys.contains(child_key(plan_id, key_id))) {
    throw errors::conflict("Usage Plan Key already exists");
  }
  check_one_plan_per_stage(state, key_id, plan);
  if (plans_of(state, key_id) >= kPlansPerKey) {
    throw errors::limit_exceeded("Maximum number of usage plans for this API key has been reached");
  }
  state.records.plan_keys.put(child_key(plan_id, key_id), {{"keyId", key_id}});
  state.view.load_keys(state.records);
  return show(key);
}

Reply get_usage_plan_key(State& state, RequestContext&, const json::object& input) {
  const std::string plan_id = text(input, "usagePlanId");
  const std::string key_id = text(input, "keyId");
  need_plan(state, plan_id);
  if (!state.records.plan_keys.contains(child_key(plan_id, key_id))) {
    throw errors::no_such_plan_key();
  }
  return show(need_key(state, key_id));
}

Reply get_usage_plan_keys(State& state, RequestContext&, const json::object& input) {
  // An unknown plan has no keys, and that is all AWS says (measured).
  const std::string plan_id = text(input, "usagePlanId");
  const std::string name = text(input, "nameQuery");
  const auto key_of = [&state](const json::object& row) {
    return need_key(state, text(row, "keyId"));
  };
  return list_page(
      input, {state.records.plan_keys, child_key(plan_id),
              [&](const json::object& row) {
                return name.empty() || text(key_of(row), "name").starts_with(name);
              },
              [&](const std::string&, const json::object& row) { return show(key_of(row)); }});
}

Reply delete_usage_plan_key(State& state, RequestContext&, const json::object& input) {
  const std::string plan_id = text(input, "usagePlanId");
  const std::string key_id = text(input, "keyId");
  const std::string row = child_key(plan_id, key_id);
  need_plan(state, plan_id);
  if (!state.records.plan_keys.contains(row)) throw errors::no_such_plan_key();
  store::WriteBatch batch;
  state.records.plan_keys.erase(batch, row);
  state.records.usage.erase(batch, row);
  state.records.commit(std::move(batch));
  state.meters.forget(row);
  state.view.load_keys(state.records);
  return {};
}

}  // namespace tandem::apigateway
