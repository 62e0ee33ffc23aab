#include <fmt/format.h>

#include "aws/arn.h"
#include "core/ids.h"
#include "core/text.h"
#include "services/iam/api/operations.h"
#include "services/iam/errors.h"

namespace tandem::iam::api {

std::string unique_id(const Scope& scope, std::string_view prefix) {
  return std::string(prefix) + core::random_text(scope.environment.random, 17, core::kUpperAlnum);
}

std::string entity_arn(const Scope& scope, std::string_view kind, std::string_view path,
                       std::string_view name) {
  return aws::make_arn("iam", "", scope.environment.account(),
                       fmt::format("{}{}{}", kind, path, name));
}

std::string name_of(const json::object& input, std::string_view member) {
  return json::string_or(input, member);
}

std::string encoded_document(const json::object& from, std::string_view member) {
  return core::percent_encode(json::string_or(from, member));
}

void refuse_with_policies(const json::object& entity) {
  const auto* attached = json::find_array(entity, "Attached");
  if (attached != nullptr && !attached->empty()) {
    throw errors::delete_conflict("Cannot delete entity, must detach all policies first.");
  }
  const auto* policies = json::find_object(entity, "Policies");
  if (policies != nullptr && !policies->empty()) {
    throw errors::delete_conflict("Cannot delete entity, must delete policies first.");
  }
}

void refuse_service_linked(const json::object& role) {
  if (!json::string_or(role, "Path").starts_with(kServiceLinkedPath)) return;
  throw errors::unmodifiable(json::string_or(role, "RoleName"));
}

}  // namespace tandem::iam::api
