// From a pattern's text to its tree, in the order and with the complaints of event-ruler's
// JsonRuleCompiler.
#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <limits>

#include "core/text.h"
#include "services/events/model/json_tokens.h"
#include "services/events/model/pattern_node.h"

namespace tandem::events {
namespace {

using Kind = JsonTokens::Kind;
using Branch = EventPattern::Branch;
using Values = std::vector<ValuePattern>;

constexpr std::string_view kOr = "$or";
/// What the alternatives of all "$or" may multiply to.
constexpr std::size_t kMostCombinations = 1000;
/// How many beginnings of wildcards a text may have at once.
constexpr std::size_t kMostComplexity = 10;
constexpr std::string_view kTooComplex =
    "Rule is too complex - try using fewer wildcard characters or fewer repeating character "
    "sequences after a wildcard character";
constexpr std::string_view kOneKey = "Only one key allowed in match expression";

bool is_reserved_in_or(std::string_view name) {
  constexpr std::string_view kReserved[] = {"exactly",
                                            "equals-ignore-case",
                                            "prefix",
                                            "suffix",
                                            "anything-but",
                                            "exists",
                                            "wildcard",
                                            "numeric",
                                            "cidr",
                                            "=",
                                            "<",
                                            "<=",
                                            ">",
                                            ">=",
                                            "regex",
                                            "not-wildcard",
                                            "date-after",
                                            "not-equals-ignore-case",
                                            "date-before",
                                            "date-on-or-after",
                                            "in-date-range",
                                            "date-on-or-before",
                                            "ip-address-in-range",
                                            "ip-address-not-in-range"};
  return std::find(std::begin(kReserved), std::end(kReserved), name) != std::end(kReserved);
}

double number_of(const std::string& text) {
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc()) return std::numeric_limits<double>::infinity();
  return number;
}

ValuePattern text_pattern(ValuePattern::Kind kind, std::string text) {
  ValuePattern pattern;
  pattern.kind = kind;
  pattern.text = std::move(text);
  return pattern;
}

class Compiler {
 public:
  explicit Compiler(std::string_view text) : tokens_(text) {}

  Branch compile() {
    if (tokens_.next() != Kind::kStartObject) tokens_.fail("Filter is not an object");
    Branch root;
    object(root, Place::kOutside);
    tokens_.expect_end();
    if (finish(root) > kMostCombinations) throw PatternError(std::string(kTooComplex));
    return root;
  }

 private:
  enum class Place { kOutside, kInsideOr };

  void object(Branch& node, Place place) {
    bool any = false;
    while (tokens_.next() != Kind::kEndObject) {
      any = true;
      const std::string name = tokens_.text();
      if (name == kOr) {
        alternatives(node);
        continue;
      }
      if (place == Place::kInsideOr && is_reserved_in_or(name)) {
        tokens_.fail(fmt::format("{} is Ruler reserved fieldName which cannot be used inside {}.",
                                 name, kOr));
      }
      Branch* field = &node;
      for (const std::string_view step : core::split(name, '.')) {
        field = &field->fields[std::string(step)];
      }
      const Kind kind = tokens_.next();
      if (kind == Kind::kStartObject) {
        object(*field, place);
      } else if (kind == Kind::kStartArray) {
        field->values = values();
      } else {
        tokens_.fail(fmt::format("\"{}\" must be an object or an array", name));
      }
    }
    if (!any) tokens_.fail("Empty objects are not allowed");
  }

  void alternatives(Branch& node) {
    if (tokens_.next() != Kind::kStartArray) {
      tokens_.fail(fmt::format("It must be an Array followed with {}.", kOr));
    }
    std::vector<Branch> nodes;
    for (Kind kind = tokens_.next(); kind != Kind::kEndArray; kind = tokens_.next()) {
      if (kind != Kind::kStartObject) {
        tokens_.fail(fmt::format("Only JSON object is allowed in array of {} relationship.", kOr));
      }
      object(nodes.emplace_back(), Place::kInsideOr);
    }
    if (nodes.size() < 2) {
      tokens_.fail(fmt::format("There must have at least 2 Objects in {} relationship.", kOr));
    }
    node.any_of.push_back(std::move(nodes));
  }

