#include "services/route53/model/health_state.h"

#include <array>
#include <fmt/format.h>
#include <utility>

namespace tandem::route53 {
namespace {

/// AWS's ip-ranges, service ROUTE53_HEALTHCHECKS. Each block has 64 addresses.
struct Ranges {
  std::string_view region;
  std::array<std::array<int, 4>, 2> blocks;
};
constexpr std::array<Ranges, 8> kRanges{{
    {"us-east-1", {{{54, 243, 31, 192}, {107, 23, 255, 0}}}},
    {"us-west-1", {{{54, 183, 255, 128}, {54, 241, 32, 64}}}},
    {"us-west-2", {{{54, 244, 52, 192}, {54, 245, 168, 0}}}},
    {"eu-west-1", {{{54, 228, 16, 0}, {176, 34, 159, 192}}}},
    {"ap-southeast-1", {{{54, 251, 31, 128}, {54, 255, 254, 192}}}},
    {"ap-southeast-2", {{{54, 252, 79, 128}, {54, 252, 254, 192}}}},
    {"ap-northeast-1", {{{54, 248, 220, 0}, {54, 250, 253, 192}}}},
    {"sa-east-1", {{{54, 232, 40, 64}, {177, 71, 207, 128}}}},
}};

std::string address_in(const std::array<int, 4>& block, std::size_t host) {
  return fmt::format("{}.{}.{}.{}", block[0], block[1], block[2],
                     block[3] + static_cast<int>(host));
}

}  // namespace

std::vector<Checker> checker_population(std::size_t count) {
  std::vector<Checker> checkers;
  for (std::size_t i = 0; i < std::min(count, kMaxCheckers); ++i) {
    const Ranges& ranges = kRanges[i % kRanges.size()];
    const std::size_t round = i / kRanges.size();
    checkers.push_back({ranges.region, address_in(ranges.blocks[round % 2], 5 + round / 2)});
  }
  return checkers;
}

std::vector<std::string> checker_ranges() {
  std::vector<std::string> ranges;
  for (const Ranges& region : kRanges) {
    for (const auto& block : region.blocks) ranges.push_back(address_in(block, 0) + "/26");
  }
  return ranges;
}

bool enough_healthy(std::size_t healthy, std::size_t checkers) {
  return healthy * 100 > checkers * 18;
}

std::optional<bool> alarm_verdict(const HealthCheckConfig& config, std::optional<bool> ok) {
  if (ok || config.no_data == NoData::kLastKnown) return ok;
  return config.no_data == NoData::kHealthy;
}

void CheckerOpinion::add(Observation observation, int threshold) {
  against_ = observation.success == healthy_ ? 0 : against_ + 1;
  if (against_ >= threshold) {
    healthy_ = observation.success;
    against_ = 0;
  }
  if (!observation.success) last_failure_ = observation;
  last_ = std::move(observation);
}

bool finds_healthy(const HealthCheckConfig& config, std::size_t healthy, std::size_t all) {
  if (!config.calculated()) return enough_healthy(healthy, all);
  // With 0 always, with more than there are children never (API reference, HealthThreshold).
  return std::cmp_greater_equal(healthy, config.health_threshold);
}

bool verdict_on(const HealthCheckConfig& config, bool found) {
  return (config.disabled || found) != config.inverted;
}

bool is_healthy(const HealthCheckConfig& config, std::size_t healthy, std::size_t all) {
  return verdict_on(config, finds_healthy(config, healthy, all));
}

}  // namespace tandem::route53
