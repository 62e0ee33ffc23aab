// Lambda's operations and what they share.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "service/dispatch.h"
#include "service/environment.h"
#include "service/operation.h"
#include "services/lambda/code/code_store.h"
#include "services/lambda/code/code_watch.h"
#include "services/lambda/code/downloads.h"
#include "services/lambda/credentials.h"
#include "services/lambda/exec/async_queue.h"
#include "services/lambda/exec/executor.h"
#include "services/lambda/exec/runner.h"
#include "services/lambda/function_table.h"
#include "services/lambda/layer_table.h"
#include "services/lambda/model/name.h"
#include "services/lambda/ports.h"

namespace tandem::lambda::api {

/// What operations work on. Owned by the service.
struct Scope {
  const service::Environment& environment;
  ObjectSource& objects;
  service::Roles& roles;
  FunctionTable& functions;
  LayerTable& layers;
  const std::filesystem::path& code_folder;
  CodeStore& code;
  Downloads& downloads;
  CodeWatch& watch;
  Executor& executor;
  Runner& runner;
  AsyncQueue& queue;
  RoleCredentials& credentials;
  RuntimePrograms* runtimes;       ///< null: programs are not this machine's
  std::set<std::string> updating;  ///< functions whose code or configuration is being changed

  std::string arn(std::string_view name, std::string_view qualifier = "") const {
    std::string arn = function_arn(environment.region, environment.account(), name);
    return qualifier.empty() ? arn : arn + ':' + std::string(qualifier);
  }
};

using Reply = service::Reply;
using Context = service::RequestContext;

/// Every operation, with the members it honours.
std::vector<service::Operation> table(Scope& scope);

Task<Reply> create_function(Scope& scope, json::object input);
Task<Reply> update_function_code(Scope& scope, json::object input);
Task<Reply> update_function_configuration(Scope& scope, json::object input);
Task<Reply> delete_function(Scope& scope, json::object input);
/// Removes packages that nothing refers to and nobody runs any more.
Task<void> sweep(Scope& scope);

Reply publish_version(Scope& scope, const json::object& input);
Reply list_versions_by_function(Scope& scope, const json::object& input);
/// Puts a new $LATEST. With Publish::kYes it is published, too, unless it is what was published
/// last: then that version is the answer. Throws StoreError, and nothing has changed.
enum class Publish { kNo, kYes };
FunctionPtr put_latest(Scope& scope, Function latest, Publish publish,
                       std::optional<std::string> description = {});
/// New revision; with it, instances of the old one are retired.
void touch(const Scope& scope, Function& function);

Task<Reply> invoke(Scope& scope, Context& context, json::object input);
Task<Reply> invoke_with_response_stream(Scope& scope, Context& context, json::object input);

/// FunctionConfiguration, with the ARN that ends with the qualifier when there is one, and with
/// what is known of the code on the disk.
json::object function_configuration(const Scope& scope, const Function& function,
                                    std::string_view qualifier);

/// These look at the code on the disk, too.
Task<Reply> get_function(Scope& scope, json::object input);
Task<Reply> get_function_configuration(Scope& scope, json::object input);
Reply list_functions(Scope& scope, const json::object& input);

Reply create_alias(Scope& scope, const json::object& input);
Reply get_alias(Scope& scope, const json::object& input);
Reply update_alias(Scope& scope, const json::object& input);
Reply delete_alias(Scope& scope, const json::object& input);
Reply list_aliases(Scope& scope, const json::object& input);

Task<Reply> publish_layer_version(Scope& scope, json::object input);
Task<Reply> get_layer_version(Scope& scope, json::object input);
Task<Reply> get_layer_version_by_arn(Scope& scope, json::object input);
Reply list_layers(Scope& scope, const json::object& input);
Reply list_layer_versions(Scope& scope, const json::object& input);
Task<Reply> delete_layer_version(Scope& scope, json::object input);
Reply add_layer_version_permission(Scope& scope, const json::object& input);
Reply remove_layer_version_permission(Scope& scope, const json::object& input);
Reply get_layer_version_policy(Scope& scope, const json::object& input);
/// The layer of this region that LayerName means, by its name or ARN.
std::string layer_of(const Scope& scope, const json::object& input);
std::int64_t layer_number(const json::object& input);
/// Layers of a function's configuration as its record holds them; nothing when they are not given.
std::optional<json::array> layers_in(const Scope& scope, const json::object& input);
/// Throws InvalidParameterValueException when a package and its layers are too large together.
Task<void> require_fit(Scope& scope, std::string code_id, json::array layers);

Reply get_account_settings(Scope& scope, const json::object& input);
Reply get_function_code_signing_config(Scope& scope, const json::object& input);
Reply get_provisioned_concurrency_config(Scope& scope, const json::object& input);
Reply list_provisioned_concurrency_configs(Scope& scope, const json::object& input);
/// Throws CodeStorageExceededException when so much more does not fit.
void require_storage(const Scope& scope, std::int64_t more);

Reply put_function_event_invoke_config(Scope& scope, const json::object& input);
Reply update_function_event_invoke_config(Scope& scope, const json::object& input);
Reply get_function_event_invoke_config(Scope& scope, const json::object& input);
Reply delete_function_event_invoke_config(Scope& scope, const json::object& input);
Reply list_function_event_invoke_configs(Scope& scope, const json::object& input);

Reply add_permission(Scope& scope, const json::object& input);
Reply remove_permission(Scope& scope, const json::object& input);
Reply get_policy(Scope& scope, const json::object& input);

Reply tag_resource(Scope& scope, const json::object& input);
Reply untag_resource(Scope& scope, const json::object& input);
Reply list_tags(Scope& scope, const json::object& input);

Reply put_function_concurrency(Scope& scope, const json::object& input);
Reply get_function_concurrency(Scope& scope, const json::object& input);
Reply delete_function_concurrency(Scope& scope, const json::object& input);

/// The version of a function that a request names by FunctionName and Qualifier. Throws
/// ResourceNotFoundException.
FunctionPtr require_function(const Scope& scope, const FunctionReference& named);
FunctionPtr require_function(const Scope& scope, const json::object& input);
/// The same where versions cannot be meant.
FunctionPtr require_latest(const Scope& scope, const json::object& input);
/// Throws as parse_reference() does.
FunctionReference reference_in(const Scope& scope, std::string_view name,
                               std::string_view qualifier);
FunctionReference reference_in(const Scope& scope, const json::object& input);
/// What is to be invoked.
struct Asked {
  FunctionReference named;
  FunctionPtr function;
};
/// The statements that let others invoke what is named; each qualifier has its own.
const json::array& policy_of(const Scope& scope, const FunctionReference& named);
/// For callers within the region; name may be an ARN. Nothing when there is none.
std::optional<Asked> find_invoked(const Scope& scope, std::string_view name);
/// Throws PreconditionFailedException when input's RevisionId is not current.
void check_revision(const json::object& input, const std::string& current);

/// Marks a function as being updated for as long as it lives. Throws ResourceConflictException when
/// it already is.
class UpdateGuard {
 public:
  UpdateGuard(Scope& scope, std::string name);
  ~UpdateGuard() { scope_.updating.erase(name_); }
  UpdateGuard(const UpdateGuard&) = delete;
  UpdateGuard& operator=(const UpdateGuard&) = delete;

 private:
  Scope& scope_;
  std::string name_;
};

/// Input's configuration members, checked, over what function has. creating: defaults are set and
/// required members demanded. True when instances must be replaced.
enum class Change { kCreate, kUpdate };
void apply_configuration(const json::object& input, Change change, Function& function);
/// Members that are accepted only with the value that means "not used".
void refuse_unimplemented(const json::object& input);

/// Input's Architectures, which is one; current when it has none.
std::string architecture_of(const json::object& input, const std::string& current);

/// Throws InvalidParameterValueException, which says what to install, when nothing on this machine
/// runs the runtime's functions.
Task<void> require_program(Scope& scope, std::string runtime);

/// Throws InvalidParameterValueException when Lambda may not assume the role. While nobody can tell
/// it is taken.
Task<void> require_role(Scope& scope, std::string role_arn);

/// The package's bytes, from ZipFile or from S3.
Task<std::string> read_package(Scope& scope, json::object code);

}  // namespace tandem::lambda::api