  ValuePatterns values() {
    ValuePatterns found;
    for (Kind kind = tokens_.next(); kind != Kind::kEndArray; kind = tokens_.next()) {
      if (kind == Kind::kStartObject) {
        found.add(expression());
      } else if (JsonTokens::is_scalar(kind)) {
        found.add(exact(kind));
      } else {
        tokens_.fail("Match value must be String, number, true, false, or null");
      }
    }
    if (found.empty()) tokens_.fail("Empty arrays are not allowed");
    if (found.wildcard_complexity() > kMostComplexity) {
      throw PatternError(std::string(kTooComplex));
    }
    return found;
  }

  /// A text that is an address is that address, however it is written.
  ValuePattern exact(Kind kind) {
    ValuePattern pattern = text_pattern(ValuePattern::Kind::kText, tokens_.text());
    if (kind == Kind::kString) {
      if (const auto address = read_address(pattern.text)) {
        pattern.kind = ValuePattern::Kind::kBlock;
        pattern.block = *address;
      }
    } else if (kind == Kind::kNumber) {
      pattern.kind = ValuePattern::Kind::kNumber;
      pattern.number = number_of(pattern.text);
    } else {
      pattern.kind = ValuePattern::Kind::kLiteral;
    }
    return pattern;
  }

  ValuePattern expression() {
    if (tokens_.next() != Kind::kName) tokens_.fail("Match expression name not found");
    const std::string type = tokens_.text();
    using Pattern = ValuePattern::Kind;
    if (type == "exactly") return simple(Pattern::kText, "exact");
    if (type == "prefix") return cased(Pattern::kPrefix, Pattern::kPrefixIgnoreCase, type);
    if (type == "suffix") return cased(Pattern::kSuffix, Pattern::kSuffixIgnoreCase, type);
    if (type == "equals-ignore-case") return simple(Pattern::kIgnoreCase, type);
    if (type == "wildcard") return simple(Pattern::kWildcard, type);
    if (type == "cidr") return simple(Pattern::kBlock, "prefix");
    if (type == "numeric") return numeric();
    if (type == "exists") return exists();
    if (type == "anything-but") return anything_but();
    tokens_.fail(fmt::format("Unrecognized match type {}", type));
  }

  /// {"<type>": "text"}; what: as the refusal calls it.
  ValuePattern simple(ValuePattern::Kind kind, std::string_view what) {
    if (tokens_.next() != Kind::kString) {
      tokens_.fail(fmt::format("{} match pattern must be a string", what));
    }
    ValuePattern pattern = made(kind);
    end_object(kOneKey);
    return pattern;
  }

  /// Of the token's text.
  ValuePattern made(ValuePattern::Kind kind) {
    ValuePattern pattern = text_pattern(kind, tokens_.text());
    if (kind == ValuePattern::Kind::kBlock) pattern.block = read_block(pattern.text);
    if (kind == ValuePattern::Kind::kWildcard) {
      try {
        pattern.parts = read_wildcard(pattern.text);
      } catch (const PatternError& error) {
        tokens_.fail(error.what());
      }
    }
    return pattern;
  }

  /// {"prefix": "text"} or {"prefix": {"equals-ignore-case": "text"}}.
  ValuePattern cased(ValuePattern::Kind plain, ValuePattern::Kind ignoring,
                     const std::string& type) {
    const Kind kind = tokens_.next();
    if (kind != Kind::kStartObject) {
      if (kind != Kind::kString) {
        tokens_.fail(fmt::format("{} match pattern must be a string", type));
      }
      ValuePattern pattern = made(plain);
      end_object(kOneKey);
      return pattern;
    }
    const std::string capital = type == "prefix" ? "Prefix" : "Suffix";
    if (tokens_.next() != Kind::kName) tokens_.fail(capital + " expression name not found");
    if (tokens_.text() != "equals-ignore-case") {
      tokens_.fail(fmt::format("Unsupported {} pattern: {}", type, tokens_.text()));
    }
    ValuePattern pattern = simple(ignoring, "equals-ignore-case");
    end_object(kOneKey);
    return pattern;
  }

