#include "services/events/store/rules.h"

#include <utility>

#include "core/log.h"
#include "services/events/model/json_tokens.h"

namespace tandem::events {

const json::array& Rule::targets() const { return document.at("Targets").as_array(); }

Rules::Rules(store::Store& store) : documents_(store, "rule") {
  for (auto& [name, document] : documents_.list()) {
    Rule rule;
    rule.document = std::move(document);
    if (json::find_array(rule.document, "Targets") == nullptr) {
      rule.document["Targets"] = json::array();
    }
    try {
      rule.pattern = EventPattern::compile(json::string_or(rule.document, "EventPattern"));
    } catch (const PatternError& error) {
      log::error("events: the stored pattern of rule {} matches nothing: {}", name, error.what());
    }
    rules_.emplace(name, std::move(rule));
  }
}

const Rule* Rules::find(std::string_view name) const {
  const auto found = rules_.find(name);
  return found == rules_.end() ? nullptr : &found->second;
}

void Rules::put(const std::string& name, json::object document) {
  Rule rule;
  rule.pattern = EventPattern::compile(json::string_or(document, "EventPattern"));
  documents_.put(name, document);
  rule.document = std::move(document);
  rules_.insert_or_assign(name, std::move(rule));
}

void Rules::erase(const std::string& name) {
  documents_.erase(name);
  rules_.erase(name);
}

}  // namespace tandem::events
