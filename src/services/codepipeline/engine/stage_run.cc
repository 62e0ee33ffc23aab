#include "services/codepipeline/engine/stage_run.h"

#include <fmt/format.h>

#include "services/codepipeline/engine/events.h"

namespace tandem::codepipeline {
namespace {

struct Tally {
  std::size_t succeeded = 0;
  std::size_t failed = 0;
};

Tally tally_of(const PipelineStore& store, const ExecutionKey& key, const json::object& part) {
  Tally tally;
  const auto* actions = json::find_object(part, "actions");
  if (actions == nullptr) return tally;
  for (const auto& [name, number] : *actions) {
    if (!number.is_number()) continue;
    const auto record =
        store.action(PipelineStore::action_key(key, number.to_number<std::uint64_t>()));
    const std::string status = record ? json::string_or(*record, "status") : "";
    if (status == "Succeeded") ++tally.succeeded;
    if (status == "Failed") ++tally.failed;
  }
  return tally;
}

}  // namespace

workflow::Graph StageRun::graph_of(const Stage& stage) {
  workflow::Graph graph;
  for (const Action& action : stage.actions) {
    auto& first = graph[action.name];
    for (const Action& other : stage.actions) {
      if (other.run_order < action.run_order) first.insert(other.name);
    }
  }
  return graph;
}

std::optional<json::object> StageRun::current() const {
  auto execution = workshop_.store.execution(place_.execution);
  if (!execution || !is_live(*execution) || !json::bool_or(*execution, "inside", false)) {
    return std::nullopt;
  }
  const auto* part = find_stage_part(*execution, place_.stage);
  const bool here = part != nullptr && json::string_or(*execution, "stage") == place_.stage &&
                    json::int_or(*part, "attempt", 0) == place_.attempt;
  if (!here) return std::nullopt;
  return execution;
}

bool StageRun::stopped() const {
  const auto execution = current();
  return !execution || json::string_or(*execution, "status") != "InProgress";
}

// INVARIANT(stored-before-done): which actions this attempt has begun and how they ended is in the
// store alone, so that a run that takes this one's place begins none of them twice.
Task<void> StageRun::run(std::shared_ptr<StageRun> self, workflow::Start) {
  const auto execution = self->current();
  if (!execution) co_return;
  auto stored = structure_of(self->workshop_.store, self->place_.execution.pipeline, *execution);
  const Stage* stage = stored ? stored->find(self->place_.stage) : nullptr;
  if (stage == nullptr) co_return;
  workflow::Graph nodes = graph_of(*stage);
  // Actions that are cancelled may end after this coroutine.
  const auto structure = std::make_shared<const Structure>(std::move(*stored));
  auto graph = std::make_shared<workflow::GraphRun>(
      self->tasks_, self->workshop_.environment.executor,
      fmt::format("codepipeline {} {}", self->place_.execution.pipeline, self->place_.stage),
      std::move(nodes),
      [self, structure](std::string action) {
        return run_action_at(
            &self->workshop_, structure,
            {self->place_.execution, self->place_.stage, std::move(action), self->place_.attempt});
      },
      [self] { return self->stopped(); });
  Task<void> running = graph->run();
  co_await std::move(running);
  self->finish(*structure);
}

void StageRun::finish(const Structure& structure) {
  auto execution = current();
  if (!execution) return;
  const Stage& stage = *structure.find(place_.stage);
  const Tally tally =
      tally_of(workshop_.store, place_.execution, *find_stage_part(*execution, place_.stage));
  const bool good = tally.succeeded == stage.actions.size();
  const bool stopping = json::string_or(*execution, "status") == "Stopping";
  const std::size_t next = *structure.index_of(place_.stage) + 1;
  const bool last = next == structure.stages.size();
  const std::string_view of_stage = good ? "Succeeded" : tally.failed > 0 ? "Failed" : "Stopped";
  std::string_view of_execution = "InProgress";
  if (!good) {
    of_execution = of_stage;
  } else if (last) {
    of_execution = "Succeeded";
  } else if (stopping) {
    of_execution = "Stopped";
  }
  (*execution)["inside"] = false;
  (*execution)["status"] = of_execution;
  if (of_execution == "InProgress") (*execution)["stage"] = structure.stages[next].name;
  store::WriteBatch batch;
  set_stage_status(workshop_, batch, place_.execution, *execution, place_.stage, of_stage);
  workshop_.store.write(std::move(batch));
  EventSubject subject = subject_of(structure.name, *execution, place_.stage);
  const auto state_of = [](std::string_view status) {
    return status == "Succeeded" ? "SUCCEEDED" : status == "Failed" ? "FAILED" : "STOPPED";
  };
  tell(workshop_, subject, state_of(of_stage));
  if (of_execution == "InProgress") return;
  subject.stage.clear();
  tell(workshop_, subject, state_of(of_execution));
}

}  // namespace tandem::codepipeline
