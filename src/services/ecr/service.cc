#include "services/ecr/service.h"

#include "core/json.h"
#include "service/table.h"
#include "services/ecr/errors.h"

namespace tandem::ecr {
namespace {

/// Of names: nothing else may be asked with them (API reference, maxResults and nextToken).
service::Reply describe_named(const json::array& names, const json::object& input,
                              std::string_view registry) {
  for (const std::string_view paging : {"maxResults", "nextToken"}) {
    if (json::find(input, paging) == nullptr) continue;
    throw errors::invalid_parameter(paging, "not to be used with repositoryNames");
  }
  throw errors::repository_not_found(json::to_std(names.front()), registry);
}

service::Reply describe_repositories(service::RequestContext& context, const json::object& input) {
  const std::string registry = json::string_or(input, "registryId", context.account);
  const auto* names = json::find_array(input, "repositoryNames");
  if (names != nullptr && !names->empty()) return describe_named(*names, input, registry);
  return json::object{{"repositories", json::array()}};
}

}  // namespace

EcrService::EcrService(service::Environment environment) : environment_(std::move(environment)) {
  operations_.push_back(service::row("DescribeRepositories", describe_repositories,
                                     {"registryId", "repositoryNames", "nextToken", "maxResults"}));
}

}  // namespace tandem::ecr
