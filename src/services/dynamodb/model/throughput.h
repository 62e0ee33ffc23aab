// How much of a table's reads, or of its writes, are let in each second: DynamoDB's rules, pure.
//
// - Provisioned: the provisioned rate, and up to 300 s of it that was not used (Developer Guide,
//   "Burst capacity"). A partition key may use all of the table's rate (adaptive capacity), but no
//   more than a partition can give: 3,000 reads, 1,000 writes a second ("Best practices for
//   designing and using partition keys"), without any burst ("Burst capacity can't alleviate
//   partition-level throttling": AWS re:Post, "How does DynamoDB handle spiky workloads").
// - On demand: twice the previous peak, at least 12,000 reads and 4,000 writes a second, at most
//   the quota of 40,000; a new peak counts as the previous one 30 minutes after it was reached
//   ("On-demand capacity mode", "Initial throughput and scaling properties"). A peak is the mean of
//   a minute. A warm throughput that was asked for is there at once; a maximum that was set limits
//   it ("DynamoDB maximum throughput for on-demand tables"), with burst capacity as above.
//
// Where AWS splits by physical partition and item, keys are told apart by a hash with 1,024 places:
// two hot keys in one place share its rate. Units here are whole capacity units.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>

#include "services/dynamodb/model/token_bucket.h"

namespace tandem::dynamodb {

enum class Access : std::uint8_t { kRead, kWrite };
inline constexpr std::size_t kAccesses = 2;

/// What a request was over. kScaling: more than on-demand capacity grows at once; AWS names its
/// reason as it names a hot partition's.
enum class Limit : std::uint8_t {
  kProvisioned,
  kKeyRange,
  kScaling,
  kMaxOnDemand,
  kAccount,
};
inline constexpr std::size_t kLimits = 5;

/// "TableWriteProvisionedThroughputExceeded" without "Table": "WriteProvisionedThroughput…".
std::string_view throttling_reason(Access access, Limit limit);

inline constexpr double kBurst_s = 300;
inline constexpr double kPartitionReads = 3'000;
inline constexpr double kPartitionWrites = 1'000;
inline constexpr double kFirstReads = 12'000;
inline constexpr double kFirstWrites = 4'000;
inline constexpr double kTableQuota = 40'000;

/// One table's settings for reads or for writes, units a second.
struct ThroughputSettings {
  bool on_demand = false;
  double provisioned = 0;  ///< not on demand
  double maximum = 0;      ///< on demand; 0: none was set
  double peak = 0;         ///< on demand: the previous peak, as stored
  double warm = 0;         ///< asked for; 0: was not
  bool operator==(const ThroughputSettings&) const = default;
};

/// What a table on demand sustains with these, before it grows further.
double on_demand_rate(Access access, const ThroughputSettings& settings);

/// Time that passes at AWS's pace (core/pace.h).
struct ScalingTimes {
  std::int64_t minute_ns = 60'000'000'000;
  std::int64_t window_ns = 30 * 60'000'000'000;
};

/// Rates of single partition keys. Made when it is needed: it is 16 KB.
class KeyHeat {
 public:
  KeyHeat(double per_second, std::int64_t now_ns);
  bool admits(std::uint64_t key_hash, std::int64_t now_ns);
  void take(std::uint64_t key_hash, double units, std::int64_t now_ns);

 private:
  static constexpr std::size_t kPlaces = 1024;
  struct Place {
    float debt = 0;  ///< what is not paid back yet of what was taken
    std::int64_t at_ns = 0;
  };
  /// The debt as it is now.
  double debt(Place& place, std::int64_t now_ns) const;

  double rate_;
  std::array<Place, kPlaces> places_;
};

/// The previous peak of a table on demand, and the one that is to come.
class PeakWatch {
 public:
  PeakWatch(ScalingTimes times, std::int64_t now_ns) : times_(times), minute_began_ns_(now_ns) {}
  /// units were taken while the table sustained `rate`: no peak is above it.
  void take(double units, double rate, std::int64_t now_ns);
  /// A peak above `previous` that has come of age; it is handed out once.
  std::optional<double> grown(double previous, std::int64_t now_ns);

 private:
  void close_minute(double rate, std::int64_t now_ns);

  ScalingTimes times_;
  std::int64_t minute_began_ns_;
  double in_minute_ = 0;
  double rate_ = 0;
  /// Minutes that have not come of age, each above those before it: one for each of the window.
  struct Reached {
    std::int64_t at_ns;
    double mean;
  };
  std::deque<Reached> reached_;
};

/// The gate before a table's reads or writes.
class ThroughputGate {
 public:
  /// kNew: nothing has been saved up. kRested: nobody knows how long the table was not used (the
  /// process was not there), and it counts as rested.
  enum class Start : std::uint8_t { kNew, kRested };
  ThroughputGate(Access access, ThroughputSettings settings, ScalingTimes times, Start start,
                 std::int64_t now_ns);

  void configure(const ThroughputSettings& settings, std::int64_t now_ns);
  const ThroughputSettings& settings() const { return settings_; }
  /// Why a request is not let in; nothing when it is. key_hash: nothing when it is not of one
  /// partition key. reserved: units that others who were let in have not taken yet.
  std::optional<Limit> refuses(std::optional<std::uint64_t> key_hash, double reserved,
                               std::int64_t now_ns);
  void take(std::optional<std::uint64_t> key_hash, double units, std::int64_t now_ns);
  /// A previous peak greater than that of the settings: to be stored, and given to configure().
  std::optional<double> grown(std::int64_t now_ns);
  /// What the table sustains.
  double rate() const { return bucket_.rate(); }

 private:
  Limit limit_of_rate() const;

  Access access_;
  ThroughputSettings settings_;
  TokenBucket bucket_;
  std::optional<TokenBucket> maximum_;
  std::unique_ptr<KeyHeat> heat_;
  PeakWatch peaks_;
};

}  // namespace tandem::dynamodb