  ValuePattern exists() {
    const Kind kind = tokens_.next();
    if (kind != Kind::kTrue && kind != Kind::kFalse) {
      tokens_.fail("exists match pattern must be either true or false.");
    }
    ValuePattern pattern;
    pattern.kind = kind == Kind::kTrue ? ValuePattern::Kind::kExists : ValuePattern::Kind::kAbsent;
    end_object(kOneKey);
    return pattern;
  }

  std::int64_t compared(std::string_view complaint) {
    if (tokens_.next() != Kind::kNumber) tokens_.fail(complaint);
    const auto number = comparable_number(number_of(tokens_.text()));
    if (!number) tokens_.fail(kNumberRange);
    return *number;
  }

  ValuePattern numeric() {
    if (tokens_.next() != Kind::kStartArray) tokens_.fail("Value of numeric must be an array.");
    if (tokens_.next() != Kind::kString) {
      tokens_.fail(fmt::format("Invalid member in numeric match: {}", tokens_.text()));
    }
    const std::string sign = tokens_.text();
    if (sign != "=" && sign != "<" && sign != "<=" && sign != ">" && sign != ">=") {
      tokens_.next();
      tokens_.fail(fmt::format("Unrecognized numeric range operator: {}", sign));
    }
    const std::int64_t bound =
        compared(fmt::format("Value of {} must be numeric", sign == "=" ? "equals" : sign));
    ValuePattern pattern;
    pattern.kind = ValuePattern::Kind::kRange;
    if (sign == "=") pattern.low = pattern.high = bound;
    if (sign == "<" || sign == "<=") pattern.high = sign == "<" ? bound - 1 : bound;
    if (sign == ">" || sign == ">=") pattern.low = sign == ">" ? bound + 1 : bound;
    const Kind after = tokens_.next();
    if (after != Kind::kEndArray) {
      if (sign[0] != '>') too_many();
      upper_bound(pattern, after, bound);
    }
    end_object("Too many elements in numeric expression");
    return pattern;
  }

  void upper_bound(ValuePattern& pattern, Kind kind, std::int64_t bottom) {
    if (kind != Kind::kString) {
      tokens_.fail(fmt::format("Bad value in numeric range: {}", tokens_.text()));
    }
    const std::string sign = tokens_.text();
    if (sign != "<" && sign != "<=") {
      tokens_.fail(fmt::format("Bad numeric range operator: {}", sign));
    }
    const std::int64_t top = compared(fmt::format("Value of {} must be numeric", sign));
    pattern.high = sign == "<" ? top - 1 : top;
    if (tokens_.next() != Kind::kEndArray) {
      tokens_.fail("Too many terms in numeric range expression");
    }
    if (top <= bottom) tokens_.fail("Bottom must be less than top");
  }

  ValuePattern anything_but() {
    Kind kind = tokens_.next();
    ValuePattern::Kind of = ValuePattern::Kind::kText;
    const bool nested = kind == Kind::kStartObject;
    if (nested) {
      if (tokens_.next() != Kind::kName) tokens_.fail("Anything-But expression name not found");
      of = anything_but_kind(tokens_.text());
      kind = tokens_.next();
    }
    if (kind != Kind::kStartArray && kind != Kind::kString && kind != Kind::kNumber) {
      tokens_.fail("Value of anything-but must be an array or single string/number value.");
    }
    ValuePattern pattern;
    pattern.kind = ValuePattern::Kind::kAnythingBut;
    if (kind == Kind::kStartArray) {
      pattern.none = nested ? excluded_texts(of) : excluded();
    } else if (nested) {
      if (kind != Kind::kString) tokens_.fail(text_complaint(of));
      pattern.none.push_back(excluded_text(of, Listed::kNo));
    } else {
      pattern.none.push_back(excluded_value(kind, Listed::kNo));
    }
    end_object("Too many elements in numeric expression");
    if (nested) end_object("Too many elements in numeric expression");
    return pattern;
  }

