// A schema as GetModel and GetModelTemplate show it.
#include <fmt/format.h>
#include <set>

#include "services/apigateway/model/json_schema.h"

namespace tandem::apigateway {
namespace {

/// A model's references to others become references to its own definitions.
class Flattener {
 public:
  Flattener(std::string_view api_id, const FindSchema& find) : api_id_(api_id), find_(find) {}

  json::value run(std::string_view model) {
    json::value root = load(model);
    json::object definitions;
    while (!wanted_.empty()) {
      const std::string name = *wanted_.begin();
      wanted_.erase(wanted_.begin());
      if (done_.insert(name).second) definitions[name] = load(name);
    }
    if (definitions.empty() || !root.is_object()) return root;
    json::value& own = root.as_object()["definitions"];
    if (!own.is_object()) own = json::object();
    for (auto& [name, schema] : definitions) own.as_object()[name] = std::move(schema);
    return root;
  }

 private:
  json::value load(std::string_view model) {
    const auto text = find_(model);
    if (!text) return json::object();
    auto parsed = json::parse_text(*text, kSchemaDepth);
    if (!parsed) return json::object();
    json::value schema = std::move(parsed).value();
    rewrite(schema);
    return schema;
  }

  /// As deep as what was parsed, at most kSchemaDepth.
  void rewrite(json::value& value) {
    if (json::array* list = value.if_array()) {
      for (json::value& each : *list) rewrite(each);
      return;
    }
    json::object* members = value.if_object();
    if (members == nullptr) return;
    for (auto& [name, each] : *members) {
      const bool text = each.is_string();
      const auto model = name == "$ref" && text
                             ? model_of_url(json::view(each.as_string()), api_id_)
                             : std::nullopt;
      if (!model) {
        rewrite(each);
        continue;
      }
      wanted_.insert(*model);
      each = fmt::format("#/definitions/{}", *model);
    }
  }

  std::string_view api_id_;
  const FindSchema& find_;
  std::set<std::string> wanted_;
  std::set<std::string> done_;
};

std::string indent(std::size_t depth) { return std::string(depth * 2, ' '); }

std::string sample(const json::object& schema, const std::string& from, std::size_t depth);

std::string sample_list(const json::object& schema, const std::string& from, std::size_t depth) {
  const json::object* items = json::find_object(schema, "items");
  const std::string item = items == nullptr ? "{ }" : sample(*items, "$elem", depth + 1);
  return fmt::format(
      "[\n##TODO: Update this foreach loop to reference array from input json\n"
      "#foreach($elem in {})\n{}{} \n#if($foreach.hasNext),#end\n#end\n{}]",
      from, indent(depth + 1), item, indent(depth));
}

std::string sample_object(const json::object& schema, const std::string& from, std::size_t depth) {
  const json::object* properties = json::find_object(schema, "properties");
  if (properties == nullptr || properties->empty()) return "{ }";
  std::string members;
  for (const auto& [name, each] : *properties) {
    if (!each.is_object()) continue;
    const std::string value =
        sample(each.as_object(), fmt::format("{}.{}", from, std::string_view(name)), depth + 1);
    members += fmt::format("{}\n{}{} : {}", members.empty() ? "" : ",", indent(depth + 1),
                           json::to_text(json::value(name)), value);
  }
  return fmt::format("{{{}\n{}}}", members, indent(depth));
}

std::string sample(const json::object& schema, const std::string& from, std::size_t depth) {
  const std::string type = json::string_or(schema, "type", "object");
  if (type == "array") return sample_list(schema, from, depth);
  if (type == "string") return "\"foo\"";
  if (type == "integer") return "42";
  if (type == "number") return "3.14159";
  if (type == "boolean") return "true";
  if (type == "null") return "null";
  return sample_object(schema, from, depth);
}

}  // namespace

std::string flatten_schema(std::string_view api_id, std::string_view model,
                           const FindSchema& find) {
  return json::to_text(Flattener(api_id, find).run(model));
}

std::string sample_template(std::string_view schema) {
  constexpr std::string_view kHead = "#set($inputRoot = $input.path('$'))\n";
  const auto parsed = json::parse_text(schema, kSchemaDepth);
  const json::object* root = parsed ? parsed.value().if_object() : nullptr;
  return std::string(kHead) + (root == nullptr ? "{ }" : sample(*root, "$inputRoot", 0));
}

}  // namespace tandem::apigateway
