// Judging an instance by a compiled schema.
#include <algorithm>
#include <arpa/inet.h>
#include <cmath>
#include <fmt/format.h>

#include "core/text.h"
#include "services/apigateway/model/json_schema_nodes.h"

namespace tandem::apigateway {
namespace {

constexpr std::size_t kMostNested = 400;

unsigned types_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return kNullType;
    case json::kind::bool_:
      return kBooleanType;
    case json::kind::int64:
    case json::kind::uint64:
      return kIntegerType | kNumberType;
    // Draft 4: an integer is written without a fraction.
    case json::kind::double_:
      return kNumberType;
    case json::kind::string:
      return kStringType;
    case json::kind::array:
      return kArrayType;
    case json::kind::object:
      return kObjectType;
  }
  return 0;
}

long double number_of(const json::value& value) {
  if (value.is_int64()) return static_cast<long double>(value.as_int64());
  if (value.is_uint64()) return static_cast<long double>(value.as_uint64());
  return static_cast<long double>(value.as_double());
}

std::uint64_t characters(std::string_view text) {
  return static_cast<std::uint64_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;  // not a continuation byte
  }));
}

/// 0.3 is a multiple of 0.1, although their nearest doubles are not.
bool is_multiple(long double value, long double of) {
  const long double ratio = value / of;
  if (!std::isfinite(ratio)) return false;
  const long double off = std::fabs(ratio - std::nearbyint(ratio));
  return off <= 1e-9L * std::max(1.0L, std::fabs(ratio) * 1e-6L);
}

/// One order for all values; numbers by their value, members without regard to their order.
std::string canonical(const json::value& value) {
  if (value.is_number()) return fmt::format("{}", number_of(value));
  if (const json::array* list = value.if_array()) {
    std::string text = "[";
    for (const json::value& each : *list) text += canonical(each) + ",";
    return text + "]";
  }
  const json::object* members = value.if_object();
  if (members == nullptr) return json::to_text(value);
  std::vector<std::string> sorted;
  for (const auto& [name, each] : *members) {
    sorted.push_back(json::to_text(json::value(name)) + ":" + canonical(each));
  }
  std::sort(sorted.begin(), sorted.end());
  return "{" + core::join(sorted, ",") + "}";
}

bool is_ipv6(std::string_view text) {
  in6_addr address{};
  return inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}

class Judge {
 public:
  explicit Judge(const std::vector<SchemaNode>& nodes) : nodes_(nodes) {}

  bool gave_up() const { return gave_up_; }

  bool fits(NodeIndex index, const json::value& value) {
    if (!spend(1) || depth_ >= kMostNested) {
      gave_up_ = true;
      return false;
    }
    ++depth_;
    const bool fine = fits_node(nodes_[index], value);
    --depth_;
    return fine && !gave_up_;
  }

 private:
  bool spend(std::uint64_t steps) {
    steps_ += steps;
    if (steps_ > JsonSchema::kSteps) gave_up_ = true;
    return !gave_up_;
  }

  bool fits_node(const SchemaNode& node, const json::value& value) {
    if (node.never) return false;
    if (node.ref) return fits(*node.ref, value);
    if (node.types != 0 && (node.types & types_of(value)) == 0) return false;
    return fits_choice(node, value) && fits_kind(node, value) && fits_combined(node, value);
  }

  bool fits_kind(const SchemaNode& node, const json::value& value) {
    if (value.is_number()) return fits_number(node, number_of(value));
    if (value.is_string()) return fits_text(node, json::view(value.as_string()));
    if (value.is_array()) return fits_array(node, value.as_array());
    return !value.is_object() || fits_object(node, value);
  }

  bool fits_choice(const SchemaNode& node, const json::value& value) {
    if (node.choices == nullptr) return true;
    const std::string wanted = canonical(value);
    for (const json::value& each : *node.choices) {
      if (!spend(1 + wanted.size() / 64)) return false;
      if (canonical(each) == wanted) return true;
    }
    return false;
  }

