// The operations of the service: operations.cc holds the table, each group has a file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "aws/api.h"
#include "service/operation.h"
#include "services/cloudformation/engine/engine.h"
#include "services/cloudformation/ports.h"

namespace tandem::cloudformation {

class Operations {
 public:
  /// Borrows both.
  Operations(Engine& engine, aws::Api& api, CloudFormationPorts ports)
      : engine_(engine), api_(api), ports_(std::move(ports)) {}

  /// Handlers refer to this object.
  std::vector<service::Operation> table();

 private:
  using Context = service::RequestContext;
  using Reply = service::Reply;

  std::vector<service::Operation> stack_rows();
  std::vector<service::Operation> recovery_rows();
  std::vector<service::Operation> describing_rows();
  std::vector<service::Operation> template_rows();
  std::vector<service::Operation> change_set_rows();

  Task<Reply> create_stack(Context& context, json::object input);
  Task<Reply> update_stack(Context& context, json::object input);
  Task<Reply> delete_stack(Context& context, json::object input);
  /// RetainResources. Throws when the stack may not be deleted.
  std::set<std::string> check_deletable(const json::object& input, const StackRecord& stack) const;
  json::object update_termination_protection(const json::object& input);

  json::object cancel_update_stack(const json::object& input);
  Task<Reply> continue_update_rollback(Context& context, json::object input);
  Task<Reply> rollback_stack(Context& context, json::object input);
  Task<Reply> set_stack_policy(Context& context, json::object input);
  json::object get_stack_policy(const json::object& input);

  json::object describe_stacks(const json::object& input);
  json::object list_stacks(const json::object& input);
  json::object describe_stack_events(const json::object& input);
  json::object describe_stack_resource(const json::object& input);
  json::object describe_stack_resources(const json::object& input);
  json::object list_stack_resources(const json::object& input);
  json::object list_exports(const json::object& input);
  json::object list_imports(const json::object& input);

  json::object get_template(const json::object& input);
  /// For an import: by which properties the resources of each type are told.
  json::array identifiers_of(const Template& source) const;
  Task<Reply> get_template_summary(Context& context, json::object input);
  Task<Reply> validate_template(Context& context, json::object input);

  Task<Reply> create_change_set(Context& context, json::object input);
  json::object describe_change_set(const json::object& input);
  /// Answers when the stack is at rest, or after a moment: see there.
  Task<Reply> execute_change_set(Context& context, json::object input);
  StackPtr begin_change_set(Context& context, const json::object& input);
  json::object delete_change_set(const json::object& input);
  json::object list_change_sets(const json::object& input);

  /// The template a request names: body, URL, or the stack's own (UsePreviousTemplate).
  Task<std::string> template_text(json::object input, StackPtr previous, std::string caller);
  /// An object of S3 by its URL. Throws as TemplateURL is refused.
  Task<std::string> text_at(std::string url, std::string caller);

  /// Throws unless the role is there and lets CloudFormation in. An empty one is none.
  Task<void> require_assumable(std::string role_arn);
  /// RoleARN of the request, or of the stack's last operations.
  static std::string role_of(const json::object& input, const StackRecord* stack);
  /// From here on the stack's calls are the role's, or without one the caller's.
  static void act_for(const Context& context, std::string role_arn, StackRecord& stack);

  /// Stack policies that a request gives; nothing: none.
  struct Policies {
    std::optional<std::string> own;
    std::optional<std::string> during_update;
  };
  Task<Policies> policies(json::object input, std::string caller);
  /// member: "StackPolicy" or "StackPolicyDuringUpdate".
  Task<std::optional<std::string>> policy_text(json::object input, std::string member,
                                               std::string caller);
  static void check_policies(const Policies& given, const Template& source);

  /// The stack that is to be changed. Throws "Stack [X] does not exist".
  StackPtr find_changed(const json::object& input) const;
  /// Whether the stack's last operation was this very request. Throws when its token was for
  /// another operation.
  static bool is_repeated(const json::object& input, const StackRecord& stack,
                          std::string_view operation);

  /// What the stack is to become. Everything AWS checks before it answers is checked.
  struct Wanted {
    Definition definition;
    std::unique_ptr<Resolution> resolution;
  };
  Wanted wanted(const json::object& input, std::string text, const StackRecord& stack,
                const StackRecord* deployed) const;
  /// What becomes of the stack: computed here once, shown and carried out.
  Plan plan(const StackRecord& stack, const Definition& definition,
            const Resolution& resolution) const;
  /// Logical id → primary identifier.
  using Importing = std::map<std::string, std::string, std::less<>>;
  void check_updatable(const StackRecord& stack) const;

  /// What an import change set takes in. Throws what AWS refuses at once.
  Importing importing(const json::object& input, const StackRecord& stack, const Wanted& wanted,
                      Plan& planned) const;
  bool is_owned(std::string_view type, std::string_view physical_id) const;
  /// Throws when a stack of this region has one of them.
  void check_free(const Importing& importing, const Template& source) const;
  /// Why one of them cannot be taken in; empty when all are there.
  Task<std::string> missing_import(Importing importing, const Template* source);

  struct FoundChangeSet {
    StackPtr stack;
    std::string key;
    json::object document;
  };
  /// There is one of that name that was not executed.
  bool change_set_stands(const StackRecord& stack, std::string_view name);
  FoundChangeSet find_change_set(const json::object& input);
  Plan plan_of(const FoundChangeSet& found, const Definition& definition) const;
  ExecutionStatus execution_status(const FoundChangeSet& found) const;
  void erase_change_sets(const StackRecord& stack, std::string_view except);

  Engine& engine_;
  aws::Api& api_;
  CloudFormationPorts ports_;
};

}  // namespace tandem::cloudformation
