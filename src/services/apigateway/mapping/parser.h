// Velocity 1.7's grammar (its Parser.jjt), as a recursive descent. What looks like the language and
// is none is text, as there: "$5", "#fff", "a # b".
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/parsed.h"
#include "services/apigateway/mapping/syntax.h"

namespace tandem::apigateway::mapping {

/// depth is that of the text a template is evaluated or interpolated in.
core::Parsed<Program> parse_template(std::string_view text, std::size_t depth = 0);

/// Thrown within the parser.
struct SyntaxError {
  std::string message;
  std::size_t offset;
};

class Parser {
 public:
  /// origin is added to offsets: where the text stands within a larger one. within says that the
  /// text is one in double quotes, in which "#" may stand at the end.
  enum class Place { kTemplate, kQuoted };
  Parser(std::string_view text, Macros& macros, std::size_t depth, Place place, std::size_t origin);

  /// The whole text.
  Block run();

 private:
  enum class Ending { kNone, kEnd, kElse, kElseif };
  struct Directive {
    std::string name;
    std::size_t after;  ///< where the name ends
  };

  // Text, in parser.cc.
  Block block(Ending& ending);
  bool statement(Block& into, Ending& ending);
  void backslashes(Block& into);
  void dollar(Block& into, std::string_view escapes);
  bool hash(Block& into, Ending& ending);
  void lone_dollar(Block& into);
  bool comment_at(std::size_t at) const;
  bool comment(Block& into);
  std::size_t comment_end(std::size_t from) const;
  void plain(Block& into, std::string_view text);
  std::optional<Directive> directive_at(std::size_t at) const;
  bool is_known(std::string_view name) const;
  bool is_set_at(std::size_t at) const;

  // Directives, in directive_parser.cc.
  bool directive(Block& into, const Directive& found, std::size_t start, Ending& ending);
  void set_directive(Block& into, std::size_t start);
  void if_directive(Block& into, std::size_t start);
  void foreach_directive(Block& into, std::vector<Expression> arguments, std::size_t start);
  void define_directive(Block& into, std::vector<Expression> arguments, std::size_t start);
  void macro_directive(std::vector<Expression> arguments, std::size_t start);
  void literal_directive(Block& into);
  void call_directive(Block& into, const std::string& name, std::vector<Expression> arguments,
                      std::size_t start);
  Expression condition();
  Block block_to_end();
  std::vector<Expression> directive_arguments();
  void close_directive();
  void swallow_line_end();
  bool opens_parenthesis() const;

  // Expressions, in expression_parser.cc.
  Expression expression() { return chain(0); }
  Expression chain(std::size_t level);
  std::optional<Operator> operator_of(std::size_t level);
  Expression unary();
  Expression primary();
  Expression parameter();
  std::optional<Expression> value();
  Expression brackets();
  Expression braces();
  Expression number();
  Expression quoted();
  std::optional<std::string> identifier();
  std::optional<Reference> reference();
  void reference_steps(Reference& into);
  std::vector<Expression> method_arguments();

  bool at_end() const { return at_ >= text_.size(); }
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  std::string_view rest() const { return text_.substr(at_); }
  bool take(std::string_view word);
  bool take_word(std::string_view word);
  void skip_blanks();
  [[noreturn]] void fail(const std::string& why) const;

  /// Counts what is nested.
  class Nested {
   public:
    explicit Nested(Parser& parser);
    ~Nested() { --parser_.depth_; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;

   private:
    Parser& parser_;
  };

  std::string_view text_;
  Macros& macros_;
  std::size_t depth_;
  Place place_;
  std::size_t origin_;
  std::size_t at_ = 0;
};

bool is_name_start(char c);
bool is_name_part(char c);

}  // namespace tandem::apigateway::mapping
