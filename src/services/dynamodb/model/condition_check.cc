#include "services/dynamodb/model/condition_check.h"

#include <array>
#include <optional>

namespace tandem::dynamodb {
namespace {

struct Function {
  std::string_view name;
  std::size_t operands;
};
constexpr std::array<Function, 6> kFunctions = {{{"attribute_exists", 1},
                                                 {"attribute_not_exists", 1},
                                                 {"attribute_type", 2},
                                                 {"begins_with", 2},
                                                 {"contains", 2},
                                                 {"size", 1}}};

const Function* find_function(std::string_view name) {
  for (const auto& function : kFunctions) {
    if (function.name == name) return &function;
  }
  return nullptr;
}

bool is_function(const Operand& operand) { return operand.kind == Operand::Kind::kFunction; }

/// The type an operand will have whatever the item holds.
std::optional<Type> known_type(const Operand& operand) {
  if (operand.kind == Operand::Kind::kValue) return operand.value->type();
  if (is_function(operand)) return operand.name == "size" ? Type::kN : Type::kBool;
  return std::nullopt;
}

/// Calls visit on every operand, inner ones first, left to right.
template <class Visit>
void for_each_operand(const Operand& operand, const Visit& visit) {
  for (const auto& inner : operand.operands) for_each_operand(inner, visit);
  visit(operand);
}

/// Calls visit on every condition that is no AND, OR or NOT, left to right.
template <class Node, class Visit>
void for_each_leaf(Node& condition, const Visit& visit) {
  for (auto& inner : condition.conditions) for_each_leaf(inner, visit);
  if (condition.conditions.empty()) visit(condition);
}

class Checker {
 public:
  Checker(ExpressionKind kind, Substitutions& substitutions)
      : kind_(kind), substitutions_(substitutions) {}

  void check(ParsedCondition& parsed) {
    if (parsed.redundant_parentheses) fail("The expression has redundant parentheses;");
    for_each_leaf(parsed.condition, [this](const Condition& leaf) { check_known(leaf); });
    for_each_leaf(parsed.condition, [this](const Condition& leaf) { check_use(leaf); });
    for_each_path(parsed.condition, [this](const Path& path) {
      if (const auto word = reserved_word_in(path); !word.empty()) {
        fail("Attribute name is a reserved keyword; reserved keyword: " + std::string(word));
      }
    });
    for_each_leaf(parsed.condition, [this](Condition& leaf) { check_leaf(leaf); });
  }

 private:
  [[noreturn]] void fail(const std::string& text) const { throw invalid_expression(kind_, text); }

  void check_known(const Condition& leaf) const {
    for (const auto& operand : leaf.operands) {
      for_each_operand(operand, [this](const Operand& at) {
        if (!is_function(at) || find_function(at.name) != nullptr) return;
        const bool update = at.name == "if_not_exists" || at.name == "list_append";
        fail((update ? "The function is not allowed in a condition expression; function: "
                     : "Invalid function name; function: ") +
             at.name);
      });
    }
  }

  /// Only size() yields something to compare, and it alone is no condition.
  void check_use(const Condition& leaf) const {
    const auto misused = [this](const Operand& at) {
      fail("The function is not allowed to be used this way in an expression; function: " +
           at.name);
    };
    const bool is_call = leaf.kind == Condition::Kind::kFunction;
    for (const auto& operand : leaf.operands) {
      for_each_operand(operand, [&](const Operand& at) {
        for (const auto& inner : at.operands) {
          if (is_function(inner) && inner.name != "size") misused(inner);
        }
      });
      if (is_function(operand) && is_call == (operand.name == "size")) misused(operand);
    }
  }

  void check_leaf(Condition& leaf) {
    for (auto& operand : leaf.operands) resolve(operand, kind_, substitutions_);
    for (const auto& operand : leaf.operands) {
      for_each_operand(operand, [this](const Operand& at) { check_count(at); });
    }
    check_distinct(leaf);
    for (const auto& operand : leaf.operands) {
      for_each_operand(operand, [this](const Operand& at) { check_function(at); });
    }
    if (leaf.kind == Condition::Kind::kCompare) check_comparison(leaf);
    if (leaf.kind == Condition::Kind::kBetween) check_between(leaf);
    constexpr std::size_t kMaxCandidates = 100;
    if (leaf.kind == Condition::Kind::kIn && leaf.operands.size() > kMaxCandidates + 1) {
      fail(wrong_operand_count("IN", leaf.operands.size()));
    }
  }

  void check_count(const Operand& call) const {
    if (!is_function(call)) return;
    if (call.operands.size() != find_function(call.name)->operands) {
      fail(wrong_operand_count(call.name, call.operands.size()));
    }
  }

