#include "services/cloudwatch/model/aggregate.h"

#include <algorithm>
#include <utility>

namespace tandem::cloudwatch {

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
}

}  // namespace tandem::cloudwatch
