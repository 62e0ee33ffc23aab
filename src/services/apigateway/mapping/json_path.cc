#include "services/apigateway/mapping/json_path.h"

#include <algorithm>
#include <charconv>

#include "core/text.h"
#include "services/apigateway/mapping/json_path_steps.h"
#include "services/apigateway/mapping/limits.h"
#include "services/apigateway/mapping/value.h"

namespace tandem::apigateway::mapping {

namespace {

constexpr std::string_view kFunctions[] = {"length", "size",   "min",  "max",   "avg",
                                           "sum",    "stddev", "keys", "first", "last"};

}  // namespace

bool PathReader::take(std::string_view word) {
  if (!text_.substr(std::min(at_, text_.size())).starts_with(word)) return false;
  at_ += word.size();
  return true;
}

void PathReader::skip_blanks() {
  while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
}

void PathReader::fail(std::string_view why) {
  if (why_.empty()) why_ = why;
}

PathSteps PathReader::steps(Until until) {
  PathSteps made;
  while (!failed() && !at_end()) {
    if (peek() == '.') {
      dotted(made, until);
    } else if (peek() == '[') {
      bracketed(made);
    } else if (until == Until::kFilter) {
      break;
    } else {
      fail("expected . or [");
    }
  }
  // Names of a union at the end make one object; anywhere else they lead to several values.
  for (std::size_t at = 0; at + 1 < made.steps.size(); ++at) {
    const auto* names = std::get_if<MemberStep>(&made.steps[at].what);
    if (names != nullptr && names->names.size() > 1) made.definite = false;
  }
  return made;
}

void PathReader::dotted(PathSteps& into, Until until) {
  ++at_;
  if (peek() == '.') {
    ++at_;
    into.steps.push_back({DescendStep{}});
    into.definite = false;
    if (peek() == '[') return;
    if (at_end() || peek() == '.') return fail("a path must not end with '..'");
  }
  if (take("*")) {
    into.steps.push_back({WildcardStep{}});
    into.definite = false;
    return;
  }
  if (peek() == '[' && until == Until::kEnd) return fail("a name is missing after .");
  const std::string_view ends = until == Until::kFilter ? ".[( =!<>&|),\t\n\r~" : ".[( \t\n\r";
  const std::size_t start = at_;
  at_ = std::min(text_.find_first_of(ends, at_), text_.size());
  const std::string name(text_.substr(start, at_ - start));
  if (name.empty()) return fail("a name is missing after .");
  if (take("()")) {
    if (std::find(std::begin(kFunctions), std::end(kFunctions), name) == std::end(kFunctions)) {
      return fail("the function " + name + "() is not supported");
    }
    into.steps.push_back({FunctionStep{name}});
    return;
  }
  if (peek() == '(') return fail("the function " + name + "() is not supported with arguments");
  if (until == Until::kEnd && !at_end() && peek() != '.' && peek() != '[') {
    return fail("use brackets, ['my prop'], for a name with blanks");
  }
  into.steps.push_back({MemberStep{{name}}});
}

void PathReader::bracketed(PathSteps& into) {
  ++at_;
  skip_blanks();
  if (peek() == '\'' || peek() == '"') {
    quoted_names(into);
  } else if (take("*")) {
    into.steps.push_back({WildcardStep{}});
    into.definite = false;
  } else if (peek() == '?') {
    ++at_;
    skip_blanks();
    if (!take("(")) return fail("expected ( after ?");
    into.steps.push_back({FilterStep{filter()}});
    into.definite = false;
    skip_blanks();
    if (!failed() && !take(")")) fail("a filter does not end with )");
  } else {
    positions(into);
  }
  skip_blanks();
  if (!failed() && !take("]")) fail("expected ]");
}

void PathReader::quoted_names(PathSteps& into) {
  MemberStep made;
  do {
    skip_blanks();
    made.names.push_back(quoted_text());
    skip_blanks();
  } while (!failed() && take(","));
  into.steps.push_back({std::move(made)});
}

std::string PathReader::quoted_text() {
  const char quote = peek();
  if (quote != '\'' && quote != '"') {
    fail("expected a text in quotes");
    return "";
  }
  std::string made;
  for (++at_; !at_end() && peek() != quote; ++at_) {
    if (peek() == '\\' && at_ + 1 < text_.size()) ++at_;
    made += peek();
  }
  if (!take(std::string_view(&quote, 1))) fail("a text does not end");
  return made;
}

std::optional<std::int64_t> PathReader::integer() {
  skip_blanks();
  const std::size_t start = at_;
  if (peek() == '-') ++at_;
  while (peek() >= '0' && peek() <= '9') ++at_;
  if (at_ == start) return std::nullopt;
  const auto number = core::parse_int(text_.substr(start, at_ - start));
  if (!number) fail("no integer");
  skip_blanks();
  return number;
}

void PathReader::positions(PathSteps& into) {
  const auto first = integer();
  if (take(":")) {
    const auto to = integer();
    if (!first && !to) return fail("a slice has a beginning or an end");
    into.steps.push_back({SliceStep{first, to}});
    into.definite = false;
    return;
  }
  if (!first) return fail("expected a name in quotes, a position, *, or a filter");
  IndexStep made{{*first}};
  while (!failed() && take(",")) {
    const auto next = integer();
    if (!next) return fail("expected a position");
    made.positions.push_back(*next);
  }
  if (made.positions.size() > 1) into.definite = false;
  into.steps.push_back({std::move(made)});
}

core::Parsed<JsonPath> JsonPath::parse(std::string_view text) {
  if (text.size() > kPathBytes) return core::ParseError{"the path is too long", 0};
  text = core::trim(text);
  if (text.empty()) return core::ParseError{"the path is empty", 0};
  std::string whole;
  if (text.front() != '$' && text.front() != '@') {
    whole = "$.";
    whole += text;
    text = whole;
  }
  PathReader reader(text.substr(1), 0);
  PathSteps steps = reader.steps(PathReader::Until::kEnd);
  if (reader.failed()) return reader.error();
  return JsonPath(std::make_shared<const PathSteps>(std::move(steps)));
}

bool JsonPath::is_definite() const { return steps_->definite; }

core::Parsed<std::optional<json::value>> JsonPath::evaluate(const json::value& document,
                                                            Allowance* allowance) const {
  Budget budget(kPathWork, allowance);
  Heap heap(budget);
  try {
    const auto found = find(heap, heap.of_json(document));
    if (!found) return std::optional<json::value>();
    return std::optional<json::value>(to_json(heap, *found));
  } catch (const RenderError& error) {
    return core::ParseError{error.message, 0};
  }
}

}  // namespace tandem::apigateway::mapping
