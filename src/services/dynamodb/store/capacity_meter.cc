#include "services/dynamodb/store/capacity_meter.h"

#include <algorithm>

#include "services/dynamodb/model/item_codec.h"
#include "services/dynamodb/model/key_codec.h"
#include "services/dynamodb/model/throttling.h"

namespace tandem::dynamodb {
namespace {

ScalingTimes scaled(core::Pace pace) {
  const ScalingTimes on_aws;
  return {pace.of(std::chrono::nanoseconds(on_aws.minute_ns)).count(),
          pace.of(std::chrono::nanoseconds(on_aws.window_ns)).count()};
}

/// DynamoDB's size of what a record holds; 0: nothing. What another region sent is not believed.
std::size_t item_size_of(const replication::RecordView* record) {
  if (record == nullptr || record->is_tombstone()) return 0;
  return std::min(stored_size(record->item), kMaxItemSize);
}

/// Another region's keys may be anything.
PartitionHash hash_of(std::string_view key) {
  if (key.size() < sizeof(std::uint64_t)) return std::nullopt;
  return partition_hash(key);
}

}  // namespace

ThroughputSettings throughput_settings(const Table& table, Access access) {
  const bool read = access == Access::kRead;
  const auto of = [read](const Throughput& units) {
    return static_cast<double>(read ? units.read_units : units.write_units);
  };
  return {.on_demand = table.billing == BillingMode::kPayPerRequest,
          .provisioned = of(table.throughput),
          .peak = of(table.peak)};
}

CapacityMeter::CapacityMeter(service::CapacityMode mode, core::Pace pace, const core::Clock& clock,
                             TableCatalog& tables)
    : enforces_(mode == service::CapacityMode::kEnforce),
      times_(scaled(pace)),
      clock_(clock),
      tables_(tables),
      started_s_(clock.now_seconds()) {}

ThroughputGate& CapacityMeter::gate(const Table& table, Usage& usage, Access access) {
  auto& gate = usage.sides[static_cast<std::size_t>(access)].gate;
  const ThroughputSettings settings = throughput_settings(table, access);
  const std::int64_t now_ns = clock_.steady_ns();
  if (!gate) {
    const auto start =
        table.created_s < started_s_ ? ThroughputGate::Start::kRested : ThroughputGate::Start::kNew;
    gate = std::make_unique<ThroughputGate>(access, settings, times_, start, now_ns);
  } else if (gate->settings() != settings) {
    gate->configure(settings, now_ns);
  }
  return *gate;
}

/// The table is written before anything of the request is: should that fail, nothing has happened.
void CapacityMeter::keep_peak(const Table& table, Access access, double peak) {
  Table grown = table;
  auto& kept = access == Access::kRead ? grown.peak.read_units : grown.peak.write_units;
  kept = static_cast<std::int64_t>(peak);
  if (kept > (access == Access::kRead ? table.peak.read_units : table.peak.write_units)) {
    tables_.update(std::move(grown));
  }
}

std::optional<Limit> CapacityMeter::refusal(const Table& table, Access access,
                                            PartitionHash partition, HalfUnits reserved) {
  if (!enforces_) return std::nullopt;
  Usage& usage = of(table);
  ThroughputGate& asked = gate(table, usage, access);
  const std::int64_t now_ns = clock_.steady_ns();
  if (const auto peak = asked.grown(now_ns)) {
    keep_peak(table, access, *peak);
    asked.configure(throughput_settings(table, access), now_ns);
  }
  const auto limit = asked.refuses(partition, static_cast<double>(reserved) / 2, now_ns);
  if (limit) refuse_more(table, access, *limit, 1);
  return limit;
}

void CapacityMeter::refuse_more(const Table& table, Access access, Limit limit,
                                std::size_t entries) {
  Side& side = of(table).sides[static_cast<std::size_t>(access)];
  side.throttled[static_cast<std::size_t>(limit)] += entries;
}

aws::ApiError CapacityMeter::throttle(const Table& table, Access access, Limit limit,
                                      std::string_view operation) {
  ++of(table).throttled_requests[operation];
  const auto billing =
      table.billing == BillingMode::kPayPerRequest ? Billing::kOnDemand : Billing::kProvisioned;
  return throttled(access, limit, billing, table.arn);
}

void CapacityMeter::take(Usage& usage, Access access, PartitionHash partition, HalfUnits units) {
  Side& side = usage.sides[static_cast<std::size_t>(access)];
  side.taken += units;
  ++side.requests;
  if (side.gate) {
    side.gate->take(partition, static_cast<double>(units) / 2, clock_.steady_ns());
  }
}

bool CapacityMeter::admits(std::uint32_t collection, std::string_view key) {
  if (!enforces_) return true;
  const Table* table = tables_.find_number(collection);
  return table == nullptr || !refusal(*table, Access::kWrite, hash_of(key));
}

void CapacityMeter::wrote(const replication::Change& change) {
  if (change.origin == replication::Origin::kRestamp) return;
  const HalfUnits units = write_units(item_size_of(change.old_record), item_size_of(change.record));
  Usage& usage = usages_[change.collection];
  take(usage, Access::kWrite, hash_of(change.key), units);
  if (change.origin == replication::Origin::kRemote) usage.replicated += units;
}

const CapacityMeter::Usage* CapacityMeter::usage(const Table& table) const {
  const auto found = usages_.find(table.number);
  return found == usages_.end() ? nullptr : &found->second;
}

void CapacityMeter::prune() {
  std::erase_if(usages_,
                [this](const auto& entry) { return tables_.find_number(entry.first) == nullptr; });
}

}  // namespace tandem::dynamodb
