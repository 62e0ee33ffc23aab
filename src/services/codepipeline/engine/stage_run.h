// An execution in a stage: its actions, those of one run order side by side, and what becomes of
// the execution then.
#pragma once

#include <memory>
#include <string>

#include "services/codepipeline/engine/action_run.h"
#include "workflow/durable_runs.h"
#include "workflow/graph_run.h"

namespace tandem::codepipeline {

struct StagePlace {
  ExecutionKey execution;
  std::string stage;
  std::int64_t attempt = 1;
};

/// A run of workflow::DurableRuns.
class StageRun {
 public:
  /// Borrows workshop and tasks.
  StageRun(Workshop& workshop, core::TaskGroup& tasks, StagePlace place)
      : workshop_(workshop), tasks_(tasks), place_(std::move(place)) {}

  /// Throws StoreError when the store did not take the stage's end.
  static Task<void> run(std::shared_ptr<StageRun> self, workflow::Start how);

  /// action → those of earlier run orders.
  static workflow::Graph graph_of(const Stage& stage);

 private:
  /// The execution, while this attempt is under way in its stage.
  std::optional<json::object> current() const;
  bool stopped() const;
  void finish(const Structure& structure);

  Workshop& workshop_;
  core::TaskGroup& tasks_;
  StagePlace place_;
};

}  // namespace tandem::codepipeline
