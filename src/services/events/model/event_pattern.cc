#include "services/events/model/event_pattern.h"

#include <algorithm>

#include "core/text.h"
#include "services/events/model/pattern_node.h"

namespace tandem::events {
namespace {

using Branch = EventPattern::Branch;

/// Of one name: an event's objects may lie a thousand deep already.
constexpr std::size_t kMostSteps = 16;

bool matches_field(const json::value* value, const Branch& node);

/// object: null when there is none in that place.
bool matches_object(const json::object* object, const Branch& node) {
  for (const auto& [name, field] : node.fields) {
    const json::value* value = object == nullptr ? nullptr : object->if_contains(name);
    if (!matches_field(value, field)) return false;
  }
  return std::all_of(node.any_of.begin(), node.any_of.end(), [&](const std::vector<Branch>& nodes) {
    return std::any_of(nodes.begin(), nodes.end(),
                       [&](const Branch& each) { return matches_object(object, each); });
  });
}

void collect_objects(const json::array& from, std::vector<const json::object*>& into) {
  for (const json::value& item : from) {
    if (item.is_object()) into.push_back(&item.get_object());
    if (item.is_array()) collect_objects(item.get_array(), into);
  }
}

bool matches_field(const json::value* value, const Branch& node) {
  if (!node.values.empty() && !node.values.matches(value)) return false;
  if (node.fields.empty() && node.any_of.empty()) return true;
  if (value == nullptr || !value->is_array()) {
    return matches_object(value == nullptr ? nullptr : value->if_object(), node);
  }
  std::vector<const json::object*> objects;
  collect_objects(value->get_array(), objects);
  if (objects.empty()) return matches_object(nullptr, node);
  const auto matches = [&](const json::object* object) { return matches_object(object, node); };
  // Nobody has a field when none of them has it.
  return node.only_absence ? std::all_of(objects.begin(), objects.end(), matches)
                           : std::any_of(objects.begin(), objects.end(), matches);
}

bool has_steps(const json::value& value) {
  if (const auto* array = value.if_array()) {
    return std::any_of(array->begin(), array->end(), has_steps);
  }
  const auto* object = value.if_object();
  return object != nullptr && std::any_of(object->begin(), object->end(), [](const auto& member) {
           return member.key().find('.') != json::string_view::npos || has_steps(member.value());
         });
}

json::object with_steps(const json::object& event);

json::value stepped(const json::value& value) {
  if (const auto* array = value.if_array()) {
    json::array items;
    for (const json::value& item : *array) items.push_back(stepped(item));
    return items;
  }
  const auto* object = value.if_object();
  return object == nullptr ? value : json::value(with_steps(*object));
}

/// Two values under one name are as an array of both: either may match.
void merge(json::value& into, json::value value) {
  if (into.is_object() && value.is_object()) {
    for (auto& member : value.get_object()) {
      const auto [place, is_new] = into.get_object().emplace(member.key(), nullptr);
      if (is_new) {
        place->value() = std::move(member.value());
      } else {
        merge(place->value(), std::move(member.value()));
      }
    }
    return;
  }
  if (!into.is_array()) {
    json::array both;
    both.push_back(std::move(into));
    into = std::move(both);
  }
  into.get_array().push_back(std::move(value));
}

json::object with_steps(const json::object& event) {
  json::value result = json::object();
  for (const auto& member : event) {
    json::value value = stepped(member.value());
    const auto steps = core::split(std::string_view(member.key()), '.');
    json::object outer;
    if (steps.size() > kMostSteps) {
      outer.emplace(member.key(), std::move(value));
      merge(result, std::move(outer));
      continue;
    }
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
      outer = json::object();
      outer.emplace(*step, std::move(value));
      value = std::move(outer);
    }
    merge(result, std::move(value));
  }
  return std::move(result.get_object());
}

}  // namespace

const json::object& with_steps(const json::object& event, json::object& room) {
  if (!has_steps(event)) return event;
  room = with_steps(event);
  return room;
}

bool EventPattern::matches(const json::object& event) const {
  return matches_object(&event, *root_);
}

}  // namespace tandem::events
