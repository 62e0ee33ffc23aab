#include "services/cloudwatch/engine/alarm_graph.h"

#include <vector>

namespace tandem::cloudwatch {
namespace {

using Edges = std::map<std::string, AlarmGraph::Names, std::less<>>;

const AlarmGraph::Names& at(const Edges& edges, std::string_view name) {
  static const AlarmGraph::Names kNone;
  const auto found = edges.find(name);
  return found == edges.end() ? kNone : found->second;
}

void take_out(Edges& edges, const std::string& from, const std::string& name) {
  const auto found = edges.find(from);
  if (found == edges.end()) return;
  found->second.erase(name);
  if (found->second.empty()) edges.erase(found);
}

}  // namespace

AlarmGraph::Names AlarmGraph::names_in(const AlarmRuleExpression& expression) const {
  Names names;
  for (const std::string& each : expression.alarms()) {
    names.insert(name_of_alarm(each).value_or(each));
  }
  return names;
}

void AlarmGraph::put(const std::string& name, const Alarm& alarm) {
  erase(name);
  if (!alarm.composite()) return;
  if (alarm.expression) children_[name] = names_in(*alarm.expression);
  for (const std::string& child : at(children_, name)) parents_[child].insert(name);
  const auto suppressor = json::find_string(alarm.config, "ActionsSuppressor");
  const auto by = suppressor ? name_of_alarm(*suppressor) : std::nullopt;
  if (!by) return;
  suppressor_[name] = *by;
  suppresses_[*by].insert(name);
}

void AlarmGraph::erase(const std::string& name) {
  cyclic_.clear();
  for (const std::string& child : at(children_, name)) take_out(parents_, child, name);
  children_.erase(name);
  const auto suppressor = suppressor_.find(name);
  if (suppressor == suppressor_.end()) return;
  take_out(suppresses_, suppressor->second, name);
  suppressor_.erase(suppressor);
}

void AlarmGraph::clear() {
  for (Edges* edges : {&children_, &parents_, &suppresses_}) edges->clear();
  suppressor_.clear();
  cyclic_.clear();
}

const AlarmGraph::Names& AlarmGraph::parents(std::string_view name) const {
  return at(parents_, name);
}
const AlarmGraph::Names& AlarmGraph::suppressed_by(std::string_view name) const {
  return at(suppresses_, name);
}
const AlarmGraph::Names& AlarmGraph::children(std::string_view name) const {
  return at(children_, name);
}

bool AlarmGraph::in_cycle(const std::string& name) const {
  const auto known = cyclic_.find(name);
  if (known != cyclic_.end()) return known->second;
  Names seen;
  std::vector<std::string> waiting{name};
  bool found = false;
  while (!waiting.empty() && !found) {
    const std::string from = std::move(waiting.back());
    waiting.pop_back();
    for (const std::string& child : at(children_, from)) {
      found = found || child == name;
      if (seen.insert(child).second) waiting.push_back(child);
    }
  }
  cyclic_[name] = found;
  return found;
}

}  // namespace tandem::cloudwatch
