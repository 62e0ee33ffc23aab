#include "services/apigateway/model/json_schema.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/text.h"
#include "services/apigateway/model/json_schema_nodes.h"

namespace tandem::apigateway {
namespace {

constexpr std::int64_t kPatternMemory = 1 << 20;

const json::value* step(const json::value& in, const std::string& name) {
  if (const json::object* object = in.if_object()) return object->if_contains(name);
  const json::array* array = in.if_array();
  const auto index = core::parse_uint(name);
  if (array == nullptr || !index || *index >= array->size()) return nullptr;
  return &(*array)[*index];
}

/// RFC 6901. fragment is what follows '#', percent-encoded.
const json::value* find_pointer(const json::value& document, std::string_view fragment) {
  const std::string pointer = core::percent_decode(fragment);
  if (pointer.empty()) return &document;
  if (pointer.front() != '/') return nullptr;
  const json::value* at = &document;
  for (const std::string_view part : core::split(std::string_view(pointer).substr(1), '/')) {
    std::string name;
    for (std::size_t i = 0; i < part.size(); ++i) {
      const bool escape = part[i] == '~' && i + 1 < part.size();
      name += escape ? (part[++i] == '1' ? '/' : '~') : part[i];
    }
    at = step(*at, name);
    if (at == nullptr) return nullptr;
  }
  return at;
}

std::optional<std::uint64_t> count_of(const json::object& schema, std::string_view name) {
  const auto count = json::find_int(schema, name);
  if (!count || *count < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*count);
}

std::optional<long double> number_of(const json::object& schema, std::string_view name) {
  const json::value* value = json::find(schema, name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  if (value->is_int64()) return static_cast<long double>(value->as_int64());
  if (value->is_uint64()) return static_cast<long double>(value->as_uint64());
  return static_cast<long double>(value->as_double());
}

constexpr std::pair<std::string_view, std::string_view> kFormats[] = {
    {"date-time", R"(\A\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-6]\d)"
                  R"((\.\d{1,12})?(Z|[+-]\d{2}:?\d{2})\z)"},
    {"email", R"(\A[^\s@<>()\[\],;:\\"]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?\z)"},
    {"hostname", R"(\A[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)"
                 R"((\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\z)"},
    {"ipv4", R"(\A((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\z)"},
    {"uri", R"(\A([^\s<>"{}|\\^`%]|%[0-9A-Fa-f]{2})*\z)"},
};

/// Null for a format that any text has.
Pattern format_pattern(std::string_view format) {
  for (const auto& [name, pattern] : kFormats) {
    if (name == format) return std::make_shared<const LazyPattern>(std::string(pattern));
  }
  return nullptr;
}

std::vector<std::string> texts_of(const json::value& value) {
  std::vector<std::string> texts;
  if (const json::array* list = value.if_array()) {
    for (const json::value& each : *list) {
      if (each.is_string()) texts.push_back(json::to_std(each));
    }
  }
  return texts;
}

}  // namespace

std::unique_ptr<const re2::RE2> compile_pattern(std::string_view pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kPatternMemory);
  auto made =
      std::make_unique<const re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  return made->ok() ? std::move(made) : nullptr;
}

bool LazyPattern::matches(std::string_view text) const {
  std::call_once(once_, [this] { made_ = compile_pattern(text_); });
  return made_ && re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *made_);
}

/// Turns documents into nodes. What is still to be done stands in a list, so that no depth of
/// references is a depth of calls.
class SchemaCompiler {
 public:
  SchemaCompiler(std::string_view api_id, const FindSchema& find, SchemaTables& tables)
      : api_id_(api_id), find_(find), tables_(tables) {}

  void run(std::string_view model) {
    const json::value* root = document(model);
    tables_.root = root == nullptr ? never() : node_of(model, *root);
    while (!waiting_.empty()) {
      const Waiting next = waiting_.back();
      waiting_.pop_back();
      fill(next);
    }
    tables_.has_patterns = std::ranges::any_of(tables_.nodes, [](const SchemaNode& node) {
      return node.pattern != nullptr || !node.matching.empty();
    });
  }

 private:
  struct Waiting {
    NodeIndex index;
    std::string model;
    const json::value* schema;
  };

  const json::value* document(std::string_view model) {
    const auto found = tables_.documents.find(model);
    if (found != tables_.documents.end()) return &found->second;
    const auto text = find_(model);
    if (!text) return nullptr;
    auto parsed = json::parse_text(*text, kSchemaDepth);
    if (!parsed) return nullptr;
    return &tables_.documents.emplace(std::string(model), std::move(parsed).value()).first->second;
  }

  NodeIndex never() {
    SchemaNode node;
    node.never = true;
    tables_.nodes.push_back(std::move(node));
    return static_cast<NodeIndex>(tables_.nodes.size() - 1);
  }

  NodeIndex node_of(std::string_view model, const json::value& schema) {
    const auto known = indices_.find(&schema);
    if (known != indices_.end()) return known->second;
    if (tables_.nodes.size() >= kReachedSubschemas || !schema.is_object()) return never();
    const auto index = static_cast<NodeIndex>(tables_.nodes.size());
    tables_.nodes.emplace_back();
    indices_[&schema] = index;
    waiting_.push_back({index, std::string(model), &schema});
    return index;
  }

  NodeIndex resolve(const std::string& model, std::string_view ref) {
    std::string in = model;
    const auto hash = ref.find('#');
    if (hash != 0) {
      const auto named = model_of_url(ref, api_id_);
      if (!named) return never();
      in = *named;
    }
    const json::value* root = document(in);
    if (root == nullptr) return never();
    const json::value* target =
        hash == std::string_view::npos ? root : find_pointer(*root, ref.substr(hash + 1));
    return target == nullptr ? never() : node_of(in, *target);
  }

  void fill(const Waiting& at) {
    const json::object& schema = at.schema->as_object();
    SchemaNode node;
    if (const auto ref = json::find_string(schema, "$ref")) {
      node.ref = resolve(at.model, *ref);
    } else {
      fill_values(node, schema);
      fill_items(node, at.model, schema);
      fill_properties(node, at.model, schema);
      fill_combinations(node, at.model, schema);
    }
    tables_.nodes[at.index] = std::move(node);
  }

  static void fill_values(SchemaNode& node, const json::object& schema) {
    if (const json::value* type = json::find(schema, "type")) {
      if (type->is_string()) node.types = type_bit(json::view(type->as_string()));
      for (const std::string& each : texts_of(*type)) node.types |= type_bit(each);
    }
    node.choices = json::find_array(schema, "enum");
    node.minimum = number_of(schema, "minimum");
    node.maximum = number_of(schema, "maximum");
    node.above_minimum = json::bool_or(schema, "exclusiveMinimum", false);
    node.below_maximum = json::bool_or(schema, "exclusiveMaximum", false);
    node.multiple_of = number_of(schema, "multipleOf");
    node.length = {count_of(schema, "minLength"), count_of(schema, "maxLength")};
    node.items = {count_of(schema, "minItems"), count_of(schema, "maxItems")};
    node.properties = {count_of(schema, "minProperties"), count_of(schema, "maxProperties")};
    node.unique = json::bool_or(schema, "uniqueItems", false);
    const std::string format = json::string_or(schema, "format");
    node.ipv6 = format == "ipv6";
    node.format = format_pattern(format);
    if (const auto pattern = json::find_string(schema, "pattern")) {
      node.pattern = std::make_shared<const LazyPattern>(*pattern);
    }
  }

  Rest rest(const std::string& model, const json::object& schema, std::string_view name) {
    const json::value* value = json::find(schema, name);
    if (value == nullptr) return {};
    if (value->is_bool()) return {value->as_bool(), std::nullopt};
    return {true, node_of(model, *value)};
  }

  std::vector<NodeIndex> list(const std::string& model, const json::object& schema,
                              std::string_view name) {
    std::vector<NodeIndex> indices;
    if (const json::array* values = json::find_array(schema, name)) {
      for (const json::value& each : *values) indices.push_back(node_of(model, each));
    }
    return indices;
  }

  void fill_items(SchemaNode& node, const std::string& model, const json::object& schema) {
    node.first_items = list(model, schema, "items");
    if (json::find_object(schema, "items") != nullptr) {
      node.each_item = node_of(model, schema.at("items"));
    } else if (!node.first_items.empty()) {
      node.more_items = rest(model, schema, "additionalItems");
    }
  }

  void fill_properties(SchemaNode& node, const std::string& model, const json::object& schema) {
    if (const json::object* named = json::find_object(schema, "properties")) {
      for (const auto& [name, each] : *named) node.named[name] = node_of(model, each);
    }
    if (const json::object* patterns = json::find_object(schema, "patternProperties")) {
      for (const auto& [text, each] : *patterns) {
        node.matching.emplace_back(std::make_shared<const LazyPattern>(std::string(text)),
                                   node_of(model, each));
      }
    }
    node.more_properties = rest(model, schema, "additionalProperties");
    if (const json::value* required = json::find(schema, "required")) {
      node.required = texts_of(*required);
    }
    if (const json::object* dependencies = json::find_object(schema, "dependencies")) {
      for (const auto& [name, needed] : *dependencies) {
        if (needed.is_array()) {
          node.needs.emplace_back(name, texts_of(needed));
        } else {
          node.needs_schema.emplace_back(name, node_of(model, needed));
        }
      }
    }
  }

  void fill_combinations(SchemaNode& node, const std::string& model, const json::object& schema) {
    node.all_of = list(model, schema, "allOf");
    node.any_of = list(model, schema, "anyOf");
    node.one_of = list(model, schema, "oneOf");
    if (const json::value* excluded = json::find(schema, "not")) {
      node.none_of = node_of(model, *excluded);
    }
  }

  std::string api_id_;
  const FindSchema& find_;
  SchemaTables& tables_;
  std::map<const json::value*, NodeIndex> indices_;
  std::vector<Waiting> waiting_;
};

JsonSchema::JsonSchema(std::unique_ptr<const SchemaTables> tables) : tables_(std::move(tables)) {}
JsonSchema::~JsonSchema() = default;

std::shared_ptr<const JsonSchema> JsonSchema::compile(std::string_view api_id,
                                                      std::string_view model,
                                                      const FindSchema& find) {
  auto tables = std::make_unique<SchemaTables>();
  SchemaCompiler(api_id, find, *tables).run(model);
  // Fewer references than could be resolved would let through what the rest forbids.
  if (tables->nodes.size() >= kReachedSubschemas) tables->nodes[tables->root].never = true;
  return std::shared_ptr<const JsonSchema>(new JsonSchema(std::move(tables)));
}

}  // namespace tandem::apigateway
