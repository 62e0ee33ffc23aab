#include "core/ids.h"
#include "core/text.h"
#include "services/apigateway/api/common.h"
#include "services/apigateway/api/operations.h"
#include "services/apigateway/errors.h"
#include "services/apigateway/model/names.h"
#include "services/apigateway/model/patch.h"

namespace tandem::apigateway {
namespace {

constexpr std::size_t kKeysPerRegion = 10'000;
constexpr std::size_t kGeneratedLength = 40;

/// The value is a secret: shown where the caller asked for it and nowhere else.
enum class Value { kShow, kHide };

json::object show(json::object key, Value value) {
  if (value == Value::kHide) key.erase("value");
  return key;
}

std::string stage_key(const State& state, const std::string& api_id, const std::string& stage) {
  need_stage(state, api_id, stage);
  return child_key(api_id, stage);
}

/// Associations from before usage plans: kept and shown, as on AWS, where they grant nothing to an
/// account with usage plans.
json::array stage_keys(const State& state, const json::object& input) {
  json::array keys;
  if (const json::array* given = json::find_array(input, "stageKeys")) {
    for (const json::value& each : *given) {
      const json::object& stage = each.as_object();
      keys.push_back(
          json::value(stage_key(state, text(stage, "restApiId"), text(stage, "stageName"))));
    }
  }
  return keys;
}

std::string take_value(State& state, const json::object& input) {
  const auto given = json::find_string(input, "value");
  if (given && !given->empty()) {
    check_api_key_value(*given);
    if (state.view.find_key(*given)) throw errors::conflict("API Key already exists");
    return *given;
  }
  return core::random_text(state.environment.random, kGeneratedLength, core::kAlnum);
}

PatchTable patches(State& state) {
  return {
      replace_text("/name", "name"),
      replace_text("/description", "description"),
      replace_text("/customerId", "customerId"),
      // What is no boolean is false (measured).
      {{"replace"},
       "/enabled",
       [](json::object& key, const PatchOperation& operation) {
         key["enabled"] = core::equals_ignoring_case(operation.need_value(), "true");
       }},
      {{"add", "remove"},
       "/stages",
       [&state](json::object& key, const PatchOperation& operation) {
         const std::string& stage = operation.need_value();
         const auto slash = stage.find('/');
         json::array& list = key.at("stageKeys").as_array();
         auto* found = std::find(list.begin(), list.end(), json::value(stage));
         if (operation.op == "remove") {
           if (found == list.end()) throw errors::no_such_stage();
           list.erase(found);
         } else if (found == list.end()) {
           if (slash == std::string::npos) throw errors::no_such_stage();
           list.push_back(
               json::value(stage_key(state, stage.substr(0, slash), stage.substr(slash + 1))));
         }
       }},
  };
}

/// A limit below 1 is none (measured).
json::object without_limit_below_one(json::object input) {
  if (json::int_or(input, "limit", 1) < 1) input.erase("limit");
  return input;
}

}  // namespace

Reply create_api_key(State& state, RequestContext& context, const json::object& input) {
  const std::string value = take_value(state, input);
  if (state.records.keys.list("", "", kKeysPerRegion).size() == kKeysPerRegion) {
    throw errors::limit_exceeded("Maximum number of API keys has been reached");
  }
  const std::string id = fresh_id(state, state.records.keys, "", 10);
  const std::int64_t now = state.environment.clock.now_s();
  json::object key{{"id", id}, {"value", value}};
  copy_members(input, key, {"name", "customerId", "description"});
  key["enabled"] = json::bool_or(input, "enabled", false);
  key["createdDate"] = now;
  key["lastUpdatedDate"] = now;
  key["stageKeys"] = stage_keys(state, input);
  take_tags(context, input, key);
  state.records.keys.put(id, key);
  state.view.load_keys(state.records);
  return show(std::move(key), Value::kShow);
}

Reply get_api_key(State& state, RequestContext&, const json::object& input) {
  const bool include = json::bool_or(input, "includeValue", false);
  return show(need_key(state, text(input, "apiKey")), include ? Value::kShow : Value::kHide);
}

Reply get_api_keys(State& state, RequestContext&, const json::object& input) {
  const Value value = json::bool_or(input, "includeValues", false) ? Value::kShow : Value::kHide;
  const std::string name = text(input, "nameQuery");
  const std::string customer = text(input, "customerId");
  return list_page(
      without_limit_below_one(input),
      {state.records.keys, "",
       [&](const json::object& key) {
         return text(key, "name").starts_with(name) &&
                (customer.empty() || text(key, "customerId") == customer);
       },
       [value](const std::string&, json::object key) { return show(std::move(key), value); }});
}

Reply update_api_key(State& state, RequestContext&, const json::object& input) {
  const std::string id = text(input, "apiKey");
  json::object key = need_key(state, id);
  apply_patch(key, json::find_array(input, "patchOperations"), patches(state));
  key["lastUpdatedDate"] = state.environment.clock.now_s();
  state.records.keys.put(id, key);
  state.view.load_keys(state.records);
  return show(std::move(key), Value::kHide);
}

Reply delete_api_key(State& state, RequestContext&, const json::object& input) {
  const std::string id = text(input, "apiKey");
  need_key(state, id);
  store::WriteBatch batch;
  state.records.keys.erase(batch, id);
  for (const auto& [plan_id, plan] : state.records.plans.list()) {
    state.records.plan_keys.erase(batch, child_key(plan_id, id));
    state.records.usage.erase(batch, child_key(plan_id, id));
  }
  state.records.commit(std::move(batch));
  for (const auto& [plan_id, plan] : state.records.plans.list()) {
    state.meters.forget(child_key(plan_id, id));
  }
  state.view.load_keys(state.records);
  return {};
}

}  // namespace tandem::apigateway
