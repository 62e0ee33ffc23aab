#include "services/dynamodb/model/tokens.h"

#include "core/text.h"

namespace tandem::dynamodb {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_part(char c) { return is_letter(c) || is_digit(c) || c == '_'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

template <class Predicate>
std::size_t run(std::string_view text, std::size_t from, Predicate predicate) {
  while (from < text.size() && predicate(text[from])) ++from;
  return from;
}

/// A whole UTF-8 character, so that a message never shows half of one.
std::size_t character_end(std::string_view text, std::size_t at) {
  return run(text, at + 1, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; });
}

}  // namespace

std::string_view parameter_name(ExpressionKind kind) {
  switch (kind) {
    case ExpressionKind::kCondition:
      return "ConditionExpression";
    case ExpressionKind::kFilter:
      return "FilterExpression";
    case ExpressionKind::kKeyCondition:
      return "KeyConditionExpression";
    case ExpressionKind::kProjection:
      return "ProjectionExpression";
    case ExpressionKind::kUpdate:
      break;
  }
  return "UpdateExpression";
}

aws::ApiError invalid_expression(ExpressionKind kind, std::string_view text) {
  return aws::ApiError::validation_exception(
      std::string("Invalid ").append(parameter_name(kind)).append(": ").append(text));
}

bool Token::is_word(std::string_view keyword) const {
  return kind == TokenKind::kWord && core::equals_ignoring_case(text, keyword);
}

TokenStream::TokenStream(ExpressionKind kind, std::string_view source)
    : kind_(kind), source_(source) {
  if (source.size() > kMaxBytes) {
    throw error("Expression size has exceeded the maximum allowed size; expression size: " +
                std::to_string(source.size()));
  }
  if (run(source, 0, is_space) == source.size()) throw error("The expression can not be empty;");
  current_ = scan();
  following_ = scan();
}

Token TokenStream::scan() {
  const std::size_t begin = run(source_, at_, is_space);
  if (begin == source_.size()) {
    at_ = begin;
    return {TokenKind::kEnd, "<EOF>", begin, begin};
  }
  const char c = source_[begin];
  const char next = begin + 1 < source_.size() ? source_[begin + 1] : '\0';
  TokenKind kind = TokenKind::kSymbol;
  std::size_t end = begin + 1;
  if (is_letter(c)) {
    kind = TokenKind::kWord;
    end = run(source_, begin, is_name_part);
  } else if (is_digit(c)) {
    kind = TokenKind::kInteger;
    end = run(source_, begin, is_digit);
  } else if ((c == '#' || c == ':') && is_name_part(next)) {
    kind = c == '#' ? TokenKind::kNameRef : TokenKind::kValueRef;
    end = run(source_, begin + 1, is_name_part);
  } else if ((c == '<' && (next == '=' || next == '>')) || (c == '>' && next == '=')) {
    end = begin + 2;
  } else if (std::string_view("()[].,=<>+-").find(c) == std::string_view::npos) {
    kind = TokenKind::kUnknown;
    end = character_end(source_, begin);
  }
  at_ = end;
  return {kind, source_.substr(begin, end - begin), begin, end};
}

Token TokenStream::take() {
  previous_ = current_;
  current_ = following_;
  following_ = scan();
  return previous_;
}

bool TokenStream::accept(std::string_view symbol) {
  if (!current_.is(symbol)) return false;
  take();
  return true;
}

bool TokenStream::accept_word(std::string_view keyword) {
  if (!current_.is_word(keyword)) return false;
  take();
  return true;
}

void TokenStream::expect(std::string_view symbol) {
  if (!accept(symbol)) syntax_error();
}

void TokenStream::expect_end() {
  if (current_.kind != TokenKind::kEnd) syntax_error();
}

void TokenStream::syntax_error() const {
  const std::size_t begin = previous_.end > 0 ? previous_.begin : current_.begin;
  const std::string_view near = source_.substr(begin, following_.end - begin);
  throw error(std::string("Syntax error; token: \"")
                  .append(current_.text)
                  .append("\", near: \"")
                  .append(near)
                  .append("\""));
}

}  // namespace tandem::dynamodb
