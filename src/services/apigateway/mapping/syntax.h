// A template once it is parsed.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "services/apigateway/mapping/value.h"

namespace tandem::apigateway::mapping {

struct Expression;
struct Node;
using Block = std::vector<Node>;

/// What follows a reference's name: .name, .name(arguments), [argument].
struct ReferenceStep {
  enum class Kind { kProperty, kMethod, kIndex };
  Kind kind = Kind::kProperty;
  std::string name;
  std::vector<Expression> arguments;
  std::size_t offset = 0;
};

/// $root.step[step].step()
struct Reference {
  std::string root;
  std::vector<ReferenceStep> steps;
  /// As it stands in the template: what an escaped one prints.
  std::string literal;
  std::size_t offset = 0;
  /// "$\\!name", which never leads anywhere.
  bool runt = false;
};

struct Constant {
  Value value;
};
/// A text in double quotes with references or directives in it.
struct Interpolated {
  std::shared_ptr<const Block> block;
};
struct ListLiteral {
  std::vector<Expression> items;
};
struct MapLiteral {
  std::vector<Expression> keys;
  std::vector<Expression> values;  ///< as many
};
struct Range {
  std::vector<Expression> ends;  ///< two
};
struct Not {
  std::vector<Expression> operand;  ///< one
};
struct Parentheses {
  std::vector<Expression> inside;  ///< one
};

enum class Operator {
  kOr,
  kAnd,
  kEqual,
  kNotEqual,
  kLess,
  kGreater,
  kLessOrEqual,
  kGreaterOrEqual,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulus,
};
/// Operators of one precedence, from left to right; there is one less than operands.
struct Chain {
  std::vector<Expression> operands;
  std::vector<Operator> operators;
};
/// A bare word, which only #macro and #foreach take.
struct Word {
  std::string word;
};

struct Expression {
  std::variant<Constant, Interpolated, Reference, ListLiteral, MapLiteral, Range, Not, Parentheses,
               Chain, Word>
      what;
};

struct PlainText {
  std::string text;
};
/// A reference that is printed.
struct Print {
  Reference reference;
  /// What stands before it: what is left of backslashes.
  std::string prefix;
  bool escaped = false;
};
struct Set {
  Reference target;
  Expression value;
};
struct Branch {
  Expression when;
  Block body;
};
struct If {
  std::vector<Branch> branches;
  Block otherwise;
};
struct Foreach {
  std::string variable;
  Expression over;
  Block body;
};
struct Define {
  std::string variable;
  std::shared_ptr<const Block> body;
};
struct Evaluate {
  Expression text;
};
/// #name(arguments): a macro, or text when there is none of this name when it is come to.
struct Call {
  std::string name;
  std::vector<Expression> arguments;
  /// #@name(arguments) body #end: $bodyContent.
  std::shared_ptr<const Block> body;
  std::string literal;
};
struct Break {};
struct Stop {};
/// #parse and #include: there is nothing to load.
struct Load {
  std::string name;
};

struct Node {
  std::size_t offset = 0;
  std::variant<PlainText, Print, Set, If, Foreach, Define, Evaluate, Call, Break, Stop, Load> what;
};

struct Macro {
  std::vector<std::string> parameters;
  std::shared_ptr<const Block> body;
};
using Macros = std::unordered_map<std::string, Macro>;

struct Program {
  Block body;
  Macros macros;
};

}  // namespace tandem::apigateway::mapping