  void check_distinct(const Condition& leaf) const {
    if (leaf.kind == Condition::Kind::kCompare) require_distinct(leaf.symbol, leaf.operands);
    for (const auto& operand : leaf.operands) {
      for_each_operand(operand, [this](const Operand& at) {
        if (is_function(at) && at.operands.size() == 2) require_distinct(at.name, at.operands);
      });
    }
  }

  void require_distinct(std::string_view name, const std::vector<Operand>& operands) const {
    if (!operands[0].is_path() || !operands[1].is_path()) return;
    if (operands[0].path != operands[1].path) return;
    fail(std::string("The first operand must be distinct from the remaining operands for this "
                     "operator or function; operator: ")
             .append(name)
             .append(", first operand: ")
             .append(describe(operands[0].path)));
  }

  void check_function(const Operand& call) const {
    if (!is_function(call)) return;
    const auto& operands = call.operands;
    const auto type = known_type(operands[0]);
    if (call.name == "attribute_exists" || call.name == "attribute_not_exists") {
      if (!operands[0].is_path()) fail(needs_path(call.name));
    } else if (call.name == "begins_with") {
      for (const auto& operand : operands) {
        const auto known = known_type(operand);
        if (known && *known != Type::kS && *known != Type::kB) wrong_type(call.name, *known);
      }
    } else if (call.name == "size") {
      if (type && (*type == Type::kN || *type == Type::kBool || *type == Type::kNull)) {
        wrong_type(call.name, *type);
      }
    } else if (call.name == "attribute_type") {
      check_attribute_type(operands[1]);
    }
  }

  void check_attribute_type(const Operand& name) const {
    const auto type = known_type(name);
    if (type != Type::kS) {
      fail(wrong_operand_type("attribute_type",
                              type ? type_name(*type) : "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"));
    }
    for (int i = 0; i < 10; ++i) {
      if (type_name(static_cast<Type>(i)) == *name.value->bytes()) return;
    }
    fail("Invalid attribute type name found; type: " + *name.value->bytes() +
         ", valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}");
  }

  /// Order exists among strings, numbers and binaries only.
  void check_ordered(std::string_view name, const Operand& operand) const {
    const auto type = known_type(operand);
    if (type && *type != Type::kS && *type != Type::kN && *type != Type::kB) {
      wrong_type(name, *type);
    }
  }

  void check_comparison(const Condition& leaf) const {
    if (leaf.symbol == "=" || leaf.symbol == "<>") return;
    for (const auto& operand : leaf.operands) check_ordered(leaf.symbol, operand);
  }

  void check_between(const Condition& leaf) const {
    for (const auto& operand : leaf.operands) check_ordered("BETWEEN", operand);
    const Value* low = leaf.operands[1].value;
    const Value* high = leaf.operands[2].value;
    if (low == nullptr || high == nullptr) return;
    std::string_view rule;
    if (low->type() != high->type()) {
      rule = "same data type for lower and upper bounds";
    } else if (compare(*low, *high).sign > 0) {
      rule = "upper bound to be greater than or equal to lower bound";
    } else {
      return;
    }
    fail(std::string("The BETWEEN operator requires ")
             .append(rule)
             .append("; lower bound operand: AttributeValue: ")
             .append(describe(*low))
             .append(", upper bound operand: AttributeValue: ")
             .append(describe(*high)));
  }

  [[noreturn]] void wrong_type(std::string_view name, Type type) const {
    fail(wrong_operand_type(name, type_name(type)));
  }

  ExpressionKind kind_;
  Substitutions& substitutions_;
};

}  // namespace

void check_condition(ParsedCondition& parsed, ExpressionKind kind, Substitutions& substitutions) {
  Checker(kind, substitutions).check(parsed);
}

void resolve(Operand& operand, ExpressionKind kind, Substitutions& substitutions) {
  if (operand.is_path()) {
    resolve(operand.path, substitutions, kind);
  } else if (operand.kind == Operand::Kind::kValue) {
    operand.value = substitutions.use_value(operand.name);
    if (operand.value == nullptr) {
      throw invalid_expression(kind,
                               "An expression attribute value used in expression is not defined; "
                               "attribute value: " +
                                   operand.name);
    }
  }
  for (auto& inner : operand.operands) resolve(inner, kind, substitutions);
}

std::string wrong_operand_type(std::string_view name, std::string_view type) {
  return std::string("Incorrect operand type for operator or function; operator or function: ")
      .append(name)
      .append(", operand type: ")
      .append(type);
}

std::string wrong_operand_count(std::string_view name, std::size_t count) {
  return std::string(
             "Incorrect number of operands for operator or function; operator or function: ")
      .append(name)
      .append(", number of operands: ")
      .append(std::to_string(count));
}

std::string needs_path(std::string_view name) {
  return std::string("Operator or function requires a document path; operator or function: ")
      .append(name);
}

}  // namespace tandem::dynamodb
