#include "services/autoscaling/model/forecast.h"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace tandem::autoscaling {
namespace {

constexpr int kMinute_s = 60;
constexpr double kBurst_s = 300;
constexpr std::int64_t kMinute_ms = 60'000;
constexpr std::size_t kHighMinutes = 2;
constexpr std::size_t kLowMinutes = 15;

/// A second at a time: what was not used is saved up, what is not there is turned away.
class Bucket {
 public:
  explicit Bucket(std::int64_t capacity) : tokens_(kBurst_s * static_cast<double>(capacity)) {}

  double take(double demand, std::int64_t capacity) {
    const auto rate = static_cast<double>(capacity);
    tokens_ = std::min(tokens_ + rate, kBurst_s * rate);
    const double taken = std::min(demand, std::max(tokens_, 0.0));
    tokens_ -= taken;
    return taken;
  }

 private:
  double tokens_;
};

ForecastMinute run_minute(Bucket& bucket, double demand, std::int64_t capacity) {
  ForecastMinute minute{.demand = demand, .capacity = capacity};
  for (int second = 0; second < kMinute_s; ++second) {
    const double taken = bucket.take(demand, capacity);
    minute.consumed += taken;
    minute.throttled += demand - taken;
  }
  return minute;
}

void add(Forecast& forecast, const ForecastMinute& minute) {
  forecast.minutes.push_back(minute);
  forecast.throttled += minute.throttled;
  forecast.unit_hours += static_cast<double>(minute.capacity) / kMinute_s;
}

/// What the last minutes consumed; nothing when there were not so many.
std::optional<Minutes> last(const Forecast& forecast, std::size_t count) {
  if (forecast.minutes.size() < count) return std::nullopt;
  Minutes minutes;
  for (std::size_t i = forecast.minutes.size() - count; i < forecast.minutes.size(); ++i) {
    minutes.push_back(forecast.minutes[i].consumed);
  }
  return minutes;
}

/// What the policy's alarms make of the last minutes.
Decision look(const Forecast& forecast, const Tracking& policy, const Situation& now) {
  const auto high = last(forecast, kHighMinutes);
  const double above = high_threshold(policy.target_percent, now.current);
  if (high && std::all_of(high->begin(), high->end(), [&](double each) { return each > above; })) {
    return decide(policy, now, Direction::kOut, *high);
  }
  const auto low = last(forecast, kLowMinutes);
  const double below = low_threshold(policy.target_percent, now.current);
  if (low && std::all_of(low->begin(), low->end(), [&](double each) { return each < below; })) {
    return decide(policy, now, Direction::kIn, *low);
  }
  return {};
}

}  // namespace

Forecast forecast_tracking(const Scenario& scenario, const Tracking& policy, const Bounds& bounds) {
  Forecast forecast;
  Bucket bucket(scenario.capacity);
  Situation now{.current = bounds.clamp(scenario.capacity), .bounds = bounds, .history = {}};
  for (const double demand : scenario.demand) {
    add(forecast, run_minute(bucket, demand, now.current));
    now.now_ms += kMinute_ms;
    const Decision decision = look(forecast, policy, now);
    if (decision.kind != Decision::Kind::kScale) continue;
    if (decision.capacity > now.current) {
      now.history = {.out_ms = now.now_ms, .out_capacity = decision.capacity, .in_ms = 0};
    } else {
      now.history.in_ms = now.now_ms;
    }
    now.current = decision.capacity;
  }
  return forecast;
}

Forecast forecast_static(const Scenario& scenario) {
  Forecast forecast;
  Bucket bucket(scenario.capacity);
  for (const double demand : scenario.demand) {
    add(forecast, run_minute(bucket, demand, scenario.capacity));
  }
  return forecast;
}

}  // namespace tandem::autoscaling
