// Many values as one: what CloudWatch keeps of a period (CloudWatch User Guide, "Statistics
// definitions"), and a meter of what was measured. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

namespace tandem::core {

/// Values with the same bits are one, with a count, so that a period's size is that of its
/// different values. INVARIANT(bounded-aggregate): of those there are kDifferentValues at most:
/// beyond, values are rounded, by a thousandth at first, and only percentiles and their kind
/// notice.
class Aggregate {
 public:
  static constexpr std::size_t kDifferentValues = 1'000;

  Aggregate() = default;
  static Aggregate of(double value, double count = 1);
  /// A statistic set. Its values are known only when all of them are one (PutMetricData:
  /// "percentile statistics are not available … unless Min and Max are equal and Sum is equal to
  /// Min multiplied by SampleCount").
  static Aggregate of_set(double count, double sum, double minimum, double maximum);

  void add(const Aggregate& other);
  /// One value more, of which the percentiles' kind know the rounded one.
  void record_rounded(double value, double rounded, double count);

  bool empty() const { return count_ == 0; }
  double count() const { return count_; }
  double sum() const { return sum_; }
  double minimum() const { return minimum_; }
  double maximum() const { return maximum_; }
  double average() const { return count_ == 0 ? 0 : sum_ / count_; }
  /// By value, how many; nothing when some of them are not known.
  const std::map<double, double>* values() const { return known_ ? &values_ : nullptr; }
  /// What it takes in memory is about proportional to this.
  std::size_t different_values() const { return values_.size(); }

  /// For records: what of() and of_set() made of it, bit by bit.
  static Aggregate restored(double count, double sum, double minimum, double maximum,
                            std::optional<std::map<double, double>> values);

 private:
  void bound();
  /// Rounds the values to so many binary digits.
  void coarsen(int bits);

  double count_ = 0;
  double sum_ = 0;
  double minimum_ = 0;
  double maximum_ = 0;
  bool known_ = true;
  std::map<double, double> values_;
};

}  // namespace tandem::core
