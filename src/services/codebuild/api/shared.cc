#include "aws/arn.h"
#include "services/codebuild/api/operations.h"
#include "services/codebuild/errors.h"
#include "services/codebuild/model/project.h"

namespace tandem::codebuild::api {
namespace {

/// The part of an ARN behind its kind, or the text itself.
std::string_view name_in(std::string_view name_or_arn, std::string_view kind) {
  if (!name_or_arn.starts_with("arn:")) return name_or_arn;
  const std::size_t at = name_or_arn.find(kind);
  return at == std::string_view::npos ? name_or_arn : name_or_arn.substr(at + kind.size());
}

}  // namespace

const service::PageStyle kPages{.token = "nextToken",
                                .next = "nextToken",
                                .limit = "",
                                .usual = 100,
                                .invalid = errors::invalid_next_token};

std::string Scope::project_arn(std::string_view name) const {
  return codebuild::project_arn(environment.region, environment.account(), name);
}

std::string Scope::build_arn(std::string_view id) const {
  return aws::make_arn("codebuild", environment.region, environment.account(),
                       fmt::format("build/{}", id));
}

std::string name_of_project(std::string_view name_or_arn) {
  return std::string(name_in(name_or_arn, ":project/"));
}

json::object require_project(const Scope& scope, std::string_view name_or_arn) {
  const std::string name = name_of_project(name_or_arn);
  auto document = scope.builds.project(name);
  if (!document) throw errors::project_not_found(scope.project_arn(name));
  return std::move(*document);
}

std::string id_of_build(std::string_view id_or_arn) {
  const std::string_view id = name_in(id_or_arn, ":build/");
  const std::size_t colon = id.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == id.size()) {
    throw errors::invalid_input(fmt::format("Invalid build ID: {}", id_or_arn));
  }
  return std::string(id);
}

}  // namespace tandem::codebuild::api
