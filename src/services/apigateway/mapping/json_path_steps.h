// A JSONPath once it is parsed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/json.h"
#include "core/parsed.h"

namespace tandem::apigateway::mapping {

struct PathStep;

struct PathSteps {
  std::vector<PathStep> steps;
  /// Whether it can lead to one value only.
  bool definite = true;
};

/// One side of a comparison in a filter.
struct FilterOperand {
  /// A literal; or a path, from the element ("@") or from the document ("$").
  std::variant<json::value, PathSteps> what;
  bool from_root = false;
};

enum class FilterOperator {
  kExists,  ///< the path alone
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kMatches,  ///< =~ /pattern/: right is the pattern
  kIn,
  kNotIn,
  kContains,
  kSize,
  kEmpty,
};

struct Filter {
  enum class Kind { kTest, kAnd, kOr, kNot };
  Kind kind = Kind::kTest;
  std::vector<Filter> parts;
  FilterOperator op = FilterOperator::kExists;
  FilterOperand left;
  FilterOperand right;
};

struct MemberStep {
  std::vector<std::string> names;
};
struct IndexStep {
  std::vector<std::int64_t> positions;
};
/// [from:to], each counted from the end when negative.
struct SliceStep {
  std::optional<std::int64_t> from;
  std::optional<std::int64_t> to;
};
struct WildcardStep {};
struct FilterStep {
  std::shared_ptr<const Filter> filter;
};
/// What follows applies to every list and map at or below.
struct DescendStep {};
struct FunctionStep {
  std::string name;
};

struct PathStep {
  std::variant<MemberStep, IndexStep, SliceStep, WildcardStep, FilterStep, DescendStep,
               FunctionStep>
      what;
};

/// Reads paths and filters out of one text.
class PathReader {
 public:
  PathReader(std::string_view text, std::size_t depth) : text_(text), depth_(depth) {}

  /// Steps up to the end of the text, or, within a filter, up to what is no step.
  enum class Until { kEnd, kFilter };
  PathSteps steps(Until until);
  std::shared_ptr<const Filter> filter();

  bool failed() const { return !why_.empty(); }
  core::ParseError error() const { return {why_, at_}; }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool take(std::string_view word);
  void skip_blanks();
  void fail(std::string_view why);

  void dotted(PathSteps& into, Until until);
  void bracketed(PathSteps& into);
  void quoted_names(PathSteps& into);
  void positions(PathSteps& into);
  std::optional<std::int64_t> integer();
  std::string quoted_text();

  Filter or_expression();
  Filter and_expression();
  Filter unary();
  Filter comparison();
  FilterOperand operand();
  FilterOperator filter_operator();
  FilterOperand pattern();
  json::value literal();

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_;
  std::string why_;
};

}  // namespace tandem::apigateway::mapping
