#include "core/meters.h"

#include <cmath>
#include <iterator>

namespace tandem::core {
namespace {

/// The nearest to zero of 256 values between two powers of two.
double rounded(double value) {
  constexpr int kBits = 9;
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);
  return std::ldexp(std::trunc(std::ldexp(fraction, kBits)), exponent - kBits);
}

}  // namespace

void Meter::record(double value, std::uint64_t count) {
  const auto times = static_cast<double>(count);
  sum_ += value * times;
  count_ += count;
  period_.record_rounded(value, rounded(value), times);
}

std::shared_ptr<Meter> Meters::meter(const MeterKind& kind, std::vector<Dimensions> under) {
  auto& there = meters_[{kind, under}];
  if (!there) there = std::make_shared<Meter>(kind, std::move(under));
  return there;
}

void Meters::sample() const {
  for (const Sampler& each : samplers_) each();
}

void Meters::take(const std::function<void(const Meter&, const Aggregate&)>& visit) {
  for (const Sampler& source : sources_) source();
  for (auto each = meters_.begin(); each != meters_.end();) {
    const Aggregate values = each->second->take();
    if (!values.empty()) visit(*each->second, values);
    each = each->second.use_count() == 1 ? meters_.erase(each) : std::next(each);
  }
}

void Meters::describe(MetricSet& metrics) const {
  for (const auto& [key, meter] : meters_) {
    Histogram all;
    all.sum = meter->sum();
    all.count = meter->count();
    MetricFamily::Labels labels;
    if (!meter->under().empty()) labels = meter->under().front();
    metrics.histogram(meter->kind().prometheus, meter->kind().help)
        .add(std::move(all), std::move(labels));
  }
}

}  // namespace tandem::core
