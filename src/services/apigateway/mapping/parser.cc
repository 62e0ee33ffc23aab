// The text of a template, and what starts in it.
#include "services/apigateway/mapping/parser.h"

#include <algorithm>
#include <array>

#include "services/apigateway/mapping/limits.h"

namespace tandem::apigateway::mapping {

namespace {

constexpr std::array<std::string_view, 8> kDirectives = {
    "foreach", "include", "parse", "macro", "break", "define", "evaluate", "literal"};
constexpr std::array<std::string_view, 6> kControls = {"if",   "end",    "set",
                                                       "else", "elseif", "stop"};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_word_part(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '@'; }

}  // namespace

bool is_name_start(char c) { return is_letter(c) || c == '_'; }
bool is_name_part(char c) { return is_name_start(c) || (c >= '0' && c <= '9') || c == '-'; }

core::Parsed<Program> parse_template(std::string_view text, std::size_t depth) {
  if (text.size() > kTemplateBytes) return core::ParseError{"the template is over 300 KB", 0};
  Program made;
  try {
    made.body = Parser(text, made.macros, depth, Parser::Place::kTemplate, 0).run();
  } catch (const SyntaxError& error) {
    return core::ParseError{error.message, error.offset};
  }
  return made;
}

Parser::Parser(std::string_view text, Macros& macros, std::size_t depth, Place place,
               std::size_t origin)
    : text_(text), macros_(macros), depth_(depth), place_(place), origin_(origin) {
  if (depth_ > kTemplateDepth) fail("nested too deeply");
}

Parser::Nested::Nested(Parser& parser) : parser_(parser) {
  if (++parser_.depth_ > kTemplateDepth) {
    --parser_.depth_;
    parser_.fail("nested too deeply");
  }
}

void Parser::fail(const std::string& why) const { throw SyntaxError{why, origin_ + at_}; }

bool Parser::take(std::string_view word) {
  if (!rest().starts_with(word)) return false;
  at_ += word.size();
  return true;
}

bool Parser::take_word(std::string_view word) {
  if (!rest().starts_with(word) || is_word_part(peek(word.size()))) return false;
  at_ += word.size();
  return true;
}

void Parser::skip_blanks() {
  while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
}

Block Parser::run() {
  Ending ending = Ending::kNone;
  Block made = block(ending);
  if (ending != Ending::kNone) fail("#end or #else without its beginning");
  return made;
}

Block Parser::block(Ending& ending) {
  const Nested nested(*this);
  Block made;
  ending = Ending::kNone;
  while (!at_end() && statement(made, ending)) {
  }
  return made;
}

void Parser::plain(Block& into, std::string_view text) {
  if (text.empty()) return;
  if (!into.empty()) {
    if (auto* before = std::get_if<PlainText>(&into.back().what)) {
      before->text += text;
      return;
    }
  }
  into.push_back({origin_ + at_, PlainText{std::string(text)}});
}

/// False when an #end, #else or #elseif ended the block.
bool Parser::statement(Block& into, Ending& ending) {
  const std::size_t next = std::min(text_.find_first_of("$#\\", at_), text_.size());
  std::string_view before = text_.substr(at_, next - at_);
  // #set swallows the blanks before it, unless they are the end of a longer text.
  if (is_set_at(next) && before.find_first_not_of(" \t") == before.npos) before = "";
  plain(into, before);
  at_ = next;
  if (at_end()) return true;
  if (peek() == '$') {
    dollar(into, "");
    return true;
  }
  if (peek() == '\\') {
    backslashes(into);
    return true;
  }
  return hash(into, ending);
}

bool Parser::is_set_at(std::size_t at) const {
  std::string_view rest = text_.substr(at);
  if (rest.starts_with("#set")) {
    rest.remove_prefix(4);
  } else if (rest.starts_with("#{set}")) {
    rest.remove_prefix(6);
  } else {
    return false;
  }
  const std::size_t blanks = rest.find_first_not_of(' ');
  return blanks != rest.npos && rest[blanks] == '(';
}

bool Parser::is_known(std::string_view name) const {
  return std::find(kDirectives.begin(), kDirectives.end(), name) != kDirectives.end() ||
         macros_.contains(std::string(name));
}

/// Backslashes before a reference or a directive escape it, by pairs; before anything else they are
/// text.
void Parser::backslashes(Block& into) {
  const std::size_t end = std::min(text_.find_first_not_of('\\', at_), text_.size());
  const std::string_view run = text_.substr(at_, end - at_);
  at_ = end;
  if (peek() == '$') return dollar(into, run);
  const auto found = peek() == '#' ? directive_at(at_) : std::nullopt;
  if (!found) return plain(into, run);
  const bool control =
      std::find(kControls.begin(), kControls.end(), found->name) != kControls.end();
  if (run.size() % 2 == 0) {
    // What follows is a directive yet. #set is not among those whose backslashes pair up
    // (Parser.jjt, Escape()).
    const bool paired = is_known(found->name) || (control && found->name != "set");
    return plain(into, run.substr(0, paired ? run.size() / 2 : run.size()));
  }
  plain(into, control || is_known(found->name) ? run.substr(0, run.size() / 2) : run);
  plain(into, text_.substr(at_, found->after - at_));
  at_ = found->after;
}

/// A "$" that begins no reference is text; but Velocity's lexer takes it for a part of a directive
/// that follows at once, which #set, #if, #else and #end survive without the "$", and no other.
void Parser::lone_dollar(Block& into) {
  const auto found = peek(1) == '#' && !comment_at(at_ + 1) ? directive_at(at_ + 1) : std::nullopt;
  if (!found) {
    if (at_ + 1 == text_.size() && place_ == Place::kTemplate) fail("$ at the template's end");
    plain(into, "$");
    ++at_;
    return;
  }
  const bool control =
      std::find(kControls.begin(), kControls.end(), found->name) != kControls.end();
  if (control && found->name != "stop") {
    ++at_;
    return;
  }
  const std::size_t start = at_;
  at_ = found->after;
  if (opens_parenthesis()) directive_arguments();
  plain(into, text_.substr(start, at_ - start));
}

void Parser::dollar(Block& into, std::string_view escapes) {
  const std::size_t start = at_;
  auto found = reference();
  if (!found) {
    plain(into, escapes);
    return lone_dollar(into);
  }
  // Velocity's lexer does not see a comment right after a property.
  const bool hides_comment = !found->literal.ends_with('}') && !found->steps.empty() &&
                             found->steps.back().kind == ReferenceStep::Kind::kProperty &&
                             rest().starts_with("##");
  Print made{std::move(*found), std::string(escapes.substr(0, escapes.size() / 2)),
             escapes.size() % 2 != 0};
  into.push_back({origin_ + start, std::move(made)});
  if (!hides_comment) return;
  at_ += 2;
  if (at_end() && place_ == Place::kTemplate) fail("# at the template's end");
  plain(into, "##");
}

bool Parser::comment_at(std::size_t at) const {
  const std::string_view rest = text_.substr(at);
  return rest.starts_with("##") || rest.starts_with("#*") || rest.starts_with("#[[");
}

std::optional<Parser::Directive> Parser::directive_at(std::size_t at) const {
  std::string_view rest = text_.substr(at + 1);
  const bool braced = rest.starts_with('{');
  if (braced) rest.remove_prefix(1);
  if (rest.empty() || !(is_name_start(rest.front()) || (rest.front() == '@' && !braced))) {
    return std::nullopt;
  }
  const auto end = std::find_if_not(rest.begin(), rest.end(), is_word_part);
  const auto length = static_cast<std::size_t>(end - rest.begin());
  if (braced && (end == rest.end() || *end != '}')) return std::nullopt;
  return Directive{std::string(rest.substr(0, length)), at + 1 + length + (braced ? 2 : 0)};
}

/// Where a comment of several lines ends. "#*" within it is read as one, so that "#*#" ends
/// nothing.
std::size_t Parser::comment_end(std::size_t from) const {
  for (std::size_t at = from; at < text_.size();) {
    const std::string_view rest = text_.substr(at);
    if (rest.starts_with("*#")) return at + 2;
    at += rest.starts_with("#*") ? 2 : 1;
  }
  return text_.size();
}

bool Parser::comment(Block& into) {
  const bool line = rest().starts_with("##");
  if (line || rest().starts_with("#*")) {
    const std::size_t start = at_ + 2;
    at_ = line ? std::min(text_.find_first_of("\r\n", start), text_.size()) : comment_end(start);
    // Velocity's lexer waits for more after these, in comments too.
    const std::string_view inside = text_.substr(start);
    const bool ended = at_ < text_.size() || (!line && inside.ends_with("*#"));
    if (!ended && place_ == Place::kTemplate && (inside.ends_with('#') || inside.ends_with('$'))) {
      fail("# or $ at the template's end");
    }
    if (!line && start == text_.size() && place_ == Place::kTemplate)
      fail("#* at the template's end");
    // A comment swallows the end of its line.
    if (line && !take("\r\n") && !take("\n")) take("\r");
    return true;
  }
  if (rest().starts_with("#[[")) {
    const std::size_t start = at_ + 3;
    const std::size_t end = text_.find("]]#", start);
    if (end == text_.npos) fail("a literal text does not end");
    plain(into, text_.substr(start, end - start));
    at_ = end + 3;
    return true;
  }
  return false;
}

bool Parser::hash(Block& into, Ending& ending) {
  if (comment(into)) return true;
  const std::size_t start = at_;
  if (is_set_at(at_)) {
    set_directive(into, start);
    return true;
  }
  if (const auto found = directive_at(at_)) return directive(into, *found, start, ending);
  if (at_ + 1 == text_.size() && place_ == Place::kTemplate) fail("# at the template's end");
  plain(into, "#");
  ++at_;
  return true;
}

}  // namespace tandem::apigateway::mapping
