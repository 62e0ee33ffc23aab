// One operation on one stack, from its first event to its last: create, update, import, delete, and
// the roll backs these end in. Everything it does is stored before and after, so that a process
// that dies in the middle goes on when it starts again.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "aws/api.h"
#include "core/task.h"
#include "services/cloudformation/engine/journal.h"
#include "services/cloudformation/engine/resolution.h"
#include "services/cloudformation/model/stack_policy.h"
#include "services/cloudformation/resources/handler.h"
#include "services/cloudformation/responses/answers.h"
#include "workflow/durable_runs.h"
#include "workflow/graph_run.h"

namespace tandem::cloudformation {

/// For calls that make nothing.
inline void no_claim(const Physical&, HandlerContext::Certainty) {}

/// A resource's failure before its handler ran: already AWS's text.
struct PropertyError : std::exception {
  explicit PropertyError(std::string text) : message(std::move(text)) {}
  const char* what() const noexcept override { return message.c_str(); }
  std::string message;
};

/// What every operation uses; owned by the engine.
struct Workshop {
  asio::any_io_executor executor;
  core::Clock& clock;
  core::Random& random;
  aws::Api& api;
  StackStore& stacks;
  const ResourceTypes& types;
  Journal& journal;
  Answers& answers;
  std::string region;
  std::string account;
  FindExport find_export;
  /// Names of the other stacks that import this export.
  std::function<std::vector<std::string>(std::string_view name, const StackRecord& own)> importers;
};

class Operation : public std::enable_shared_from_this<Operation> {
 public:
  Operation(Workshop& workshop, core::TaskGroup& tasks, StackPtr stack);

  /// Runs what the stack's status says is in progress. After a restart it goes on, but for an
  /// import, which is rolled back. self keeps the operation alive.
  using Start = workflow::Start;
  static Task<void> run(std::shared_ptr<Operation> self, Start start);

  /// DeleteStack while the stack is being created, CancelUpdateStack while it is being updated:
  /// what the stack's record asks for follows when what has begun has ended. Nothing is cut off in
  /// the middle: what is being made is made, so that its record says what there is to delete.
  void interrupt() { cancelled_ = true; }

 private:
  Task<void> create();
  Task<void> update();
  Task<void> remove_stack();
  Task<void> import_resources();
  Task<void> resume();
  Task<void> roll_back_interrupted();
  void learn_failures();

  Task<void> fail_create(std::string reason);
  Task<void> roll_back_create();
  Task<void> fail_update(std::string reason);
  Task<void> cancel_update();
  Task<void> roll_back_update();
  Task<void> restore_all();
  void commit_update();
  Task<void> clean_up(StackStatus final_status);
  Task<void> fail_import(std::string reason);
  Task<void> roll_back_import();

  /// Nodes of the graphs.
  Task<bool> apply(std::string logical_id);
  Task<bool> remove(std::string logical_id);
  Task<bool> remove_garbage(std::string index);
  Task<bool> restore(std::string logical_id);
  Task<bool> import_one(std::string logical_id);
  Task<bool> release(std::string logical_id);

  Task<void> apply_declared(std::string logical_id);
  struct Evaluated {
    json::object properties;
    json::object metadata;
    std::string shown;
  };
  Evaluated evaluate(const ResourceDeclaration& declared, const ResourceType& type);
  std::string shown_properties(const ResourceDeclaration& declared) const;
  Task<void> create_resource(std::string logical_id, Evaluated evaluated);
  Task<void> import_resource(std::string logical_id);
  Task<void> apply_stack_tags(ResourceRecord* record);
  Task<void> update_resource(std::string logical_id, Evaluated evaluated);
  Task<void> replace_resource(std::string logical_id, Evaluated evaluated);
  Task<Physical> make(ResourceRecord* record, json::object properties, HandlerContext::Claim store,
                      std::function<void()> forget);
  void learn_secrets(const ResourceRecord& record);
  void keep_replaced(ResourceRecord& record, const Physical& updated);
  void keep_dependencies(ResourceRecord& record);
  void keep_rest(ResourceRecord& record, Evaluated evaluated);
  void remember(const std::string& logical_id);
  void describe(ResourceRecord& record, const Evaluated& evaluated);

  /// Deletes every resource; the logical ids that could not be deleted.
  Task<std::vector<std::string>> remove_all();
  /// Finds out what became of an intended resource. Throws what its service says when it cannot be
  /// asked; the record stays as it is then.
  Task<void> settle(ResourceRecord* record);
  Task<bool> try_to_settle(std::string node);
  Task<void> settle_intents();
  Task<void> require_free_name(const ResourceType* type, json::object properties);
  Task<bool> delete_physical(ResourceRecord* record, bool creating);
  Task<void> discard_unfinished(std::string logical_id);
  Task<bool> delete_half_made(ResourceRecord* record);
  bool is_done(std::string_view logical_id) const;

  /// Throws PropertyError when the stack policy denies it.
  void check_policy(const ResourceRecord& record, UpdateAction action) const;
  /// Whether the stack policy lets all go that the update removes.
  bool may_remove();

  Task<void> run_graph(Dependencies graph, workflow::GraphRun::Work work, bool stoppable);
  bool prepare();
  bool settle_outputs(std::string& failure);
  void check_exports(const std::vector<OutputRecord>& outputs) const;
  std::string failures() const;
  std::unique_ptr<HandlerContext> context(const std::string& logical_id,
                                          HandlerContext::Claim claim);
  std::string type_of(const std::string& logical_id) const;
  std::string explain(const std::exception_ptr& failure, const ResourceRecord& record,
                      std::string_view verb) const;
  void watch_deadline();
  PseudoParameters pseudo() const;

  Workshop& workshop_;
  core::TaskGroup& tasks_;
  StackPtr stack_;
  std::vector<std::string> secrets_;  ///< of the definition and of the one it takes the place of
  std::unique_ptr<Resolution> resolution_;
  std::optional<StackPolicy> policy_;  ///< of an update; none: everything is allowed
  std::string refused_;                ///< why the definition cannot be carried out
  std::vector<std::string> failed_creates_;
  std::vector<std::string> failed_updates_;
  std::vector<std::string> failed_imports_;
  std::vector<std::string> failed_deletes_;
  bool resumed_ = false;  ///< by a process, or after a write, that is not the one it began with
  bool cancelled_ = false;
  bool timed_out_ = false;
  bool rolling_back_ = false;  ///< undoing a creation: RetainExceptOnCreate does not retain
  core::Timer deadline_;
};

}  // namespace tandem::cloudformation
