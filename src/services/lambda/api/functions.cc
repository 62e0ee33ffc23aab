// CreateFunction, UpdateFunctionCode, UpdateFunctionConfiguration, DeleteFunction.
#include "core/ids.h"
#include "services/lambda/api/operations.h"
#include "services/lambda/errors.h"
#include "services/lambda/model/alias.h"
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

/// Gives the function's record its new package. When that fails nobody owns the package.
FunctionPtr put_with_package(Scope& scope, Function function, Publish publish) {
  const std::string code_id = function.code_id;
  try {
    return put_latest(scope, std::move(function), publish);
  } catch (const store::StoreError&) {
    scope.code.discard(code_id);
    throw;
  }
}

Publish publish_of(const json::object& input) {
  return json::bool_or(input, "Publish", false) ? Publish::kYes : Publish::kNo;
}

void end_version(Scope& scope, const Function& function) {
  scope.executor.retire(function.key());
  scope.credentials.forget(function.key());
  scope.code.discard(function.code_id);
  if (!scope.functions.uses_code(function.code_id)) scope.watch.forget(function.code_id);
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

/// What an alias leads to is not deleted.
void delete_version(Scope& scope, const FunctionReference& named) {
  if (named.qualifier == kLatest) {
    throw errors::invalid_parameter(
        "$LATEST version cannot be deleted without deleting the function.");
  }
  if (scope.functions.aliases().find(named.name, named.qualifier) != nullptr) {
    throw errors::invalid_parameter("Deletion of aliases is not currently supported.");
  }
  const FunctionPtr version = require_function(scope, named);
  std::vector<std::string> users;
  for (const auto& [name, record] : scope.functions.aliases().of(named.name)) {
    if (Alias::from_record(*record).leads_to(version->version)) users.push_back(name);
  }
  if (!users.empty()) {
    throw errors::conflict(
        fmt::format("Unable to delete version because the following aliases reference it: [{}]",
                    fmt::join(users, ", ")));
  }
  scope.functions.erase_version(*version);
  end_version(scope, *version);
}

}  // namespace

void touch(const Scope& scope, Function& function) {
  function.last_modified = last_modified_text(scope.environment.clock.now_ms());
  function.revision_id = core::uuid4(scope.environment.random);
  function.generation = function.revision_id;
}

Task<void> sweep(Scope& scope) {
  const Scope* at = &scope;
  co_await scope.code.sweep([at](const std::string& code_id) {
    return at->executor.uses_code(code_id) || at->functions.uses_code(code_id) ||
           at->layers.uses_code(code_id);
  });
}

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
  function.architecture = architecture_of(input, std::string(machine_architecture()));
  function.tags =
      service::tag_set(kTagRules, json::find(input, "Tags"), service::TagSource::kCaller).map();

  // Moved: a package of 50 MB is in it as text.
  json::object code;
  json::value* given = input.if_contains("Code");
  if (given != nullptr && given->is_object()) code = std::move(given->get_object());
  std::string archive = co_await read_package(scope, std::move(code));
  require_storage(scope, static_cast<std::int64_t>(archive.size()));
  CodePackage package = co_await scope.code.unpack(std::move(archive), function.architecture);
  set_code(function, std::move(package));
  // A package that cannot be read is said before the runtime is judged.
  std::exception_ptr refused;
  try {
    apply_configuration(input, Change::kCreate, function);
    function.layers = layers_in(scope, input).value_or(json::array());
    co_await require_fit(scope, function.code_id, function.layers);
    co_await require_program(scope, function.runtime);
    co_await require_role(scope, function.role);
  } catch (...) {
    refused = std::current_exception();
    scope.code.discard(function.code_id);
  }
  if (refused) {
    co_await sweep(scope);
    std::rethrow_exception(refused);
  }
  touch(scope, function);
  const FunctionPtr created = put_with_package(scope, std::move(function), publish_of(input));
  co_return Reply(creating(*created));
}

Task<Reply> update_function_code(Scope& scope, json::object input) {
  const FunctionPtr before = require_latest(scope, input);
  check_revision(input, before->revision_id);
  refuse_unimplemented(input);
  const UpdateGuard guard(scope, before->name);
  const bool dry_run = json::bool_or(input, "DryRun", false);
  const Publish publish = publish_of(input);
  const std::string architecture = architecture_of(input, before->architecture);
  std::string archive = co_await read_package(scope, std::move(input));
  require_storage(scope, static_cast<std::int64_t>(archive.size()));
  Function function = *before;
  function.architecture = architecture;
  if (dry_run) {
    CodePackage package = co_await scope.code.inspect(std::move(archive), architecture);
    package.code_id = function.code_id;
    set_code(function, std::move(package));
    co_return Reply(function.configuration());
  }
  CodePackage package = co_await scope.code.unpack(std::move(archive), architecture);
  std::exception_ptr refused;
  try {
    co_await require_fit(scope, package.code_id, before->layers);
    require_function(scope, {before->name, ""});  // it may have been deleted meanwhile
  } catch (...) {
    refused = std::current_exception();
    scope.code.discard(package.code_id);
  }
  if (refused) {
    co_await sweep(scope);
    std::rethrow_exception(refused);
  }
  const FunctionPtr now = scope.functions.find(before->name);
  function = *now;
  function.architecture = architecture;
  set_code(function, std::move(package));
  touch(scope, function);
  const FunctionPtr updated = put_with_package(scope, std::move(function), publish);
  scope.code.discard(now->code_id);
  if (!scope.functions.uses_code(now->code_id)) scope.watch.forget(now->code_id);
  scope.executor.retire(now->key());
  co_await sweep(scope);
  json::object answer = updating(*updated);
  if (publish == Publish::kYes) answer["FunctionArn"] = updated->qualified_arn();
  co_return Reply(std::move(answer));
}

Task<Reply> update_function_configuration(Scope& scope, json::object input) {
  const FunctionPtr before = require_latest(scope, input);
  check_revision(input, before->revision_id);
  const UpdateGuard guard(scope, before->name);
  const auto layers = layers_in(scope, input);
  if (layers) co_await require_fit(scope, before->code_id, *layers);
  Function wanted = *before;
  apply_configuration(input, Change::kUpdate, wanted);
  if (wanted.runtime != before->runtime) co_await require_program(scope, wanted.runtime);
  if (input.contains("Role")) co_await require_role(scope, wanted.role);
  // Tags and the like may have changed meanwhile, or all of it may have gone.
  Function function = *require_function(scope, {before->name, ""});
  apply_configuration(input, Change::kUpdate, function);
  if (layers) function.layers = *layers;
  touch(scope, function);
  const FunctionPtr updated = scope.functions.put(std::move(function));
  scope.executor.retire(updated->key());
  co_await sweep(scope);
  co_return Reply(updating(*updated));
}

Task<Reply> delete_function(Scope& scope, json::object input) {
  const FunctionReference named = reference_in(scope, input);
  if (!named.qualifier.empty()) {
    delete_version(scope, named);
    co_await sweep(scope);
    co_return Reply();
  }
  const FunctionPtr function = require_function(scope, named);
  std::vector<FunctionPtr> all = {function};
  for (const auto& [number, version] : scope.functions.versions(function->name)) {
    all.push_back(version);
  }
  scope.functions.erase(function->name);
  for (const FunctionPtr& each : all) end_version(scope, *each);
  co_await sweep(scope);
  co_return Reply();
}

}  // namespace tandem::lambda::api
