#include "services/dynamodb/model/update.h"

#include <algorithm>
#include <array>
#include <optional>

#include "services/dynamodb/model/condition_check.h"
#include "services/dynamodb/model/condition_parser.h"

namespace tandem::dynamodb {
namespace {

constexpr auto kKind = ExpressionKind::kUpdate;

struct Section {
  std::string_view keyword;
  UpdateAction::Kind kind;
};
constexpr std::array<Section, 4> kSections = {{{"SET", UpdateAction::Kind::kSet},
                                               {"REMOVE", UpdateAction::Kind::kRemove},
                                               {"ADD", UpdateAction::Kind::kAdd},
                                               {"DELETE", UpdateAction::Kind::kDelete}}};

const Section* section_at(const Token& token) {
  for (const auto& section : kSections) {
    if (token.is_word(section.keyword)) return &section;
  }
  return nullptr;
}

/// Syntax only.
class Parser {
 public:
  explicit Parser(TokenStream& tokens) : tokens_(tokens) {}

  Update parse() {
    Update update;
    while (tokens_.peek().kind != TokenKind::kEnd) {
      const Section* section = section_at(tokens_.peek());
      if (section == nullptr) tokens_.syntax_error();
      tokens_.take();
      if (seen_[index(*section)] && repeated_.empty()) repeated_ = section->keyword;
      seen_[index(*section)] = true;
      do {
        update.actions.push_back(parse_action(section->kind));
      } while (tokens_.accept(","));
    }
    if (operators_ > kMaxOperators) {
      throw tokens_.error("The expression contains too many operators; operator count: " +
                          std::to_string(operators_));
    }
    return update;
  }

  /// The keyword of the first section that came twice; empty: none did.
  std::string_view repeated() const { return repeated_; }

 private:
  static std::size_t index(const Section& section) {
    return static_cast<std::size_t>(section.kind);
  }

  UpdateAction parse_action(UpdateAction::Kind kind) {
    UpdateAction action;
    action.kind = kind;
    // A keyword here is one out of place, never an attribute.
    if (section_at(tokens_.peek()) != nullptr) tokens_.syntax_error();
    action.path = parse_path(tokens_);
    ++operators_;
    if (kind == UpdateAction::Kind::kSet) {
      tokens_.expect("=");
      action.set = parse_set_value();
    } else if (kind != UpdateAction::Kind::kRemove) {
      if (tokens_.peek().kind != TokenKind::kValueRef) tokens_.syntax_error();
      action.operand = parse_operand(tokens_);
    }
    return action;
  }

  SetValue parse_set_value() {
    SetValue value;
    const bool wrapped = tokens_.accept("(");
    value.operands.push_back(parse_side());
    if (tokens_.peek().is("+") || tokens_.peek().is("-")) {
      value.op =
          tokens_.take().text == "+" ? SetValue::Operator::kPlus : SetValue::Operator::kMinus;
      ++operators_;
      value.operands.push_back(parse_side());
    }
    if (wrapped) tokens_.expect(")");
    return value;
  }

  Operand parse_side() {
    const bool wrapped = tokens_.accept("(");
    if (section_at(tokens_.peek()) != nullptr) tokens_.syntax_error();
    Operand operand = parse_operand(tokens_);
    if (wrapped) tokens_.expect(")");
    return operand;
  }

  TokenStream& tokens_;
  std::array<bool, 4> seen_{};
  std::string_view repeated_;
  int operators_ = 0;
};

bool is_function(const Operand& operand) { return operand.kind == Operand::Kind::kFunction; }

/// Type names as ADD and DELETE spell them.
std::string_view long_name(Type type) {
  static constexpr std::array<std::string_view, 10> kNames = {
      "STRING",     "NUMBER",     "BINARY",     "BOOLEAN", "NULL",
      "STRING_SET", "NUMBER_SET", "BINARY_SET", "LIST",    "MAP"};
  return kNames[static_cast<std::size_t>(type)];
}

bool is_set(Type type) { return type == Type::kSS || type == Type::kNS || type == Type::kBS; }

/// The order of the passes is the order in which the service reports faults.
class Checker {
 public:
  explicit Checker(Substitutions& substitutions) : substitutions_(substitutions) {}

