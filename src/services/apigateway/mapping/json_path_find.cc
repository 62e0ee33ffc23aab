// What a JSONPath finds, as Jayway's compiled paths walk.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/text.h"
#include "services/apigateway/mapping/java_regex.h"
#include "services/apigateway/mapping/json_path.h"
#include "services/apigateway/mapping/json_path_steps.h"
#include "services/apigateway/mapping/limits.h"
#include "services/apigateway/mapping/print.h"
#include "services/apigateway/mapping/value.h"

namespace tandem::apigateway::mapping {

namespace {

constexpr std::size_t kFilterNesting = 8;

class Finder {
 public:
  Finder(Heap& heap, const Value& root, std::size_t nesting)
      : heap_(heap), root_(root), nesting_(nesting), patterns_(heap.budget()) {
    if (nesting > kFilterNesting) throw RenderError{"filters are nested too deeply"};
  }

  std::optional<Value> find(const PathSteps& path, const Value& from) {
    walk(path, 0, from, 0);
    if (path.definite) {
      return found_.empty() ? std::nullopt : std::optional<Value>(std::move(found_.front()));
    }
    // A function at the end takes all that was found.
    if (!path.steps.empty()) {
      if (const auto* function = std::get_if<FunctionStep>(&path.steps.back().what)) {
        return apply(function->name, found_);
      }
    }
    return Value(heap_.list(List::Kind::kJson, std::move(found_)));
  }

 private:
  void walk(const PathSteps& path, std::size_t at, const Value& here, std::size_t depth) {
    if (depth > kJsonDepth) throw RenderError{"values are nested too deeply"};
    heap_.budget().spend(1);
    if (at == path.steps.size()) {
      found_.push_back(here);
      return;
    }
    std::visit([&](const auto& step) { this->go(path, at, here, depth, step); },
               path.steps[at].what);
  }

  void go(const PathSteps& path, std::size_t at, const Value& here, std::size_t depth,
          const MemberStep& step) {
    Map* map = here.if_map();
    if (map == nullptr) return;
    const bool last = at + 1 == path.steps.size();
    if (step.names.size() > 1 && last) return merge(*map, step);
    for (const std::string& name : step.names) {
      const Value* member = map->find(heap_, name);
      if (member != nullptr) walk(path, at + 1, Value(*member), depth + 1);
    }
  }

  void merge(Map& map, const MemberStep& step) {
    Map* made = heap_.map();
    for (const std::string& name : step.names) {
      if (const Value* member = map.find(heap_, name)) made->put(heap_, name, *member);
    }
    found_.emplace_back(made);
  }

  void go(const PathSteps& path, std::size_t at, const Value& here, std::size_t depth,
          const IndexStep& step) {
    List* list = here.if_list();
    if (list == nullptr) return;
    const auto size = static_cast<std::int64_t>(list->size());
    for (const std::int64_t position : step.positions) {
      const std::int64_t place = position < 0 ? size + position : position;
      if (place < 0 || place >= size) continue;
      walk(path, at + 1, Value(list->items(heap_)[static_cast<std::size_t>(place)]), depth + 1);
    }
  }

  void go(const PathSteps& path, std::size_t at, const Value& here, std::size_t depth,
          const SliceStep& step) {
    List* list = here.if_list();
    if (list == nullptr) return;
    const auto size = static_cast<std::int64_t>(list->size());
    const auto place = [&](std::int64_t position) {
      return std::clamp<std::int64_t>(position < 0 ? size + std::max(position, -size) : position, 0,
                                      size);
    };
    const std::int64_t to = step.to ? place(*step.to) : size;
    for (std::int64_t each = step.from ? place(*step.from) : 0; each < to; ++each) {
      walk(path, at + 1, Value(list->items(heap_)[static_cast<std::size_t>(each)]), depth + 1);
    }
  }

  void go(const PathSteps& path, std::size_t at, const Value& here, std::size_t depth,
          const WildcardStep&) {
    each_child(here, [&](const Value& child) { walk(path, at + 1, child, depth + 1); });
  }

