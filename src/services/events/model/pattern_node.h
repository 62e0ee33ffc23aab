// A compiled pattern: a tree of the names it speaks of.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "services/events/model/event_pattern.h"
#include "services/events/model/value_pattern.h"

namespace tandem::events {

struct EventPattern::Branch {
  std::map<std::string, Branch, std::less<>> fields;
  ValuePatterns values;                     ///< of the field itself, as a leaf
  std::vector<std::vector<Branch>> any_of;  ///< every "$or": one of its nodes matches in this place
  bool only_absence = false;                ///< nothing in it wants something to be there
};

}  // namespace tandem::events
