#include "services/cloudformation/resources/coverage.h"

#include <string>

#include "services/cloudformation/resources/schemas.h"

namespace tandem::cloudformation {
namespace {

void add_refused(const Shape& shape, const std::string& above, json::array& missing) {
  if (shape.item) return add_refused(*shape.item, above, missing);
  for (const Member& member : shape.members) {
    const std::string path = above + member.name;
    if (member.refused) {
      missing.push_back(json::value(path));
    } else {
      add_refused(member.shape, path + '.', missing);
    }
  }
}

}  // namespace

json::object coverage_of(const ResourceTypes& types) {
  json::object manifest;
  for (const std::string_view name : aws_types()) {
    manifest[name] = json::object{{"status", "absent"}};
  }
  for (const ResourceType& type : types.all()) {
    json::array missing;
    add_refused(type.shape, "", missing);
    json::object row = {{"status", missing.empty() ? "implemented" : "partial"}};
    if (!missing.empty()) row["missing"] = std::move(missing);
    manifest[type.name] = std::move(row);
  }
  return manifest;
}

}  // namespace tandem::cloudformation
