#include <algorithm>

#include "core/text.h"
#include "services/acm/errors.h"
#include "services/acm/state.h"

namespace tandem::acm {
namespace {

constexpr std::size_t kMaxTags = 50;

bool is_reserved(const std::string& key) { return core::to_lower(key.substr(0, 4)) == "aws:"; }

json::value* find_tag(json::array& tags, const std::string& key) {
  auto* found = std::find_if(tags.begin(), tags.end(), [&](const json::value& tag) {
    return json::string_or(tag.as_object(), "Key") == key;
  });
  return found == tags.end() ? nullptr : found;
}

json::array& tags_of(json::object& record) {
  json::value& tags = record["tags"];
  if (!tags.is_array()) tags = json::array();
  return tags.as_array();
}

}  // namespace

void add_tags(json::object& record, const json::array& tags, const RequestContext& context) {
  json::array& all = tags_of(record);
  for (const json::value& each : tags) {
    const json::object& tag = each.as_object();
    const std::string key = json::string_or(tag, "Key");
    if (context.http != nullptr && is_reserved(key)) {
      throw errors::invalid_tag("Tag keys that begin with aws: are reserved");
    }
    json::object stored{{"Key", key}};
    if (const json::value* value = json::find(tag, "Value")) stored["Value"] = *value;
    if (json::value* known = find_tag(all, key)) {
      *known = std::move(stored);
    } else {
      all.push_back(std::move(stored));
    }
  }
  if (all.size() > kMaxTags) throw errors::too_many_tags();
}

Reply add_tags_to_certificate(State& state, RequestContext& context, const json::object& input) {
  const std::string arn = json::string_or(input, "CertificateArn");
  json::object record = need_certificate(state, arn);
  if (const json::array* tags = json::find_array(input, "Tags")) add_tags(record, *tags, context);
  state.certificates.put(id_of(state, arn), record);
  return {};
}

Reply list_tags_for_certificate(State& state, RequestContext&, const json::object& input) {
  json::object record = need_certificate(state, json::string_or(input, "CertificateArn"));
  return json::object{{"Tags", tags_of(record)}};
}

/// AWS: a tag given with a value is removed only when it has that value.
Reply remove_tags_from_certificate(State& state, RequestContext&, const json::object& input) {
  const std::string arn = json::string_or(input, "CertificateArn");
  json::object record = need_certificate(state, arn);
  json::array& all = tags_of(record);
  if (const json::array* tags = json::find_array(input, "Tags")) {
    for (const json::value& each : *tags) {
      const json::object& tag = each.as_object();
      json::value* known = find_tag(all, json::string_or(tag, "Key"));
      if (known == nullptr) continue;
      const auto value = json::find_string(tag, "Value");
      if (!value || json::string_or(known->as_object(), "Value") == *value) all.erase(known);
    }
  }
  state.certificates.put(id_of(state, arn), record);
  return {};
}

}  // namespace tandem::acm