  void go(const PathSteps& path, std::size_t at, const Value& here, std::size_t depth,
          const FilterStep& step) {
    if (here.if_map() != nullptr) {
      if (holds(*step.filter, here)) walk(path, at + 1, here, depth + 1);
      return;
    }
    each_child(here, [&](const Value& child) {
      if (holds(*step.filter, child)) walk(path, at + 1, child, depth + 1);
    });
  }

  void go(const PathSteps& path, std::size_t at, const Value& here, std::size_t depth,
          const DescendStep&) {
    if (here.if_map() == nullptr && here.if_list() == nullptr) return;
    walk(path, at + 1, here, depth + 1);
    each_child(here, [&](const Value& child) { walk(path, at, child, depth + 1); });
  }

  void go(const PathSteps& path, std::size_t at, const Value& here, std::size_t,
          const FunctionStep& step) {
    if (at + 1 != path.steps.size()) throw RenderError{"a function is a path's last step"};
    if (!path.definite) {
      found_.push_back(here);
      return;
    }
    if (step.name == "length" || step.name == "size") {
      found_.push_back(length_of(here));
    } else if (step.name == "keys") {
      found_.push_back(keys_of(here));
    } else if (List* list = here.if_list()) {
      found_.push_back(apply(step.name, list->items(heap_)));
    }
  }

  template <class Visit>
  void each_child(const Value& here, Visit visit) {
    // By position: what is visited may not change the list, but a filter may read it.
    if (List* list = here.if_list()) {
      for (std::size_t at = 0; at < list->size(); ++at) visit(Value(list->items(heap_)[at]));
    } else if (Map* map = here.if_map()) {
      for (std::size_t at = 0; at < map->size(); ++at) visit(Value(map->entries(heap_)[at].second));
    }
  }

  static Value length_of(const Value& here) {
    if (const List* list = here.if_list()) return static_cast<std::int32_t>(list->size());
    if (const Map* map = here.if_map()) return static_cast<std::int32_t>(map->size());
    return {};
  }

  Value keys_of(const Value& here) {
    Map* map = here.if_map();
    if (map == nullptr) return {};
    std::vector<Value> keys;
    for (const auto& [key, member] : map->entries(heap_)) keys.push_back(text(key));
    return heap_.list(List::Kind::kSet, std::move(keys));
  }

  /// A function of a list.
  Value apply(const std::string& name, const std::vector<Value>& items) {
    heap_.budget().spend(items.size());
    if (name == "length" || name == "size") return static_cast<std::int32_t>(items.size());
    if (name == "first") return items.empty() ? Value() : items.front();
    if (name == "last") return items.empty() ? Value() : items.back();
    double sum = 0;
    double squares = 0;
    double least = std::numeric_limits<double>::infinity();
    double most = -least;
    double count = 0;
    for (const Value& each : items) {
      if (!each.is_number()) continue;
      const double number = each.to_double();
      sum += number;
      squares += number * number;
      least = std::min(least, number);
      most = std::max(most, number);
      ++count;
    }
    // Jayway: "Aggregation function attempted to calculate value using empty array".
    if (count == 0) throw RenderError{"the function " + name + "() of no numbers"};
    if (name == "sum") return sum;
    if (name == "min") return least;
    if (name == "max") return most;
    const double mean = sum / count;
    if (name == "avg") return mean;
    if (name == "stddev") return std::sqrt(std::max(squares / count - mean * mean, 0.0));
    throw RenderError{"the function " + name + "() is not supported here"};
  }

  bool holds(const Filter& filter, const Value& element) {
    heap_.budget().spend(1);
    const auto part = [&](const Filter& each) { return holds(each, element); };
    switch (filter.kind) {
      case Filter::Kind::kAnd:
        return std::all_of(filter.parts.begin(), filter.parts.end(), part);
      case Filter::Kind::kOr:
        return std::any_of(filter.parts.begin(), filter.parts.end(), part);
      case Filter::Kind::kNot:
        return !part(filter.parts.front());
      case Filter::Kind::kTest:
        break;
    }
    const auto left = value_of(filter.left, element);
    if (filter.op == FilterOperator::kExists) return left.has_value();
    return compare(filter, left, value_of(filter.right, element));
  }

