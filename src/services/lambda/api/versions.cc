// PublishVersion, ListVersionsByFunction.
#include "core/ids.h"
#include "service/page.h"
#include "services/lambda/api/operations.h"
#include "services/lambda/api/pages.h"
#include "services/lambda/errors.h"

namespace tandem::lambda::api {
namespace {

/// "Lambda doesn't publish a version if the function's configuration and code haven't changed since
/// the last version" (API reference, PublishVersion).
FunctionPtr published_already(const Scope& scope, const Function& latest) {
  const auto& versions = scope.functions.versions(latest.name);
  if (versions.empty()) return nullptr;
  const FunctionPtr& last = versions.rbegin()->second;
  const bool same =
      last->number() == latest.last_version && last->published_from == latest.content();
  return same ? last : nullptr;
}

}  // namespace

FunctionPtr put_latest(Scope& scope, Function latest, Publish publish,
                       std::optional<std::string> description) {
  if (publish == Publish::kNo) return scope.functions.put(std::move(latest));
  if (FunctionPtr before = published_already(scope, latest)) {
    scope.functions.put(std::move(latest));
    return before;
  }
  ++latest.last_version;
  Function version = latest;
  version.version = std::to_string(latest.last_version);
  version.published_from = latest.content();
  version.last_version = 0;
  version.reserved_concurrency.reset();
  version.tags.clear();
  version.policy.clear();
  version.policy_revision_id.clear();
  version.revision_id = core::uuid4(scope.environment.random);
  version.generation = version.revision_id;
  if (description) version.description = std::move(*description);
  return scope.functions.publish(std::move(latest), std::move(version));
}

Reply publish_version(Scope& scope, const json::object& input) {
  const FunctionPtr before = require_latest(scope, input);
  check_revision(input, before->revision_id);
  const UpdateGuard guard(scope, before->name);
  if (const auto hash = json::find_string(input, "CodeSha256");
      hash && !hash->empty() && *hash != before->code_sha256) {
    throw errors::invalid_parameter(fmt::format(
        "CodeSHA256 ({}) is different from current CodeSHA256 in $LATEST ({}). Please try again "
        "with the CodeSHA256 in $LATEST.",
        *hash, before->code_sha256));
  }
  if (const FunctionPtr same = published_already(scope, *before)) {
    return function_configuration(scope, *same, same->version);
  }
  Function latest = *before;
  latest.revision_id = core::uuid4(scope.environment.random);
  const FunctionPtr published =
      put_latest(scope, std::move(latest), Publish::kYes, json::find_string(input, "Description"));
  return function_configuration(scope, *published, published->version);
}

Reply list_versions_by_function(Scope& scope, const json::object& input) {
  const FunctionPtr latest = require_latest(scope, input);
  service::Page page(kPages, input, "Versions");
  const auto add = [&](std::int64_t number, const Function& version) {
    return page.add(service::sortable(number),
                    [&] { return function_configuration(scope, version, version.version); });
  };
  bool room = add(0, *latest);
  for (const auto& [number, version] : scope.functions.versions(latest->name)) {
    if (room) room = add(number, *version);
  }
  return std::move(page).finish();
}

}  // namespace tandem::lambda::api
