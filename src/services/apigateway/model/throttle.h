// Rate limits and quotas: pure arithmetic, time is given.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tandem::apigateway {

/// A steady rate and how far above it a burst may go.
struct RateLimit {
  double rate = 0;   ///< tokens a second
  double burst = 0;  ///< the bucket's capacity
  bool operator==(const RateLimit&) const = default;
};

/// Starts full; refills at rate, up to burst. The limit may differ from call to call.
class TokenBucket {
 public:
  /// Takes a token if there is one.
  bool take(const RateLimit& limit, std::int64_t steady_ns);

 private:
  double tokens_ = -1;  ///< negative: not used yet
  std::int64_t refilled_ns_ = 0;
};

enum class Period { kDay, kWeek, kMonth };
std::optional<Period> parse_period(std::string_view text);

/// First day of the period that holds epoch_s, as days since 1970-01-01, UTC. Weeks begin on
/// Sunday, months on the first.
std::int64_t period_start(Period period, std::int64_t epoch_s);

struct Quota {
  std::int64_t limit = 0;
  std::int64_t offset = 0;  ///< taken off the limit in the plan's first period
  Period period = Period::kDay;
  std::int64_t created_s = 0;
};

struct QuotaUse {
  std::int64_t period = 0;  ///< period_start()
  std::int64_t used = 0;
};

/// What is left for use at epoch_s; use is moved to the current period first.
std::int64_t quota_left(const Quota& quota, QuotaUse& use, std::int64_t epoch_s);

}  // namespace tandem::apigateway
