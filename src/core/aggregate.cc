#include "core/aggregate.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tandem::core {
namespace {

/// The nearest to zero with so many bits behind its first.
double rounded(double value, int bits) {
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);
  return std::ldexp(std::trunc(std::ldexp(fraction, bits + 1)), exponent - bits - 1);
}

}  // namespace

Aggregate Aggregate::of(double value, double count) {
  return restored(count, value * count, value, value,
                  std::map<double, double>{{value + 0.0, count}});  // -0 is 0
}

Aggregate Aggregate::of_set(double count, double sum, double minimum, double maximum) {
  if (minimum == maximum && sum == minimum * count) return of(minimum, count);
  return restored(count, sum, minimum, maximum, std::nullopt);
}

Aggregate Aggregate::restored(double count, double sum, double minimum, double maximum,
                              std::optional<std::map<double, double>> values) {
  Aggregate made;
  made.count_ = count;
  made.sum_ = sum;
  made.minimum_ = minimum;
  made.maximum_ = maximum;
  made.known_ = values.has_value();
  if (values) made.values_ = std::move(*values);
  return made;
}

void Aggregate::record_rounded(double value, double kept, double count) {
  if (empty()) minimum_ = maximum_ = value;
  count_ += count;
  sum_ += value * count;
  minimum_ = std::min(minimum_, value);
  maximum_ = std::max(maximum_, value);
  if (!known_) return;
  values_[kept + 0.0] += count;  // -0 is 0
  bound();
}

void Aggregate::add(const Aggregate& other) {
  if (other.empty()) return;
  if (empty()) {
    *this = other;
    return;
  }
  count_ += other.count_;
  sum_ += other.sum_;
  minimum_ = std::min(minimum_, other.minimum_);
  maximum_ = std::max(maximum_, other.maximum_);
  known_ = known_ && other.known_;
  if (!known_) {
    values_.clear();
    return;
  }
  for (const auto& [value, count] : other.values_) values_[value] += count;
  bound();
}

void Aggregate::bound() {
  for (int bits = 10; known_ && values_.size() > kDifferentValues; bits -= 3) {
    if (bits >= 0) {
      coarsen(bits);
    } else {
      known_ = false;
      values_.clear();
    }
  }
}

void Aggregate::coarsen(int bits) {
  std::map<double, double> coarse;
  for (const auto& [value, count] : values_) coarse[rounded(value, bits)] += count;
  values_ = std::move(coarse);
}

}  // namespace tandem::core
