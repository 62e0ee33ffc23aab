// What of an event a target gets: all of it, a part (InputPath), a constant (Input), or a text made
// of its parts (InputTransformer; EventBridge user guide, "Amazon EventBridge input
// transformation").
//
// In a template that is a JSON object a variable outside of quotes becomes a JSON value; within
// quotes a text is put in as it is, and an object or a list without its quotes. A variable whose
// path leads nowhere is an empty text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/json.h"
#include "core/parsed.h"

namespace tandem::events {

/// "$.detail.items[0].name".
class EventPath {
 public:
  static std::optional<EventPath> parse(std::string_view text);
  /// Null when it leads nowhere.
  const json::value* find(const json::value& event) const;

 private:
  std::vector<std::variant<std::string, std::size_t>> steps_;
};

/// A target's Input, InputPath and InputTransformer. Throws ValidationException in AWS's words.
void check_input(const json::object& target);

/// Of the rule that matched.
struct MatchedRule {
  std::string name;
  std::string arn;
};
/// More than any target takes.
inline constexpr std::size_t kInputBytes = 1'048'576;
/// What the target gets; or why there is nothing to give: the path leads nowhere, the template
/// makes no JSON, it is too large.
core::Parsed<std::string> input_of(const json::object& target, const json::object& event,
                                   const MatchedRule& rule, std::string_view ingestion_time);

}  // namespace tandem::events
