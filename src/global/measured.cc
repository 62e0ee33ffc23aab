#include "global/measured.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <utility>

#include "core/log.h"
#include "core/supervise.h"

namespace tandem::global {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kRegion = "us-east-1";
/// "Each PutMetricData request … can include up to 1000 different metrics", of 150 values each.
constexpr std::size_t kAtOnce = 500;
constexpr std::size_t kValues = 150;
/// Kept while the region does not answer.
constexpr std::size_t kMostPending = 5'000;
constexpr milliseconds kPatience{5'000};

json::array dimensions_of(const core::Dimensions& dimensions) {
  json::array all;
  for (const auto& [name, value] : dimensions) {
    all.push_back(json::object{{"Name", name}, {"Value", value}});
  }
  return all;
}

/// Its values, in as many data as they take; the statistics alone when they are not known.
std::vector<json::object> data_of(const core::Meter& meter, const core::Dimensions& dimensions,
                                  const core::Aggregate& values, std::int64_t time_s) {
  std::vector<json::object> all;
  const auto add = [&]() -> json::object& {
    all.push_back({{"MetricName", meter.kind().metric},
                   {"Unit", meter.kind().unit},
                   {"Timestamp", time_s},
                   {"Dimensions", dimensions_of(dimensions)}});
    return all.back();
  };
  if (values.values() == nullptr) {
    add()["StatisticValues"] = {{"SampleCount", values.count()},
                                {"Sum", values.sum()},
                                {"Minimum", values.minimum()},
                                {"Maximum", values.maximum()}};
    return all;
  }
  json::array some;
  json::array counts;
  const auto flush = [&] {
    if (some.empty()) return;
    json::object& datum = add();
    datum["Values"] = std::exchange(some, {});
    datum["Counts"] = std::exchange(counts, {});
  };
  for (const auto& [value, count] : *values.values()) {
    some.emplace_back(value);
    counts.emplace_back(count);
    if (some.size() == kValues) flush();
  }
  flush();
  return all;
}

net::HttpTarget target_of(const service::Config& config) {
  const service::RegionAddress* region = config.find_region(kRegion);
  return {.address = region == nullptr ? "" : region->address, .port = config.ports.http};
}

}  // namespace

Measured::Measured(service::Node& node)
    : node_(node),
      region_(
          node.http_client(), [&node](const aws::ApiCall&) { return target_of(node.config()); },
          {node.config().credentials.access_key_id, node.config().credentials.secret_access_key,
           ""},
          node.world().clock, "route53.amazonaws.com"),
      tasks_(node.world().executor) {
  node.add_life({.start = [this] { core::supervise(tasks_, "measured", [this] { return run(); }); },
                 .stop = [this] { return tasks_.stop(); }});
}

Task<void> Measured::run() {
  const milliseconds minute =
      std::max(milliseconds(1'000), node_.config().pace().of(milliseconds(60'000)));
  core::Clock& clock = node_.world().clock;
  for (;;) {
    const std::int64_t begun_s = clock.now_s();
    co_await core::sleep_for(milliseconds(minute.count() - clock.now_ms() % minute.count()));
    node_.meters().sample();
    take(begun_s);
    co_await tell();
  }
}

void Measured::take(std::int64_t time_s) {
  node_.meters().take([&](const core::Meter& meter, const core::Aggregate& values) {
    for (const core::Dimensions& dimensions : meter.under()) {
      std::ranges::move(data_of(meter, dimensions, values, time_s), std::back_inserter(pending_));
    }
  });
  if (node_.config().find_region(kRegion) == nullptr) pending_.clear();
  if (pending_.size() <= kMostPending) return;
  pending_.erase(pending_.begin(), pending_.end() - static_cast<std::ptrdiff_t>(kMostPending));
}

/// As much as the region takes; the rest is told with the next.
Task<void> Measured::tell() {
  while (!pending_.empty()) {
    const std::size_t count = std::min(kAtOnce, pending_.size());
    json::array data;
    for (std::size_t i = 0; i < count; ++i) data.emplace_back(pending_[i]);
    aws::ApiCall call{std::string(kRegion), "cloudwatch", "PutMetricData", {}, ""};
    call.input = json::object{{"Namespace", "AWS/Route53"}, {"MetricData", std::move(data)}};
    bool told = false;
    try {
      co_await region_.call(std::move(call), kPatience);
      told = true;
    } catch (const aws::ApiError& error) {
      log::debug("global: {} does not take metrics: {}", kRegion, error.message());
    }
    if (!told) co_return;
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(count));
  }
}

}  // namespace tandem::global
