#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>

#include "services/apigateway/mapping/parser.h"

namespace tandem::apigateway::mapping {

namespace {

struct Spelling {
  std::string_view word;
  Operator op;
};
// By precedence, the loosest first; within a level longer spellings first.
constexpr Spelling kOr[] = {{"||", Operator::kOr}, {"or", Operator::kOr}};
constexpr Spelling kAnd[] = {{"&&", Operator::kAnd}, {"and", Operator::kAnd}};
constexpr Spelling kEquality[] = {{"==", Operator::kEqual},
                                  {"!=", Operator::kNotEqual},
                                  {"eq", Operator::kEqual},
                                  {"ne", Operator::kNotEqual}};
constexpr Spelling kRelation[] = {{"<=", Operator::kLessOrEqual}, {">=", Operator::kGreaterOrEqual},
                                  {"<", Operator::kLess},         {">", Operator::kGreater},
                                  {"le", Operator::kLessOrEqual}, {"ge", Operator::kGreaterOrEqual},
                                  {"lt", Operator::kLess},        {"gt", Operator::kGreater}};
constexpr Spelling kSum[] = {{"+", Operator::kAdd}, {"-", Operator::kSubtract}};
constexpr Spelling kProduct[] = {
    {"*", Operator::kMultiply}, {"/", Operator::kDivide}, {"%", Operator::kModulus}};

struct Level {
  const Spelling* begin;
  const Spelling* end;
};
template <std::size_t kCount>
constexpr Level level(const Spelling (&spellings)[kCount]) {
  return {spellings, spellings + kCount};
}
constexpr Level kLevels[] = {level(kOr),       level(kAnd), level(kEquality),
                             level(kRelation), level(kSum), level(kProduct)};
constexpr std::size_t kLevelCount = std::size(kLevels);

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

std::optional<Operator> Parser::operator_of(std::size_t level) {
  skip_blanks();
  // "-3" is a number wherever it stands, and "5 -3" two numbers, which is none of the language.
  if (peek() == '-' && is_digit(peek(1))) return std::nullopt;
  for (const Spelling* each = kLevels[level].begin; each != kLevels[level].end; ++each) {
    if (is_letter(each->word.front()) ? take_word(each->word) : take(each->word)) return each->op;
  }
  return std::nullopt;
}

Expression Parser::chain(std::size_t level) {
  if (level == kLevelCount) return unary();
  Expression first = chain(level + 1);
  auto op = operator_of(level);
  if (!op) return first;
  Chain made;
  made.operands.push_back(std::move(first));
  while (op) {
    made.operators.push_back(*op);
    made.operands.push_back(chain(level + 1));
    op = operator_of(level);
  }
  return {std::move(made)};
}

Expression Parser::unary() {
  skip_blanks();
  if ((peek() == '!' && peek(1) != '=') || rest().starts_with("not")) {
    if (take("!") || take_word("not")) {
      const Nested nested(*this);
      Not made;
      made.operand.push_back(unary());
      return {std::move(made)};
    }
  }
  return primary();
}

Expression Parser::primary() {
  skip_blanks();
  if (take("(")) {
    const Nested nested(*this);
    Parentheses made;
    made.inside.push_back(expression());
    skip_blanks();
    if (!take(")")) fail("expected )");
    return {std::move(made)};
  }
  auto made = value();
  if (!made) fail("expected a value");
  return std::move(*made);
}

Expression Parser::parameter() {
  skip_blanks();
  auto made = value();
  if (!made) fail("expected a value");
  skip_blanks();
  return std::move(*made);
}

std::optional<Expression> Parser::value() {
  const char c = peek();
  if (c == '"' || c == '\'') return quoted();
  if (c == '[') return brackets();
  if (c == '{') return braces();
  if (is_digit(c) || ((c == '-' || c == '.') && (is_digit(peek(1)) || peek(1) == '.'))) {
    return number();
  }
  if (c == '$') {
    auto found = reference();
    if (!found) fail("expected a reference");
    return Expression{std::move(*found)};
  }
  if (take_word("true")) return Expression{Constant{true}};
  if (take_word("false")) return Expression{Constant{false}};
  return std::nullopt;
}

Expression Parser::brackets() {
  const Nested nested(*this);
  ++at_;
  ListLiteral made;
  skip_blanks();
  if (take("]")) return {std::move(made)};
  made.items.push_back(parameter());
  if (take("..")) {
    const auto is_end = [](const Expression& each) {
      const auto* constant = std::get_if<Constant>(&each.what);
      return std::holds_alternative<Reference>(each.what) ||
             (constant != nullptr && constant->value.if_integer());
    };
    Range range;
    range.ends.push_back(std::move(made.items.front()));
    range.ends.push_back(parameter());
    if (!is_end(range.ends[0]) || !is_end(range.ends[1])) fail("a range is of integers");
    if (!take("]")) fail("expected ]");
    return {std::move(range)};
  }
  while (take(",")) made.items.push_back(parameter());
  if (!take("]")) fail("expected ]");
  return {std::move(made)};
}

Expression Parser::braces() {
  const Nested nested(*this);
  ++at_;
  MapLiteral made;
  skip_blanks();
  if (take("}")) return {std::move(made)};
  do {
    made.keys.push_back(parameter());
    if (!take(":")) fail("expected :");
    made.values.push_back(parameter());
  } while (take(","));
  if (!take("}")) fail("expected }");
  return {std::move(made)};
}

Expression Parser::number() {
  const std::size_t start = at_;
  if (peek() == '-') ++at_;
  while (is_digit(peek())) ++at_;
  bool real = false;
  // "1..3" is a range.
  if (peek() == '.' && peek(1) != '.') {
    real = true;
    ++at_;
    while (is_digit(peek())) ++at_;
  }
  if (peek() == 'e' || peek() == 'E') {
    const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 2 : 1;
    if (is_digit(peek(sign))) {
      real = true;
      at_ += sign;
      while (is_digit(peek())) ++at_;
    }
  }
  const std::string image(text_.substr(start, at_ - start));
  if (!real) {
    std::int64_t wide = 0;
    const auto read = std::from_chars(image.data(), image.data() + image.size(), wide);
    if (read.ec == std::errc() && read.ptr == image.data() + image.size()) {
      if (wide >= std::numeric_limits<std::int32_t>::min() &&
          wide <= std::numeric_limits<std::int32_t>::max()) {
        return {Constant{static_cast<std::int32_t>(wide)}};
      }
      return {Constant{wide}};
    }
    if (image.find_first_of("0123456789") == image.npos) fail("expected a number");
  }
  return {Constant{std::strtod(image.c_str(), nullptr)}};
}

/// 'text' or "text"; a doubled quote is one quote, and a backslash is a backslash.
Expression Parser::quoted() {
  const Nested nested(*this);
  const std::size_t start = at_;
  const char quote = peek();
  std::string held;
  for (++at_;; ++at_) {
    if (at_end()) {
      at_ = start;
      fail("a text does not end");
    }
    if (peek() == quote && peek(1) != quote) break;
    held += peek();
    if (peek() == quote) ++at_;
  }
  ++at_;
  if (quote == '\'' || held.find_first_of("$#") == held.npos) {
    return {Constant{text(std::move(held))}};
  }
  Block inside = Parser(held, macros_, depth_, Place::kQuoted, origin_ + start).run();
  return {Interpolated{std::make_shared<const Block>(std::move(inside))}};
}

std::optional<std::string> Parser::identifier() {
  if (!is_name_start(peek())) return std::nullopt;
  const std::size_t start = at_;
  while (is_name_part(peek())) ++at_;
  return std::string(text_.substr(start, at_ - start));
}

/// Leaves the place as it is when there is none.
std::optional<Reference> Parser::reference() {
  if (peek() != '$') return std::nullopt;
  const Nested nested(*this);
  const std::size_t start = at_;
  ++at_;
  const std::size_t mark = std::min(text_.find_first_not_of('\\', at_), text_.size());
  const bool runt = mark > at_ && mark < text_.size() && text_[mark] == '!';
  if (runt) at_ = mark;
  take("!");
  const bool formal = take("{");
  auto root = identifier();
  if (!root) {
    at_ = start;
    return std::nullopt;
  }
  Reference made;
  made.root = std::move(*root);
  made.offset = origin_ + start;
  made.runt = runt;
  reference_steps(made);
  if (formal && !take("}")) fail("expected }");
  made.literal = text_.substr(start, at_ - start);
  return made;
}

void Parser::reference_steps(Reference& into) {
  while (true) {
    ReferenceStep step;
    step.offset = origin_ + at_;
    if (peek() == '[') {
      ++at_;
      step.kind = ReferenceStep::Kind::kIndex;
      step.arguments.push_back(parameter());
      if (!take("]")) fail("expected ]");
    } else if (peek() == '.' && is_letter(peek(1))) {
      ++at_;
      step.name = *identifier();
      if (take("(")) {
        step.kind = ReferenceStep::Kind::kMethod;
        step.arguments = method_arguments();
      }
    } else {
      return;
    }
    into.steps.push_back(std::move(step));
  }
}

std::vector<Expression> Parser::method_arguments() {
  std::vector<Expression> made;
  skip_blanks();
  if (take(")")) return made;
  do {
    made.push_back(parameter());
  } while (take(","));
  if (!take(")")) fail("expected , or )");
  return made;
}

}  // namespace tandem::apigateway::mapping
