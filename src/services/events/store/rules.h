// The rules of the default bus with their targets: in the store, and compiled in memory.
//
//   rule/<name>   JSON: EventPattern, State, Description, Targets, tags
//
// INVARIANT(stored-first): memory is changed once the store has taken the change.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/json.h"
#include "services/events/model/event_pattern.h"
#include "store/documents.h"

namespace tandem::events {

struct Rule {
  json::object document;
  std::optional<EventPattern> pattern;  ///< none: what was stored does not compile

  bool enabled() const { return json::string_or(document, "State") == "ENABLED"; }
  const json::array& targets() const;
};

class Rules {
 public:
  /// Reads what is stored. Borrows the store.
  explicit Rules(store::Store& store);

  /// Null when there is none. Valid until it is put or erased.
  const Rule* find(std::string_view name) const;
  const std::map<std::string, Rule, std::less<>>& all() const { return rules_; }
  /// Throws StoreError, and PatternError when its pattern is none.
  void put(const std::string& name, json::object document);
  void erase(const std::string& name);
  /// The store was emptied.
  void clear() { rules_.clear(); }

 private:
  store::Documents documents_;
  std::map<std::string, Rule, std::less<>> rules_;
};

}  // namespace tandem::events
