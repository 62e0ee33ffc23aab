#include <algorithm>

#include "services/apigateway/mapping/parser.h"

namespace tandem::apigateway::mapping {

/// Blanks and one end of line after what closes a directive are swallowed.
void Parser::swallow_line_end() {
  std::size_t at = at_;
  while (at < text_.size() && (text_[at] == ' ' || text_[at] == '\t')) ++at;
  const std::string_view rest = text_.substr(at);
  if (rest.starts_with("\r\n")) {
    at_ = at + 2;
  } else if (rest.starts_with('\n') || rest.starts_with('\r')) {
    at_ = at + 1;
  }
}

void Parser::close_directive() {
  skip_blanks();
  if (!take(")")) fail("expected )");
  swallow_line_end();
}

bool Parser::opens_parenthesis() const {
  const std::size_t next = text_.find_first_not_of(" \t\n\r", at_);
  return next != text_.npos && text_[next] == '(';
}

bool Parser::directive(Block& into, const Directive& found, std::size_t start, Ending& ending) {
  const std::string& name = found.name;
  at_ = found.after;
  if (name == "end" || name == "else") {
    ending = name == "end" ? Ending::kEnd : Ending::kElse;
    swallow_line_end();
    return false;
  }
  if (name == "elseif") {
    ending = Ending::kElseif;
    return false;
  }
  if (name == "if") {
    if_directive(into, start);
  } else if (name == "stop") {
    into.push_back({origin_ + start, Stop{}});
  } else if (!opens_parenthesis() && name == "break") {
    into.push_back({origin_ + start, Break{}});
  } else if (!opens_parenthesis()) {
    if (is_known(name) && !macros_.contains(name)) fail("expected ( after #" + name);
    if (name.starts_with('@')) fail("expected ( after #" + name);
    into.push_back(
        {origin_ + start, Call{name, {}, nullptr, std::string(text_.substr(start, at_ - start))}});
  } else {
    call_directive(into, name, directive_arguments(), start);
  }
  return true;
}

void Parser::call_directive(Block& into, const std::string& name, std::vector<Expression> arguments,
                            std::size_t start) {
  const bool words = std::any_of(arguments.begin(), arguments.end(), [](const Expression& each) {
    return std::holds_alternative<Word>(each.what);
  });
  if (name == "foreach") return foreach_directive(into, std::move(arguments), start);
  if (name == "macro") return macro_directive(std::move(arguments), start);
  if (words && is_known(name)) fail("a bare word in #" + name);
  if (name == "define") return define_directive(into, std::move(arguments), start);
  if (name == "literal") return literal_directive(into);
  if (name == "include" || name == "parse") {
    into.push_back({origin_ + start, Load{name}});
  } else if (name == "evaluate") {
    if (arguments.size() != 1) fail("#evaluate takes one argument");
    into.push_back({origin_ + start, Evaluate{std::move(arguments.front())}});
  } else if (name == "break") {
    into.push_back({origin_ + start, Break{}});
  } else {
    Call made{name, std::move(arguments), nullptr, ""};
    if (name.starts_with('@')) {
      made.name = name.substr(1);
      made.body = std::make_shared<const Block>(block_to_end());
    }
    made.literal = text_.substr(start, at_ - start);
    into.push_back({origin_ + start, std::move(made)});
  }
}

Block Parser::block_to_end() {
  Ending ending = Ending::kNone;
  Block made = block(ending);
  if (ending != Ending::kEnd) fail("expected #end");
  return made;
}

void Parser::set_directive(Block& into, std::size_t start) {
  at_ = text_.find('(', at_) + 1;
  skip_blanks();
  auto target = reference();
  if (!target) fail("#set sets a reference");
  skip_blanks();
  if (peek() != '=' || peek(1) == '=') fail("expected =");
  ++at_;
  Expression value = expression();
  close_directive();
  into.push_back({origin_ + start, Set{std::move(*target), std::move(value)}});
}

Expression Parser::condition() {
  skip_blanks();
  if (!take("(")) fail("expected (");
  Expression made = expression();
  close_directive();
  return made;
}

void Parser::if_directive(Block& into, std::size_t start) {
  If made;
  Ending ending = Ending::kElseif;
  while (ending == Ending::kElseif) {
    Expression when = condition();
    Block body = block(ending);
    made.branches.push_back({std::move(when), std::move(body)});
  }
  if (ending == Ending::kElse) made.otherwise = block(ending);
  if (ending != Ending::kEnd) fail("expected #end");
  into.push_back({origin_ + start, std::move(made)});
}

std::vector<Expression> Parser::directive_arguments() {
  skip_blanks();
  take("(");
  std::vector<Expression> made;
  while (true) {
    skip_blanks();
    if (take(",")) skip_blanks();
    if (peek() == ')') break;
    if (is_name_start(peek())) {
      const std::size_t start = at_;
      if (take_word("true")) {
        made.push_back({Constant{true}});
      } else if (take_word("false")) {
        made.push_back({Constant{false}});
      } else {
        while (is_name_part(peek()) && peek() != '-') ++at_;
        made.push_back({Word{std::string(text_.substr(start, at_ - start))}});
      }
      continue;
    }
    auto argument = value();
    if (!argument) fail("expected an argument or )");
    made.push_back(std::move(*argument));
  }
  close_directive();
  return made;
}

void Parser::foreach_directive(Block& into, std::vector<Expression> arguments, std::size_t start) {
  const auto* variable =
      arguments.size() == 3 ? std::get_if<Reference>(&arguments[0].what) : nullptr;
  const auto* in = arguments.size() == 3 ? std::get_if<Word>(&arguments[1].what) : nullptr;
  // Velocity takes any word for "in".
  if (variable == nullptr || in == nullptr || std::holds_alternative<Word>(arguments[2].what)) {
    fail("expected #foreach($name in value)");
  }
  std::string name = variable->root;
  Block body = block_to_end();
  into.push_back(
      {origin_ + start, Foreach{std::move(name), std::move(arguments[2]), std::move(body)}});
}

void Parser::define_directive(Block& into, std::vector<Expression> arguments, std::size_t start) {
  const auto* variable =
      arguments.size() == 1 ? std::get_if<Reference>(&arguments[0].what) : nullptr;
  if (variable == nullptr) fail("expected #define($name)");
  std::string name = variable->root;
  into.push_back(
      {origin_ + start, Define{std::move(name), std::make_shared<const Block>(block_to_end())}});
}

void Parser::macro_directive(std::vector<Expression> arguments, std::size_t) {
  if (arguments.empty()) fail("a macro has a name");
  const auto* name = std::get_if<Word>(&arguments[0].what);
  if (name == nullptr) fail("a macro's name is a bare word");
  Macro made;
  for (std::size_t at = 1; at < arguments.size(); ++at) {
    const auto* parameter = std::get_if<Reference>(&arguments[at].what);
    if (parameter == nullptr) fail("a macro's parameters are references");
    made.parameters.push_back(parameter->root);
  }
  made.body = std::make_shared<const Block>(block_to_end());
  // The first declaration of a name counts: a later one does not replace it
  // (velocimacro.permissions.allow.inline.to.replace.global).
  macros_.emplace(name->word, std::move(made));
}

void Parser::literal_directive(Block& into) {
  const std::size_t start = at_;
  const Block body = block_to_end();
  // Up to its #end.
  const std::size_t end = text_.rfind('#', at_ - 1);
  plain(into, text_.substr(start, end - start));
}

}  // namespace tandem::apigateway::mapping
