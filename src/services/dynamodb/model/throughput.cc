#include "services/dynamodb/model/throughput.h"

#include <algorithm>

namespace tandem::dynamodb {
namespace {

/// On-demand capacity is twice the peak already: what it does not use it does not save up. One
/// second's share evens out what comes within a second.
constexpr double kOnDemandDepth_s = 1;

double partition_rate(Access access) {
  return access == Access::kRead ? kPartitionReads : kPartitionWrites;
}

double rate_of(Access access, const ThroughputSettings& settings) {
  return settings.on_demand ? on_demand_rate(access, settings) : settings.provisioned;
}

double depth_of(const ThroughputSettings& settings) {
  return settings.on_demand ? kOnDemandDepth_s : kBurst_s;
}

TokenBucket bucket_for(Access access, const ThroughputSettings& settings, std::int64_t now_ns,
                       ThroughputGate::Start start) {
  const double depth_s = depth_of(settings);
  const double initial_s = start == ThroughputGate::Start::kRested ? depth_s : 1;
  return {rate_of(access, settings), depth_s, initial_s, now_ns};
}

std::optional<TokenBucket> maximum_of(const ThroughputSettings& settings, std::int64_t now_ns,
                                      ThroughputGate::Start start) {
  if (!settings.on_demand || settings.maximum <= 0) return std::nullopt;
  const double initial_s = start == ThroughputGate::Start::kRested ? kBurst_s : 1;
  return TokenBucket(settings.maximum, kBurst_s, initial_s, now_ns);
}

}  // namespace

std::string_view throttling_reason(Access access, Limit limit) {
  const bool read = access == Access::kRead;
  switch (limit) {
    case Limit::kProvisioned:
      return read ? "ReadProvisionedThroughputExceeded" : "WriteProvisionedThroughputExceeded";
    case Limit::kKeyRange:
    case Limit::kScaling:
      return read ? "ReadKeyRangeThroughputExceeded" : "WriteKeyRangeThroughputExceeded";
    case Limit::kMaxOnDemand:
      return read ? "ReadMaxOnDemandThroughputExceeded" : "WriteMaxOnDemandThroughputExceeded";
    case Limit::kAccount:
      return read ? "ReadAccountLimitExceeded" : "WriteAccountLimitExceeded";
  }
  return "";
}

double on_demand_rate(Access access, const ThroughputSettings& settings) {
  const double first = access == Access::kRead ? kFirstReads : kFirstWrites;
  return std::min(std::max({first, 2 * settings.peak, settings.warm}), kTableQuota);
}

KeyHeat::KeyHeat(double per_second, std::int64_t now_ns) : rate_(per_second) {
  places_.fill({0, now_ns});
}

double KeyHeat::debt(Place& place, std::int64_t now_ns) const {
  const double passed_s =
      static_cast<double>(std::max<std::int64_t>(0, now_ns - place.at_ns)) / 1e9;
  return std::max(0.0, place.debt - rate_ * passed_s);
}

bool KeyHeat::admits(std::uint64_t key_hash, std::int64_t now_ns) {
  return debt(places_[key_hash % kPlaces], now_ns) < rate_;
}

void KeyHeat::take(std::uint64_t key_hash, double units, std::int64_t now_ns) {
  Place& place = places_[key_hash % kPlaces];
  place.debt = static_cast<float>(debt(place, now_ns) + units);
  place.at_ns = now_ns;
}

void PeakWatch::take(double units, double rate, std::int64_t now_ns) {
  close_minute(rate, now_ns);
  in_minute_ += units;
}

void PeakWatch::close_minute(double rate, std::int64_t now_ns) {
  rate_ = rate;
  if (now_ns - minute_began_ns_ < times_.minute_ns) return;
  // The minute that has ended; of those after it nothing was taken.
  const double seconds = static_cast<double>(times_.minute_ns) / 1e9;
  const double mean = std::min(in_minute_ / seconds, rate_);
  if (mean > (reached_.empty() ? 0 : reached_.back().mean)) {
    reached_.push_back({minute_began_ns_ + times_.minute_ns, mean});
  }
  in_minute_ = 0;
  minute_began_ns_ = now_ns - (now_ns - minute_began_ns_) % times_.minute_ns;
}

std::optional<double> PeakWatch::grown(double previous, std::int64_t now_ns) {
  close_minute(rate_, now_ns);
  std::optional<double> peak;
  while (!reached_.empty() && now_ns - reached_.front().at_ns >= times_.window_ns) {
    if (reached_.front().mean > previous) peak = reached_.front().mean;
    reached_.pop_front();
  }
  return peak;
}

ThroughputGate::ThroughputGate(Access access, ThroughputSettings settings, ScalingTimes times,
                               Start start, std::int64_t now_ns)
    : access_(access),
      settings_(settings),
      bucket_(bucket_for(access, settings, now_ns, start)),
      maximum_(maximum_of(settings, now_ns, start)),
      peaks_(times, now_ns) {}

void ThroughputGate::configure(const ThroughputSettings& settings, std::int64_t now_ns) {
  const ThroughputSettings before = settings_;
  settings_ = settings;
  if (before.on_demand != settings.on_demand) {
    bucket_ = bucket_for(access_, settings, now_ns, Start::kNew);
  } else {
    bucket_.set_rate(rate_of(access_, settings), now_ns);
  }
  if (maximum_ && settings.on_demand && settings.maximum > 0) {
    maximum_->set_rate(settings.maximum, now_ns);
  } else {
    maximum_ = maximum_of(settings, now_ns, Start::kNew);
  }
}

Limit ThroughputGate::limit_of_rate() const {
  if (!settings_.on_demand) return Limit::kProvisioned;
  return rate() >= kTableQuota ? Limit::kAccount : Limit::kScaling;
}

std::optional<Limit> ThroughputGate::refuses(std::optional<std::uint64_t> key_hash, double reserved,
                                             std::int64_t now_ns) {
  if (maximum_ && !maximum_->admits(now_ns, reserved)) return Limit::kMaxOnDemand;
  if (!bucket_.admits(now_ns, reserved)) return limit_of_rate();
  if (key_hash && heat_ && !heat_->admits(*key_hash, now_ns)) return Limit::kKeyRange;
  return std::nullopt;
}

void ThroughputGate::take(std::optional<std::uint64_t> key_hash, double units,
                          std::int64_t now_ns) {
  bucket_.take(units, now_ns);
  if (maximum_) maximum_->take(units, now_ns);
  if (settings_.on_demand) peaks_.take(units, rate(), now_ns);
  if (!key_hash) return;
  if (!heat_) heat_ = std::make_unique<KeyHeat>(partition_rate(access_), now_ns);
  heat_->take(*key_hash, units, now_ns);
}

std::optional<double> ThroughputGate::grown(std::int64_t now_ns) {
  if (!settings_.on_demand) return std::nullopt;
  return peaks_.grown(settings_.peak, now_ns);
}

}  // namespace tandem::dynamodb
