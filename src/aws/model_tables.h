// The rows tools/gen_models.py writes. Plain constants in read-only data: nothing runs at start-up,
// nothing is relocated but one small struct per service. Use model.h, not this.
#pragma once

#include <cstdint>

namespace tandem::aws::model {

/// Offset (upper 20 bits) and length (lower 12) into the service's string pool.
using Text = std::uint32_t;
/// "No such index."
inline constexpr std::uint16_t kNone = 0xFFFF;

enum MemberFlags : std::uint8_t {
  kRequired = 1,
  kXmlAttribute = 2,
  kMemberStreaming = 4,
  kIdempotencyToken = 8,
  kMemberFlattened = 16,
  kHostLabel = 32,
  kNamed = 64,     ///< the model gives a wire name of its own
  kYounger = 128,  ///< from the service's younger.json
};
struct MemberRow {
  Text name, wire_name, xml_namespace, xml_prefix;
  std::uint16_t shape;
  std::uint8_t location, timestamp, flags;
};

enum ShapeFlags : std::uint8_t {
  kHasMin = 1,
  kHasMax = 2,
  kShapeFlattened = 4,
  kSensitive = 8,
  kShapeStreaming = 16,
  kException = 32,
  kSenderFault = 64,
};
struct ShapeRow {
  std::int64_t min, max;
  Text name, pattern, wire_name, error_code;
  /// Structures: members. Lists: the element. Maps: key, then value. Strings: enum values.
  std::uint16_t first, count;
  std::uint16_t payload;  ///< index among the members, or kNone
  std::uint16_t error_status;
  std::uint8_t type, timestamp, flags;
};

enum OperationFlags : std::uint8_t { kNoAuth = 1, kDeprecated = 2, kChecksumRequired = 4 };
struct OperationRow {
  Text name, method, uri, root_name, root_namespace, result_wrapper;
  std::uint16_t input, output, status, first_error, error_count;
  std::uint8_t flags;
};

enum Head : std::uint8_t {
  kHeadName,
  kHeadEndpointPrefix,
  kHeadSigningName,
  kHeadApiVersion,
  kHeadJsonVersion,
  kHeadTargetPrefix,
  kHeadXmlNamespace,
  kHeadGlobalEndpoint,
  kHeadServiceId,
  kHeadCount,
};
struct Tables {
  const char* pool;
  const MemberRow* members;
  const ShapeRow* shapes;          ///< in order of name
  const OperationRow* operations;  ///< in order of name
  const Text* values;
  const std::uint16_t* errors;
  std::uint16_t shape_count, operation_count;
  std::uint8_t protocol;
  Text heads[kHeadCount];
};

namespace generated {
extern const Tables* const kServices[];  ///< in order of name
extern const std::uint16_t kServiceCount;
}  // namespace generated

}  // namespace tandem::aws::model
