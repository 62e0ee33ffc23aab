#include <algorithm>
#include <fmt/format.h>

#include "services/cloudformation/errors.h"
#include "services/cloudformation/model/evaluate.h"

namespace tandem::cloudformation {
namespace {

// Conditions are decided before any resource exists.
class NoResources final : public Resolver {
 public:
  json::value ref(std::string_view name) override { throw resource_in_conditions(name); }
  json::value attribute(std::string_view name, std::string_view) override { return ref(name); }
  json::value import_value(std::string_view) override {
    throw template_error("Cannot use Fn::ImportValue in Conditions.");
  }
};

class ConditionEvaluator {
 public:
  explicit ConditionEvaluator(const Scope& scope)
      : scope_(scope), evaluator_(scope, resolver_), known_(scope.source.conditions) {}

  bool named(std::string_view name) {
    const auto done = results_.find(name);
    if (done != results_.end()) return done->second;
    const json::value* expression = known_.if_contains(name);
    if (expression == nullptr) {
      throw unresolved_condition(name);
    }
    if (std::find(open_.begin(), open_.end(), name) != open_.end()) {
      throw format_error(
          fmt::format("Found circular condition dependency between {} and {}", open_.back(), name));
    }
    // A chain of names recurses; nothing real is this long.
    if (open_.size() >= kLongestChain) {
      throw template_error("conditions refer to each other too deeply");
    }
    open_.emplace_back(name);
    const bool result = decide(*expression);
    open_.pop_back();
    results_.emplace(std::string(name), result);
    return result;
  }

  Conditions all() {
    for (const auto& member : known_) named(member.key());
    return results_;
  }

 private:
  static constexpr std::size_t kLongestChain = 100;

  bool decide(const json::value& expression) {
    const auto* object = expression.if_object();
    if (object == nullptr || object->size() != 1) {
      throw template_error("every Condition member must be a string or a boolean operation.");
    }
    const std::string_view name = object->begin()->key();
    const json::value& argument = object->begin()->value();
    if (name == "Condition") {
      if (!argument.is_string()) throw template_error("every Condition member must be a string.");
      return named(json::view(argument.get_string()));
    }
    if (name == "Fn::Equals") return equals(argument);
    if (name == "Fn::Not") return !operands(argument, name, 1, 1)[0];
    if (name == "Fn::And" || name == "Fn::Or") {
      const std::vector<bool> values = operands(argument, name, 2, 10);
      const bool stop = name == "Fn::Or";
      return (std::find(values.begin(), values.end(), stop) != values.end()) == stop;
    }
    throw format_error(
        "Conditions can only be boolean operations on parameters and other conditions");
  }

  bool equals(const json::value& argument) {
    const auto* list = argument.if_array();
    if (list == nullptr || list->size() != 2) {
      throw template_error("every Fn::Equals object requires a list of two string parameters.");
    }
    const auto left = evaluator_.evaluate((*list)[0]);
    const auto right = evaluator_.evaluate((*list)[1]);
    if (!left || !right) return left.has_value() == right.has_value();
    const auto left_text = scalar_text(*left);
    const auto right_text = scalar_text(*right);
    return left_text && right_text ? *left_text == *right_text : *left == *right;
  }

  std::vector<bool> operands(const json::value& argument, std::string_view name, std::size_t least,
                             std::size_t most) {
    const auto* list = argument.if_array();
    if (list == nullptr || list->size() < least || list->size() > most) {
      throw template_error(
          most == 1 ? fmt::format("every {} object requires one boolean parameter.", name)
                    : fmt::format("every {} object requires a list of at least {} and at most {} "
                                  "boolean parameters.",
                                  name, least, most));
    }
    std::vector<bool> values;
    for (const auto& operand : *list) values.push_back(decide(operand));
    return values;
  }

  const Scope& scope_;
  NoResources resolver_;
  Evaluator evaluator_;
  const json::object& known_;
  Conditions results_;
  std::vector<std::string> open_;
};

}  // namespace

Conditions evaluate_conditions(const Scope& scope) { return ConditionEvaluator(scope).all(); }

}  // namespace tandem::cloudformation
