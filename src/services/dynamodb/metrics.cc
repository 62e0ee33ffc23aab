#include "services/dynamodb/metrics.h"

#include <array>
#include <map>
#include <string>
#include <vector>

#include "replication/lag.h"
#include "services/dynamodb/model/throttling.h"

namespace tandem::dynamodb {
namespace {

core::Histogram histogram_of(const replication::Lag& lag) {
  core::Histogram histogram{.counts = {lag.buckets.begin(), lag.buckets.end()},
                            .sum = lag.sum_us / 1e6,
                            .count = lag.writes};
  for (const std::uint32_t bound_us : replication::Lag::kBounds_us) {
    histogram.bounds.push_back(bound_us / 1e6);
  }
  return histogram;
}

void describe_peers(const replication::Replicator& replicator, core::MetricSet& metrics) {
  auto& connected =
      metrics.gauge("tandem_replication_connected", "1 while the link to the peer stands.");
  auto& pending = metrics.gauge("tandem_replication_pending_entries",
                                "Log entries that the peer has not acknowledged.");
  auto& snapshots = metrics.gauge("tandem_replication_snapshots_owed",
                                  "Whole copies of tables still to be sent to the peer.");
  auto& refused = metrics.gauge("tandem_replication_refused",
                                "1 while either side refuses what the other writes.");
  auto& offset = metrics.gauge("tandem_replication_clock_offset_seconds",
                               "The peer's wall clock minus this one.");
  auto& lag = metrics.histogram("tandem_replication_lag_seconds",
                                "From a write here to its acknowledgement there.");
  for (const auto& [region, peer] : replicator.peers()) {
    connected.add(peer.connected ? 1 : 0, {{"peer", region}});
    pending.add(replicator.pending(region), {{"peer", region}});
    snapshots.add(replicator.snapshots_owed(region), {{"peer", region}});
    refused.add(peer.refusal || peer.refused ? 1 : 0, {{"peer", region}});
    lag.add(histogram_of(peer.lag), {{"peer", region}});
    if (peer.wall_offset_us) {
      offset.add(static_cast<double>(*peer.wall_offset_us) / 1e6, {{"peer", region}});
    }
  }
}

}  // namespace

void describe_replication(const replication::Replicator& replicator, core::MetricSet& metrics) {
  describe_peers(replicator, metrics);
  const replication::RecordStore& records = replicator.records();
  metrics
      .counter("tandem_replication_lost_updates_total",
               "Writes of this region that last writer wins threw away unseen.")
      .add(records.lost_updates().total());
  metrics
      .counter("tandem_replication_tombstones_collected_total",
               "Marks of deleted items that every region has seen, dropped since the process "
               "started.")
      .add(records.tombstones_collected());
  const auto oldest = records.oldest_tombstone();
  metrics
      .gauge("tandem_replication_oldest_tombstone_seconds",
             "Age of the oldest such mark that is kept; grows while a region is away.")
      .add(oldest ? static_cast<double>(replicator.wall_us_since(*oldest)) / 1e6 : 0.0);
  metrics.gauge("tandem_clock_ahead_seconds", "Times handed out or seen, ahead of the wall clock.")
      .add(static_cast<double>(records.clock().ahead_us()) / 1e6);
  metrics.gauge("tandem_clock_refuses_writes", "1 while the clock is too far ahead to take writes.")
      .add(records.clock_refusal().empty() ? 0 : 1);
}

namespace {

struct SideNames {
  Access access;
  std::string_view taken, taken_help, requests, requests_help, provisioned, provisioned_help,
      throttled, throttled_help;
};

constexpr std::array<SideNames, kAccesses> kSides{
    {{Access::kRead, "tandem_dynamodb_consumed_read_units_total",
      "Read capacity units taken of the table.", "tandem_dynamodb_reads_total",
      "Reads that took them: a request, or a key of a batch.",
      "tandem_dynamodb_provisioned_read_units",
      "Read capacity units provisioned for the table; 0: on demand.",
      "tandem_dynamodb_read_throttle_events_total", "Reads of the table that were throttled."},
     {Access::kWrite, "tandem_dynamodb_consumed_write_units_total",
      "Write capacity units taken of the table, other regions' writes too.",
      "tandem_dynamodb_writes_total", "Writes that took them, each of a batch too.",
      "tandem_dynamodb_provisioned_write_units",
      "Write capacity units provisioned for the table; 0: on demand.",
      "tandem_dynamodb_write_throttle_events_total", "Writes of the table that were throttled."}}};

/// Two limits may have one name.
std::map<std::string_view, std::uint64_t> by_cause(const CapacityMeter::Side& side) {
  std::map<std::string_view, std::uint64_t> events;
  for (std::size_t limit = 0; limit < kLimits; ++limit) {
    if (side.throttled[limit] == 0) continue;
    events[throttle_cause(static_cast<Limit>(limit))] += side.throttled[limit];
  }
  return events;
}

void describe_side(const SideNames& names, const std::vector<const Table*>& tables,
                   const CapacityMeter& capacity, core::MetricSet& metrics) {
  auto& taken = metrics.counter(names.taken, names.taken_help);
  auto& requests = metrics.counter(names.requests, names.requests_help);
  auto& provisioned = metrics.gauge(names.provisioned, names.provisioned_help);
  auto& throttled = metrics.counter(names.throttled, names.throttled_help);
  for (const Table* table : tables) {
    const auto* usage = capacity.usage(*table);
    const CapacityMeter::Side* side = usage == nullptr ? nullptr : &usage->side(names.access);
    const bool read = names.access == Access::kRead;
    taken.add(side == nullptr ? 0.0 : static_cast<double>(side->taken) / 2,
              {{"table", table->name}});
    requests.add(side == nullptr ? 0 : side->requests, {{"table", table->name}});
    provisioned.add(read ? table->throughput.read_units : table->throughput.write_units,
                    {{"table", table->name}});
    if (side == nullptr) continue;
    for (const auto& [cause, events] : by_cause(*side)) {
      throttled.add(events, {{"table", table->name}, {"cause", std::string(cause)}});
    }
  }
}

}  // namespace

void describe_capacity(const TableCatalog& tables, const CapacityMeter& capacity,
                       core::MetricSet& metrics) {
  const std::vector<const Table*> all = tables.list("", tables.size());
  for (const SideNames& names : kSides) describe_side(names, all, capacity, metrics);
  auto& replicated = metrics.counter("tandem_dynamodb_replicated_write_units_total",
                                     "Write capacity units that other regions' writes took here.");
  auto& requests = metrics.counter("tandem_dynamodb_throttled_requests_total",
                                   "Requests that were throttled as a whole.");
  for (const Table* table : all) {
    const auto* usage = capacity.usage(*table);
    if (usage == nullptr) continue;
    if (table->replicated()) {
      replicated.add(static_cast<double>(usage->replicated) / 2, {{"table", table->name}});
    }
    for (const auto& [operation, count] : usage->throttled_requests) {
      requests.add(count, {{"table", table->name}, {"operation", std::string(operation)}});
    }
  }
}

}  // namespace tandem::dynamodb
