#include "services/apigateway/model/plan_settings.h"

#include <set>

#include "services/apigateway/errors.h"
#include "services/apigateway/model/throttle.h"

namespace tandem::apigateway {
namespace {

void check_throttle(const json::object& throttle) {
  if (json::int_or(throttle, "burstLimit", 0) < 0) {
    throw errors::bad_request("Usage Plan throttle burst limit must be greater than or equal to 0");
  }
  if (json::find_number(throttle, "rateLimit").value_or(0) < 0) {
    throw errors::bad_request("Usage Plan throttle rate limit must be greater than or equal to 0");
  }
}

void check_quota(const json::object& quota) {
  const auto period = parse_period(json::string_or(quota, "period"));
  if (!period)
    throw errors::bad_request("Usage Plan quota period must be one of: [DAY, WEEK, MONTH]");
  if (json::int_or(quota, "limit", 0) < 1) {
    throw errors::bad_request("Usage Plan quota limit must be greater than 0");
  }
  const std::int64_t offset = json::int_or(quota, "offset", 0);
  if (*period == Period::kDay && offset != 0) {
    throw errors::bad_request("Usage Plan quota offset must be zero in the DAY period");
  }
  if (*period == Period::kWeek && (offset < 0 || offset > 6)) {
    throw errors::bad_request(
        "Usage Plan quota offset must be between zero and six inclusive in the WEEK period");
  }
  if (*period == Period::kMonth && (offset < 0 || offset > 27)) {
    throw errors::bad_request(
        "Usage Plan quota offset must be between zero and 27 inclusive in the MONTH period");
  }
}

json::array& stages_of(json::object& plan) {
  json::value& stages = plan["apiStages"];
  if (!stages.is_array()) stages = json::array();
  return stages.as_array();
}

bool is_stage(const json::value& each, std::string_view name) {
  const json::object& stage = each.as_object();
  return json::string_or(stage, "apiId") + ":" + json::string_or(stage, "stage") == name;
}

json::value* find_stage(json::object& plan, std::string_view name) {
  json::array& stages = stages_of(plan);
  auto* found = std::find_if(stages.begin(), stages.end(),
                             [&](const json::value& each) { return is_stage(each, name); });
  return found == stages.end() ? nullptr : found;
}

aws::ApiError no_such_plan_stage(std::string_view name) {
  return errors::not_found(fmt::format("API Stage not found: {}", name));
}

void change_stage(json::object& plan, const PatchOperation& operation) {
  const std::string& name = operation.need_value();
  json::value* found = find_stage(plan, name);
  if (operation.op == "remove") {
    if (found == nullptr) throw no_such_plan_stage(name);
    stages_of(plan).erase(found);
    return;
  }
  const auto colon = name.find(':');
  if (colon == std::string::npos) {
    throw errors::bad_request("Invalid API Stage specified: " + name);
  }
  if (found != nullptr) return;
  stages_of(plan).push_back(
      json::object{{"apiId", name.substr(0, colon)}, {"stage", name.substr(colon + 1)}});
}

/// "/todos/GET" from a captured "todos/GET", "/todos/GET" or "//todos/GET".
std::string setting_key(std::string_view captured) {
  while (captured.starts_with('/')) captured.remove_prefix(1);
  return "/" + std::string(captured);
}

json::object& throttle_map(json::object& plan, const std::string& stage_name) {
  json::value* stage = find_stage(plan, stage_name);
  if (stage == nullptr) throw no_such_plan_stage(stage_name);
  json::value& map = stage->as_object()["throttle"];
  if (!map.is_object()) map = json::object();
  return map.as_object();
}

void drop_empty_throttle(json::object& plan, const std::string& stage_name) {
  json::object& stage = find_stage(plan, stage_name)->as_object();
  if (stage.at("throttle").as_object().empty()) stage.erase("throttle");
}

PatchRule stage_throttle(std::string_view path, std::string_view member) {
  return {{"add", "replace"}, path, [member](json::object& plan, const PatchOperation& operation) {
            json::object& map = throttle_map(plan, operation.captures.at(0));
            json::value& entry = map[setting_key(operation.captures.at(1))];
            if (!entry.is_object()) entry = {{"burstLimit", 0}, {"rateLimit", 0.0}};
            if (member == "burstLimit") {
              entry.as_object()[member] = operation.need_int();
            } else {
              entry.as_object()[member] = operation.need_number();
            }
          }};
}

void remove_stage_throttle(json::object& plan, const PatchOperation& operation) {
  const std::string& stage = operation.captures.at(0);
  json::object& map = throttle_map(plan, stage);
  if (operation.captures.size() == 1) {
    map.clear();
  } else {
    map.erase(setting_key(operation.captures.at(1)));
  }
  drop_empty_throttle(plan, stage);
}

template <class Take>
PatchRule nested(std::string_view path, std::string_view outer, std::string_view member,
                 Take take) {
  return {{"add", "replace"},
          path,
          [outer, member, take](json::object& plan, const PatchOperation& operation) {
            json::value& group = plan[outer];
            if (!group.is_object()) group = json::object();
            group.as_object()[member] = take(operation);
          }};
}

PatchRule removal(std::string_view path, std::string_view member) {
  return {{"remove"}, path, [member](json::object& plan, const PatchOperation&) {
            plan.erase(member);
          }};
}

}  // namespace

void check_plan(const json::object& document, const StageCheck& stage_exists) {
  if (const json::object* throttle = json::find_object(document, "throttle")) {
    check_throttle(*throttle);
  }
  if (const json::object* quota = json::find_object(document, "quota")) check_quota(*quota);
  const json::array* stages = json::find_array(document, "apiStages");
  if (stages == nullptr) return;
  std::set<std::string> seen;
  for (const json::value& each : *stages) {
    const json::object& stage = each.as_object();
    const std::string api_id = json::string_or(stage, "apiId");
    const std::string name = json::string_or(stage, "stage");
    stage_exists(api_id, name);
    if (!seen.insert(api_id + ":" + name).second) {
      throw errors::bad_request(fmt::format("Duplicate API Stage: {}:{}", api_id, name));
    }
    const json::object* throttles = json::find_object(stage, "throttle");
    if (throttles == nullptr) continue;
    if (throttles->size() > 20) {
      throw errors::limit_exceeded("Maximum number of method throttles for a stage is 20");
    }
    for (const auto& [key, throttle] : *throttles) check_throttle(throttle.as_object());
  }
}

PatchTable plan_patches() {
  const auto whole = [](const PatchOperation& operation) { return operation.need_int(); };
  const auto number = [](const PatchOperation& operation) { return operation.need_number(); };
  const auto plain = [](const PatchOperation& operation) { return operation.need_value(); };
  return {
      replace_text("/name", "name"),
      replace_text("/description", "description"),
      {{"add", "remove"}, "/apiStages", change_stage},
      nested("/throttle/burstLimit", "throttle", "burstLimit", whole),
      nested("/throttle/rateLimit", "throttle", "rateLimit", number),
      nested("/quota/limit", "quota", "limit", whole),
      nested("/quota/offset", "quota", "offset", whole),
      nested("/quota/period", "quota", "period", plain),
      removal("/throttle", "throttle"),
      removal("/quota", "quota"),
      stage_throttle("/apiStages/{stage}/throttle/{method+}/burstLimit", "burstLimit"),
      stage_throttle("/apiStages/{stage}/throttle/{method+}/rateLimit", "rateLimit"),
      {{"remove"}, "/apiStages/{stage}/throttle", remove_stage_throttle},
      {{"remove"}, "/apiStages/{stage}/throttle/{method+}", remove_stage_throttle},
  };
}

}  // namespace tandem::apigateway
