// The tokens of expressions, and a stream over them that words syntax errors as DynamoDB does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "aws/error.h"

namespace tandem::dynamodb {

enum class ExpressionKind : std::uint8_t {
  kCondition,
  kFilter,
  kKeyCondition,
  kProjection,
  kUpdate
};
/// "ConditionExpression" …
std::string_view parameter_name(ExpressionKind kind);
/// ValidationException "Invalid <parameter>: <text>".
aws::ApiError invalid_expression(ExpressionKind kind, std::string_view text);

enum class TokenKind : std::uint8_t {
  kWord,      ///< a letter, then letters, digits and "_"
  kNameRef,   ///< "#name"
  kValueRef,  ///< ":value"
  kInteger,   ///< digits
  kSymbol,    ///< ( ) [ ] . , = < > <= >= <> + -
  kUnknown,   ///< a character that begins no token
  kEnd
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text;  ///< "<EOF>" at the end
  std::size_t begin = 0;
  std::size_t end = 0;

  bool is(std::string_view symbol) const { return kind == TokenKind::kSymbol && text == symbol; }
  /// Keywords have no case.
  bool is_word(std::string_view keyword) const;
};

/// Reads left to right with two tokens of lookahead.
class TokenStream {
 public:
  static constexpr std::size_t kMaxBytes = 4096;

  /// source outlives the stream. Throws when it is empty, blank or over 4 KB (Quotas, "Expression
  /// parameters").
  TokenStream(ExpressionKind kind, std::string_view source);

  const Token& peek() const { return current_; }
  const Token& peek_second() const { return following_; }
  Token take();
  /// Takes the symbol if it is next.
  bool accept(std::string_view symbol);
  bool accept_word(std::string_view keyword);
  void expect(std::string_view symbol);
  void expect_end();

  ExpressionKind kind() const { return kind_; }
  std::string_view source() const { return source_; }
  /// Throws about the next token; "near" shows the token before it up to the one after it.
  [[noreturn]] void syntax_error() const;
  aws::ApiError error(std::string_view text) const { return invalid_expression(kind_, text); }

 private:
  Token scan();

  ExpressionKind kind_;
  std::string_view source_;
  std::size_t at_ = 0;
  Token previous_;
  Token current_;
  Token following_;
};

}  // namespace tandem::dynamodb
