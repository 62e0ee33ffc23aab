// The statistics that can be asked for, by their names (CloudWatch User Guide, "Statistics
// definitions"): SampleCount, Sum, Average, Minimum, Maximum; p99.9, tm90, wm90, tc90, ts90, IQM;
// TM(10%:90%), TC, TS, WM and PR with bounds in per cent or absolute. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "services/cloudwatch/model/aggregate.h"

namespace tandem::cloudwatch {

class Statistic {
 public:
  enum class Kind {
    kSampleCount,
    kSum,
    kAverage,
    kMinimum,
    kMaximum,
    kPercentile,
    kTrimmedMean,
    kTrimmedCount,
    kTrimmedSum,
    kWinsorizedMean,
    kPercentileRank
  };
  /// Nothing for a word that is none.
  static std::optional<Statistic> parse(std::string_view word);

  Kind kind() const { return kind_; }
  /// Of those that need to know every value.
  bool needs_values() const { return kind_ >= Kind::kPercentile; }
  /// Of those that grow with the period: twice as many values give twice as much.
  bool counts() const {
    return kind_ == Kind::kSampleCount || kind_ == Kind::kSum || kind_ == Kind::kTrimmedCount ||
           kind_ == Kind::kTrimmedSum;
  }
  /// Of kPercentile, 0 to 100.
  double percentile() const { return to_; }

  /// Nothing where there are no values, where they are not known, and where one that is needed is
  /// below zero: "percentiles are not supported for metrics when any of the values are negative".
  std::optional<double> of(const Aggregate& aggregate) const;

 private:
  Kind kind_ = Kind::kSum;
  bool relative_ = true;  ///< bounds in per cent
  double from_ = 0;
  double to_ = 100;
};

}  // namespace tandem::cloudwatch