  ValuePattern::Kind anything_but_kind(const std::string& type) {
    if (type == "equals-ignore-case") return ValuePattern::Kind::kIgnoreCase;
    if (type == "prefix") return ValuePattern::Kind::kPrefix;
    if (type == "suffix") return ValuePattern::Kind::kSuffix;
    if (type == "wildcard") return ValuePattern::Kind::kWildcard;
    tokens_.fail(fmt::format("Unsupported anything-but pattern: {}", type));
  }

  /// Complaints about what is in a list tell their place twice, as AWS's do.
  enum class Listed { kNo, kYes };

  Values excluded() {
    Values found;
    bool number = false, text = false;
    for (Kind kind = tokens_.next(); kind != Kind::kEndArray; kind = tokens_.next()) {
      if (kind != Kind::kString && kind != Kind::kNumber) {
        tokens_.fail_again("Inside anything but list, start|null|boolean is not supported.");
      }
      (kind == Kind::kNumber ? number : text) = true;
      found.push_back(excluded_value(kind, Listed::kYes));
    }
    if (number == text) {
      tokens_.fail(
          "Inside anything but list, either all values are number or string, mixed type is not "
          "supported");
    }
    return found;
  }

  ValuePattern excluded_value(Kind kind, Listed listed) {
    ValuePattern pattern = text_pattern(ValuePattern::Kind::kText, tokens_.text());
    if (kind == Kind::kString) return pattern;
    pattern.kind = ValuePattern::Kind::kNumber;
    pattern.number = number_of(pattern.text);
    if (comparable_number(pattern.number)) return pattern;
    if (listed == Listed::kYes) tokens_.fail(kNumberRange);
    throw PatternError(std::string(kNumberRange));
  }

  static std::string_view text_complaint(ValuePattern::Kind of) {
    if (of == ValuePattern::Kind::kWildcard) return "wildcard match pattern must be a string";
    if (of != ValuePattern::Kind::kIgnoreCase) {
      return "prefix/suffix match pattern must be a string";
    }
    return "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not "
           "supported.";
  }

  Values excluded_texts(ValuePattern::Kind of) {
    Values found;
    for (Kind kind = tokens_.next(); kind != Kind::kEndArray; kind = tokens_.next()) {
      if (kind != Kind::kString) tokens_.fail_again(text_complaint(of));
      found.push_back(excluded_text(of, Listed::kYes));
    }
    // An empty list would exclude nothing.
    if (found.empty()) tokens_.fail("Empty arrays are not allowed");
    return found;
  }

  ValuePattern excluded_text(ValuePattern::Kind of, Listed listed) {
    ValuePattern pattern = made(of);
    const bool ends = of == ValuePattern::Kind::kPrefix || of == ValuePattern::Kind::kSuffix;
    if (ends && pattern.text.empty()) {
      constexpr std::string_view kEmpty = "Null prefix/suffix not allowed";
      if (listed == Listed::kYes) tokens_.fail_again(kEmpty);
      tokens_.fail(kEmpty);
    }
    return pattern;
  }

  void end_object(std::string_view complaint) {
    if (tokens_.next() != Kind::kEndObject) tokens_.fail(complaint);
  }
  [[noreturn]] void too_many() { tokens_.fail("Too many elements in numeric expression"); }

  /// Sets what is known once all has been read. How many combinations its "$or" make, up to one
  /// more than there may be.
  static std::size_t finish(Branch& node) {
    std::size_t combinations = 1;
    const auto times = [&](std::size_t more) {
      combinations = std::min(combinations * more, kMostCombinations + 1);
    };
    node.only_absence = node.values.only_absence();
    for (auto& [name, field] : node.fields) {
      times(finish(field));
      node.only_absence = node.only_absence && field.only_absence;
    }
    for (std::vector<Branch>& nodes : node.any_of) {
      std::size_t sum = 0;
      for (Branch& each : nodes) {
        sum += finish(each);
        node.only_absence = node.only_absence && each.only_absence;
      }
      times(sum);
    }
    return combinations;
  }

  JsonTokens tokens_;
};

}  // namespace

EventPattern EventPattern::compile(std::string_view text) {
  return EventPattern(std::make_shared<const Branch>(Compiler(text).compile()));
}

}  // namespace tandem::events
