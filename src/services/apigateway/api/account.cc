// The account and the tags of resources named by ARN.
#include "core/text.h"
#include "services/apigateway/api/common.h"
#include "services/apigateway/api/operations.h"
#include "services/apigateway/errors.h"
#include "services/apigateway/model/names.h"
#include "services/apigateway/model/patch.h"

namespace tandem::apigateway {
namespace {

/// Where a taggable resource's record is.
struct Tagged {
  store::Documents* collection;
  std::string key;
};

/// "arn:aws:apigateway:<region>::/restapis/<id>[/stages/<name>]", /apikeys/, /usageplans/ and
/// /domainnames/.
Tagged find_tagged(State& state, const std::string& arn) {
  const std::string prefix = fmt::format("arn:aws:apigateway:{}::/", state.environment.region);
  if (!arn.starts_with(prefix)) throw errors::bad_request("Invalid ARN specified in the request");
  const auto parts = core::split(std::string_view(arn).substr(prefix.size()), '/');
  Records& records = state.records;
  if (parts.size() == 4 && parts[0] == "restapis" && parts[2] == "stages") {
    return {&records.stages, child_key(parts[1], parts[3])};
  }
  if (parts.size() == 2) {
    const std::string id(parts[1]);
    if (parts[0] == "restapis") return {&records.apis, id};
    if (parts[0] == "apikeys") return {&records.keys, id};
    if (parts[0] == "usageplans") return {&records.plans, id};
    if (parts[0] == "domainnames") return {&records.domains, id};
  }
  throw errors::bad_request("Invalid ARN specified in the request");
}

json::object need_document(const Tagged& at) {
  auto document = at.collection->get(at.key);
  if (!document) throw errors::not_found("Invalid resource identifier specified");
  return std::move(*document);
}

service::TagSet tags_of(const json::object& document) {
  return service::TagSet(kTagRules, json::find(document, "tags"));
}

void store_tags(const Tagged& at, json::object document, const service::TagSet& tags) {
  if (tags.empty()) {
    document.erase("tags");
  } else {
    document["tags"] = tags.map();
  }
  at.collection->put(at.key, document);
}

constexpr std::string_view kAccount = "account";
constexpr std::string_view kRole = "cloudwatchRoleArn";

/// settings: the record, as it is or is to be.
json::object account_of(const State& state, json::object settings) {
  const RateLimit& limit = state.account;
  json::object account = std::move(settings);
  account["throttleSettings"] = json::object{{"burstLimit", static_cast<std::int64_t>(limit.burst)},
                                             {"rateLimit", limit.rate}};
  account["features"] = json::array{"UsagePlans"};
  account["apiKeyVersion"] = "4";
  return account;
}

PatchTable account_patches() {
  return {{{"replace"}, "/cloudwatchRoleArn", [](json::object& account, const PatchOperation& to) {
             // None, and an empty one, take it away.
             account.erase(kRole);
             if (!to.value.value_or("").empty()) account[kRole] = *to.value;
           }}};
}

}  // namespace

Reply get_account(State& state, RequestContext&, const json::object&) {
  return account_of(state, state.records.settings.get(kAccount).value_or(json::object()));
}

/// The role is not used: nothing here writes what it would be for.
Task<Reply> update_account(State& state, RequestContext&, json::object input) {
  json::object settings = state.records.settings.get(kAccount).value_or(json::object());
  apply_patch(settings, json::find_array(input, "patchOperations"), account_patches());
  const std::string role = json::string_or(settings, kRole);
  if (!role.empty()) {
    const bool trusted = co_await state.ports.services.may_assume(role);
    if (!trusted) {
      throw errors::bad_request(
          "The role ARN does not have required permissions configured. Please grant trust "
          "permission for API Gateway and add the required role policy.");
    }
  }
  if (settings.empty()) {
    state.records.settings.erase(kAccount);
  } else {
    state.records.settings.put(kAccount, settings);
  }
  co_return account_of(state, std::move(settings));
}

Reply tag_resource(State& state, RequestContext& context, const json::object& input) {
  const Tagged at = find_tagged(state, text(input, "resourceArn"));
  json::object document = need_document(at);
  service::TagSet tags = tags_of(document);
  tags.merge(service::read_tags(json::find(input, "tags")), service::tag_source(context));
  store_tags(at, std::move(document), tags);
  return {};
}

Reply untag_resource(State& state, RequestContext&, const json::object& input) {
  const Tagged at = find_tagged(state, text(input, "resourceArn"));
  json::object document = need_document(at);
  service::TagSet tags = tags_of(document);
  tags.remove(json::find_array(input, "tagKeys"));
  store_tags(at, std::move(document), tags);
  return {};
}

Reply get_tags(State& state, RequestContext&, const json::object& input) {
  const Tagged at = find_tagged(state, text(input, "resourceArn"));
  return json::object{{"tags", tags_of(need_document(at)).map()}};
}

}  // namespace tandem::apigateway
