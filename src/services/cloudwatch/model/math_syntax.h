// Metric math as text: what an expression says (CloudWatch User Guide, "Using math expressions with
// CloudWatch metrics", "Metric math syntax and functions"). Pure.
//
// From the loosest to the tightest: OR ||, AND &&, comparisons, + -, * /, ^ (to the right), and
// signs. Parentheses, function calls, arrays in brackets, texts in double quotes.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::cloudwatch::math {

struct Node {
  enum class Kind { kNumber, kText, kName, kCall, kArray, kOperator };
  Kind kind = Kind::kNumber;
  double number = 0;
  std::string text;  ///< of kText; the name of kName, kCall and kOperator ("+", "AND", "neg")
  std::vector<std::unique_ptr<Node>> children;
};

/// Why a text is no expression, as CloudWatch's parser words it.
struct SyntaxError {
  std::string message;
};

/// Throws SyntaxError. Depth is bounded.
std::unique_ptr<Node> parse(std::string_view text);

/// Names that the expression refers to, those of functions and of words such as REPEAT left out;
/// each once.
std::vector<std::string> names_in(const Node& node);

}  // namespace tandem::cloudwatch::math
