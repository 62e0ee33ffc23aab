#include "services/dynamodb/table_metrics.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace tandem::dynamodb {
namespace {

using core::MeterKind;

constexpr std::string_view kDynamoDb = "AWS/DynamoDB";

constexpr MeterKind count_of(std::string_view metric, std::string_view prometheus,
                             std::string_view help) {
  return {kDynamoDb, metric, "Count", prometheus, help};
}

/// The metrics of a table's reads, or of its writes.
struct SideKinds {
  MeterKind consumed;
  MeterKind provisioned;
  MeterKind throttled;
  std::array<MeterKind, kLimits> reasons;  ///< by Limit
};

constexpr std::string_view kByReason = "The same, by what was exceeded";
constexpr std::array<SideKinds, kAccesses> kKinds{{
    {count_of("ConsumedReadCapacityUnits", "aws_dynamodb_consumed_read_capacity_units",
              "Read capacity units of each request"),
     count_of("ProvisionedReadCapacityUnits", "aws_dynamodb_provisioned_read_capacity_units",
              "The table's setting"),
     count_of("ReadThrottleEvents", "aws_dynamodb_read_throttle_events", "Reads throttled"),
     {count_of("ReadProvisionedThroughputThrottleEvents",
               "aws_dynamodb_read_provisioned_throttle_events", kByReason),
      count_of("ReadKeyRangeThroughputThrottleEvents",
               "aws_dynamodb_read_key_range_throttle_events", kByReason),
      count_of("ReadKeyRangeThroughputThrottleEvents",
               "aws_dynamodb_read_key_range_throttle_events", kByReason),
      count_of("ReadMaxOnDemandThroughputThrottleEvents",
               "aws_dynamodb_read_max_on_demand_throttle_events", kByReason),
      count_of("ReadAccountLimitThrottleEvents", "aws_dynamodb_read_account_throttle_events",
               kByReason)}},
    {count_of("ConsumedWriteCapacityUnits", "aws_dynamodb_consumed_write_capacity_units",
              "Write capacity units of each request"),
     count_of("ProvisionedWriteCapacityUnits", "aws_dynamodb_provisioned_write_capacity_units",
              "The table's setting"),
     count_of("WriteThrottleEvents", "aws_dynamodb_write_throttle_events", "Writes throttled"),
     {count_of("WriteProvisionedThroughputThrottleEvents",
               "aws_dynamodb_write_provisioned_throttle_events", kByReason),
      count_of("WriteKeyRangeThroughputThrottleEvents",
               "aws_dynamodb_write_key_range_throttle_events", kByReason),
      count_of("WriteKeyRangeThroughputThrottleEvents",
               "aws_dynamodb_write_key_range_throttle_events", kByReason),
      count_of("WriteMaxOnDemandThroughputThrottleEvents",
               "aws_dynamodb_write_max_on_demand_throttle_events", kByReason),
      count_of("WriteAccountLimitThrottleEvents", "aws_dynamodb_write_account_throttle_events",
               kByReason)}},
}};
constexpr MeterKind kThrottledRequests =
    count_of("ThrottledRequests", "aws_dynamodb_throttled_requests",
             "Requests that were throttled as a whole");
constexpr MeterKind kLatency{kDynamoDb, "ReplicationLatency", "Milliseconds",
                             "aws_dynamodb_replication_latency_milliseconds",
                             "From a write to its acknowledgement by the receiving Region"};
/// "Provisioned…CapacityUnits" are published every five minutes.
constexpr int kSettingsEvery = 5;

const SideKinds& kinds_of(Access access) { return kKinds[static_cast<std::size_t>(access)]; }

std::vector<core::Dimensions> of(const Table& table) { return {{{"TableName", table.name}}}; }

}  // namespace

