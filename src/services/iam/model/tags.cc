#include "services/iam/model/tags.h"

#include <map>
#include <set>

#include "core/text.h"
#include "services/iam/errors.h"

namespace tandem::iam {
namespace {

constexpr std::size_t kMaxTags = 50;

/// Keys are told apart without regard to case.
using TagMap = std::map<std::string, json::value>;

TagMap to_map(const json::array* tags) {
  TagMap map;
  if (tags == nullptr) return map;
  for (const json::value& tag : *tags) {
    map[core::to_lower(json::string_or(tag.as_object(), "Key"))] = tag;
  }
  return map;
}

json::array to_array(const TagMap& map) {
  json::array tags;
  for (const auto& [key, tag] : map) tags.push_back(tag);
  return tags;
}

}  // namespace

json::array merge_tags(const json::array* present, const json::array* given, TagCaller caller) {
  TagMap map = to_map(present);
  if (given == nullptr) return to_array(map);
  if (to_map(given).size() != given->size()) {
    throw errors::invalid_input(
        "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
  }
  for (const auto& [key, tag] : to_map(given)) {
    if (key.starts_with("aws:") && caller == TagCaller::kUser) {
      throw errors::invalid_input("Cannot specify tag keys that begin with \"aws:\".");
    }
    map[key] = tag;
  }
  if (map.size() > kMaxTags) {
    throw errors::limit_exceeded("The number of tags has reached the maximum limit.");
  }
  return to_array(map);
}

json::array remove_tags(const json::array* present, const json::array& keys) {
  TagMap map = to_map(present);
  for (const json::value& key : keys) map.erase(core::to_lower(json::to_std(key)));
  return to_array(map);
}

}  // namespace tandem::iam
