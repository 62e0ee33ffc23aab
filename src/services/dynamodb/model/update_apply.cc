#include <algorithm>
#include <optional>

#include "core/check.h"
#include "services/dynamodb/model/item_codec.h"
#include "services/dynamodb/model/update.h"
#include "services/dynamodb/model/value_codec.h"

namespace tandem::dynamodb {
namespace {

aws::ApiError refused(std::string text) {
  return aws::ApiError::validation_exception(std::move(text));
}
aws::ApiError bad_path() {
  return refused("The document path provided in the update expression is invalid for update");
}
aws::ApiError bad_type() {
  return refused("An operand in the update expression has an incorrect data type");
}

/// Sums that do not fit are reported as overflow even when it is precision that is lacking, as the
/// service does.
Value checked(const core::DecimalResult& sum) {
  if (sum.ok()) return sum.value;
  const auto fault =
      sum.fault == core::DecimalFault::kTooPrecise ? core::DecimalFault::kOverflow : sum.fault;
  throw refused(number_problem(fault, ""));
}

Value evaluate(const Operand& operand, const Map& item);

Value evaluate_call(const Operand& call, const Map& item) {
  if (call.name == "if_not_exists") {
    if (const Value* existing = find(item, call.operands[0].path)) return *existing;
    return evaluate(call.operands[1], item);
  }
  CHECK(call.name == "list_append");
  Value head = evaluate(call.operands[0], item);
  const Value tail = evaluate(call.operands[1], item);
  auto* list = head.get<List>();
  const auto* more = tail.get<List>();
  if (list == nullptr || more == nullptr) throw bad_type();
  list->insert(list->end(), more->begin(), more->end());
  return head;
}

Value evaluate(const Operand& operand, const Map& item) {
  if (operand.kind == Operand::Kind::kValue) return *operand.value;
  if (operand.kind == Operand::Kind::kFunction) return evaluate_call(operand, item);
  const Value* existing = find(item, operand.path);
  if (existing == nullptr) {
    throw refused("The provided expression refers to an attribute that does not exist in the item");
  }
  return *existing;
}

Value evaluate(const SetValue& set, const Map& item) {
  Value first = evaluate(set.operands[0], item);
  if (set.op == SetValue::Operator::kNone) return first;
  const Value second = evaluate(set.operands[1], item);
  const auto* a = first.get<core::Decimal>();
  const auto* b = second.get<core::Decimal>();
  if (a == nullptr || b == nullptr) throw bad_type();
  return checked(set.op == SetValue::Operator::kPlus ? add(*a, *b) : subtract(*a, *b));
}

template <class T>
std::vector<T> sorted(std::vector<T> members) {
  std::sort(members.begin(), members.end());
  return members;
}

/// All members, sorted. Sorted copies keep sets of a hundred thousand members from costing a
/// product of their sizes.
template <class T>
std::vector<T> united(std::vector<T> members, const std::vector<T>& more) {
  const auto known = sorted(members);
  for (const auto& member : more) {
    if (!std::binary_search(known.begin(), known.end(), member)) members.push_back(member);
  }
  std::sort(members.begin(), members.end());
  return members;
}

template <class T>
std::vector<T> without(std::vector<T> members, const std::vector<T>& gone) {
  const auto known = sorted(gone);
  const auto is_gone = [&known](const T& member) {
    return std::binary_search(known.begin(), known.end(), member);
  };
  members.erase(std::remove_if(members.begin(), members.end(), is_gone), members.end());
  return members;
}

/// Combines two sets of one type; nullopt when nothing is left, for there are no empty sets.
template <class Combine>
std::optional<Value> combine_sets(const Value& a, const Value& b, const Combine& combine) {
  const auto of = [&]<class Set>(const Set& left) -> std::optional<Value> {
    Set out{combine(left.members, b.get<Set>()->members)};
    if (out.members.empty()) return std::nullopt;
    return Value(std::move(out));
  };
  if (const auto* set = a.get<StringSet>()) return of(*set);
  if (const auto* set = a.get<NumberSet>()) return of(*set);
  return of(*a.get<BinarySet>());
}

Value evaluate_add(const UpdateAction& action, const Map& item) {
  const Value& operand = *action.operand.value;
  const Value* existing = find(item, action.path);
  if (existing == nullptr) return operand;
  if (existing->type() != operand.type()) throw bad_type();
  if (const auto* number = operand.get<core::Decimal>()) {
    return checked(add(*existing->get<core::Decimal>(), *number));
  }
  return *combine_sets(*existing, operand,
                       [](const auto& a, const auto& b) { return united(a, b); });
}

/// nullopt: the attribute goes. Deleting from what does not exist leaves it so.
std::optional<Value> evaluate_delete(const UpdateAction& action, const Map& item) {
  const Value& operand = *action.operand.value;
  const Value* existing = find(item, action.path);
  if (existing == nullptr) return std::nullopt;
  if (existing->type() != operand.type()) throw bad_type();
  return combine_sets(*existing, operand,
                      [](const auto& a, const auto& b) { return without(a, b); });
}

/// What an action comes to for this item: a value to write at its path, or none to remove it.
struct Change {
  const Path* path;
  std::optional<Value> value;
};

Change evaluate(const UpdateAction& action, const Map& item) {
  switch (action.kind) {
    case UpdateAction::Kind::kSet:
      return {&action.path, evaluate(action.set, item)};
    case UpdateAction::Kind::kRemove:
      return {&action.path, std::nullopt};
    case UpdateAction::Kind::kAdd:
      return {&action.path, evaluate_add(action, item)};
    case UpdateAction::Kind::kDelete:
      break;
  }
  return {&action.path, evaluate_delete(action, item)};
}

/// Where the last step of a path leads: a map, or a list it indexes. Throws unless the document is
/// there for it.
struct Parent {
  Map* map = nullptr;
  List* list = nullptr;
};
Parent parent_of(Map& item, const Path& path) {
  if (path.size() == 1) return {&item, nullptr};
  const Path above(path.begin(), path.end() - 1);
  auto* holder = const_cast<Value*>(find(item, above));
  if (holder == nullptr) throw bad_path();
  Parent parent{holder->get<Map>(), holder->get<List>()};
  const bool fits = path.back().is_index() ? parent.list != nullptr : parent.map != nullptr;
  if (!fits) throw bad_path();
  return parent;
}

/// Later elements first, so that removing one does not move another that is still to be removed.
bool removed_before(const Path* a, const Path* b) {
  return std::lexicographical_compare(
      b->begin(), b->end(), a->begin(), a->end(), [](const PathStep& x, const PathStep& y) {
        return x.is_index() && y.is_index() ? x.index < y.index : x.name < y.name;
      });
}

/// Indexes mean positions in the list as it was: elements are replaced first, then those beyond the
/// end are appended in the order of their indexes, then elements are removed from the back.
class Writer {
 public:
  explicit Writer(Map& item) : item_(item) {}

