// A bucket of capacity units that fills at a steady rate. Pure: the time is given.
//
// It may go into debt. What a request costs is known once it has been served (a page of a Query, an
// item's size), so it is let in while there is anything left, and what it took beyond that is paid
// back before the next one is: a table with one write unit takes an item of 400 KB.
#pragma once

#include <algorithm>
#include <cstdint>

namespace tandem::dynamodb {

class TokenBucket {
 public:
  /// Holds at most what depth_s seconds bring, and what initial_s seconds do to begin with.
  TokenBucket(double per_second, double depth_s, double initial_s, std::int64_t now_ns)
      : rate_(per_second), depth_s_(depth_s), tokens_(per_second * initial_s), at_ns_(now_ns) {}

  /// Whether something is left after `reserved` units that are about to be taken.
  bool admits(std::int64_t now_ns, double reserved = 0) {
    fill(now_ns);
    return tokens_ > reserved;
  }
  void take(double units, std::int64_t now_ns) {
    fill(now_ns);
    tokens_ -= units;
  }
  /// From now on. What has been saved stays, as far as the bucket still holds it.
  void set_rate(double per_second, std::int64_t now_ns) {
    fill(now_ns);
    rate_ = per_second;
    tokens_ = std::min(tokens_, rate_ * depth_s_);
  }
  double rate() const { return rate_; }

 private:
  void fill(std::int64_t now_ns) {
    if (now_ns <= at_ns_) return;
    const double passed_s = static_cast<double>(now_ns - at_ns_) / 1e9;
    tokens_ = std::min(tokens_ + rate_ * passed_s, rate_ * depth_s_);
    at_ns_ = now_ns;
  }

  double rate_;
  double depth_s_;
  double tokens_;  ///< negative: a debt
  std::int64_t at_ns_;
};

}  // namespace tandem::dynamodb
