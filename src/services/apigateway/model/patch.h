// JSON-patch updates as API Gateway takes them: each resource type has a table of (op, path) that
// it supports, everything else is refused with the list of what would have been possible.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace tandem::apigateway {

struct PatchOperation {
  std::string op;
  std::string path;
  std::optional<std::string> value;
  /// What the pattern's {…} segments matched, "~1" and "~0" decoded (RFC 6901 §4).
  std::vector<std::string> captures;

  /// The value; BadRequestException when there is none.
  const std::string& need_value() const;
  bool need_bool() const;
  std::int64_t need_int() const;
  double need_number() const;
};

struct PatchRule {
  std::vector<std::string_view> ops;
  /// "/variables/{name}"; "{name+}" takes one or more segments.
  std::string_view path;
  std::function<void(json::object& document, const PatchOperation& operation)> apply;
};
using PatchTable = std::vector<PatchRule>;

/// How a path or an operation that the table does not have is refused (measured: AWS words it in
/// one way for methods, their responses and integrations, and in another for most other resources).
enum class PatchWords {
  kListed,  ///< "Invalid patch path  '/x' specified for op 'add'. Must be one of: [/a, /b]"
  kShort,   ///< "Invalid patch path /x", "Invalid patch operation specified. Must be one of:
            ///< [replace]"
};

/// Applies operations (the input's patchOperations, or null) in order to document. Throws
/// BadRequestException; document is then half changed and must be dropped.
void apply_patch(json::object& document, const json::array* operations, const PatchTable& table,
                 PatchWords words = PatchWords::kListed);

/// What change_map_entry says of an entry that is not there to be replaced or removed: a
/// NotFoundException with this text; empty: nothing is said.
struct MissingEntry {
  std::string_view message;
};

/// The common kinds of rule.
PatchRule replace_text(std::string_view path, std::string_view member);
PatchRule replace_flag(std::string_view path, std::string_view member);
/// add, replace and remove of "<path>/{name}" in the map document[member], which goes with its last
/// entry.
PatchRule change_map_entry(std::string_view path, std::string_view member,
                           MissingEntry missing = {});
/// The same for a map whose values are true and false.
PatchRule change_flag_entry(std::string_view path, std::string_view member,
                            MissingEntry missing = {});

}  // namespace tandem::apigateway
