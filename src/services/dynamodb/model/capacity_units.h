// What reads and writes cost (Developer Guide, "DynamoDB read and write operations").
#pragma once

#include <cstddef>
#include <cstdint>

namespace tandem::dynamodb {

enum class Consistency : std::uint8_t { kEventual, kStrong };

/// Twice the capacity units, so that halves stay exact.
using HalfUnits = std::int64_t;
/// One unit for each 4 KB begun, at least one; half of it for an eventually consistent read
/// (Developer Guide, "Capacity unit consumption for read operations").
HalfUnits read_units(std::size_t bytes, Consistency consistency);
/// One unit for each 1 KB begun of the larger of the item before and after, at least one.
HalfUnits write_units(std::size_t old_size, std::size_t new_size);

}  // namespace tandem::dynamodb
