// What handlers have in common: properties to request members, patches, tags.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.h"
#include "services/cloudformation/resources/handler.h"
#include "services/cloudformation/resources/schemas.h"

namespace tandem::cloudformation {

/// Copies the properties that are there: {property, request member}.
json::object pick(const json::object& properties,
                  std::initializer_list<std::pair<std::string_view, std::string_view>> names);
/// Copies them under their own names.
json::object keep(const json::object& properties, std::initializer_list<std::string_view> names);

/// The property as text; empty when absent.
std::string text_of(const json::object& properties, std::string_view name);
/// True when the property differs, absence included.
bool differs(const json::object& before, const json::object& after, std::string_view name);
/// A policy document or the like: text stays text, anything else becomes JSON text.
std::string document_text(const json::value& value);

/// False when the service says that what is asked for is not there, or refuses to say.
Task<bool> exists(HandlerContext& context, std::string service, std::string operation,
                  json::object request);

/// The resource's own tags and CloudFormation's.
json::object all_tags(const HandlerContext& context, const json::object& properties);
/// [{Key, Value}] as a map.
json::object tag_map(const json::object& properties);
struct TagChanges {
  json::object set;     ///< new or different
  json::array removed;  ///< keys
};
TagChanges tag_changes(const json::object& before, const json::object& after);
json::array tag_list(const json::object& map);

/// API Gateway's and others' patch operations.
class Patch {
 public:
  void add(std::string_view operation, std::string path, std::string value);
  void remove(std::string path);
  /// "replace" with the property as text where it differs; "" or the given value when it is gone.
  void replace_if_changed(const json::object& before, const json::object& after,
                          std::string_view property, std::string_view path,
                          std::string_view otherwise = "");
  bool empty() const { return operations_.empty(); }
  json::array take() { return std::move(operations_); }

 private:
  json::array operations_;
};

/// RFC 6901 §3: '/' and '~' inside a path segment.
std::string pointer_escaped(std::string_view segment);
std::string pointer_unescaped(std::string_view segment);

/// A resource type: its name, what is used of its schema, its attributes and naming property.
ResourceType declare(std::string_view name, const SchemaUse& use,
                     std::vector<std::string> attributes, std::string_view name_property,
                     std::unique_ptr<const Handler> handler);

/// The same type, which can be imported by that property.
ResourceType importable_by(std::string_view primary_identifier, ResourceType type);

}  // namespace tandem::cloudformation
