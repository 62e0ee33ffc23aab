// StopBuild, BatchGetBuilds, ListBuilds, ListBuildsForProject, BatchDeleteBuilds.
#include <algorithm>

#include "services/codebuild/api/operations.h"
#include "services/codebuild/errors.h"

namespace tandem::codebuild::api {
namespace {

json::object listed(const Scope& scope, const json::object& input, std::string_view project) {
  const bool descending = json::string_or(input, "sortOrder", "DESCENDING") == "DESCENDING";
  auto all = scope.builds.started();
  if (descending) std::reverse(all.begin(), all.end());
  service::Page page(
      kPages, input, "ids",
      descending ? service::Page::Order::kDescending : service::Page::Order::kAscending);
  for (const auto& each : all) {
    if (!project.empty() && each.id.substr(0, each.id.rfind(':')) != project) continue;
    if (!page.add(each.key, [&] { return json::string(each.id); })) break;
  }
  return std::move(page).finish();
}

template <class Take>
void for_each_id(const json::object& input, const Take& take) {
  const auto* ids = json::find_array(input, "ids");
  for (const json::value& each : ids != nullptr ? *ids : json::array()) take(json::to_std(each));
}

}  // namespace

json::object stop_build(Scope& scope, const json::object& input) {
  const std::string id = id_of_build(json::string_or(input, "id"));
  if (!scope.builds.build(id)) throw errors::build_not_found(scope.build_arn(id));
  scope.builder.end(id);
  const auto record = scope.builds.build(id);
  return {{"build", record ? record->build : json::object()}};
}

json::object batch_get_builds(Scope& scope, const json::object& input) {
  json::array found;
  json::array missing;
  for_each_id(input, [&](const std::string& given) {
    const auto record = scope.builds.build(id_of_build(given));
    if (record) {
      found.push_back(record->build);
    } else {
      missing.push_back(json::string(given));
    }
  });
  return {{"builds", std::move(found)}, {"buildsNotFound", std::move(missing)}};
}

json::object list_builds(Scope& scope, const json::object& input) {
  return listed(scope, input, "");
}

json::object list_builds_for_project(Scope& scope, const json::object& input) {
  const std::string name = name_of_project(json::string_or(input, "projectName"));
  require_project(scope, name);
  return listed(scope, input, name);
}

json::object batch_delete_builds(Scope& scope, const json::object& input) {
  json::array deleted;
  json::array kept;
  for_each_id(input, [&](const std::string& given) {
    const std::string id = id_of_build(given);
    const auto record = scope.builds.build(id);
    if (!record) {
      kept.push_back({{"id", given}, {"statusCode", "BUILD_NOT_FOUND"}});
    } else if (!record->complete() || scope.builder.goes_on(id)) {
      kept.push_back({{"id", given}, {"statusCode", "BUILD_IN_PROGRESS"}});
    } else {
      scope.builds.erase(*record);
      deleted.push_back(json::string(scope.build_arn(id)));
    }
  });
  return {{"buildsDeleted", std::move(deleted)}, {"buildsNotDeleted", std::move(kept)}};
}

}  // namespace tandem::codebuild::api
