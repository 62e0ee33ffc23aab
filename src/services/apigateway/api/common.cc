#include "services/apigateway/api/common.h"

#include "service/page.h"
#include "services/apigateway/errors.h"
#include "services/apigateway/model/names.h"

namespace tandem::apigateway {
namespace {

constexpr std::int64_t kMaxLimit = 500;
constexpr service::PageStyle kPages{
    .token = "position", .next = "position", .limit = "limit", .usual = 25, .invalid = [] {
      return errors::bad_request("Invalid position parameter specified");
    }};

}  // namespace

json::object need_api(const State& state, const std::string& api_id) {
  auto api = state.records.apis.get(api_id);
  if (!api) throw errors::no_such_api(state.environment.account(), api_id);
  return std::move(*api);
}

json::object need_resource(const State& state, const std::string& api_id,
                           const std::string& resource_id) {
  need_api(state, api_id);
  auto resource = state.records.resources.get(child_key(api_id, resource_id));
  if (!resource) throw errors::no_such_resource();
  return std::move(*resource);
}

json::object need_deployment(const State& state, const std::string& api_id,
                             const std::string& deployment_id) {
  need_api(state, api_id);
  auto deployment = state.records.deployments.get(child_key(api_id, deployment_id));
  if (!deployment) throw errors::no_such_deployment();
  return std::move(*deployment);
}

json::object need_stage(const State& state, const std::string& api_id, const std::string& stage) {
  need_api(state, api_id);
  auto found = state.records.stages.get(child_key(api_id, stage));
  if (!found) throw errors::no_such_stage();
  return std::move(*found);
}

json::object need_key(const State& state, const std::string& key_id) {
  auto key = state.records.keys.get(key_id);
  if (!key) throw errors::no_such_key();
  return std::move(*key);
}

json::object need_plan(const State& state, const std::string& plan_id) {
  auto plan = state.records.plans.get(plan_id);
  if (!plan) throw errors::no_such_plan();
  return std::move(*plan);
}

json::object need_domain(const State& state, const std::string& domain) {
  auto found = state.records.domains.get(domain);
  if (!found) throw errors::no_such_domain();
  return std::move(*found);
}

std::string fresh_id(State& state, const store::Documents& collection, std::string_view parent,
                     std::size_t length) {
  constexpr int kAttempts = 100;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::string id = make_id(state.environment.random, length);
    if (!collection.contains(parent.empty() ? id : child_key(parent, id))) return id;
  }
  CHECK(false && "ids are random");
}

void copy_members(const json::object& from, json::object& to,
                  std::initializer_list<std::string_view> members) {
  for (const std::string_view member : members) {
    if (const json::value* value = json::find(from, member)) to[member] = *value;
  }
}

void take_tags(const service::RequestContext& context, const json::object& input,
               json::object& document) {
  const service::TagSet tags =
      service::tag_set(kTagRules, json::find(input, "tags"), service::tag_source(context));
  if (!tags.empty()) document["tags"] = tags.map();
}

json::object list_page(const json::object& input, const Listing& listing) {
  const std::int64_t limit = json::int_or(input, "limit", kPages.usual);
  if (limit < 1 || limit > kMaxLimit) {
    throw errors::bad_request(fmt::format("Limit must be between 1 and {}", kMaxLimit));
  }
  service::Page page(kPages, input, "items");
  const std::string after = page.after().empty() ? "" : listing.prefix + page.after();
  for (auto& [key, document] : listing.collection.list(listing.prefix, after)) {
    if (listing.keep && !listing.keep(document)) continue;
    const auto shown = [&, &id = key, &one = document] { return listing.show(id, std::move(one)); };
    if (!page.add(std::string_view(key).substr(listing.prefix.size()), shown)) break;
  }
  return std::move(page).finish();
}

void only_false(const json::object& input, std::string_view member) {
  const json::value* value = json::find(input, member);
  if (value == nullptr || (value->is_bool() && !value->as_bool())) return;
  throw errors::not_implemented(member);
}

}  // namespace tandem::apigateway
