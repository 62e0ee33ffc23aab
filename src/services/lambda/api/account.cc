// GetAccountSettings, and what tools ask about of which there is none here: code signing and
// provisioned concurrency.
#include "services/lambda/api/operations.h"
#include "services/lambda/api/pages.h"
#include "services/lambda/errors.h"
#include "services/lambda/model/rules.h"

namespace tandem::lambda::api {

std::int64_t code_in_use(const Scope& scope) {
  std::int64_t bytes = 0;
  for (const FunctionPtr& function : scope.functions.everything()) bytes += function->code_size;
  return bytes + scope.layers.code_size();
}

void require_storage(const Scope& scope, std::int64_t more) {
  if (code_in_use(scope) + more <= kCodeStorageBytes) return;
  throw errors::user(400, "CodeStorageExceededException", "Code storage limit exceeded.");
}

Reply get_account_settings(Scope& scope, const json::object&) {
  const int reserved = scope.functions.reserved_elsewhere("");
  json::object limit;
  limit["TotalCodeSize"] = kCodeStorageBytes;
  limit["CodeSizeUnzipped"] = kUnzippedBytes;
  limit["CodeSizeZipped"] = kZipUploadBytes;
  limit["ConcurrentExecutions"] = kAccountConcurrency;
  limit["UnreservedConcurrentExecutions"] = kAccountConcurrency - reserved;
  json::object usage;
  usage["TotalCodeSize"] = code_in_use(scope);
  usage["FunctionCount"] = scope.functions.all().size();
  json::object out;
  out["AccountLimit"] = std::move(limit);
  out["AccountUsage"] = std::move(usage);
  return out;
}

Reply get_function_code_signing_config(Scope& scope, const json::object& input) {
  return json::object{{"FunctionName", require_latest(scope, input)->name}};
}

Reply get_provisioned_concurrency_config(Scope& scope, const json::object& input) {
  const FunctionReference named = reference_in(scope, input);
  if (named.qualifier.empty() || named.qualifier == kLatest) {
    throw errors::invalid_parameter(
        "The function resource provided must be an alias or a published version.");
  }
  if (scope.functions.find(named.name, named.qualifier) == nullptr) {
    const std::string arn = scope.arn(named.name, named.qualifier);
    throw is_alias_name(named.qualifier) ? errors::alias_not_found(arn)
                                         : errors::function_not_found(arn);
  }
  throw errors::user(404, "ProvisionedConcurrencyConfigNotFoundException",
                     "No Provisioned Concurrency Config found for this function");
}

Reply list_provisioned_concurrency_configs(Scope& scope, const json::object& input) {
  require_latest(scope, input);
  service::Page page(kPages, input, "ProvisionedConcurrencyConfigs");
  return std::move(page).finish();
}

}  // namespace tandem::lambda::api
