#include "services/apigateway/api/draft.h"

#include <algorithm>

#include "services/apigateway/api/operations.h"
#include "services/apigateway/api/references.h"
#include "services/apigateway/errors.h"
#include "store/engines.h"

namespace tandem::apigateway {
namespace {

service::Environment with_store(const service::Environment& given, store::Store& store) {
  return {given.executor, given.blocking, given.clock,  given.random,
          store,          given.folder,   given.config, given.region};
}

std::vector<store::Documents*> children_of(Records& records) {
  return {&records.resources, &records.gateway_responses, &records.models, &records.validators,
          &records.authorizers};
}

/// "member" or "member=VALUE", the one value that it is accepted with.
bool accepts(std::string_view accepted, std::string_view member, const json::value& value) {
  const auto equals = accepted.find('=');
  if (accepted.substr(0, equals) != member) return false;
  return equals == std::string_view::npos ||
         (value.is_string() && json::view(value.as_string()) == accepted.substr(equals + 1));
}

bool is_bare(const json::object& model) {
  const std::string name = json::string_or(model, "name");
  return name == "Empty" || name == "Error";
}

}  // namespace

Draft::Draft(State& real)
    : real_(real),
      store_(store::make_scratch_store()),
      draft_(with_store(real.environment, *store_), real.ports),
      table_(operations(draft_)) {}

std::vector<Draft::Children> Draft::stored(const std::string& api_id) const {
  std::vector<Children> all(1);
  if (auto api = real_.records.apis.get(api_id)) all[0].emplace_back(api_id, std::move(*api));
  for (const store::Documents* each : children_of(real_.records)) {
    all.push_back(each->list(child_key(api_id)));
  }
  return all;
}

void Draft::copy(const std::string& api_id, Copy how) {
  copied_ = stored(api_id);
  Records& to = draft_.records;
  to.apis.put(api_id, real_.records.apis.get(api_id).value());
  to.models.put(api_id, {});
  const std::string prefix = child_key(api_id);
  if (how == Copy::kWhole) {
    const auto from = children_of(real_.records);
    const auto into = children_of(to);
    for (std::size_t i = 0; i < from.size(); ++i) {
      for (const auto& [key, child] : from[i]->list(prefix)) into[i]->put(key, child);
    }
    return;
  }
  for (const auto& [key, model] : real_.records.models.list(prefix)) {
    if (is_bare(model)) to.models.put(key, model);
  }
  for (auto& [key, resource] : real_.records.resources.list(prefix)) {
    if (json::string_or(resource, "path") != "/") continue;
    resource.erase("resourceMethods");
    to.resources.put(key, resource);
  }
}

const service::Operation* Draft::find(std::string_view name) const {
  const auto found = std::find_if(table_.begin(), table_.end(),
                                  [&](const auto& each) { return each.name == name; });
  return found == table_.end() ? nullptr : &*found;
}

Task<json::object> Draft::call(std::string operation, json::object input) {
  const service::Operation* found = find(operation);
  if (found == nullptr) throw errors::not_implemented(operation);
  for (const auto& [member, value] : input) {
    const std::string_view name = member;
    const json::value& given = value;
    const bool accepted =
        std::any_of(found->accepts.begin(), found->accepts.end(),
                    [&](std::string_view each) { return accepts(each, name, given); });
    if (!accepted) throw errors::not_implemented(name);
  }
  service::RequestContext context{.region = real_.environment.region,
                                  .account = real_.environment.account()};
  service::Reply reply = co_await found->handler(context, std::move(input));
  co_return std::move(reply.output);
}

void Draft::commit(const std::string& api_id) {
  if (!copied_.empty() && copied_ != stored(api_id)) {
    throw errors::conflict(
        "Unable to complete operation due to concurrent modification. Please try again later.");
  }
  if (copied_.empty()) check_room_for_api(real_);  // others may have been made meanwhile
  store::WriteBatch batch;
  const std::string prefix = child_key(api_id);
  Records& from = draft_.records;
  const auto into = children_of(real_.records);
  const auto drafted = children_of(from);
  for (std::size_t i = 0; i < into.size(); ++i) {
    erase_all(batch, *into[i], prefix);
    for (const auto& [key, child] : drafted[i]->list(prefix)) into[i]->put(batch, key, child);
  }
  real_.records.apis.put(batch, api_id, from.apis.get(api_id).value());
  real_.records.models.put(batch, api_id, {});
  real_.records.commit(std::move(batch));
}

}  // namespace tandem::apigateway
