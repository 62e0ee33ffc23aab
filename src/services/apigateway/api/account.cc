// The account and the tags of resources named by ARN.
#include "core/text.h"
#include "services/apigateway/api/common.h"
#include "services/apigateway/api/operations.h"
#include "services/apigateway/errors.h"
#include "services/apigateway/model/names.h"

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

json::object tags_of(const json::object& document) {
  const json::object* tags = json::find_object(document, "tags");
  return tags == nullptr ? json::object() : *tags;
}

void store_tags(const Tagged& at, json::object document, json::object tags) {
  if (tags.empty()) {
    document.erase("tags");
  } else {
    document["tags"] = std::move(tags);
  }
  at.collection->put(at.key, document);
}

}  // namespace

Reply get_account(State& state, RequestContext&, const json::object&) {
  const RateLimit& limit = state.account;
  return json::object{
      {"throttleSettings",
       {{"burstLimit", static_cast<std::int64_t>(limit.burst)}, {"rateLimit", limit.rate}}},
      {"features", json::array{"UsagePlans"}},
      {"apiKeyVersion", "4"}};
}

Reply tag_resource(State& state, RequestContext& context, const json::object& input) {
  const Tagged at = find_tagged(state, text(input, "resourceArn"));
  json::object document = need_document(at);
  json::object tags = tags_of(document);
  if (const json::object* given = json::find_object(input, "tags")) {
    check_tags(*given, context.http ? TagCaller::kExternal : TagCaller::kInternal);
    for (const auto& [key, value] : *given) tags[key] = value;
  }
  check_tags(tags, TagCaller::kInternal);
  store_tags(at, std::move(document), std::move(tags));
  return {};
}

Reply untag_resource(State& state, RequestContext&, const json::object& input) {
  const Tagged at = find_tagged(state, text(input, "resourceArn"));
  json::object document = need_document(at);
  json::object tags = tags_of(document);
  if (const json::array* keys = json::find_array(input, "tagKeys")) {
    for (const json::value& key : *keys) tags.erase(key.as_string());
  }
  store_tags(at, std::move(document), std::move(tags));
  return {};
}

Reply get_tags(State& state, RequestContext&, const json::object& input) {
  const Tagged at = find_tagged(state, text(input, "resourceArn"));
  return json::object{{"tags", tags_of(need_document(at))}};
}

}  // namespace tandem::apigateway
