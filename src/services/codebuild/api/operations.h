// The operations of CodeBuild and what they share.
#pragma once

#include <string>
#include <string_view>

#include "core/json.h"
#include "service/environment.h"
#include "service/operation.h"
#include "service/page.h"
#include "services/codebuild/engine/builder.h"
#include "services/codebuild/store/build_store.h"

namespace tandem::codebuild::api {

/// What every operation works on.
struct Scope {
  const service::Environment& environment;
  BuildStore& builds;
  Builder& builder;
  service::Roles& roles;

  std::int64_t now_ms() const { return environment.clock.now_ms(); }
  std::string project_arn(std::string_view name) const;
  std::string build_arn(std::string_view id) const;
};

Task<service::Reply> create_project(Scope& scope, service::RequestContext& request,
                                    json::object input);
Task<service::Reply> update_project(Scope& scope, service::RequestContext& request,
                                    json::object input);
json::object delete_project(Scope& scope, const json::object& input);
json::object batch_get_projects(Scope& scope, const json::object& input);
json::object list_projects(Scope& scope, const json::object& input);
json::object list_curated_environment_images(Scope& scope, const json::object& input);

json::object start_build(Scope& scope, service::RequestContext& request, const json::object& input);
json::object retry_build(Scope& scope, service::RequestContext& request, const json::object& input);
json::object stop_build(Scope& scope, const json::object& input);
json::object batch_get_builds(Scope& scope, const json::object& input);
json::object list_builds(Scope& scope, const json::object& input);
json::object list_builds_for_project(Scope& scope, const json::object& input);
json::object batch_delete_builds(Scope& scope, const json::object& input);

/// A name or an ARN, as a name.
std::string name_of_project(std::string_view name_or_arn);
/// Throws ResourceNotFoundException.
json::object require_project(const Scope& scope, std::string_view name_or_arn);
/// "project:uuid", given so or as an ARN. Throws InvalidInputException.
std::string id_of_build(std::string_view id_or_arn);

extern const service::PageStyle kPages;

}  // namespace tandem::codebuild::api
