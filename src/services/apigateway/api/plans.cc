#include "services/apigateway/api/plans.h"

#include "services/apigateway/api/common.h"
#include "services/apigateway/api/operations.h"
#include "services/apigateway/errors.h"
#include "services/apigateway/model/plan_settings.h"

namespace tandem::apigateway {
namespace {

constexpr std::size_t kPlansPerRegion = 300;

json::object show(json::object plan) {
  plan.erase("createdDate");
  return plan;
}

void check_name(const json::object& plan) {
  if (text(plan, "name").empty()) throw errors::bad_request("Usage plan name is required");
}

StageCheck stage_check(const State& state) {
  return [&state](const std::string& api_id, const std::string& stage) {
    if (!state.records.stages.contains(child_key(api_id, stage))) {
      throw errors::not_found(fmt::format("API Stage not found: {}:{}", api_id, stage));
    }
  };
}

/// The stages both plans have, as "api:stage", or nothing.
std::string shared_stage(const json::object& a, const json::object& b) {
  const json::array* left = json::find_array(a, "apiStages");
  const json::array* right = json::find_array(b, "apiStages");
  if (left == nullptr || right == nullptr) return "";
  for (const json::value& x : *left) {
    std::string name = text(x.as_object(), "apiId") + ":" + text(x.as_object(), "stage");
    for (const json::value& y : *right) {
      if (text(y.as_object(), "apiId") + ":" + text(y.as_object(), "stage") == name) return name;
    }
  }
  return "";
}

}  // namespace

void check_one_plan_per_stage(const State& state, const std::string& key_id,
                              const json::object& plan) {
  const std::string plan_id = text(plan, "id");
  for (const auto& [other_id, other] : state.records.plans.list()) {
    if (other_id == plan_id) continue;
    if (!state.records.plan_keys.contains(child_key(other_id, key_id))) continue;
    const std::string stage = shared_stage(plan, other);
    if (stage.empty()) continue;
    throw errors::conflict(
        fmt::format("API Key {} cannot be added to Usage Plan {}: it is associated with API Stage "
                    "{} through Usage Plan {} already",
                    key_id, plan_id, stage, other_id));
  }
}

Reply create_usage_plan(State& state, RequestContext& context, const json::object& input) {
  check_name(input);
  check_plan(input, stage_check(state));
  if (state.records.plans.list("", "", kPlansPerRegion).size() == kPlansPerRegion) {
    throw errors::limit_exceeded("Maximum number of usage plans has been reached");
  }
  const std::string id = fresh_id(state, state.records.plans, "", 6);
  json::object plan{{"id", id}};
  copy_members(input, plan, {"name", "description", "throttle", "quota"});
  const json::array* stages = json::find_array(input, "apiStages");
  plan["apiStages"] = stages == nullptr ? json::array() : *stages;
  plan["createdDate"] = state.environment.clock.now_s();
  take_tags(context, input, plan);
  state.records.plans.put(id, plan);
  state.view.load_keys(state.records);
  return show(std::move(plan));
}

Reply get_usage_plan(State& state, RequestContext&, const json::object& input) {
  return show(need_plan(state, text(input, "usagePlanId")));
}

Reply get_usage_plans(State& state, RequestContext&, const json::object& input) {
  const std::string key_id = text(input, "keyId");
  return list_page(input,
                   {state.records.plans, "",
                    [&](const json::object& plan) {
                      return key_id.empty() ||
                             state.records.plan_keys.contains(child_key(text(plan, "id"), key_id));
                    },
                    [](const std::string&, json::object plan) { return show(std::move(plan)); }});
}

Reply update_usage_plan(State& state, RequestContext&, const json::object& input) {
  const std::string id = text(input, "usagePlanId");
  json::object plan = need_plan(state, id);
  apply_patch(plan, json::find_array(input, "patchOperations"), plan_patches());
  check_name(plan);
  check_plan(plan, stage_check(state));
  for (const auto& [key, member] : state.records.plan_keys.list(child_key(id))) {
    check_one_plan_per_stage(state, key.substr(id.size() + 1), plan);
  }
  state.records.plans.put(id, plan);
  state.view.load_keys(state.records);
  return show(std::move(plan));
}

Reply delete_usage_plan(State& state, RequestContext&, const json::object& input) {
  const std::string id = text(input, "usagePlanId");
  const json::object plan = need_plan(state, id);
  if (const json::array* stages = json::find_array(plan, "apiStages"); stages && !stages->empty()) {
    throw errors::bad_request(fmt::format(
        "Cannot delete Usage Plan {} because it has API Stages associated with it", id));
  }
  store::WriteBatch batch;
  state.records.plans.erase(batch, id);
  erase_all(batch, state.records.plan_keys, child_key(id));
  erase_all(batch, state.records.usage, child_key(id));
  state.records.commit(std::move(batch));
  state.meters.forget(child_key(id));
  state.view.load_keys(state.records);
  return {};
}

}  // namespace tandem::apigateway
