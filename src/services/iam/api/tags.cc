// The tags of roles and users.
#include "services/iam/model/tags.h"

#include "core/text.h"
#include "services/iam/api/operations.h"
#include "services/iam/errors.h"
#include "services/iam/model/paging.h"

namespace tandem::iam::api {
namespace {

json::object entity_of(const Scope& scope, Kind kind, const json::object& input) {
  return scope.directory.entity(kind, name_of(input, facts_of(kind).name));
}

}  // namespace

json::object tag(Kind kind, Scope& scope, const service::RequestContext& context,
                 const json::object& input) {
  json::object entity = entity_of(scope, kind, input);
  service::TagSet tags(kTagRules, json::find(entity, "Tags"));
  tags.merge(service::read_tags(json::find(input, "Tags")), service::tag_source(context));
  entity["Tags"] = tags.list();
  scope.directory.put(kind, entity);
  return {};
}

json::object untag(Kind kind, Scope& scope, const json::object& input) {
  json::object entity = entity_of(scope, kind, input);
  service::TagSet tags(kTagRules, json::find(entity, "Tags"));
  tags.remove(json::find_array(input, "TagKeys"));
  entity["Tags"] = tags.list();
  scope.directory.put(kind, entity);
  return {};
}

json::object list_tags(Kind kind, Scope& scope, const json::object& input) {
  const json::object entity = entity_of(scope, kind, input);
  service::Page page(kPages, input, "Tags");
  if (const auto* tags = json::find_array(entity, "Tags")) {
    for (const json::value& tag : *tags) {
      if (!page.add(core::to_lower(json::string_or(tag.as_object(), "Key")), [&] { return tag; }))
        break;
    }
  }
  return std::move(page).finish();
}

}  // namespace tandem::iam::api
