// Lambda's operations and what they share.
#pragma once

#include <set>
#include <string>

#include "service/dispatch.h"
#include "service/environment.h"
#include "service/operation.h"
#include "services/lambda/code/code_store.h"
#include "services/lambda/code/code_watch.h"
#include "services/lambda/credentials.h"
#include "services/lambda/exec/async_queue.h"
#include "services/lambda/exec/executor.h"
#include "services/lambda/exec/runner.h"
#include "services/lambda/function_table.h"
#include "services/lambda/model/name.h"
#include "services/lambda/ports.h"

namespace tandem::lambda::api {

/// What operations work on. Owned by the service.
struct Scope {
  const service::Environment& environment;
  ObjectSource& objects;
  FunctionTable& functions;
  CodeStore& code;
  CodeWatch& watch;
  Executor& executor;
  Runner& runner;
  AsyncQueue& queue;
  RoleCredentials& credentials;
  std::set<std::string> updating;  ///< functions whose code or configuration is being changed

  std::string arn(std::string_view name) const {
    return function_arn(environment.region, environment.account(), name);
  }
};

using Reply = service::Reply;
using Context = service::RequestContext;

Task<Reply> create_function(Scope& scope, json::object input);
Task<Reply> update_function_code(Scope& scope, json::object input);
Task<Reply> update_function_configuration(Scope& scope, json::object input);
Task<Reply> delete_function(Scope& scope, json::object input);
Task<Reply> invoke(Scope& scope, Context& context, json::object input);

/// These look at the code on the disk, too.
Task<Reply> get_function(Scope& scope, json::object input);
Task<Reply> get_function_configuration(Scope& scope, json::object input);
Reply list_functions(Scope& scope, const json::object& input);

Reply add_permission(Scope& scope, const json::object& input);
Reply remove_permission(Scope& scope, const json::object& input);
Reply get_policy(Scope& scope, const json::object& input);

Reply tag_resource(Scope& scope, const json::object& input);
Reply untag_resource(Scope& scope, const json::object& input);
Reply list_tags(Scope& scope, const json::object& input);

Reply put_function_concurrency(Scope& scope, const json::object& input);
Reply get_function_concurrency(Scope& scope, const json::object& input);
Reply delete_function_concurrency(Scope& scope, const json::object& input);

/// The function a request names. Versions and aliases do not exist here, so only $LATEST is found.
/// Throws ResourceNotFoundException.
FunctionPtr require_function(const Scope& scope, std::string_view name, std::string_view qualifier);
FunctionPtr require_function(const Scope& scope, const json::object& input);
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

/// The package's bytes, from ZipFile or from S3.
Task<std::string> read_package(Scope& scope, json::object code, std::string_view operation);

}  // namespace tandem::lambda::api