  void check(Update& update, std::string_view repeated_section) {
    check_reserved(update);
    each_operand(update, [](const Operand& at) { check_known(at); });
    each_operand(update, [](const Operand& at) { check_nesting(at); });
    if (!repeated_section.empty()) {
      fail(std::string("The \"")
               .append(repeated_section)
               .append("\" section can only be used once in an update expression;"));
    }
    for (auto& action : update.actions) resolve_all(action);
    check_distinct_paths(update.paths(), kKind);
    for (const auto& action : update.actions) check_set_operand(action);
    each_operand(update, [](const Operand& at) { check_function(at); });
    for (const auto& action : update.actions) check_arithmetic(action.set);
  }

 private:
  [[noreturn]] static void fail(const std::string& text) { throw invalid_expression(kKind, text); }

  template <class Visit>
  static void visit_operand(const Operand& operand, const Visit& visit) {
    for (const auto& inner : operand.operands) visit_operand(inner, visit);
    visit(operand);
  }
  template <class Visit>
  static void each_operand(const Update& update, const Visit& visit) {
    for (const auto& action : update.actions) {
      for (const auto& operand : action.set.operands) visit_operand(operand, visit);
    }
  }

  static void check_reserved_path(const Path& path) {
    if (const auto word = reserved_word_in(path); !word.empty()) {
      fail("Attribute name is a reserved keyword; reserved keyword: " + std::string(word));
    }
  }
  static void check_reserved(const Update& update) {
    for (const auto& action : update.actions) {
      check_reserved_path(action.path);
      for (const auto& operand : action.set.operands) {
        for_each_path(operand, check_reserved_path);
      }
    }
  }

  static void check_known(const Operand& call) {
    if (!is_function(call) || call.name == "if_not_exists" || call.name == "list_append") return;
    for (const std::string_view name : {"attribute_exists", "attribute_not_exists",
                                        "attribute_type", "begins_with", "contains", "size"}) {
      if (call.name == name) {
        fail("The function is not allowed in an update expression; function: " + call.name);
      }
    }
    fail("Invalid function name; function: " + call.name);
  }

  /// Inside a call only if_not_exists may stand.
  static void check_nesting(const Operand& call) {
    for (const auto& inner : call.operands) {
      if (is_function(inner) && inner.name == "list_append") {
        fail("The function is not allowed to be used this way in an expression; function: " +
             inner.name);
      }
    }
  }

  void resolve_all(UpdateAction& action) {
    resolve(action.path, substitutions_, kKind);
    for (auto& operand : action.set.operands) resolve(operand, kKind, substitutions_);
    if (action.operand.kind == Operand::Kind::kValue) {
      resolve(action.operand, kKind, substitutions_);
    }
  }

  static void check_set_operand(const UpdateAction& action) {
    if (action.operand.value == nullptr) return;
    const Type type = action.operand.value->type();
    const bool add = action.kind == UpdateAction::Kind::kAdd;
    if (is_set(type) || (add && type == Type::kN)) return;
    fail(std::string("Incorrect operand type for operator or function; operator: ")
             .append(add ? "ADD" : "DELETE")
             .append(", operand type: ")
             .append(long_name(type)));
  }

  static void check_function(const Operand& call) {
    if (!is_function(call)) return;
    if (call.operands.size() != 2) fail(wrong_operand_count(call.name, call.operands.size()));
    if (call.name == "if_not_exists") {
      if (!call.operands[0].is_path()) fail(needs_path(call.name));
      return;
    }
    for (const auto& operand : call.operands) require_type(call.name, operand, Type::kL);
  }

  static void check_arithmetic(const SetValue& value) {
    if (value.op == SetValue::Operator::kNone) return;
    const std::string_view name = value.op == SetValue::Operator::kPlus ? "+" : "-";
    for (const auto& operand : value.operands) require_type(name, operand, Type::kN);
  }

  static void require_type(std::string_view name, const Operand& operand, Type type) {
    if (operand.value == nullptr || operand.value->type() == type) return;
    fail(wrong_operand_type(name, type_name(operand.value->type())));
  }

  Substitutions& substitutions_;
};

}  // namespace

std::vector<const Path*> Update::paths() const {
  std::vector<const Path*> out;
  for (const auto& action : actions) out.push_back(&action.path);
  return out;
}

bool Update::creates_items() const {
  return std::any_of(actions.begin(), actions.end(), [](const UpdateAction& action) {
    return action.kind == UpdateAction::Kind::kSet || action.kind == UpdateAction::Kind::kAdd;
  });
}

Update parse_update(std::string_view source, Substitutions& substitutions) {
  TokenStream tokens(kKind, source);
  Parser parser(tokens);
  Update update = parser.parse();
  Checker(substitutions).check(update, parser.repeated());
  return update;
}

}  // namespace tandem::dynamodb
