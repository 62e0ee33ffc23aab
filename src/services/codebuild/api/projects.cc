// CreateProject, UpdateProject, DeleteProject, BatchGetProjects, ListProjects,
// ListCuratedEnvironmentImages.
#include <algorithm>

#include "services/codebuild/api/operations.h"
#include "services/codebuild/errors.h"
#include "services/codebuild/model/images.h"
#include "services/codebuild/model/phase.h"
#include "services/codebuild/model/project.h"

namespace tandem::codebuild::api {
namespace {

/// "Quotas for CodeBuild": build projects in a region.
constexpr std::size_t kProjects = 5'000;

json::object shown(const json::object& document) {
  json::object project = document.at("project").as_object();
  const json::value* tags = json::find(document, "tags");
  project["tags"] = shown_tags(service::TagSet(kTagRules, tags));
  return project;
}

bool is_empty(const json::value& value) {
  if (const auto* text = value.if_string()) return text->empty();
  if (const auto* list = value.if_array()) return list->empty();
  return false;
}

/// A member that is given replaces what was there, an empty one takes it away.
void apply(json::object& project, const json::object& input) {
  for (const auto& [name, value] : input) {
    const std::string_view member = name;
    if (member == "name" || member == "tags" || member == "badgeEnabled" || value.is_null()) {
      continue;
    }
    const auto* number = value.if_int64();
    const bool unlimited = member == "concurrentBuildLimit" && number != nullptr && *number == -1;
    if (is_empty(value) || unlimited) {
      project.erase(name);
    } else {
      project[name] = value;
    }
  }
}

json::object save(Scope& scope, const std::string& name, json::object project,
                  const service::TagSet& tags) {
  json::object document{{"project", std::move(project)}, {"tags", tags.map()}};
  scope.builds.put_project(name, document);
  return {{"project", shown(document)}};
}

/// As it is to be after UpdateProject.
json::object updated(const Scope& scope, const json::object& document, const json::object& input) {
  json::object project = document.at("project").as_object();
  apply(project, input);
  return complete_project(std::move(project), scope.environment.region,
                          scope.environment.account());
}

/// While nobody can tell, the role is taken. CodeBuild user guide, "Troubleshooting".
Task<void> require_role(Scope& scope, std::string role_arn) {
  const auto answer = co_await scope.roles.may_assume(role_arn, "codebuild.amazonaws.com");
  if (answer == service::Roles::Answer::kNo) {
    throw errors::invalid_input(
        fmt::format("CodeBuild is not authorized to perform: sts:AssumeRole on {}", role_arn));
  }
}

}  // namespace

Task<service::Reply> create_project(Scope& scope, service::RequestContext& request,
                                    json::object input) {
  const std::string name = json::string_or(input, "name");
  json::object project{{"name", name}, {"arn", scope.project_arn(name)}};
  apply(project, input);
  project =
      complete_project(std::move(project), scope.environment.region, scope.environment.account());
  const service::TagSet tags = given_tags(input, service::tag_source(request));
  co_await require_role(scope, json::string_or(project, "serviceRole"));
  if (scope.builds.project(name)) throw errors::project_exists(scope.project_arn(name));
  if (scope.builds.projects().size() >= kProjects) {
    throw errors::limit_exceeded(
        fmt::format("Cannot have more than {} projects for the account", kProjects));
  }
  const double now = seconds_of(scope.now_ms());
  project["created"] = now;
  project["lastModified"] = now;
  project["badge"] = json::object{{"badgeEnabled", false}};
  project["projectVisibility"] = "PRIVATE";
  co_return save(scope, name, std::move(project), tags);
}

Task<service::Reply> update_project(Scope& scope, service::RequestContext& request,
                                    json::object input) {
  const std::string name = name_of_project(json::string_or(input, "name"));
  const json::object wanted = updated(scope, require_project(scope, name), input);
  if (!json::string_or(input, "serviceRole").empty()) {
    co_await require_role(scope, json::string_or(wanted, "serviceRole"));
  }
  // It may have changed meanwhile.
  const json::object document = require_project(scope, name);
  json::object project = updated(scope, document, input);
  project["lastModified"] = seconds_of(scope.now_ms());
  const bool retagged = json::find_array(input, "tags") != nullptr;
  const service::TagSet tags = retagged ? given_tags(input, service::tag_source(request))
                                        : service::TagSet(kTagRules, json::find(document, "tags"));
  co_return save(scope, name, std::move(project), tags);
}

/// Its builds stay, and what is not there is deleted well.
json::object delete_project(Scope& scope, const json::object& input) {
  const std::string name = name_of_project(json::string_or(input, "name"));
  if (scope.builds.project(name)) scope.builds.erase_project(name);
  return {};
}

json::object batch_get_projects(Scope& scope, const json::object& input) {
  json::array found;
  json::array missing;
  const auto* names = json::find_array(input, "names");
  for (const json::value& each : names != nullptr ? *names : json::array()) {
    const std::string given = json::to_std(each);
    if (const auto document = scope.builds.project(name_of_project(given))) {
      found.push_back(shown(*document));
    } else {
      missing.push_back(json::string(given));
    }
  }
  return {{"projects", std::move(found)}, {"projectsNotFound", std::move(missing)}};
}

json::object list_projects(Scope& scope, const json::object& input) {
  const std::string by = json::string_or(input, "sortBy", "NAME");
  const bool descending = json::string_or(input, "sortOrder", "ASCENDING") == "DESCENDING";
  std::vector<std::pair<std::string, std::string>> keyed;
  for (const auto& [name, document] : scope.builds.projects()) {
    const json::object& project = document.at("project").as_object();
    const std::string_view member = by == "CREATED_TIME" ? "created" : "lastModified";
    const double at = json::find_number(project, member).value_or(0);
    keyed.emplace_back(
        by == "NAME" ? name : service::sortable(static_cast<std::int64_t>(at * 1000)) + '/' + name,
        name);
  }
  std::sort(keyed.begin(), keyed.end());
  if (descending) std::reverse(keyed.begin(), keyed.end());
  service::Page page(
      kPages, input, "projects",
      descending ? service::Page::Order::kDescending : service::Page::Order::kAscending);
  for (const auto& [key, name] : keyed) {
    if (!page.add(key, [&, shown_name = name] { return json::string(shown_name); })) break;
  }
  return std::move(page).finish();
}

json::object list_curated_environment_images(Scope&, const json::object&) {
  return {{"platforms", curated_platforms()}};
}

}  // namespace tandem::codebuild::api