  static bool fits_number(const SchemaNode& node, long double number) {
    if (node.minimum) {
      if (node.above_minimum ? number <= *node.minimum : number < *node.minimum) return false;
    }
    if (node.maximum) {
      if (node.below_maximum ? number >= *node.maximum : number > *node.maximum) return false;
    }
    return !node.multiple_of || is_multiple(number, *node.multiple_of);
  }

  bool fits_text(const SchemaNode& node, std::string_view text) {
    if (!spend(text.size() / 64) || !node.length.hold(characters(text))) return false;
    if (node.pattern && !node.pattern->matches(text)) return false;
    if (node.ipv6 && !is_ipv6(text)) return false;
    return node.format == nullptr || node.format->matches(text);
  }

  bool fits_array(const SchemaNode& node, const json::array& list) {
    if (!node.items.hold(list.size())) return false;
    for (std::size_t i = 0; i < list.size(); ++i) {
      std::optional<NodeIndex> schema = node.each_item;
      if (!schema && i < node.first_items.size()) {
        schema = node.first_items[i];
      } else if (!schema) {
        if (!node.more_items.allowed) return false;
        schema = node.more_items.schema;
      }
      if (schema && !fits(*schema, list[i])) return false;
    }
    return !node.unique || are_unique(list);
  }

  bool are_unique(const json::array& list) {
    std::vector<std::string> texts;
    for (const json::value& each : list) {
      texts.push_back(canonical(each));
      if (!spend(1 + texts.back().size() / 64)) return false;
    }
    std::sort(texts.begin(), texts.end());
    return std::adjacent_find(texts.begin(), texts.end()) == texts.end();
  }

  bool fits_object(const SchemaNode& node, const json::value& value) {
    const json::object& members = value.as_object();
    if (!node.properties.hold(members.size())) return false;
    const auto has = [&](const std::string& name) { return members.contains(name); };
    if (!std::all_of(node.required.begin(), node.required.end(), has)) return false;
    for (const auto& [name, needed] : node.needs) {
      if (has(name) && !std::all_of(needed.begin(), needed.end(), has)) return false;
    }
    for (const auto& [name, member] : members) {
      if (!fits_member(node, name, member)) return false;
    }
    for (const auto& [name, schema] : node.needs_schema) {
      if (has(name) && !fits(schema, value)) return false;
    }
    return true;
  }

  /// Validation draft §8.2: properties and patterns that name it all count; the rest only when
  /// none does.
  bool fits_member(const SchemaNode& node, std::string_view name, const json::value& member) {
    bool described = false;
    if (const auto named = node.named.find(name); named != node.named.end()) {
      described = true;
      if (!fits(named->second, member)) return false;
    }
    for (const auto& [pattern, schema] : node.matching) {
      if (!spend(1 + name.size() / 64)) return false;
      if (!pattern->matches(name)) continue;
      described = true;
      if (!fits(schema, member)) return false;
    }
    if (described) return true;
    if (!node.more_properties.allowed) return false;
    return !node.more_properties.schema || fits(*node.more_properties.schema, member);
  }

  bool fits_combined(const SchemaNode& node, const json::value& value) {
    const auto fitting = [&](NodeIndex each) { return fits(each, value); };
    if (!std::all_of(node.all_of.begin(), node.all_of.end(), fitting)) return false;
    if (!node.any_of.empty() && std::none_of(node.any_of.begin(), node.any_of.end(), fitting)) {
      return false;
    }
    if (!node.one_of.empty() &&
        std::count_if(node.one_of.begin(), node.one_of.end(), fitting) != 1) {
      return false;
    }
    return !node.none_of || !fits(*node.none_of, value);
  }

  const std::vector<SchemaNode>& nodes_;
  std::uint64_t steps_ = 0;
  std::size_t depth_ = 0;
  bool gave_up_ = false;
};

}  // namespace

bool JsonSchema::has_patterns() const { return tables_->has_patterns; }

bool JsonSchema::fits(const json::value& instance) const {
  Judge judge(tables_->nodes);
  return judge.fits(tables_->root, instance) && !judge.gave_up();
}

}  // namespace tandem::apigateway
