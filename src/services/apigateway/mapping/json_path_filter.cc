// Filters of JSONPath: [?(@.price < 10 && @.category in ['fiction', 'reference'])].
#include <algorithm>
#include <cstdlib>

#include "core/text.h"
#include "services/apigateway/mapping/json_path_steps.h"
#include "services/apigateway/mapping/limits.h"

namespace tandem::apigateway::mapping {

namespace {

/// Parentheses, negations and filters within each other.
constexpr std::size_t kFilterDepth = 32;

struct Spelling {
  std::string_view word;
  FilterOperator op;
};
// Longer spellings first.
constexpr Spelling kSymbols[] = {
    {"==", FilterOperator::kEqual},       {"!=", FilterOperator::kNotEqual},
    {"<=", FilterOperator::kLessOrEqual}, {">=", FilterOperator::kGreaterOrEqual},
    {"<>", FilterOperator::kNotEqual},    {"=~", FilterOperator::kMatches},
    {"<", FilterOperator::kLess},         {">", FilterOperator::kGreater},
};
constexpr Spelling kWords[] = {
    {"in", FilterOperator::kIn},       {"nin", FilterOperator::kNotIn},
    {"size", FilterOperator::kSize},   {"contains", FilterOperator::kContains},
    {"empty", FilterOperator::kEmpty}, {"exists", FilterOperator::kExists},
};

}  // namespace

std::shared_ptr<const Filter> PathReader::filter() {
  return std::make_shared<const Filter>(or_expression());
}

Filter PathReader::or_expression() {
  Filter made;
  made.kind = Filter::Kind::kOr;
  if (++depth_ > kFilterDepth) fail("filters are nested too deeply");
  do {
    if (failed()) break;
    made.parts.push_back(and_expression());
    skip_blanks();
  } while (take("||"));
  --depth_;
  return made;
}

Filter PathReader::and_expression() {
  Filter made;
  made.kind = Filter::Kind::kAnd;
  do {
    if (failed()) break;
    made.parts.push_back(unary());
    skip_blanks();
  } while (take("&&"));
  return made;
}

Filter PathReader::unary() {
  skip_blanks();
  if (peek() == '!' && peek(1) != '=') {
    ++at_;
    Filter made;
    made.kind = Filter::Kind::kNot;
    if (++depth_ > kFilterDepth) fail("filters are nested too deeply");
    if (!failed()) made.parts.push_back(unary());
    --depth_;
    return made;
  }
  if (take("(")) {
    Filter made = or_expression();
    skip_blanks();
    if (!failed() && !take(")")) fail("expected )");
    return made;
  }
  return comparison();
}

Filter PathReader::comparison() {
  Filter made;
  made.left = operand();
  skip_blanks();
  made.op = filter_operator();
  if (failed()) return made;
  if (made.op == FilterOperator::kExists && !std::holds_alternative<PathSteps>(made.left.what)) {
    fail("expected an operator");
  } else if (made.op == FilterOperator::kMatches) {
    made.right = pattern();
  } else if (made.op != FilterOperator::kExists) {
    made.right = operand();
  }
  return made;
}

FilterOperator PathReader::filter_operator() {
  for (const Spelling& each : kSymbols) {
    if (take(each.word)) return each.op;
  }
  const std::size_t start = at_;
  while (std::isalpha(static_cast<unsigned char>(peek())) != 0) ++at_;
  const std::string word = core::to_lower(text_.substr(start, at_ - start));
  if (word.empty()) return FilterOperator::kExists;
  for (const Spelling& each : kWords) {
    if (each.word != word) continue;
    if (each.op == FilterOperator::kExists) break;
    return each.op;
  }
  fail("the operator " + word + " is not supported");
  return FilterOperator::kExists;
}

FilterOperand PathReader::operand() {
  skip_blanks();
  if (peek() == '@' || peek() == '$') {
    const bool from_root = peek() == '$';
    ++at_;
    if (++depth_ > kFilterDepth) fail("filters are nested too deeply");
    FilterOperand made{steps(Until::kFilter), from_root};
    --depth_;
    return made;
  }
  return {literal(), false};
}

FilterOperand PathReader::pattern() {
  skip_blanks();
  if (!take("/")) {
    fail("expected /pattern/ after =~");
    return {};
  }
  std::string made;
  while (!at_end() && peek() != '/') {
    if (peek() == '\\' && peek(1) != '\0') {
      // "\/" is "/"; other escapes are the pattern's own.
      if (peek(1) != '/') made += '\\';
      ++at_;
    }
    made += peek();
    ++at_;
  }
  if (!take("/")) fail("a pattern does not end");
  if (take("i")) made.insert(0, "(?i)");
  return {json::value(made), false};
}

json::value PathReader::literal() {
  if (peek() == '\'' || peek() == '"') return json::value(quoted_text());
  if (take("true")) return true;
  if (take("false")) return false;
  if (take("null")) return nullptr;
  if (peek() == '[') {
    if (++depth_ > kFilterDepth) fail("lists are nested too deeply");
    ++at_;
    json::array made;
    skip_blanks();
    while (!failed() && peek() != ']') {
      made.push_back(literal());
      skip_blanks();
      if (!take(",")) break;
      skip_blanks();
    }
    if (!take("]")) fail("a list does not end");
    --depth_;
    return made;
  }
  const std::size_t start = at_;
  at_ = std::min(text_.find_first_not_of("+-.0123456789eE", at_), text_.size());
  auto number = json::parse_text(text_.substr(start, at_ - start));
  if (!number || !number.value().is_number()) {
    fail("expected a value");
    return nullptr;
  }
  return std::move(number).value();
}

}  // namespace tandem::apigateway::mapping
