// What is stored of a stack. A stack's secrets (NoEcho parameters, resolved properties) live here
// and in the store only; events and describing operations never show these members.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/json.h"
#include "services/cloudformation/engine/planned.h"
#include "services/cloudformation/engine/status.h"
#include "services/cloudformation/model/custom_response.h"
#include "services/cloudformation/model/parameters.h"
#include "services/cloudformation/model/template.h"

namespace tandem::cloudformation {

/// What the caller asked the stack to be.
struct Definition {
  std::string template_body;
  ParameterTexts parameters;      ///< secret
  std::set<std::string> no_echo;  ///< the parameters that are shown masked
  json::array tags;               ///< [{Key, Value}]
  std::vector<std::string> capabilities;
};

struct ResourceRecord {
  std::string logical_id;
  std::string type;
  std::string physical_id;  ///< empty until the resource exists
  /// The call that makes the resource was about to be sent; its answer is not known. physical_id
  /// may be empty when the service chooses it.
  bool uncertain = false;
  ResourceStatus status = ResourceStatus::kNone;
  std::string status_reason;
  std::int64_t updated_ms = 0;
  json::object properties;  ///< resolved, as deployed; secret
  json::object attributes;  ///< what Fn::GetAtt reads
  json::object metadata;
  std::string shown;  ///< properties as events show them, NoEcho values masked
  std::set<std::string> depends_on;
  DeletionPolicy deletion_policy = DeletionPolicy::kDelete;
  DeletionPolicy update_replace_policy = DeletionPolicy::kDelete;
  /// What an unfinished or failed update tried to deploy.
  std::optional<json::object> attempted;

  /// It exists, and was made to its end.
  bool is_deployed() const;
  /// What its attributes hold is told to the stack's resources and never shown (NoEcho of a custom
  /// resource's response).
  bool has_secret_attributes() const;
};

struct OutputRecord {
  std::string key;
  std::string value;
  std::string description;
  std::string export_name;  ///< empty: not exported
  bool operator==(const OutputRecord&) const = default;
};

enum class OnFailure { kRollback, kDelete, kDoNothing };

struct StackRecord {
  std::string id;    ///< ARN
  std::string uuid;  ///< its last part: the key of everything stored
  std::string name;
  StackStatus status = StackStatus::kNone;
  std::string status_reason;
  std::string description;
  std::int64_t created_ms = 0;
  std::int64_t updated_ms = 0;  ///< 0: never updated
  std::int64_t deleted_ms = 0;
  Definition definition;
  std::optional<Definition> previous;  ///< while an update may still be rolled back
  OnFailure on_failure = OnFailure::kRollback;
  std::int64_t timeout_minutes = 0;
  bool termination_protection = false;
  std::string change_set_id;
  std::string token;      ///< ClientRequestToken of the last operation
  std::string operation;  ///< "CreateStack", "UpdateStack" …: what token was for
  /// ARN of who asked for the last operation: what it calls, it calls on their behalf. Empty: the
  /// account's root.
  std::string caller;
  /// RoleARN: whose session this and later operations call in; empty: the caller's own.
  std::string role_arn;
  std::string operation_id;   ///< of the last operation
  std::string policy;         ///< the stack policy's text; empty: none was ever set
  std::string update_policy;  ///< what the update in progress goes by
  std::vector<OutputRecord> outputs;
  std::set<std::string> imports;
  std::set<std::string> retain;  ///< DeleteStack's RetainResources
  /// What the operation that runs carries out. Empty when none does, or what runs needs none.
  Plan plan;
  /// DeleteStack was answered while the stack was being created.
  bool delete_requested = false;
  /// CancelUpdateStack was answered while the stack was being updated.
  bool cancel_requested = false;
  /// The last update began on a stack that had failed: there is no way back to where it was whole.
  bool from_failed = false;
  std::set<std::string> skip;  ///< ContinueUpdateRollback's ResourcesToSkip
  std::map<std::string, ResourceRecord, std::less<>> resources;
  /// Physical resources to delete when the operation ends: replaced, removed or rolled back.
  std::vector<ResourceRecord> garbage;
  /// The records an update has changed, as they were; nothing for one that was new.
  std::map<std::string, std::optional<ResourceRecord>, std::less<>> before;
  std::uint64_t next_event = 0;
  std::int64_t last_event_ms = 0;  ///< events are strictly later than those before them

  bool in_progress() const;
  bool deleted() const { return status == StackStatus::kDeleteComplete; }
};

/// [{ParameterKey, ParameterValue}] as describing operations show them.
json::array shown_parameters(const Definition& definition);

json::object to_json(const Definition& definition);
Definition definition_from(const json::object& document);
json::object to_json(const ResourceRecord& resource);
ResourceRecord resource_from(const json::object& document);
/// Without resources, before, plan and template bodies, which have keys of their own.
json::object to_json(const StackRecord& stack);
StackRecord stack_from(const json::object& document);

/// Values that may never appear in a reason or an event, longest first: those of the NoEcho
/// parameters, also of the definition that an update is about to take the place of.
std::vector<std::string> secrets_of(const StackRecord& stack);
std::string without_secrets(std::string text, const std::vector<std::string>& secrets);

}  // namespace tandem::cloudformation
