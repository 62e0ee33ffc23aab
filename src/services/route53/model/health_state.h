// From single looks at an endpoint to one verdict: each checker's own count, then the share of
// checkers that must agree.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/route53/model/health_check.h"

namespace tandem::route53 {

/// A prober in one of the eight checker regions.
struct Checker {
  std::string_view region;
  std::string address;  ///< the one GetHealthCheckStatus shows, out of Route 53's published ranges
};
inline constexpr std::size_t kDefaultCheckers = 16;
inline constexpr std::size_t kMaxCheckers = 256;

/// count checkers, spread over the regions as evenly as it goes.
std::vector<Checker> checker_population(std::size_t count);
/// Route 53's published ranges, for GetCheckerIpRanges.
std::vector<std::string> checker_ranges();

/// More than 18 % of the checkers must find the endpoint healthy.
bool enough_healthy(std::size_t healthy, std::size_t checkers);

struct Observation {
  bool success = false;
  std::string status;
  double checked_s = 0;  ///< epoch seconds
};

/// What an alarm means to a check that watches it: ok, or nothing without enough data. Nothing
/// comes back where what was known last stays.
std::optional<bool> alarm_verdict(const HealthCheckConfig& config, std::optional<bool> ok);

/// What one checker thinks. New ones think an endpoint healthy until they know better.
class CheckerOpinion {
 public:
  explicit CheckerOpinion(bool healthy = true) : healthy_(healthy) {}
  /// threshold looks in a row against the opinion turn it.
  void add(Observation observation, int threshold);
  bool healthy() const { return healthy_; }
  const std::optional<Observation>& last() const { return last_; }
  const std::optional<Observation>& last_failure() const { return last_failure_; }

 private:
  bool healthy_;
  int against_ = 0;
  std::optional<Observation> last_;
  std::optional<Observation> last_failure_;
};

/// Of a verdict, what outlives the process.
struct RememberedVerdict {
  bool healthy = true;
  bool found = true;  ///< before Disabled and Inverted
  double since_s = 0;
};

/// What the check itself finds, before Disabled and Inverted: of an endpoint how many of its
/// checkers find it healthy, of a calculated check how many of its children are.
bool finds_healthy(const HealthCheckConfig& config, std::size_t healthy, std::size_t all);
/// The verdict on that: a disabled check finds everything healthy, an inverted one turns round what
/// it finds, also when it is disabled.
bool verdict_on(const HealthCheckConfig& config, bool found);
bool is_healthy(const HealthCheckConfig& config, std::size_t healthy, std::size_t all);

}  // namespace tandem::route53
