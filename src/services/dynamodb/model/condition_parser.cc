#include "services/dynamodb/model/condition_parser.h"

#include <array>
#include <optional>
#include <utility>

namespace tandem::dynamodb {
namespace {

constexpr std::array<std::string_view, 6> kComparators = {"=", "<>", "<", "<=", ">", ">="};

/// Recursive descent by precedence: OR, AND, NOT, then one condition or parentheses. The number of
/// operators is counted as they are met, so the depth is bounded by it and by kMaxParentheses.
class Parser {
 public:
  explicit Parser(TokenStream& tokens) : tokens_(tokens) {}

  ParsedCondition parse() {
    ParsedCondition out;
    out.condition = parse_or();
    tokens_.expect_end();
    out.redundant_parentheses = redundant_;
    if (operators_ > kMaxOperators) throw too_many_operators();
    return out;
  }

 private:
  /// Each useful pair belongs to an operator, so nesting beyond the operators is redundant.
  static constexpr int kMaxParentheses = kMaxOperators + 2;

  aws::ApiError too_many_operators() const {
    return tokens_.error("The expression contains too many operators; operator count: " +
                         std::to_string(operators_));
  }

  void count_operator() { ++operators_; }

  Condition binary(Condition::Kind kind, Condition left, Condition right) {
    Condition out;
    out.kind = kind;
    out.conditions.push_back(std::move(left));
    out.conditions.push_back(std::move(right));
    return out;
  }

  Condition parse_or() {
    Condition left = parse_and();
    while (tokens_.accept_word("OR")) {
      count_operator();
      left = binary(Condition::Kind::kOr, std::move(left), parse_and());
    }
    return left;
  }

  Condition parse_and() {
    Condition left = parse_not();
    while (tokens_.accept_word("AND")) {
      count_operator();
      left = binary(Condition::Kind::kAnd, std::move(left), parse_not());
    }
    return left;
  }

  Condition parse_not() {
    if (!tokens_.peek().is_word("NOT")) return parse_primary();
    tokens_.take();
    count_operator();
    if (operators_ > kMaxOperators) throw too_many_operators();
    Condition out;
    out.kind = Condition::Kind::kNot;
    out.conditions.push_back(parse_not());
    return out;
  }

  /// "(" begins a condition or an operand in parentheses.
  Condition parse_primary() {
    if (!tokens_.peek().is("(")) return parse_simple(parse_operand(tokens_));
    return condition_of(parse_parentheses());
  }

  /// What was in a pair of parentheses: one of the two.
  struct Group {
    std::optional<Condition> condition;
    std::optional<Operand> operand;
  };

  /// A group is an operand or a condition.
  Condition condition_of(Group group) {
    if (group.operand) return parse_simple(std::move(*group.operand));
    return std::move(*group.condition);
  }

  /// At "(": takes it all, with its ")". Whether an operand or a condition began is known only
  /// after it was parsed, so the operand is parsed first and extended when an operator follows.
  Group parse_parentheses() {
    if (++parentheses_ > kMaxParentheses) {
      throw tokens_.error("The expression has redundant parentheses;");
    }
    tokens_.expect("(");
    Group out;
    if (tokens_.peek().is("(")) {
      out = parse_parentheses();
      if (tokens_.peek().is(")")) {
        redundant_ = true;
      } else {
        out = {continue_condition(condition_of(std::move(out))), std::nullopt};
      }
    } else if (tokens_.peek().is_word("NOT")) {
      out.condition = parse_or();
    } else {
      out = parse_group_content(parse_operand(tokens_));
    }
    tokens_.expect(")");
    --parentheses_;
    return out;
  }

  /// A lone call of a boolean function is a condition, any other lone operand stays one.
  Group parse_group_content(Operand operand) {
    const bool call = operand.kind == Operand::Kind::kFunction && operand.name != "size";
    if (tokens_.peek().is(")") && !call) return {std::nullopt, std::move(operand)};
    return {continue_condition(parse_simple(std::move(operand))), std::nullopt};
  }

