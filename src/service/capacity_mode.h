// `capacity:` in tandem.yaml: whether DynamoDB's tables give no more than the throughput they have.
#pragma once

#include <cstdint>

namespace tandem::service {

enum class CapacityMode : std::uint8_t { kOff, kEnforce };

}  // namespace tandem::service
