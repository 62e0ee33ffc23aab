#include "service/tags.h"

#include <algorithm>

#include "core/check.h"
#include "core/text.h"

namespace tandem::service {
namespace {

constexpr std::size_t kMost = 50;
/// A list may name a key more than once; one that is longer is not looked through.
constexpr std::size_t kMostGiven = 1'000;
constexpr std::size_t kKeyCharacters = 128;
constexpr std::size_t kValueCharacters = 256;

/// UTF-8: every byte but the continuing ones begins a character.
std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

bool is_reserved(std::string_view key) { return core::to_lower(key.substr(0, 4)) == "aws:"; }

}  // namespace

std::vector<Tag> read_tags(const json::value* document) {
  std::vector<Tag> tags;
  if (document == nullptr) return tags;
  if (const auto* list = document->if_array()) {
    for (const json::value& each : *list) {
      if (tags.size() > kMostGiven) break;
      if (!each.is_object()) continue;
      const json::object& tag = each.get_object();
      tags.push_back({json::string_or(tag, "Key"), json::find_string(tag, "Value")});
    }
  } else if (const auto* map = document->if_object()) {
    for (const auto& [key, value] : *map) {
      if (tags.size() > kMostGiven) break;
      tags.push_back({std::string(key), value.is_string() ? json::to_std(value) : std::string()});
    }
  }
  return tags;
}

TagSource tag_source(const RequestContext& context) {
  if (context.http == nullptr) return TagSource::kService;
  const auto agent = context.http->headers.get("User-Agent");
  const bool service = agent && *agent == "cloudformation.amazonaws.com";
  return service && context.caller.verified ? TagSource::kService : TagSource::kCaller;
}

TagSet::TagSet(const TagRules& rules, const json::value* stored) : rules_(&rules) {
  CHECK(rules.too_many != nullptr && rules.reserved != nullptr);
  for (Tag& tag : read_tags(stored)) {
    std::string folded = fold(tag.key);
    tags_.insert_or_assign(std::move(folded), std::move(tag));
  }
}

std::string TagSet::fold(std::string_view key) const {
  return rules_->keys_by_case == TagRules::Case::kMatters ? std::string(key) : core::to_lower(key);
}

void TagSet::merge(const std::vector<Tag>& given, TagSource source) {
  if (given.size() > kMostGiven) throw rules_->too_many(given.back().key);
  std::map<std::string, Tag> merged = tags_;
  std::map<std::string, Tag> fresh;
  for (const Tag& tag : given) {
    if (source == TagSource::kCaller && is_reserved(tag.key)) throw rules_->reserved(tag.key);
    const bool short_key = !tag.key.empty() && characters(tag.key) <= kKeyCharacters;
    if (!short_key && rules_->bad_key != nullptr) throw rules_->bad_key(tag.key);
    const bool short_value = characters(tag.value.value_or("")) <= kValueCharacters;
    if (!short_value && rules_->bad_value != nullptr) throw rules_->bad_value(tag.key);
    const bool twice = !fresh.insert_or_assign(fold(tag.key), tag).second;
    if (twice && rules_->duplicate != nullptr) throw rules_->duplicate(tag.key);
  }
  for (auto& [key, tag] : fresh) merged.insert_or_assign(key, std::move(tag));
  if (merged.size() > kMost) throw rules_->too_many(given.back().key);
  tags_ = std::move(merged);
}

void TagSet::remove(std::string_view key) { tags_.erase(fold(key)); }

void TagSet::remove(const json::array* keys) {
  if (keys == nullptr) return;
  for (const json::value& key : *keys) {
    if (key.is_string()) remove(json::view(key.get_string()));
  }
}

void TagSet::remove(std::string_view key, std::string_view value) {
  const auto at = tags_.find(fold(key));
  if (at != tags_.end() && at->second.value.value_or("") == value) tags_.erase(at);
}

json::array TagSet::list() const {
  json::array list;
  for (const auto& [key, tag] : tags_) {
    json::object shown{{"Key", tag.key}};
    if (tag.value) shown["Value"] = *tag.value;
    list.push_back(std::move(shown));
  }
  return list;
}

json::object TagSet::map() const {
  json::object map;
  for (const auto& [key, tag] : tags_) map[tag.key] = tag.value.value_or("");
  return map;
}

TagSet tag_set(const TagRules& rules, const json::value* given, TagSource source) {
  TagSet set(rules);
  set.merge(read_tags(given), source);
  return set;
}

}  // namespace tandem::service
