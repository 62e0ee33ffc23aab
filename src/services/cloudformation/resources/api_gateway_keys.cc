// ApiKey, UsagePlan, UsagePlanKey.
#include <fmt/format.h>

#include "services/cloudformation/resources/api_gateway.h"
#include "services/cloudformation/resources/table.h"

namespace tandem::cloudformation {
namespace {

class ApiKey final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    json::object request = pick(properties, {{"Name", "name"},
                                             {"Description", "description"},
                                             {"CustomerId", "customerId"},
                                             {"Enabled", "enabled"},
                                             {"GenerateDistinctId", "generateDistinctId"},
                                             {"Value", "value"}});
    if (!request.contains("name")) request["name"] = context.generated_name(128);
    // As in the API, a key made by CloudFormation is off unless it says otherwise.
    if (!request.contains("enabled")) request["enabled"] = false;
    request["tags"] = all_tags(context, properties);
    if (const auto* stages = json::find_array(properties, "StageKeys")) {
      json::array keys;
      for (const auto& stage : *stages) {
        keys.push_back(
            pick(stage.as_object(), {{"RestApiId", "restApiId"}, {"StageName", "stageName"}}));
      }
      request["stageKeys"] = std::move(keys);
    }
    context.intend({});
    json::object made = co_await context.call("apigateway", "CreateApiKey", std::move(request));
    Physical physical;
    physical.id = json::string_or(made, "id");
    physical.attributes["APIKeyId"] = physical.id;
    co_return physical;
  }

  Task<std::optional<Physical>> find(HandlerContext& context, Physical, json::object,
                                     std::set<std::string> known) const override {
    std::string id = co_await find_tagged(context, "GetApiKeys", std::move(known));
    if (id.empty()) co_return std::nullopt;
    co_return Physical{std::move(id), {}};
  }

  Task<Physical> read(HandlerContext& context, std::string identifier) const override {
    json::object request{{"apiKey", identifier}};
    co_await context.call("apigateway", "GetApiKey", std::move(request));
    json::object attributes{{"APIKeyId", identifier}};
    co_return Physical{std::move(identifier), std::move(attributes)};
  }

  Task<Physical> update(HandlerContext& context, Physical physical, json::object before,
                        json::object after) const override {
    if (differs(before, after, "StageKeys")) {
      throw HandlerError("NotUpdatable", "StageKeys cannot be changed; use usage plans");
    }
    Patch patch;
    patch.replace_if_changed(before, after, "Description", "/description");
    patch.replace_if_changed(before, after, "CustomerId", "/customerId");
    patch.replace_if_changed(before, after, "Enabled", "/enabled", "false");
    if (!patch.empty()) {
      json::object request{{"apiKey", physical.id}, {"patchOperations", patch.take()}};
      co_await context.call("apigateway", "UpdateApiKey", std::move(request));
    }
    co_await update_gateway_tags(context, "/apikeys/" + physical.id, before, after);
    co_return physical;
  }

  Task<void> remove(HandlerContext& context, Physical physical, json::object) const override {
    json::object request{{"apiKey", physical.id}};
    co_await context.call("apigateway", "DeleteApiKey", std::move(request));
  }
};

json::object lower_first(const json::object& in) {
  json::object result;
  for (const auto& member : in) {
    std::string name(member.key());
    name[0] = static_cast<char>(name[0] | 0x20);
    result[name] = member.value();
  }
  return result;
}

json::array stages_of(const json::object& properties) {
  json::array stages;
  if (const auto* list = json::find_array(properties, "ApiStages")) {
    for (const auto& one : *list) {
      json::object stage = pick(one.as_object(), {{"ApiId", "apiId"}, {"Stage", "stage"}});
      if (const auto* throttle = json::find_object(one.as_object(), "Throttle")) {
        json::object methods;
        for (const auto& method : *throttle) {
          if (!method.value().is_object()) {
            throw HandlerError("InvalidRequest", "ApiStages Throttle must be an object");
          }
          methods[method.key()] = lower_first(method.value().get_object());
        }
        stage["throttle"] = std::move(methods);
      }
      stages.push_back(std::move(stage));
    }
  }
  return stages;
}

std::string stage_value(const json::value& stage) {
  return text_of(stage.as_object(), "apiId") + ':' + text_of(stage.as_object(), "stage");
}

// A stage whose throttles changed is taken out and put in again with the new ones.
void patch_stages(Patch& patch, const json::object& before, const json::object& after) {
  const json::array old_stages = stages_of(before);
  const json::array new_stages = stages_of(after);
  const auto contains = [](const json::array& in, const json::value& stage) {
    return std::find(in.begin(), in.end(), stage) != in.end();
  };
  for (const auto& stage : old_stages) {
    if (!contains(new_stages, stage)) patch.add("remove", "/apiStages", stage_value(stage));
  }
  for (const auto& stage : new_stages) {
    if (contains(old_stages, stage)) continue;
    patch.add("add", "/apiStages", stage_value(stage));
    const auto* throttle = json::find_object(stage.as_object(), "throttle");
    if (throttle == nullptr) continue;
    for (const auto& method : *throttle) {
      for (const auto& limit : method.value().as_object()) {
        patch.add("replace",
                  fmt::format("/apiStages/{}/throttle/{}/{}", stage_value(stage),
                              pointer_escaped(method.key()), std::string_view(limit.key())),
                  text_of(method.value().as_object(), limit.key()));
      }
    }
  }
}