  /// The rest of an OR level whose first condition is parsed already.
  Condition continue_condition(Condition left) {
    while (tokens_.accept_word("AND")) {
      count_operator();
      left = binary(Condition::Kind::kAnd, std::move(left), parse_not());
    }
    while (tokens_.accept_word("OR")) {
      count_operator();
      left = binary(Condition::Kind::kOr, std::move(left), parse_and());
    }
    return left;
  }

  /// An operand, possibly in parentheses.
  Operand parse_side() {
    if (!tokens_.peek().is("(")) return parse_operand(tokens_);
    Group group = parse_parentheses();
    if (!group.operand) tokens_.syntax_error();
    return std::move(*group.operand);
  }

  /// The condition that begins with an operand already parsed.
  Condition parse_simple(Operand first) {
    const Token& next = tokens_.peek();
    for (const auto comparator : kComparators) {
      if (next.is(comparator)) return parse_comparison(std::move(first));
    }
    if (next.is_word("BETWEEN")) return parse_between(std::move(first));
    if (next.is_word("IN")) return parse_in(std::move(first));
    if (first.kind != Operand::Kind::kFunction) tokens_.syntax_error();
    Condition out;
    out.kind = Condition::Kind::kFunction;
    out.operands.push_back(std::move(first));
    return out;
  }

  Condition parse_comparison(Operand first) {
    Condition out;
    out.kind = Condition::Kind::kCompare;
    out.symbol = tokens_.take().text;
    count_operator();
    out.operands.push_back(std::move(first));
    out.operands.push_back(parse_side());
    return out;
  }

  Condition parse_between(Operand first) {
    Condition out;
    out.kind = Condition::Kind::kBetween;
    tokens_.take();
    count_operator();
    out.operands.push_back(std::move(first));
    out.operands.push_back(parse_side());
    if (!tokens_.accept_word("AND")) tokens_.syntax_error();
    out.operands.push_back(parse_side());
    return out;
  }

  Condition parse_in(Operand first) {
    Condition out;
    out.kind = Condition::Kind::kIn;
    tokens_.take();
    count_operator();
    out.operands.push_back(std::move(first));
    tokens_.expect("(");
    do {
      out.operands.push_back(parse_side());
    } while (tokens_.accept(","));
    tokens_.expect(")");
    return out;
  }

  TokenStream& tokens_;
  int operators_ = 0;
  int parentheses_ = 0;
  bool redundant_ = false;
};

bool is_keyword(const Token& token) {
  for (const std::string_view word : {"AND", "OR", "NOT", "BETWEEN", "IN"}) {
    if (token.is_word(word)) return true;
  }
  return false;
}

}  // namespace

Operand parse_operand(TokenStream& tokens, int depth) {
  Operand out;
  const Token& next = tokens.peek();
  if (next.kind == TokenKind::kValueRef) {
    out.kind = Operand::Kind::kValue;
    out.name = tokens.take().text;
    return out;
  }
  const bool condition = tokens.kind() != ExpressionKind::kUpdate;
  if (condition && is_keyword(next)) tokens.syntax_error();
  if (next.kind != TokenKind::kWord || !tokens.peek_second().is("(")) {
    out.path = parse_path(tokens);
    return out;
  }
  out.kind = Operand::Kind::kFunction;
  out.name = tokens.take().text;
  if (depth >= kMaxCallDepth) {
    throw tokens.error(
        "The function is not allowed to be used this way in an expression; function: " + out.name);
  }
  tokens.expect("(");
  do {
    // An operand may stand in one pair of parentheses.
    const bool wrapped = tokens.accept("(");
    out.operands.push_back(parse_operand(tokens, depth + 1));
    if (wrapped) tokens.expect(")");
  } while (tokens.accept(","));
  tokens.expect(")");
  return out;
}

ParsedCondition parse_condition_syntax(TokenStream& tokens) { return Parser(tokens).parse(); }

}  // namespace tandem::dynamodb
