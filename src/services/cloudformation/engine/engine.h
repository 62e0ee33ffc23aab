// All stacks of the region and the operations that run on them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "aws/api.h"
#include "core/task.h"
#include "service/environment.h"
#include "services/cloudformation/engine/operation.h"
#include "services/cloudformation/engine/plan.h"

namespace tandem::cloudformation {

class Engine {
 public:
  /// response_base: responses/bucket.h.
  Engine(service::Environment environment, aws::Api& api, const ResourceTypes& types,
         const std::string& response_base = "");

  StackStore& stacks() { return stacks_; }
  const ResourceTypes& types() const { return types_; }
  Journal& journal() { return journal_; }
  Answers& answers() { return answers_; }
  const service::Environment& environment() const { return environment_; }

  /// Continues or rolls back what was in progress when the process ended.
  void resume();
  Task<void> stop();
  /// After stop(): as resume(), for an engine that has run before.
  void go_on();

  /// A record with a new ARN and no resources.
  StackRecord new_stack(const std::string& name) const;
  PseudoParameters pseudo(const StackRecord& stack) const;

  /// The caller has checked everything that AWS checks before it answers. The plan is carried out.
  void begin_create(StackPtr stack, Plan plan);
  void begin_update(StackPtr stack, Definition definition, Plan plan);
  void begin_import(StackPtr stack, Definition definition, Plan plan);
  void begin_delete(StackPtr stack, std::set<std::string> retain);
  /// Of a stack in UPDATE_IN_PROGRESS: what has not begun does not begin, and all goes back.
  void cancel_update(StackPtr stack);
  /// Of a stack in UPDATE_ROLLBACK_FAILED, UPDATE_FAILED with a way back, or CREATE_FAILED. skip:
  /// logical ids that are taken for what they were.
  void begin_rollback(StackPtr stack, std::set<std::string> skip);

  /// The resource an import would take in. Throws what its service says when there is none.
  Task<Physical> read_existing(const ResourceType* type, std::string identifier);
  std::optional<Export> find_export(std::string_view name) const;
  std::vector<std::string> importers(std::string_view name, const StackRecord& exporter) const;
  FindExport export_finder() const;

 private:
  void announce(const StackPtr& stack, StackStatus status, const StackStore::Also& also);
  void start(StackPtr stack, Operation::Start how);

  service::Environment environment_;
  const ResourceTypes& types_;
  StackStore stacks_;
  Journal journal_;
  Answers answers_;
  Workshop workshop_;
  workflow::DurableRuns<Operation> runs_;  ///< by stack uuid
};

}  // namespace tandem::cloudformation