void patch_group(Patch& patch, const json::object& before, const json::object& after,
                 std::string_view group, std::string_view path,
                 std::initializer_list<std::string_view> names) {
  static const json::object kNone;
  const auto* old_group = json::find_object(before, group);
  const auto* new_group = json::find_object(after, group);
  if (new_group == nullptr) {
    if (old_group != nullptr) patch.remove(std::string(path));
    return;
  }
  if (old_group == nullptr) old_group = &kNone;
  for (const std::string_view name : names) {
    std::string member(name);
    member[0] = static_cast<char>(member[0] | 0x20);
    patch.replace_if_changed(*old_group, *new_group, name, fmt::format("{}/{}", path, member), "0");
  }
}

class UsagePlan final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    json::object request =
        pick(properties, {{"UsagePlanName", "name"}, {"Description", "description"}});
    if (!request.contains("name")) request["name"] = context.generated_name(128);
    if (const auto* quota = json::find_object(properties, "Quota")) {
      request["quota"] = lower_first(*quota);
    }
    if (const auto* throttle = json::find_object(properties, "Throttle")) {
      request["throttle"] = lower_first(*throttle);
    }
    json::array stages = stages_of(properties);
    if (!stages.empty()) request["apiStages"] = std::move(stages);
    request["tags"] = all_tags(context, properties);
    context.intend({});
    json::object made = co_await context.call("apigateway", "CreateUsagePlan", std::move(request));
    Physical physical;
    physical.id = json::string_or(made, "id");
    physical.attributes["Id"] = physical.id;
    co_return physical;
  }

  Task<std::optional<Physical>> find(HandlerContext& context, Physical, json::object,
                                     std::set<std::string> known) const override {
    std::string id = co_await find_tagged(context, "GetUsagePlans", std::move(known));
    if (id.empty()) co_return std::nullopt;
    co_return Physical{std::move(id), {}};
  }

  Task<Physical> read(HandlerContext& context, std::string identifier) const override {
    json::object request{{"usagePlanId", identifier}};
    co_await context.call("apigateway", "GetUsagePlan", std::move(request));
    json::object attributes{{"Id", identifier}};
    co_return Physical{std::move(identifier), std::move(attributes)};
  }

  Task<Physical> update(HandlerContext& context, Physical physical, json::object before,
                        json::object after) const override {
    Patch patch;
    patch.replace_if_changed(before, after, "UsagePlanName", "/name");
    patch.replace_if_changed(before, after, "Description", "/description");
    patch_group(patch, before, after, "Throttle", "/throttle", {"RateLimit", "BurstLimit"});
    patch_group(patch, before, after, "Quota", "/quota", {"Limit", "Offset", "Period"});
    patch_stages(patch, before, after);
    co_await apply(context, physical.id, patch.take());
    co_await update_gateway_tags(context, "/usageplans/" + physical.id, before, after);
    co_return physical;
  }

  // A plan with stages cannot be deleted.
  Task<void> remove(HandlerContext& context, Physical physical,
                    json::object properties) const override {
    Patch patch;
    patch_stages(patch, properties, {});
    std::optional<aws::ApiError> refused;
    try {
      co_await apply(context, physical.id, patch.take());
    } catch (const aws::ApiError& error) {
      refused = error;  // the stages may be gone with their API
    }
    if (refused && refused->status() >= 500) throw *refused;
    json::object request{{"usagePlanId", physical.id}};
    co_await context.call("apigateway", "DeleteUsagePlan", std::move(request));
  }

 private:
  static Task<void> apply(HandlerContext& context, std::string id, json::array patch) {
    if (patch.empty()) co_return;
    json::object request{{"usagePlanId", id}, {"patchOperations", std::move(patch)}};
    co_await context.call("apigateway", "UpdateUsagePlan", std::move(request));
  }
};

class UsagePlanKey final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    json::object request = pick(
        properties, {{"UsagePlanId", "usagePlanId"}, {"KeyId", "keyId"}, {"KeyType", "keyType"}});
    Physical physical;
    physical.id = text_of(properties, "KeyId") + ':' + text_of(properties, "UsagePlanId");
    physical.attributes["Id"] = physical.id;
    json::object asked = pick(properties, {{"UsagePlanId", "usagePlanId"}, {"KeyId", "keyId"}});
    const bool taken = co_await exists(context, "apigateway", "GetUsagePlanKey", std::move(asked));
    if (!taken) context.intend(physical);
    co_await context.call("apigateway", "CreateUsagePlanKey", std::move(request));
    co_return physical;
  }
  Task<void> remove(HandlerContext& context, Physical, json::object properties) const override {
    json::object request = pick(properties, {{"UsagePlanId", "usagePlanId"}, {"KeyId", "keyId"}});
    co_await context.call("apigateway", "DeleteUsagePlanKey", std::move(request));
  }
};

}  // namespace

ResourceType api_gateway_api_key() {
  return importable_by(
      "APIKeyId",
      declare(
          "AWS::ApiGateway::ApiKey",
          {.serves = "CustomerId Description Enabled GenerateDistinctId Name StageKeys Tags Value"},
          {"APIKeyId"}, "Name", std::make_unique<ApiKey>()));
}

ResourceType api_gateway_usage_plan() {
  return importable_by(
      "Id", declare("AWS::ApiGateway::UsagePlan",
                    {.serves = "ApiStages Description Quota Tags Throttle UsagePlanName"}, {"Id"},
                    "", std::make_unique<UsagePlan>()));
}

ResourceType api_gateway_usage_plan_key() {
  return declare("AWS::ApiGateway::UsagePlanKey", {.serves = "KeyId KeyType UsagePlanId"}, {"Id"},
                 "", std::make_unique<UsagePlanKey>());
}

}  // namespace tandem::cloudformation
