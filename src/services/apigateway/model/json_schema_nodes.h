// The compiled form of a JSON schema: nodes that name each other by index, so that cycles need no
// care. For json_schema*.cc alone.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <re2/re2.h>
#include <string>
#include <utility>
#include <vector>

#include "services/apigateway/model/json_schema.h"

namespace tandem::apigateway {

using NodeIndex = std::uint32_t;

/// A pattern of a schema, compiled when it is first asked: some take a millisecond, and a model has
/// thousands. Any thread may ask.
class LazyPattern {
 public:
  explicit LazyPattern(std::string text) : text_(std::move(text)) {}
  /// False for what RE2 has not, too.
  bool matches(std::string_view text) const;

 private:
  std::string text_;
  mutable std::once_flag once_;
  mutable std::unique_ptr<const re2::RE2> made_;
};
using Pattern = std::shared_ptr<const LazyPattern>;

enum TypeBit : unsigned {
  kArrayType = 1,
  kBooleanType = 2,
  kIntegerType = 4,
  kNullType = 8,
  kNumberType = 16,
  kObjectType = 32,
  kStringType = 64,
};
/// 0: no type of draft 4.
unsigned type_bit(std::string_view name);

struct SizeBounds {
  std::optional<std::uint64_t> least;
  std::optional<std::uint64_t> most;
  bool hold(std::uint64_t size) const {
    return (!least || size >= *least) && (!most || size <= *most);
  }
};

/// What the rest of an array or object must be: anything, nothing, or this.
struct Rest {
  bool allowed = true;
  std::optional<NodeIndex> schema;
};

struct SchemaNode {
  bool never = false;
  std::optional<NodeIndex> ref;  ///< §5.28 of the core draft: its siblings are ignored
  unsigned types = 0;            ///< 0: any
  const json::array* choices = nullptr;
  std::optional<long double> minimum;
  std::optional<long double> maximum;
  bool above_minimum = false;
  bool below_maximum = false;
  std::optional<long double> multiple_of;
  SizeBounds length;
  SizeBounds items;
  SizeBounds properties;
  Pattern pattern;
  Pattern format;  ///< of one that draft 4 knows (§7), but for IPv6
  bool ipv6 = false;
  bool unique = false;
  std::optional<NodeIndex> each_item;
  std::vector<NodeIndex> first_items;
  Rest more_items;
  std::map<std::string, NodeIndex, std::less<>> named;
  std::vector<std::pair<Pattern, NodeIndex>> matching;
  Rest more_properties;
  std::vector<std::string> required;
  std::vector<std::pair<std::string, std::vector<std::string>>> needs;
  std::vector<std::pair<std::string, NodeIndex>> needs_schema;
  std::vector<NodeIndex> all_of;
  std::vector<NodeIndex> any_of;
  std::vector<NodeIndex> one_of;
  std::optional<NodeIndex> none_of;
};

struct SchemaTables {
  std::map<std::string, json::value, std::less<>> documents;  ///< by model; nodes point into them
  std::vector<SchemaNode> nodes;
  NodeIndex root = 0;
  bool has_patterns = false;
};

/// Null for what RE2 has not.
std::unique_ptr<const re2::RE2> compile_pattern(std::string_view pattern);

}  // namespace tandem::apigateway
