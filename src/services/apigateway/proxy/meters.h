// What has been used of rate limits and quotas. Buckets live in memory and start full after a
// restart; quota counts are written behind (AWS calls both best effort), at the latest one
// kFlushInterval after they changed.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <unordered_set>

#include "services/apigateway/model/throttle.h"
#include "services/apigateway/proxy/view.h"

namespace tandem::apigateway {

class Meters {
 public:
  static constexpr std::chrono::milliseconds kFlushInterval{1'000};

  bool take(std::string_view bucket, const RateLimit& limit, std::int64_t steady_ns);
  std::int64_t quota_left(std::string_view key, const Quota& quota, std::int64_t epoch_s);
  /// After quota_left() said that there is some.
  void count(std::string_view key);

  bool changed() const { return !changed_.empty(); }
  void load(const Records& records);
  void flush(Records& records);
  /// Forgets buckets and counts of "<plan>/" or "<api>/<stage>/" and everything below.
  void forget(std::string_view prefix);
  void clear();

 private:
  TextMap<TokenBucket> buckets_;
  TextMap<QuotaUse> uses_;
  std::unordered_set<std::string> changed_;
};

}  // namespace tandem::apigateway
