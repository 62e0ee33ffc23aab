// Document paths: "a.b[3].c". As written, with "#name" references, and as resolved names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "services/dynamodb/model/substitutions.h"
#include "services/dynamodb/model/tokens.h"
#include "services/dynamodb/model/value.h"

namespace tandem::dynamodb {

struct PathStep {
  enum class Kind : std::uint8_t { kName, kNameRef, kIndex };
  Kind kind = Kind::kName;
  std::string name;  ///< kNameRef: "#name", until resolve() has replaced it
  std::uint32_t index = 0;

  bool is_index() const { return kind == Kind::kIndex; }
  bool operator==(const PathStep& other) const {
    return is_index() == other.is_index() && name == other.name && index == other.index;
  }
};

/// At least one step, the first a name.
using Path = std::vector<PathStep>;

/// Parses a path at the stream's position; throws the stream's syntax error.
Path parse_path(TokenStream& tokens);

/// The first step that is a reserved word written without "#"; empty when there is none.
std::string_view reserved_word_in(const Path& path);
/// Replaces references by names; throws when one is not defined.
void resolve(Path& path, Substitutions& substitutions, ExpressionKind kind);

/// "[a, b, [3]]", as messages show paths.
std::string describe(const Path& path);

/// nullptr when there is nothing at the path.
const Value* find(const Map& item, const Path& path);

/// Throws when two of the paths overlap or conflict, in the order the service reports them.
void check_distinct_paths(const std::vector<const Path*>& paths, ExpressionKind kind);

}  // namespace tandem::dynamodb
