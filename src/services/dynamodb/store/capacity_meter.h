// Who counts what each table's reads and writes take, and with `capacity: enforce` turns away what
// is more than the table has.
//
// A request is let in (admit) before its item is looked at and pays afterwards (take, wrote), since
// only then is known what it costs. Writes pay where they pass the one door of changes, so that
// another region's cost this copy what they cost the one they were made in.
//
// What was saved up is in memory alone. After a restart a table counts as rested: nobody knows how
// long the process was away, and while it was, nothing was used. Of a table on demand the peak is
// stored with the table.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "aws/error.h"
#include "core/clock.h"
#include "core/pace.h"
#include "replication/write_meter.h"
#include "service/capacity_mode.h"
#include "services/dynamodb/model/capacity_units.h"
#include "services/dynamodb/model/throughput.h"
#include "services/dynamodb/store/table.h"

namespace tandem::dynamodb {

/// The hash of a partition key; nothing for what is not of one.
using PartitionHash = std::optional<std::uint64_t>;

class CapacityMeter final : public replication::WriteMeter {
 public:
  /// Borrows clock and tables.
  CapacityMeter(service::CapacityMode mode, core::Pace pace, const core::Clock& clock,
                TableCatalog& tables);

  /// Throws what a throttled client is told. operation: a literal, AWS's name.
  void admit(const Table& table, Access access, std::string_view operation,
             PartitionHash partition) {
    if (!enforces_) return;
    if (const auto limit = refusal(table, access, partition)) {
      throw throttle(table, access, *limit, operation);
    }
  }
  /// The same for one entry of a batch. reserved: of those let in that have not paid yet.
  std::optional<Limit> refusal(const Table& table, Access access, PartitionHash partition,
                               HalfUnits reserved = 0);
  /// Entries of a batch that are turned away with one that was.
  void refuse_more(const Table& table, Access access, Limit limit, std::size_t entries);
  /// The request as a whole is turned away.
  aws::ApiError throttle(const Table& table, Access access, Limit limit,
                         std::string_view operation);
  /// Of a read, or of a write that changes nothing.
  void take(const Table& table, Access access, PartitionHash partition, HalfUnits units) {
    take(of(table), access, partition, units);
  }

  bool admits(std::uint32_t collection, std::string_view key) override;
  void wrote(const replication::Change& change) override;

  struct Side {
    HalfUnits taken = 0;
    std::uint64_t requests = 0;
    std::array<std::uint64_t, kLimits> throttled{};
    std::unique_ptr<ThroughputGate> gate;  ///< when it is enforced, from the first use on
  };
  struct Usage {
    std::array<Side, kAccesses> sides;
    HalfUnits replicated = 0;  ///< of what was written: other regions' writes
    std::map<std::string_view, std::uint64_t> throttled_requests;  ///< by operation
    const Side& side(Access access) const { return sides[static_cast<std::size_t>(access)]; }
  };
  /// Null: nothing has been read or written since the process started.
  const Usage* usage(const Table& table) const;

 private:
  Usage& of(const Table& table) {
    if (usages_.size() > tables_.size() + kGoneTables) prune();
    return usages_[table.number];
  }
  /// Forgets tables that are gone.
  void prune();
  ThroughputGate& gate(const Table& table, Usage& usage, Access access);
  void take(Usage& usage, Access access, PartitionHash partition, HalfUnits units);
  void keep_peak(const Table& table, Access access, double peak);

  static constexpr std::size_t kGoneTables = 100;

  bool enforces_;
  ScalingTimes times_;
  const core::Clock& clock_;
  TableCatalog& tables_;
  double started_s_;
  std::unordered_map<std::uint32_t, Usage> usages_;  ///< by the table's number
};

/// What the gate of a table's reads or writes goes by.
ThroughputSettings throughput_settings(const Table& table, Access access);

}  // namespace tandem::dynamodb
