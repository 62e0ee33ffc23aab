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
