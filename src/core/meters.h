// What services measure, by AWS's names: each value counts once, and is told in two ways. To
// Prometheus as sums and counts since the process began, to CloudWatch as the values of a period
// (Metrics::add, cloudwatch/service.h).
//
// On the loop's thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/aggregate.h"
#include "core/metrics.h"

namespace tandem::core {

/// What is measured. All of it literals.
struct MeterKind {
  std::string_view name_space;  ///< "AWS/Lambda"
  std::string_view metric;      ///< "Duration"
  std::string_view unit;        ///< "Milliseconds"
  std::string_view prometheus;  ///< "aws_lambda_duration_milliseconds"
  std::string_view help;
  auto operator<=>(const MeterKind&) const = default;
};

/// Names and values; names are literals.
using Dimensions = std::vector<std::pair<std::string_view, std::string>>;

/// Of one thing, whose values CloudWatch has under several sets of dimensions: a function's own,
/// its alias's, the region's. Prometheus is told the first one, the finest.
class Meter {
 public:
  Meter(const MeterKind& kind, std::vector<Dimensions> under)
      : kind_(kind), under_(std::move(under)) {}

  /// Values are kept to a hundredth at least, small whole numbers exactly; their sum, their number,
  /// the least and the greatest are exact.
  void record(double value, std::uint64_t count = 1);

  const MeterKind& kind() const { return kind_; }
  const std::vector<Dimensions>& under() const { return under_; }
  double sum() const { return sum_; }
  std::uint64_t count() const { return count_; }
  /// What was recorded since it was last asked.
  Aggregate take() { return std::exchange(period_, {}); }

 private:
  MeterKind kind_;
  std::vector<Dimensions> under_;
  double sum_ = 0;
  std::uint64_t count_ = 0;
  Aggregate period_;
};

class Meters {
 public:
  /// Whoever records keeps it. Of the same kind and dimensions there is one; what nobody keeps any
  /// more goes once its last values were taken.
  std::shared_ptr<Meter> meter(const MeterKind& kind, std::vector<Dimensions> under);

  /// Called once a minute, to record what is so and does not happen: a setting, how many are at
  /// work.
  using Sampler = std::function<void()>;
  void add_sampler(Sampler sampler) { samplers_.push_back(std::move(sampler)); }
  void sample() const;
  /// Called before values are taken, to record what was counted elsewhere since the last time.
  void add_source(Sampler source) { sources_.push_back(std::move(source)); }

  /// What was recorded since the last time, by meter; those without values are passed over.
  void take(const std::function<void(const Meter& meter, const Aggregate& values)>& visit);

  /// For a registry's rendering.
  void describe(MetricSet& metrics) const;

 private:
  using Key = std::pair<MeterKind, std::vector<Dimensions>>;
  std::map<Key, std::shared_ptr<Meter>> meters_;
  std::vector<Sampler> samplers_;
  std::vector<Sampler> sources_;
};

}  // namespace tandem::core
