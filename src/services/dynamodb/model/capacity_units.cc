#include "services/dynamodb/model/capacity_units.h"

#include <algorithm>

namespace tandem::dynamodb {
namespace {

HalfUnits rounded_up(std::size_t bytes, std::size_t unit) {
  return static_cast<HalfUnits>(std::max<std::size_t>(1, (bytes + unit - 1) / unit));
}

}  // namespace

HalfUnits read_units(std::size_t bytes, Consistency consistency) {
  return rounded_up(bytes, 4096) * (consistency == Consistency::kStrong ? 2 : 1);
}

HalfUnits write_units(std::size_t old_size, std::size_t new_size) {
  return rounded_up(std::max(old_size, new_size), 1024) * 2;
}

}  // namespace tandem::dynamodb
