#include "services/dynamodb/metrics.h"

#include "replication/lag.h"

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

}  // namespace tandem::dynamodb
