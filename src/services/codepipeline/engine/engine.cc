#include "services/codepipeline/engine/engine.h"

#include <fmt/format.h>

#include "core/log.h"
#include "services/codepipeline/engine/events.h"

namespace tandem::codepipeline {
namespace {

/// For a store that refuses writes to take them again.
constexpr std::chrono::milliseconds kStorePause{200};

Standing standing_of(std::uint64_t number, const json::object& execution) {
  Standing standing;
  standing.number = number;
  standing.stage = json::string_or(execution, "stage");
  standing.inside = json::bool_or(execution, "inside", false);
  standing.stopping = json::string_or(execution, "status") == "Stopping";
  if (json::string_or(execution, "mode") == "QUEUED") standing.mode = Mode::kQueued;
  return standing;
}

}  // namespace

Engine::Engine(service::Environment environment, CodePipelinePorts ports)
    : store_(environment.store),
      workshop_{std::move(environment), ports, store_, sleepers_},
      runs_(workshop_.environment.executor),
      tasks_(std::make_unique<core::TaskGroup>(workshop_.environment.executor)) {}

void Engine::resume() {
  std::error_code ignored;
  std::filesystem::remove_all(workshop_.environment.folder / "work", ignored);
  std::vector<std::string> names;
  store_.each_pipeline("", [&](std::string name, const json::object&) {
    names.push_back(std::move(name));
    return true;
  });
  for (const std::string& name : names) {
    for (const std::uint64_t number : store_.live(name)) {
      const auto execution = store_.execution({name, number});
      if (!execution || !json::bool_or(*execution, "inside", false)) continue;
      const std::string stage = json::string_or(*execution, "stage");
      const auto* part = find_stage_part(*execution, stage);
      if (part == nullptr) continue;
      run_stage({{name, number}, stage, json::int_or(*part, "attempt", 1)},
                workflow::Start::kResumed);
    }
    advance(name);
  }
  tasks_->spawn("codepipeline polls", poll_for_ever(this));
}

Task<void> Engine::stop() {
  co_await tasks_->stop();
  co_await runs_.stop();
}

void Engine::go_on() {
  tasks_ = std::make_unique<core::TaskGroup>(workshop_.environment.executor);
  runs_.reopen();
  resume();
}

void Engine::tell_of(const ExecutionKey& key, const json::object& execution, std::string_view state,
                     std::string_view stage) {
  const EventSubject subject = subject_of(key.pipeline, execution, stage);
  json::object more;
  if (stage.empty()) {
    const auto* trigger = json::find_object(execution, "trigger");
    if (trigger != nullptr && state == "STARTED") {
      more["execution-trigger"] =
          json::object{{"trigger-type", json::string_or(*trigger, "type")},
                       {"trigger-detail", json::string_or(*trigger, "detail")}};
    }
  }
  tell(workshop_, subject, state, std::move(more));
}

std::string Engine::start(store::WriteBatch batch, json::object pipeline,
                          const StartRequest& request) {
  const Started started = put_new_execution(workshop_, batch, pipeline, request);
  store_.write(std::move(batch));
  if (const auto execution = store_.execution(started.key)) {
    tell_of(started.key, *execution, "STARTED");
  }
  advance(started.key.pipeline);
  return started.id;
}

bool Engine::has_place_for_one_more(const Structure& structure) const {
  if (structure.mode != Mode::kQueued) return true;
  std::size_t waiting = 0;
  for (const std::uint64_t number : store_.live(structure.name)) {
    const auto execution = store_.execution({structure.name, number});
    if (execution && !json::bool_or(*execution, "inside", false)) ++waiting;
  }
  return waiting < kMostWaiting;
}

void Engine::stop_execution(const ExecutionKey& key, json::object execution, bool abandon,
                            const std::string& reason) {
  const std::string stage = json::string_or(execution, "stage");
  const bool inside = json::bool_or(execution, "inside", false);
  if (!reason.empty()) execution["stop"] = reason;
  std::vector<json::object> abandoned;
  store::WriteBatch batch;
  if (!abandon || !inside) {
    execution["status"] = "Stopping";
    execution["updated_ms"] = workshop_.now_ms();
    if (inside) {
      set_stage_status(workshop_, batch, key, execution, stage, "Stopping");
    } else {
      PipelineStore::put_execution(batch, key, execution);
    }
  } else {
    store_.each_action(key.pipeline, key.number, [&](std::string_view at, json::object record) {
      if (json::string_or(record, "status") != "InProgress") return true;
      record["status"] = "Abandoned";
      record["updated_ms"] = workshop_.now_ms();
      if (const auto job = json::find_string(record, "job")) PipelineStore::erase_job(batch, *job);
      PipelineStore::put_action(batch, at, record);
      abandoned.push_back(std::move(record));
      return true;
    });
    execution["status"] = "Stopped";
    execution["inside"] = false;
    set_stage_status(workshop_, batch, key, execution, stage, "Stopped");
  }
  store_.write(std::move(batch));
  for (const json::object& record : abandoned) {
    EventSubject subject = subject_of(key.pipeline, execution, stage);
    subject.action = json::string_or(record, "action");
    subject.action_execution = json::string_or(record, "id");
    subject.started_ms = json::int_or(record, "started_ms", 0);
    tell(workshop_, subject, "ABANDONED");
  }
  if (abandon && inside) tell_of(key, execution, "STOPPED", stage);
  tell_of(key, execution, abandon && inside ? "STOPPED" : "STOPPING");
  for (const json::object& record : abandoned) wake(json::string_or(record, "id"));
  advance(key.pipeline);
}

void Engine::retry(const ExecutionKey& key, json::object execution, const std::string& stage,
                   RetryMode mode) {
  json::object& part = stage_part(execution, stage);
  part["attempt"] = json::int_or(part, "attempt", 1) + 1;
  if (mode == RetryMode::kAllActions) {
    part.erase("actions");
  } else if (json::find_object(part, "actions") != nullptr) {
    json::object kept;
    for (const auto& [name, number] : part.at("actions").as_object()) {
      const auto record =
          store_.action(PipelineStore::action_key(key, number.to_number<std::uint64_t>()));
      if (record && json::string_or(*record, "status") == "Succeeded") kept[name] = number;
    }
    part["actions"] = std::move(kept);
  }
  const std::int64_t attempt = part.at("attempt").to_number<std::int64_t>();
  execution["status"] = "InProgress";
  execution["inside"] = true;
  execution["stage"] = stage;
  execution["attempts"] = json::int_or(execution, "attempts", 1) + 1;
  execution.erase("stop");
  store::WriteBatch batch;
  set_stage_status(workshop_, batch, key, execution, stage, "InProgress");
  store_.write(std::move(batch));
  tell_of(key, execution, "RESUMED");
  tell_of(key, execution, "RESUMED", stage);
  run_stage({key, stage, attempt}, workflow::Start::kFresh);
}

void Engine::remove(const std::string& pipeline) {
  std::vector<std::string> running;
  store_.each_action(pipeline, std::nullopt, [&](std::string_view, const json::object& record) {
    if (json::string_or(record, "status") == "InProgress") {
      running.push_back(json::string_or(record, "id"));
    }
    return true;
  });
  store::WriteBatch batch;
  store_.erase_pipeline(batch, pipeline);
  store_.write(std::move(batch));
  for (const std::string& id : running) wake(id);
}

std::set<std::string> Engine::held_stages(const json::object& pipeline) {
  std::set<std::string> held;
  const auto* transitions = json::find_object(pipeline, "transitions");
  const auto* declaration = json::find_object(pipeline, "declaration");
  if (transitions == nullptr || declaration == nullptr) return held;
  const Structure structure = stored_structure(*declaration);
  bool before = false;
  for (const Stage& stage : structure.stages) {
    const auto* of_stage = json::find_object(*transitions, stage.name);
    const bool in = of_stage != nullptr && of_stage->contains("Inbound");
    if (in || before) held.insert(stage.name);
    before = of_stage != nullptr && of_stage->contains("Outbound");
  }
  return held;
}

void Engine::advance(const std::string& pipeline) {
  try {
    while (advance_once(pipeline)) {
    }
  } catch (const store::StoreError& error) {
    log::warning("codepipeline {}: {}", pipeline, error.message);
    tasks_->spawn("codepipeline " + pipeline, advance_later(this, pipeline));
  }
}

Task<void> Engine::advance_later(Engine* self, std::string pipeline) {
  co_await core::sleep_for(kStorePause);
  self->advance(pipeline);
}

bool Engine::advance_once(const std::string& pipeline) {
  const auto document = store_.pipeline(pipeline);
  if (!document) return false;
  std::map<std::uint64_t, json::object> executions;
  std::vector<Standing> standing;
  for (const std::uint64_t number : store_.live(pipeline)) {
    auto execution = store_.execution({pipeline, number});
    if (!execution) continue;
    standing.push_back(standing_of(number, *execution));
    executions[number] = std::move(*execution);
  }
  const std::vector<Step> steps = next_steps(standing, held_stages(*document));
  for (const Step& step : steps) {
    const ExecutionKey key{pipeline, step.number};
    json::object execution = std::move(executions[step.number]);
    switch (step.kind) {
      case Step::Kind::kEnter:
        enter(key, std::move(execution));
        break;
      case Step::Kind::kSupersede:
        end_waiting(key, std::move(execution), "Superseded", "SUPERSEDED");
        break;
      case Step::Kind::kStop:
        end_waiting(key, std::move(execution), "Stopped", "STOPPED");
        break;
    }
  }
  return !steps.empty();
}

void Engine::enter(const ExecutionKey& key, json::object execution) {
  const std::string stage = json::string_or(execution, "stage");
  json::object& part = stage_part(execution, stage);
  const std::int64_t attempt = json::int_or(part, "attempt", 0) + 1;
  part["attempt"] = attempt;
  execution["inside"] = true;
  store::WriteBatch batch;
  set_stage_status(workshop_, batch, key, execution, stage, "InProgress");
  store_.write(std::move(batch));
  tell_of(key, execution, "STARTED", stage);
  run_stage({key, stage, attempt}, workflow::Start::kFresh);
}

void Engine::end_waiting(const ExecutionKey& key, json::object execution, std::string_view status,
                         std::string_view state) {
  execution["status"] = status;
  execution["updated_ms"] = workshop_.now_ms();
  store::WriteBatch batch;
  PipelineStore::put_execution(batch, key, execution);
  store_.write(std::move(batch));
  tell_of(key, execution, state);
}

void Engine::run_stage(StagePlace place, workflow::Start how) {
  std::string key = fmt::format("{}/{}/{}/{}", place.execution.pipeline, place.execution.number,
                                place.stage, place.attempt);
  runs_.start(std::move(key), how,
              {.name = fmt::format("codepipeline {} {}", place.execution.pipeline, place.stage),
               .make =
                   [this, place](core::TaskGroup& tasks) {
                     return std::make_shared<StageRun>(workshop_, tasks, place);
                   },
               .reload = [] {},
               .ended = [this, pipeline = place.execution.pipeline] { advance(pipeline); }});
}

}  // namespace tandem::codepipeline