  void write(std::vector<Change>& changes) {
    for (auto& change : changes) sort_in(change);
    for (const Path* path : removals_) {
      if (find(item_, *path) != nullptr) present_.push_back(path);
    }
    std::stable_sort(appends_.begin(), appends_.end(), [](const Change* a, const Change* b) {
      return a->path->back().index < b->path->back().index;
    });
    for (Change* change : appends_) {
      parent_of(item_, *change->path).list->push_back(std::move(*change->value));
    }
    std::sort(present_.begin(), present_.end(), removed_before);
    for (const Path* path : present_) remove(*path);
  }

 private:
  void sort_in(Change& change) {
    const Parent parent = parent_of(item_, *change.path);
    const PathStep& last = change.path->back();
    if (!change.value) {
      removals_.push_back(change.path);
    } else if (parent.map != nullptr) {
      parent.map->set(last.name, std::move(*change.value));
    } else if (last.index < parent.list->size()) {
      (*parent.list)[last.index] = std::move(*change.value);
    } else {
      appends_.push_back(&change);
    }
  }

  void remove(const Path& path) {
    const Parent parent = parent_of(item_, path);
    if (parent.map != nullptr) {
      parent.map->erase(path.back().name);
    } else {
      parent.list->erase(parent.list->begin() + path.back().index);
    }
  }

  Map& item_;
  std::vector<Change*> appends_;
  std::vector<const Path*> removals_;
  std::vector<const Path*> present_;
};

}  // namespace

aws::ApiError too_large_to_update() {
  return refused("Item size to update has exceeded the maximum allowed size");
}

void apply(const Update& update, Map& item, ItemExists exists) {
  std::vector<Change> changes;
  std::size_t written = 0;
  for (const auto& action : update.actions) {
    // Removing from an item that does not exist is nothing, even along a path through nowhere.
    const bool removes = action.kind == UpdateAction::Kind::kRemove;
    if (removes && exists == ItemExists::kNo && action.path.size() > 1) continue;
    changes.push_back(evaluate(action, item));
    // All of it will be in the item, for paths do not overlap. Without this, three hundred copies
    // of a large attribute would be held in memory before they are found to be too many.
    if (changes.back().value) written += value_size(*changes.back().value);
    if (written > kMaxItemSize) throw too_large_to_update();
  }
  Writer(item).write(changes);
}

}  // namespace tandem::dynamodb
