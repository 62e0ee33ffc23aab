#include "services/cloudformation/engine/engine.h"

#include <algorithm>
#include <fmt/format.h>

#include "aws/arn.h"
#include "core/ids.h"

namespace tandem::cloudformation {

Engine::Engine(service::Environment environment, aws::Api& api, const ResourceTypes& types,
               const std::string& response_base)
    : environment_(std::move(environment)),
      types_(types),
      stacks_(environment_.store),
      journal_(stacks_, environment_.clock, environment_.random),
      answers_(environment_, response_base),
      workshop_{
          environment_.executor,
          environment_.clock,
          environment_.random,
          api,
          stacks_,
          types_,
          journal_,
          answers_,
          environment_.region,
          environment_.account(),
          [this](std::string_view name) { return find_export(name); },
          [this](std::string_view name, const StackRecord& own) { return importers(name, own); }},
      runs_(environment_.executor) {}

void Engine::resume() {
  answers_.responses.keep_only([this](std::string_view uuid) {
    return std::ranges::any_of(stacks_.all(), [&](const StackPtr& stack) {
      return stack->uuid == uuid && stack->in_progress();
    });
  });
  for (const StackPtr& stack : stacks_.all()) {
    if (stack->in_progress()) start(stack, Operation::Start::kResumed);
  }
}

Task<void> Engine::stop() { co_await runs_.stop(); }

void Engine::go_on() {
  runs_.reopen();
  resume();
}

StackRecord Engine::new_stack(const std::string& name) const {
  StackRecord stack;
  stack.name = name;
  stack.uuid = core::uuid4(environment_.random);
  stack.id = aws::make_arn("cloudformation", environment_.region, environment_.account(),
                           fmt::format("stack/{}/{}", name, stack.uuid));
  stack.created_ms = environment_.clock.now_ms();
  return stack;
}

PseudoParameters Engine::pseudo(const StackRecord& stack) const {
  return {environment_.account(), environment_.region, stack.id, stack.name};
}

/// Writes the event that an operation begins with; the stack stays as the store has it when it
/// cannot.
void Engine::announce(const StackPtr& stack, StackStatus status, const StackStore::Also& also) {
  try {
    stack->operation_id = core::uuid4(environment_.random);
    journal_.stack(*stack, status, "User Initiated", also);
  } catch (const store::StoreError&) {
    stacks_.reload(stack);
    throw;
  }
}

void Engine::begin_create(StackPtr stack, Plan plan) {
  stack->plan = std::move(plan);
  announce(stack, StackStatus::kCreateInProgress, {{}, true});
  start(stack, Operation::Start::kFresh);
}

void Engine::begin_update(StackPtr stack, Definition definition, Plan plan) {
  stack->plan = std::move(plan);
  stack->from_failed =
      stack->status == StackStatus::kCreateFailed || stack->status == StackStatus::kUpdateFailed;
  stack->cancel_requested = false;
  stack->previous = std::move(stack->definition);
  stack->definition = std::move(definition);
  stack->before.clear();
  stack->updated_ms = environment_.clock.now_ms();
  announce(stack, StackStatus::kUpdateInProgress, {{}, true});
  start(stack, Operation::Start::kFresh);
}

void Engine::begin_import(StackPtr stack, Definition definition, Plan plan) {
  stack->plan = std::move(plan);
  const bool is_new = stack->status == StackStatus::kReviewInProgress;
  stack->previous = std::move(stack->definition);
  stack->definition = std::move(definition);
  stack->before.clear();
  if (!is_new) stack->updated_ms = environment_.clock.now_ms();
  announce(stack, StackStatus::kImportInProgress, {{}, true});
  start(stack, Operation::Start::kFresh);
}

Task<Physical> Engine::read_existing(const ResourceType* type, std::string identifier) {
  HandlerContext context({environment_.region, environment_.account(), "", "", ""}, workshop_.api,
                         environment_.random, no_claim, [] { return false; });
  co_return co_await type->handler->read(context, std::move(identifier));
}

void Engine::begin_delete(StackPtr stack, std::set<std::string> retain) {
  Operation* running = runs_.find(stack->uuid);
  if (running != nullptr && stack->status == StackStatus::kCreateInProgress) {
    // The store first: the operation that runs writes the stack as it is in memory.
    StackRecord wanted = *stack;
    wanted.retain = retain;
    wanted.delete_requested = true;
    stacks_.save(wanted);
    stack->retain = std::move(retain);
    stack->delete_requested = true;
    running->interrupt();
    return;
  }
  stack->retain = std::move(retain);
  announce(stack, StackStatus::kDeleteInProgress, {});
  start(stack, Operation::Start::kFresh);
}

void Engine::cancel_update(StackPtr stack) {
  // The store first: the operation that runs writes the stack as it is in memory.
  StackRecord wanted = *stack;
  wanted.cancel_requested = true;
  stacks_.save(wanted);
  stack->cancel_requested = true;
  if (Operation* running = runs_.find(stack->uuid)) running->interrupt();
}

void Engine::begin_rollback(StackPtr stack, std::set<std::string> skip) {
  stack->skip = std::move(skip);
  const bool creation = stack->status == StackStatus::kCreateFailed;
  announce(stack,
           creation ? StackStatus::kRollbackInProgress : StackStatus::kUpdateRollbackInProgress,
           {});
  start(stack, Operation::Start::kFresh);
}

void Engine::start(StackPtr stack, Operation::Start how) {
  runs_.start(stack->uuid, how,
              {.name = "cloudformation stack " + stack->name,
               .make =
                   [this, stack](core::TaskGroup& tasks) {
                     return std::make_shared<Operation>(workshop_, tasks, stack);
                   },
               .reload = [this, stack] { stacks_.reload(stack); },
               .ended =
                   [this, uuid = stack->uuid] {
                     answers_.responses.forget(uuid);
                     stacks_.forget_old_deleted(environment_.clock.now_ms());
                   }});
}

std::optional<Export> Engine::find_export(std::string_view name) const {
  for (const StackPtr& stack : stacks_.all()) {
    if (stack->deleted()) continue;
    for (const OutputRecord& output : stack->outputs) {
      if (!output.export_name.empty() && output.export_name == name) {
        return Export{output.value, stack->id, stack->name};
      }
    }
  }
  return std::nullopt;
}

std::vector<std::string> Engine::importers(std::string_view name,
                                           const StackRecord& exporter) const {
  std::vector<std::string> names;
  for (const StackPtr& stack : stacks_.all()) {
    const bool imports = stack->imports.contains(std::string(name));
    if (imports && !stack->deleted() && stack->id != exporter.id) names.push_back(stack->name);
  }
  return names;
}

FindExport Engine::export_finder() const {
  return [this](std::string_view name) { return find_export(name); };
}

}  // namespace tandem::cloudformation