  std::optional<Value> value_of(const FilterOperand& operand, const Value& element) {
    if (const auto* literal = std::get_if<json::value>(&operand.what)) {
      return heap_.of_json(*literal);
    }
    const PathSteps& path = std::get<PathSteps>(operand.what);
    return Finder(heap_, root_, nesting_ + 1).find(path, operand.from_root ? root_ : element);
  }

  bool compare(const Filter& filter, const std::optional<Value>& left,
               const std::optional<Value>& right) {
    const bool both = left && right;
    switch (filter.op) {
      case FilterOperator::kEqual:
        return both && equal(*left, *right);
      case FilterOperator::kNotEqual:
        return !both || !equal(*left, *right);
      case FilterOperator::kLess:
        return both && order(*left, *right) == -1;
      case FilterOperator::kLessOrEqual:
        return both && std::abs(order(*left, *right)) <= 1 && order(*left, *right) <= 0;
      case FilterOperator::kGreater:
        return both && order(*left, *right) == 1;
      case FilterOperator::kGreaterOrEqual:
        return both && std::abs(order(*left, *right)) <= 1 && order(*left, *right) >= 0;
      case FilterOperator::kMatches: {
        const std::string* subject = left ? left->if_text() : nullptr;
        return subject != nullptr && right->if_text() != nullptr &&
               regex_matches(patterns_, *subject, *right->if_text());
      }
      case FilterOperator::kIn:
        return both && contains(*right, *left);
      case FilterOperator::kNotIn:
        return !both || !contains(*right, *left);
      case FilterOperator::kContains:
        return both && contains(*left, *right);
      case FilterOperator::kSize:
        return both && has_size(*left, *right);
      case FilterOperator::kEmpty:
        return both && right->if_bool() != nullptr &&
               *right->if_bool() == has_size(*left, Value(0));
      case FilterOperator::kExists:
        break;
    }
    return false;
  }

  bool equal(const Value& left, const Value& right) {
    if (left.is_number() && right.is_number()) return left.to_double() == right.to_double();
    return java_equals(heap_, left, right);
  }

  /// -1, 0, 1; 2 when they have no order.
  static int order(const Value& left, const Value& right) {
    if (left.is_number() && right.is_number()) {
      const double a = left.to_double();
      const double b = right.to_double();
      return a < b ? -1 : (a > b ? 1 : 0);
    }
    const std::string* a = left.if_text();
    const std::string* b = right.if_text();
    if (a == nullptr || b == nullptr) return 2;
    const int found = a->compare(*b);
    return found < 0 ? -1 : (found > 0 ? 1 : 0);
  }

  bool contains(const Value& container, const Value& element) {
    if (const std::string* whole = container.if_text()) {
      const std::string* part = element.if_text();
      heap_.budget().spend_bytes(whole->size());
      return part != nullptr && core::find_text(*whole, *part) != std::string::npos;
    }
    List* list = container.if_list();
    if (list == nullptr) return false;
    const auto& items = list->items(heap_);
    return std::any_of(items.begin(), items.end(),
                       [&](const Value& each) { return equal(each, element); });
  }

  static bool has_size(const Value& container, const Value& size) {
    const auto wanted = size.if_integer();
    if (const List* list = container.if_list()) {
      return wanted == static_cast<std::int64_t>(list->size());
    }
    if (const Map* map = container.if_map()) {
      return wanted == static_cast<std::int64_t>(map->size());
    }
    const std::string* held = container.if_text();
    return held != nullptr && wanted == static_cast<std::int64_t>(held->size());
  }

  Heap& heap_;
  const Value& root_;
  std::size_t nesting_;
  Patterns patterns_;
  std::vector<Value> found_;
};

}  // namespace

std::optional<Value> JsonPath::find(Heap& heap, const Value& root) const {
  return Finder(heap, root, 0).find(*steps_, root);
}

}  // namespace tandem::apigateway::mapping
