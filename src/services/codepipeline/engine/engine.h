// All pipelines of the region and the executions that are under way.
//
// The store is the only memory: what is asked of the engine is written first, and then advance()
// looks at what is stored and lets happen what follows.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "services/codepipeline/engine/stage_run.h"
#include "services/codepipeline/model/schedule.h"

namespace tandem::codepipeline {

/// Of an execution that is retried.
enum class RetryMode { kFailedActions, kAllActions };

class Engine {
 public:
  Engine(service::Environment environment, CodePipelinePorts ports);

  Workshop& workshop() { return workshop_; }
  PipelineStore& store() { return store_; }
  const service::Environment& environment() const { return workshop_.environment; }

  /// Goes on with what was under way when the process ended, and begins to look for changes.
  void resume();
  Task<void> stop();
  /// After stop(): as resume(), for an engine that has run before.
  void go_on();

  /// False when a QUEUED pipeline has as many executions waiting as there may be.
  bool has_place_for_one_more(const Structure& structure) const;
  /// Stores an execution and lets it begin. The rest of the batch is the caller's. Returns its id.
  std::string start(store::WriteBatch batch, json::object pipeline, const StartRequest& request);
  /// The execution is in progress, or stopping when it is to be abandoned.
  void stop_execution(const ExecutionKey& key, json::object execution, bool abandon,
                      const std::string& reason);
  /// The execution is the last one that was in the stage, and did not succeed there.
  void retry(const ExecutionKey& key, json::object execution, const std::string& stage,
             RetryMode mode);
  void remove(const std::string& pipeline);

  /// Lets what follows from what is stored about the pipeline happen.
  void advance(const std::string& pipeline);
  /// Something was written into the record of that action.
  void wake(const std::string& action_id) { sleepers_.wake(action_id); }

  /// Stages that nothing enters, with the reason of each.
  static std::set<std::string> held_stages(const json::object& pipeline);

  std::size_t stages_under_way() const { return runs_.size(); }

  /// Looks for changes of all sources that are polled, once.
  Task<void> poll();

 private:
  bool advance_once(const std::string& pipeline);
  void enter(const ExecutionKey& key, json::object execution);
  void end_waiting(const ExecutionKey& key, json::object execution, std::string_view status,
                   std::string_view state);
  void run_stage(StagePlace place, workflow::Start how);
  void tell_of(const ExecutionKey& key, const json::object& execution, std::string_view state,
               std::string_view stage = "");
  static Task<void> advance_later(Engine* self, std::string pipeline);
  static Task<void> poll_for_ever(Engine* self);
  Task<void> poll_pipeline(std::string name);
  /// What the source is at; empty: it could not be asked, which was logged.
  Task<std::string> newest_of(const Structure* structure, const Action* action);
  void note_trouble(const std::string& what, const std::string& trouble);

  PipelineStore store_;
  Sleepers sleepers_;
  Workshop workshop_;
  workflow::DurableRuns<StageRun> runs_;
  std::unique_ptr<core::TaskGroup> tasks_;
  std::map<std::string, std::string> troubles_;  ///< of polls, so that each is logged once
};

}  // namespace tandem::codepipeline
