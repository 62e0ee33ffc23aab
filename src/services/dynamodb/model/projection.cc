#include "services/dynamodb/model/projection.h"

namespace tandem::dynamodb {

Projection::Projection(const std::vector<const Path*>& paths) {
  for (const Path* path : paths) {
    Node* node = &root_;
    for (const auto& step : *path) {
      node = step.is_index() ? &node->indexes[step.index] : &node->names[step.name];
    }
  }
}

bool Projection::pick(const Node& node, const Value& from, Value& to) {
  if (node.names.empty() && node.indexes.empty()) {
    to = from;
    return true;
  }
  if (const auto* map = from.get<Map>()) {
    Map picked = pick(node, *map);
    if (picked.empty()) return false;
    to = Value(std::move(picked));
    return true;
  }
  const auto* list = from.get<List>();
  if (list == nullptr) return false;
  List picked;
  for (const auto& [index, child] : node.indexes) {
    Value element;
    if (index < list->size() && pick(child, (*list)[index], element)) {
      picked.push_back(std::move(element));
    }
  }
  if (picked.empty()) return false;
  to = Value(std::move(picked));
  return true;
}

Map Projection::pick(const Node& node, const Map& from) {
  Map out;
  for (const auto& [name, value] : from.attributes()) {
    const auto child = node.names.find(name);
    Value picked;
    if (child != node.names.end() && pick(child->second, value, picked)) {
      out.append(name, std::move(picked));
    }
  }
  return out;
}

Map Projection::apply(const Map& item) const { return pick(root_, item); }

ProjectionExpression parse_projection(std::string_view source, Substitutions& substitutions) {
  constexpr auto kKind = ExpressionKind::kProjection;
  TokenStream tokens(kKind, source);
  ProjectionExpression out;
  do {
    out.paths.push_back(parse_path(tokens));
  } while (tokens.accept(","));
  tokens.expect_end();

  for (const auto& path : out.paths) {
    if (const auto word = reserved_word_in(path); !word.empty()) {
      throw tokens.error("Attribute name is a reserved keyword; reserved keyword: " +
                         std::string(word));
    }
  }
  std::vector<const Path*> paths;
  for (auto& path : out.paths) {
    resolve(path, substitutions, kKind);
    paths.push_back(&path);
  }
  check_distinct_paths(paths, kKind);
  out.projection = Projection(paths);
  return out;
}

}  // namespace tandem::dynamodb
