#include <fmt/format.h>

#include "services/route53/api/backend.h"
#include "services/route53/model/errors.h"

namespace tandem::route53 {
namespace {

using service::Reply;

constexpr std::size_t kMaxResources = 10;

struct Resource {
  std::string type;
  std::string id;
  std::string key() const { return type + '/' + id; }
};

/// Throws when there is no such thing.
Resource find_resource(Backend& backend, std::string type, std::string_view id) {
  if (type == "hostedzone") return {std::move(type), backend.zone(id).id};
  if (type == "healthcheck") return {std::move(type), backend.check(id).id};
  throw errors::invalid_input(fmt::format("Invalid resource type: {}", type));
}

json::object tag_set(Backend& backend, const Resource& resource) {
  json::object set;
  set["ResourceType"] = resource.type;
  set["ResourceId"] = resource.id;
  set["Tags"] = backend.tags.get(resource.key()).list();
  return set;
}

Reply change(Backend& backend, const json::object& input) {
  const Resource resource = find_resource(backend, json::string_or(input, "ResourceType"),
                                          json::string_or(input, "ResourceId"));
  const json::array* added = json::find_array(input, "AddTags");
  const json::array* removed = json::find_array(input, "RemoveTagKeys");
  if (added == nullptr && removed == nullptr) {
    throw errors::invalid_input("At least one of AddTags and RemoveTagKeys must be specified.");
  }
  service::TagSet tags = backend.tags.get(resource.key());
  tags.remove(removed);
  tags.merge(service::read_tags(json::find(input, "AddTags")), service::TagSource::kCaller);
  store::WriteBatch batch;
  backend.tags.write(batch, resource.key(), tags);
  backend.env.store.write(std::move(batch));
  return Reply();
}

Reply list_one(Backend& backend, const json::object& input) {
  const Resource resource = find_resource(backend, json::string_or(input, "ResourceType"),
                                          json::string_or(input, "ResourceId"));
  return json::object{{"ResourceTagSet", tag_set(backend, resource)}};
}

Reply list_several(Backend& backend, const json::object& input) {
  json::array sets;
  if (const json::array* ids = json::find_array(input, "ResourceIds")) {
    if (ids->size() > kMaxResources) {
      throw errors::invalid_input("At most 10 resources can be asked for at once.");
    }
    for (const json::value& id : *ids) {
      sets.push_back(tag_set(backend, find_resource(backend, json::string_or(input, "ResourceType"),
                                                    json::to_std(id))));
    }
  }
  return json::object{{"ResourceTagSets", std::move(sets)}};
}

}  // namespace

std::vector<service::Operation> tag_operations(Backend& backend) {
  return {
      row(backend, "ChangeTagsForResource", change,
          {"ResourceType", "ResourceId", "AddTags", "RemoveTagKeys"}),
      row(backend, "ListTagsForResource", list_one, {"ResourceType", "ResourceId"}),
      row(backend, "ListTagsForResources", list_several, {"ResourceType", "ResourceIds"}),
  };
}

}  // namespace tandem::route53
