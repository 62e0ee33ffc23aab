#include "services/cloudwatch/model/alarm_rule.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <utility>

#include "core/text.h"

namespace tandem::cloudwatch {
namespace {

constexpr std::string_view kOperand =
    "'(', 'NOT', AT_LEAST, TRUE or FALSE, ALARM, OK, or INSUFFICIENT_DATA";

struct Token {
  std::string_view text;  ///< without quotes
  std::size_t at = 0;
  bool quoted = false;
  bool end = false;
  bool is(std::string_view word) const { return !quoted && !end && text == word; }
};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_mark(char c) { return c == '(' || c == ')' || c == ','; }

std::optional<AlarmState> state_of_word(const Token& token) {
  if (token.is("ALARM")) return AlarmState::kAlarm;
  if (token.is("OK")) return AlarmState::kOk;
  if (token.is("INSUFFICIENT_DATA")) return AlarmState::kInsufficientData;
  return std::nullopt;
}

}  // namespace

/// Throws ParseError; parse() gives it back as a value.
class AlarmRuleParser {
 public:
  explicit AlarmRuleParser(std::string_view text) : text_(text) { advance(); }

  AlarmRuleExpression whole() {
    using Expression = AlarmRuleExpression;
    Expression expression;
    expression.root_ = or_of(0);
    if (!token_.end) unsupported("AND or OR");
    expression.alarms_ = std::move(alarms_);
    return expression;
  }

 private:
  using Node = AlarmRuleExpression::Node;

  [[noreturn]] void fail(std::string message) const {
    throw core::ParseError{std::move(message), token_.at};
  }
  [[noreturn]] void unsupported(std::string_view wanted) const {
    if (token_.end) {
      fail(fmt::format("Unexpected end of the rule at char {}, must be: {}", token_.at, wanted));
    }
    fail(fmt::format("Unsupported token '{}' at char {}, must be: {}", token_.text, token_.at,
                     wanted));
  }

  void advance() {
    while (next_ < text_.size() && is_space(text_[next_])) ++next_;
    token_ = {.at = next_, .end = next_ == text_.size()};
    if (token_.end) return;
    if (text_[next_] == '"') {
      const std::size_t close = text_.find('"', next_ + 1);
      if (close == std::string_view::npos) {
        fail(fmt::format("Unterminated quoted string at char {}", next_));
      }
      token_.text = text_.substr(next_ + 1, close - next_ - 1);
      token_.quoted = true;
      next_ = close + 1;
      return;
    }
    std::size_t end = next_ + 1;
    if (!is_mark(text_[next_])) {
      while (end < text_.size() && !is_space(text_[end]) && !is_mark(text_[end]) &&
             text_[end] != '"') {
        ++end;
      }
    }
    token_.text = text_.substr(next_, end - next_);
    next_ = end;
  }

  void take(std::string_view mark) {
    if (!token_.is(mark)) unsupported(fmt::format("'{}'", mark));
    advance();
  }

  void count_element() {
    if (++elements_ > kMostRuleElements) {
      fail(fmt::format("A rule has at most {} elements", kMostRuleElements));
    }
  }

  /// Both are lists, so that a long chain is not a deep tree.
  Node chain(Node::Kind kind, std::string_view word, std::size_t depth) {
    const bool is_or = kind == Node::Kind::kOr;
    Node first = is_or ? chain(Node::Kind::kAnd, "AND", depth) : not_of(depth);
    if (!token_.is(word)) return first;
    Node all{.kind = kind};
    all.parts.push_back(std::move(first));
    while (token_.is(word)) {
      count_element();
      advance();
      all.parts.push_back(is_or ? chain(Node::Kind::kAnd, "AND", depth) : not_of(depth));
    }
    return all;
  }
  Node or_of(std::size_t depth) { return chain(Node::Kind::kOr, "OR", depth); }

  Node not_of(std::size_t depth) {
    bool negated = false;
    while (token_.is("NOT")) {
      count_element();
      advance();
      negated = !negated;
    }
    Node inner = operand(depth);
    if (!negated) return inner;
    Node node{.kind = Node::Kind::kNot};
    node.parts.push_back(std::move(inner));
    return node;
  }

