#include "services/cloudwatch/model/math_syntax.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <optional>
#include <system_error>
#include <utility>

namespace tandem::cloudwatch::math {
namespace {

using Pointer = std::unique_ptr<Node>;

constexpr int kDepth = 60;

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

struct Token {
  enum class Kind { kEnd, kNumber, kText, kWord, kSign };
  Kind kind = Kind::kEnd;
  std::string_view text;  ///< of kText without its quotes
  double number = 0;
  std::size_t at = 0;
};

[[noreturn]] void fail(const Token& token) {
  if (token.kind == Token::Kind::kEnd) throw SyntaxError{"Unexpected end of expression"};
  throw SyntaxError{fmt::format("Unsupported token '{}' at char {}", token.text, token.at)};
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) { advance(); }

  Pointer whole() {
    Pointer node = either(0);
    if (token_.kind != Token::Kind::kEnd) fail(token_);
    return node;
  }

 private:
  /// Operators of one level, read from the left.
  struct Level {
    std::array<std::string_view, 6> signs;
    Pointer (Parser::*next)(int depth);
  };

  Pointer left(const Level& level, int depth) {
    Pointer node = (this->*level.next)(depth);
    for (;;) {
      const auto* sign = std::find(level.signs.begin(), level.signs.end(), token_.text);
      const bool taken = (token_.kind == Token::Kind::kSign || token_.kind == Token::Kind::kWord) &&
                         sign != level.signs.end() && !sign->empty();
      if (!taken) return node;
      std::string_view name = *sign;
      if (name == "||") name = "OR";
      if (name == "&&") name = "AND";
      advance();
      node = operation(name, std::move(node), (this->*level.next)(depth));
      // INVARIANT(bounded-depth): a chain leans to the left, and whoever walks it goes as deep.
      if (++chained_ > kChain) throw SyntaxError{"The expression is too complex"};
    }
  }

  Pointer either(int depth) { return left({{"OR", "||"}, &Parser::both}, depth); }
  Pointer both(int depth) { return left({{"AND", "&&"}, &Parser::comparison}, depth); }
  Pointer comparison(int depth) {
    return left({{"<", "<=", ">", ">=", "==", "!="}, &Parser::sum}, depth);
  }
  Pointer sum(int depth) { return left({{"+", "-"}, &Parser::product}, depth); }
  Pointer product(int depth) { return left({{"*", "/"}, &Parser::sign}, depth); }

  Pointer sign(int depth) {
    check(depth);
    if (is("-")) {
      advance();
      return operation("neg", sign(depth + 1), nullptr);
    }
    if (is("+")) {
      advance();
      return sign(depth + 1);
    }
    return power(depth);
  }

  Pointer power(int depth) {
    Pointer base = primary(depth);
    if (!is("^")) return base;
    advance();
    return operation("^", std::move(base), sign(depth + 1));
  }

  Pointer primary(int depth) {
    check(depth);
    const Token token = token_;
    advance();
    auto node = std::make_unique<Node>();
    switch (token.kind) {
      case Token::Kind::kNumber:
        node->number = token.number;
        return node;
      case Token::Kind::kText:
        node->kind = Node::Kind::kText;
        node->text = token.text;
        return node;
      case Token::Kind::kWord:
        if (token.text == "AND" || token.text == "OR") fail(token);
        node->kind = Node::Kind::kName;
        node->text = token.text;
        if (!is("(")) return node;
        node->kind = Node::Kind::kCall;
        advance();
        list(*node, ")", depth);
        return node;
      case Token::Kind::kSign:
        break;
      case Token::Kind::kEnd:
        fail(token);
    }
    if (token.text == "(") {
      node = either(depth + 1);
      expect(")");
      return node;
    }
    if (token.text != "[") fail(token);
    node->kind = Node::Kind::kArray;
    list(*node, "]", depth);
    return node;
  }

  void list(Node& node, std::string_view end, int depth) {
    if (is(end)) return advance();
    for (;;) {
      node.children.push_back(either(depth + 1));
      if (is(end)) return advance();
      expect(",");
    }
  }

  static Pointer operation(std::string_view name, Pointer one, Pointer other) {
    auto node = std::make_unique<Node>();
    node->kind = Node::Kind::kOperator;
    node->text = name;
    node->children.push_back(std::move(one));
    if (other) node->children.push_back(std::move(other));
    return node;
  }

  bool is(std::string_view sign) const {
    return token_.kind == Token::Kind::kSign && token_.text == sign;
  }
  void expect(std::string_view sign) {
    if (!is(sign)) {
      if (token_.kind == Token::Kind::kEnd) fail(token_);
      throw SyntaxError{fmt::format("Unsupported token '{}' at char {}, must be: '{}'", token_.text,
                                    token_.at, sign)};
    }
    advance();
  }
  static void check(int depth) {
    if (depth > kDepth) throw SyntaxError{"The expression is too complex"};
  }

  void advance() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
    token_ = Token();
    token_.at = at_;
    if (at_ == text_.size()) return;
    const char c = text_[at_];
    if (is_digit(c) || (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) {
      return number();
    }
    std::size_t end = at_ + 1;
    if (is_letter(c)) {
      token_.kind = Token::Kind::kWord;
      while (end < text_.size() && (is_letter(text_[end]) || is_digit(text_[end]))) ++end;
    } else if (c == '"' || c == '\'') {
      return quoted(c);
    } else {
      token_.kind = Token::Kind::kSign;
      static constexpr std::array<std::string_view, 6> kPairs{"<=", ">=", "==", "!=", "&&", "||"};
      if (std::find(kPairs.begin(), kPairs.end(), text_.substr(at_, 2)) != kPairs.end()) ++end;
      static constexpr std::string_view kSingle = "+-*/^()[],<>";
      if (end == at_ + 1 && kSingle.find(c) == std::string_view::npos) {
        token_.text = text_.substr(at_, 1);
        fail(token_);
      }
    }
    token_.text = text_.substr(at_, end - at_);
    at_ = end;
  }

  void number() {
    token_.kind = Token::Kind::kNumber;
    const char* begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), token_.number);
    token_.text = text_.substr(at_, static_cast<std::size_t>(end - begin));
    if (error != std::errc() || !std::isfinite(token_.number)) fail(token_);
    at_ += token_.text.size();
  }

  void quoted(char quote) {
    const std::size_t end = text_.find(quote, at_ + 1);
    token_.kind = Token::Kind::kText;
    token_.text = text_.substr(at_, 1);
    if (end == std::string_view::npos) fail(token_);
    token_.text = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
  }

  static constexpr int kChain = 500;
  std::string_view text_;
  std::size_t at_ = 0;
  Token token_;
  int chained_ = 0;
};

void collect(const Node& node, std::vector<std::string>& names) {
  // What begins with a capital is a word of the language; ids never do.
  const bool id = node.kind == Node::Kind::kName && !node.text.empty() &&
                  std::isupper(static_cast<unsigned char>(node.text.front())) == 0;
  if (id && std::find(names.begin(), names.end(), node.text) == names.end()) {
    names.push_back(node.text);
  }
  for (const auto& child : node.children) collect(*child, names);
}

}  // namespace

std::unique_ptr<Node> parse(std::string_view text) { return Parser(text).whole(); }

std::vector<std::string> names_in(const Node& node) {
  std::vector<std::string> names;
  collect(node, names);
  return names;
}

}  // namespace tandem::cloudwatch::math
