// Projection expressions, and picking paths out of items.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "services/dynamodb/model/path.h"

namespace tandem::dynamodb {

/// Paths that do not overlap or conflict, as a tree.
class Projection {
 public:
  Projection() = default;
  /// The paths need not outlive the call.
  explicit Projection(const std::vector<const Path*>& paths);

  /// What item has at the paths, in the documents that lead there; list elements close up.
  Map apply(const Map& item) const;

 private:
  /// A node without children takes the whole value.
  struct Node {
    std::map<std::string, Node, std::less<>> names;
    std::map<std::uint32_t, Node> indexes;
  };
  static bool pick(const Node& node, const Value& from, Value& to);
  static Map pick(const Node& node, const Map& from);

  Node root_;
};

/// A parsed ProjectionExpression.
struct ProjectionExpression {
  std::vector<Path> paths;
  Projection projection;
};
ProjectionExpression parse_projection(std::string_view source, Substitutions& substitutions);

}  // namespace tandem::dynamodb
