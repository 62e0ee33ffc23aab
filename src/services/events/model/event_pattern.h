// Event patterns: what a rule wants of an event (EventBridge user guide, "Creating Amazon
// EventBridge event patterns"). They are compiled as event-ruler does it, whose words their
// refusals are.
//
// A dot in a name is a step: {"a.b": …} and {"a": {"b": …}} are one (event-ruler's README), in
// patterns and in events. What is asked of the fields of an array's objects has to be true of one
// object. Letters are compared without regard to case as ASCII has them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/json.h"

namespace tandem::events {

class EventPattern {
 public:
  /// Throws PatternError (json_tokens.h).
  static EventPattern compile(std::string_view text);
  /// event: as with_steps() gives it.
  bool matches(const json::object& event) const;

  struct Branch;

 private:
  explicit EventPattern(std::shared_ptr<const Branch> root) : root_(std::move(root)) {}
  std::shared_ptr<const Branch> root_;
};

/// The event with the steps of its names as objects: itself when no name has a dot, otherwise made
/// in room. A name of more than 16 steps stays one.
const json::object& with_steps(const json::object& event, json::object& room);

}  // namespace tandem::events
