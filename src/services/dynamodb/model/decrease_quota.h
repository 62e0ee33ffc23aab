// How often a table's provisioned throughput may be decreased: four times a UTC day, and then once
// an hour (Developer Guide, "Quotas"). Both pass at AWS's pace.
#pragma once

#include <cstdint>
#include <optional>

#include "aws/error.h"
#include "core/pace.h"

namespace tandem::dynamodb {

struct Decreases {
  std::int64_t day = 0;    ///< the day that was counted last
  std::int64_t count = 0;  ///< on it
  double last_s = 0;       ///< epoch seconds; 0: never
};

/// Of the day that it is now.
std::int64_t decreases_today(const Decreases& decreases, double now_s, core::Pace pace);
/// LimitExceededException, if there may be no other now.
std::optional<aws::ApiError> decrease_refusal(const Decreases& decreases, double now_s,
                                              core::Pace pace);
/// With one more.
Decreases decreased(const Decreases& decreases, double now_s, core::Pace pace);

}  // namespace tandem::dynamodb
