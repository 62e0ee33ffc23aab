// The rows tools/gen_schemas.py writes from schemas/. Plain constants in read-only data. Use
// schemas.h, not this.
#pragma once

#include <cstdint>

namespace tandem::cloudformation::schema {

/// Offset (upper 20 bits) and length (lower 12) into the string pool.
using Text = std::uint32_t;

enum MemberFlags : std::uint8_t {
  kRequired = 1,
  kCreateOnly = 2,
  kConditionalCreateOnly = 4,
  kReadOnly = 8,
  kWriteOnly = 16,
};
struct MemberRow {
  Text name;
  std::uint16_t node;
  std::uint8_t flags;
};

enum NodeFlags : std::uint8_t { kHasMin = 1, kHasMax = 2 };
struct NodeRow {
  double min, max;  ///< of a number, a text's length, a list's length
  /// Objects: members. Lists and maps: the node of what is in them. Others: allowed values.
  std::uint16_t first, count;
  std::uint8_t kind;  ///< Shape::Kind
  std::uint8_t flags;
};

struct TypeRow {
  Text name;
  Text identifier;  ///< primary identifier: properties, separated by a space
  std::uint16_t node;
};

struct Tables {
  const char* pool;
  const MemberRow* members;
  const NodeRow* nodes;
  const TypeRow* types;
  const Text* values;
  const char* type_names;  ///< every type that AWS has, each between two line feeds
  std::uint16_t type_count;
};
extern const Tables kTables;

}  // namespace tandem::cloudformation::schema
