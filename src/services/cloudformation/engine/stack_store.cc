#include "services/cloudformation/engine/stack_store.h"

#include <algorithm>
#include <fmt/format.h>
#include <tuple>

#include "core/text.h"

namespace tandem::cloudformation {
namespace {

// API reference, ListStacks: "Summary information for stacks that have been deleted is kept for 90
// days after the stack is deleted." The number is ours (docs/limits.md).
constexpr std::int64_t kDeletedKept_ms = 90LL * 24 * 60 * 60 * 1000;
constexpr std::size_t kDeletedStacksKept = 1'000;

std::string child_key(const StackRecord& stack, std::string_view id) {
  return fmt::format("{}/{}", stack.uuid, id);
}

// Fixed width: keys order as numbers do.
std::string event_key(const StackRecord& stack, std::uint64_t number) {
  return fmt::format("{}/{:012}", stack.uuid, number);
}

}  // namespace

StackStore::StackStore(store::Store& store)
    : store_(store),
      records_(store, "stack"),
      definitions_(store, "definition"),
      previous_(store, "previous"),
      plans_(store, "plan"),
      resources_(store, "resource"),
      before_(store, "before"),
      events_(store, "event"),
      change_sets_(store, "change-set") {
  load();
}

void StackStore::load() {
  for (const auto& [uuid, document] : records_.list()) {
    StackPtr stack = read(uuid, document);
    if (stack->status != StackStatus::kNone) {
      stacks_.push_back(std::move(stack));
      continue;
    }
    // Its first event was not written any more: nobody was told of it.
    try {
      erase_all_of(*stack);
    } catch (const store::StoreError&) {
      // Below the floor of free space: it stays unseen, and goes with the next start.
      continue;
    }
  }
  std::stable_sort(stacks_.begin(), stacks_.end(), [](const StackPtr& a, const StackPtr& b) {
    return a->created_ms < b->created_ms;
  });
}

StackPtr StackStore::read(const std::string& uuid, const json::object& document) const {
  auto stack = std::make_shared<StackRecord>(stack_from(document));
  if (const auto definition = definitions_.get(uuid)) {
    stack->definition = definition_from(*definition);
  }
  if (const auto previous = previous_.get(uuid)) stack->previous = definition_from(*previous);
  if (const auto plan = plans_.get(uuid)) stack->plan = plan_from(*plan);
  for (auto& [key, resource] : resources_.list(uuid + '/')) {
    stack->resources.emplace(key.substr(uuid.size() + 1), resource_from(resource));
  }
  for (auto& [key, resource] : before_.list(uuid + '/')) {
    const bool existed = !resource.empty();
    stack->before.emplace(key.substr(uuid.size() + 1),
                          existed ? std::optional(resource_from(resource)) : std::nullopt);
  }
  return stack;
}

// In place, as others hold the pointer. Whoever was refused a write had more in mind than is
// written, and goes on from what is.
void StackStore::reload(const StackPtr& stack) {
  const auto document = records_.get(stack->uuid);
  const StackPtr stored = document ? read(stack->uuid, *document) : nullptr;
  if (stored && stored->status != StackStatus::kNone) {
    *stack = std::move(*stored);
  } else {
    std::erase(stacks_, stack);
  }
}

StackPtr StackStore::find(std::string_view name_or_id) const {
  const bool by_id = name_or_id.starts_with("arn:");
  const auto found = std::find_if(stacks_.begin(), stacks_.end(), [&](const StackPtr& stack) {
    return by_id ? stack->id == name_or_id : !stack->deleted() && stack->name == name_or_id;
  });
  return found == stacks_.end() ? nullptr : *found;
}

std::size_t StackStore::live() const {
  return static_cast<std::size_t>(std::count_if(
      stacks_.begin(), stacks_.end(), [](const StackPtr& stack) { return !stack->deleted(); }));
}

StackPtr StackStore::add(StackRecord record) {
  auto stack = std::make_shared<StackRecord>(std::move(record));
  save_definition(*stack);
  stacks_.push_back(stack);
  return stack;
}

void StackStore::save(StackRecord& stack) { records_.put(stack.uuid, to_json(stack)); }

void StackStore::save_resource(StackRecord& stack, std::string_view logical_id) {
  store::WriteBatch batch;
  records_.put(batch, stack.uuid, to_json(stack));
  put_resource(batch, stack, logical_id);
  store_.write(std::move(batch));
}

void StackStore::save_definition(StackRecord& stack) {
  store::WriteBatch batch;
  records_.put(batch, stack.uuid, to_json(stack));
  put_definition(batch, stack);
  store_.write(std::move(batch));
}

// An operation begins or ends here: what is remembered for its roll back is rewritten whole.
void StackStore::put_definition(store::WriteBatch& batch, const StackRecord& stack) const {
  definitions_.put(batch, stack.uuid, to_json(stack.definition));
  if (stack.previous) {
    previous_.put(batch, stack.uuid, to_json(*stack.previous));
  } else {
    previous_.erase(batch, stack.uuid);
  }
  if (stack.plan.empty()) {
    plans_.erase(batch, stack.uuid);
  } else {
    plans_.put(batch, stack.uuid, to_json(stack.plan));
  }
  for (const auto& [key, resource] : before_.list(stack.uuid + '/')) {
    if (!stack.before.contains(key.substr(stack.uuid.size() + 1))) before_.erase(batch, key);
  }
}

void StackStore::put_resource(store::WriteBatch& batch, const StackRecord& stack,
                              std::string_view id) const {
  const std::string key = child_key(stack, id);
  const auto resource = stack.resources.find(id);
  if (resource == stack.resources.end()) {
    resources_.erase(batch, key);
  } else {
    resources_.put(batch, key, to_json(resource->second));
  }
  // Beside the resource it remembers, in the same batch (before-once).
  const auto before = stack.before.find(id);
  if (before == stack.before.end()) {
    before_.erase(batch, key);
  } else {
    before_.put(batch, key, before->second ? to_json(*before->second) : json::object());
  }
}

// One batch: the number of the next event, the status it tells of and what changed with it are true
// together or not at all (status-with-event).
void StackStore::save_event(StackRecord& stack, const json::object& event, const Also& also) {
  store::WriteBatch batch;
  events_.put(batch, event_key(stack, stack.next_event++), event);
  records_.put(batch, stack.uuid, to_json(stack));
  if (also.definition) put_definition(batch, stack);
  for (const std::string& logical_id : also.resources) put_resource(batch, stack, logical_id);
  store_.write(std::move(batch));
}

std::vector<std::pair<std::uint64_t, json::object>> StackStore::events(
    const StackRecord& stack, std::optional<std::uint64_t> before, std::size_t limit) const {
  std::vector<std::pair<std::uint64_t, json::object>> found;
  // Newest first; a number without an event is passed over.
  std::uint64_t number = std::min(before.value_or(stack.next_event), stack.next_event);
  while (number > 0 && found.size() < limit) {
    --number;
    if (auto event = events_.get(event_key(stack, number))) {
      found.emplace_back(number, std::move(*event));
    }
  }
  return found;
}

void StackStore::erase_all_of(const StackRecord& stack) {
  store::WriteBatch batch;
  records_.erase(batch, stack.uuid);
  definitions_.erase(batch, stack.uuid);
  previous_.erase(batch, stack.uuid);
  plans_.erase(batch, stack.uuid);
  for (const store::Documents* documents : {&resources_, &before_, &events_, &change_sets_}) {
    for (const auto& [key, document] : documents->list(stack.uuid + '/')) {
      documents->erase(batch, key);
    }
  }
  store_.write(std::move(batch));
}

void StackStore::forget_old_deleted(std::int64_t now_ms) {
  std::vector<StackPtr> deleted;
  for (const StackPtr& stack : stacks_) {
    if (stack->deleted()) deleted.push_back(stack);
  }
  std::sort(deleted.begin(), deleted.end(), [](const StackPtr& a, const StackPtr& b) {
    return std::tie(a->deleted_ms, a->uuid) < std::tie(b->deleted_ms, b->uuid);
  });
  std::size_t left = deleted.size();
  for (const StackPtr& stack : deleted) {
    if (left <= kDeletedStacksKept && stack->deleted_ms > now_ms - kDeletedKept_ms) return;
    erase_all_of(*stack);
    std::erase(stacks_, stack);
    --left;
  }
}

}  // namespace tandem::cloudformation