void TableMetrics::poll() {
  const std::vector<const Table*> tables = tables_.list("", tables_.size());
  std::erase_if(seen_, [&](const auto& seen) {
    return std::none_of(tables.begin(), tables.end(),
                        [&](const Table* table) { return table->number == seen.first; });
  });
  for (const Table* table : tables) {
    const CapacityMeter::Usage* usage = capacity_.usage(*table);
    if (usage == nullptr) continue;
    Seen& seen = seen_[table->number];
    const HalfUnits written = usage->side(Access::kWrite).taken -
                              seen.sides[static_cast<std::size_t>(Access::kWrite)].taken;
    const HalfUnits received =
        usage->replicated - std::exchange(seen.replicated, usage->replicated);
    seen.written_here = seen.written_here || written > received;
    for (const Access access : {Access::kRead, Access::kWrite}) {
      poll_side(*table, access, usage->side(access), seen.sides[static_cast<std::size_t>(access)]);
    }
    for (const auto& [operation, count] : usage->throttled_requests) {
      std::uint64_t& told = seen.throttled_requests[std::string(operation)];
      if (count == told) continue;
      environment_
          .meter(kThrottledRequests,
                 {{{"TableName", table->name}, {"Operation", std::string(operation)}}})
          ->record(1, count - std::exchange(told, count));
    }
  }
}

void TableMetrics::poll_side(const Table& table, Access access, const CapacityMeter::Side& now,
                             Side& seen) {
  const SideKinds& kinds = kinds_of(access);
  const std::uint64_t requests = now.requests - std::exchange(seen.requests, now.requests);
  const double units = static_cast<double>(now.taken - std::exchange(seen.taken, now.taken)) / 2;
  if (requests > 0) {
    // Each request counts with the mean: their sum and their number are what is asked for.
    environment_.meter(kinds.consumed, of(table))
        ->record(units / static_cast<double>(requests), requests);
    seen.idle = false;
  }
  for (std::size_t limit = 0; limit < kLimits; ++limit) {
    const std::uint64_t events =
        now.throttled[limit] - std::exchange(seen.throttled[limit], now.throttled[limit]);
    if (events == 0) continue;
    environment_.meter(kinds.throttled, of(table))->record(1, events);
    environment_.meter(kinds.reasons[limit], of(table))->record(1, events);
  }
}

void TableMetrics::sample() {
  poll();
  const bool settings = minute_++ % kSettingsEvery == 0;
  for (const Table* table : tables_.list("", tables_.size())) {
    Seen& seen = seen_[table->number];
    for (const Access access : {Access::kRead, Access::kWrite}) {
      // An idle table's consumption is 0, and not unknown: alarms go by it.
      Side& side = seen.sides[static_cast<std::size_t>(access)];
      if (std::exchange(side.idle, true)) {
        environment_.meter(kinds_of(access).consumed, of(*table))->record(0);
      }
    }
    if (settings) sample_settings(*table);
  }
  sample_latency();
  for (auto& [number, seen] : seen_) seen.written_here = false;
}

void TableMetrics::sample_settings(const Table& table) {
  for (const Access access : {Access::kRead, Access::kWrite}) {
    const ThroughputSettings now = throughput_settings(table, access);
    if (now.on_demand) continue;
    environment_.meter(kinds_of(access).provisioned, of(table))->record(now.provisioned);
  }
}

/// The link's, which all tables share, of the tables that were written.
void TableMetrics::sample_latency() {
  for (const auto& [region, peer] : replicator_.peers()) {
    Lag& told = lags_[region];
    const std::uint64_t writes = peer.lag.writes - std::exchange(told.writes, peer.lag.writes);
    const double sum_us = peer.lag.sum_us - std::exchange(told.sum_us, peer.lag.sum_us);
    if (writes == 0) continue;
    for (const Table* table : tables_.list("", tables_.size())) {
      if (!table->replicated() || !seen_[table->number].written_here) continue;
      environment_.meter(kLatency, {{{"TableName", table->name}, {"ReceivingRegion", region}}})
          ->record(sum_us / static_cast<double>(writes) / 1e3);
    }
  }
}

}  // namespace tandem::dynamodb