  Node operand(std::size_t depth) {
    count_element();
    if (depth > kDeepestRule) {
      fail(fmt::format("Parentheses are nested deeper than {}", kDeepestRule));
    }
    Node node;
    if (token_.is("(")) {
      advance();
      node = or_of(depth + 1);
      take(")");
    } else if (token_.is("TRUE") || token_.is("FALSE")) {
      node.kind = token_.is("TRUE") ? Node::Kind::kTrue : Node::Kind::kFalse;
      advance();
    } else if (token_.is("AT_LEAST")) {
      advance();
      node = at_least();
    } else if (const auto state = state_of_word(token_)) {
      advance();
      node.kind = Node::Kind::kState;
      node.state = *state;
      take("(");
      node.alarms.push_back(alarm());
      take(")");
    } else {
      unsupported(kOperand);
    }
    return node;
  }

  Node at_least() {
    Node node{.kind = Node::Kind::kAtLeast};
    take("(");
    std::string_view count = token_.text;
    node.percent = count.ends_with('%');
    if (node.percent) count.remove_suffix(1);
    const auto number = core::parse_uint(count);
    if (token_.end || !number || *number == 0 || *number > 100) {
      unsupported("a number or a percentage");
    }
    node.count = static_cast<std::size_t>(*number);
    advance();
    take(",");
    if (token_.is("NOT")) {
      node.negated = true;
      advance();
    }
    const auto state = state_of_word(token_);
    if (!state) unsupported("ALARM, OK, or INSUFFICIENT_DATA");
    node.state = *state;
    advance();
    take(",");
    take("(");
    node.alarms.push_back(alarm());
    while (token_.is(",")) {
      advance();
      node.alarms.push_back(alarm());
    }
    take(")");
    take(")");
    if (!node.percent && node.count > node.alarms.size()) {
      fail(fmt::format("AT_LEAST wants {} of {} alarms", node.count, node.alarms.size()));
    }
    return node;
  }

  std::size_t alarm() {
    if (token_.end || (!token_.quoted && (is_mark(token_.text.front()))) || token_.text.empty()) {
      unsupported("the name or the ARN of an alarm");
    }
    count_element();
    const std::string name(token_.text);
    advance();
    const auto found = std::find(alarms_.begin(), alarms_.end(), name);
    const auto place = static_cast<std::size_t>(found - alarms_.begin());
    if (found == alarms_.end()) alarms_.push_back(name);
    if (alarms_.size() > kMostChildren) {
      fail(fmt::format("A rule names at most {} alarms", kMostChildren));
    }
    return place;
  }

  std::string_view text_;
  std::size_t next_ = 0;
  Token token_;
  std::size_t elements_ = 0;
  std::vector<std::string> alarms_;
};

core::Parsed<AlarmRuleExpression> AlarmRuleExpression::parse(std::string_view text) {
  try {
    return AlarmRuleParser(text).whole();
  } catch (core::ParseError& error) {
    return std::move(error);
  }
}

bool AlarmRuleExpression::holds(const States& state_of) const { return holds(root_, state_of); }

bool AlarmRuleExpression::holds(const Node& node, const States& state_of) const {
  const auto part = [&](const Node& each) { return holds(each, state_of); };
  switch (node.kind) {
    case Node::Kind::kTrue:
      return true;
    case Node::Kind::kState:
      return state_of(alarms_[node.alarms.front()]) == node.state;
    case Node::Kind::kNot:
      return !holds(node.parts.front(), state_of);
    case Node::Kind::kAnd:
      return std::all_of(node.parts.begin(), node.parts.end(), part);
    case Node::Kind::kOr:
      return std::any_of(node.parts.begin(), node.parts.end(), part);
    case Node::Kind::kAtLeast: {
      const auto fits =
          std::count_if(node.alarms.begin(), node.alarms.end(), [&](std::size_t place) {
            return (state_of(alarms_[place]) == node.state) != node.negated;
          });
      const auto those = static_cast<std::size_t>(fits);
      return node.percent ? those * 100 >= node.count * node.alarms.size() : those >= node.count;
    }
    case Node::Kind::kFalse:
      break;
  }
  return false;
}

}  // namespace tandem::cloudwatch
