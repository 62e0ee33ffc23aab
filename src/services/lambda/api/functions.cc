// CreateFunction, UpdateFunctionCode, UpdateFunctionConfiguration, DeleteFunction.
#include "core/ids.h"
#include "services/lambda/api/operations.h"
#include "services/lambda/errors.h"
#include "services/lambda/model/rules.h"
#include "services/lambda/model/tags.h"

namespace tandem::lambda::api {
namespace {

void set_code(Function& function, CodePackage package) {
  function.code_id = std::move(package.code_id);
  function.code_sha256 = std::move(package.sha256);
  function.code_size = package.size;
  function.code_outline = std::move(package.outline);
  function.code_digest = std::move(package.digest);
}

/// New revision; with it, instances of the old one are retired.
void touch(const Scope& scope, Function& function) {
  function.last_modified = last_modified_text(scope.environment.clock.now_ms());
  function.revision_id = core::uuid4(scope.environment.random);
  function.generation = function.revision_id;
}

/// Gives the function's record its new package. When that fails nobody owns the package.
FunctionPtr put_with_package(Scope& scope, Function function) {
  const std::string code_id = function.code_id;
  try {
    return scope.functions.put(std::move(function));
  } catch (const store::StoreError&) {
    scope.code.discard(code_id);
    throw;
  }
}

Task<void> sweep(Scope& scope) {
  const Executor* executor = &scope.executor;
  co_await scope.code.sweep(
      [executor](const std::string& code_id) { return executor->uses_code(code_id); });
}

/// The state in which AWS answers: the change is under way, and done a moment later.
json::object creating(const Function& function) {
  json::object configuration = function.configuration();
  configuration["State"] = "Pending";
  configuration["StateReason"] = "The function is being created.";
  configuration["StateReasonCode"] = "Creating";
  configuration.erase("LastUpdateStatus");
  return configuration;
}

json::object updating(const Function& function) {
  json::object configuration = function.configuration();
  configuration["LastUpdateStatus"] = "InProgress";
  configuration["LastUpdateStatusReason"] = "The function is being created.";
  configuration["LastUpdateStatusReasonCode"] = "Creating";
  return configuration;
}

}  // namespace

Task<Reply> create_function(Scope& scope, json::object input) {
  const FunctionReference reference =
      parse_reference(json::string_or(input, "FunctionName"), "", scope.environment.region,
                      scope.environment.account());
  constexpr std::size_t kNameBytes = 64;
  if (reference.name.size() > kNameBytes) {
    throw errors::user(400, "ValidationException",
                       fmt::format("1 validation error detected: Value '{}' at 'functionName' "
                                   "failed to satisfy constraint: Member must have length less "
                                   "than or equal to 64",
                                   reference.name));
  }
  if (scope.functions.find(reference.name) != nullptr) {
    throw errors::conflict("Function already exist: " + reference.name);
  }
  const UpdateGuard guard(scope, reference.name);
  Function function;
  function.name = reference.name;
  function.arn = scope.arn(reference.name);
  apply_configuration(input, Change::kCreate, function);
  function.tags =
      service::tag_set(kTagRules, json::find(input, "Tags"), service::TagSource::kCaller).map();

  // Moved: a package of 50 MB is in it as text.
  json::object code;
  json::value* given = input.if_contains("Code");
  if (given != nullptr && given->is_object()) code = std::move(given->get_object());
  std::string archive = co_await read_package(scope, std::move(code), "CreateFunction");
  CodePackage package = co_await scope.code.unpack(std::move(archive));
  set_code(function, std::move(package));
  touch(scope, function);
  const FunctionPtr created = put_with_package(scope, std::move(function));
  co_return Reply(creating(*created));
}

Task<Reply> update_function_code(Scope& scope, json::object input) {
  const FunctionPtr before = require_function(scope, input);
  check_revision(input, before->revision_id);
  refuse_unimplemented(input);
  const UpdateGuard guard(scope, before->name);
  const bool dry_run = json::bool_or(input, "DryRun", false);
  std::string archive = co_await read_package(scope, std::move(input), "UpdateFunctionCode");
  Function function = *before;
  if (dry_run) {
    CodePackage package = co_await scope.code.inspect(std::move(archive));
    package.code_id = function.code_id;
    set_code(function, std::move(package));
    co_return Reply(function.configuration());
  }
  CodePackage package = co_await scope.code.unpack(std::move(archive));
  const FunctionPtr now = scope.functions.find(before->name);
  if (now == nullptr) {  // deleted meanwhile
    scope.code.discard(package.code_id);
    co_await sweep(scope);
    throw errors::function_not_found(before->arn);
  }
  function = *now;
  set_code(function, std::move(package));
  touch(scope, function);
  const FunctionPtr updated = put_with_package(scope, std::move(function));
  scope.code.discard(now->code_id);
  scope.watch.forget(now->code_id);
  scope.executor.retire(updated->name);
  co_await sweep(scope);
  co_return Reply(updating(*updated));
}

Task<Reply> update_function_configuration(Scope& scope, json::object input) {
  const FunctionPtr before = require_function(scope, input);
  check_revision(input, before->revision_id);
  const UpdateGuard guard(scope, before->name);
  Function function = *before;
  apply_configuration(input, Change::kUpdate, function);
  touch(scope, function);
  const FunctionPtr updated = scope.functions.put(std::move(function));
  scope.executor.retire(updated->name);
  co_await sweep(scope);
  co_return Reply(updating(*updated));
}

Task<Reply> delete_function(Scope& scope, json::object input) {
  const FunctionPtr function = require_function(scope, input);
  if (input.contains("Qualifier")) {
    throw errors::invalid_parameter(
        "$LATEST version cannot be deleted without deleting the "
        "function.");
  }
  scope.functions.erase(function->name);
  scope.executor.retire(function->name);
  scope.credentials.forget(function->name);
  scope.code.discard(function->code_id);
  scope.watch.forget(function->code_id);
  co_await sweep(scope);
  co_return Reply();
}

}  // namespace tandem::lambda::api
