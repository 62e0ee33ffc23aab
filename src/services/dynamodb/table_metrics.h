// What CloudWatch is told of tables (DynamoDB Developer Guide, "DynamoDB metrics and dimensions"):
// consumed and provisioned capacity, throttles by their reasons, replication's latency.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "replication/replicator.h"
#include "service/environment.h"
#include "services/dynamodb/store/capacity_meter.h"
#include "services/dynamodb/store/table.h"

namespace tandem::dynamodb {

class TableMetrics {
 public:
  /// Borrows everything.
  TableMetrics(const service::Environment& environment, const TableCatalog& tables,
               const CapacityMeter& capacity, const replication::Replicator& replicator)
      : environment_(environment), tables_(tables), capacity_(capacity), replicator_(replicator) {}

  /// What has happened since the last time.
  void poll();
  /// At the end of a minute of AWS's: what is so, and that nothing happened.
  void sample();

 private:
  using Counts = std::array<std::uint64_t, kLimits>;
  struct Side {
    HalfUnits taken = 0;
    std::uint64_t requests = 0;
    Counts throttled{};
    bool idle = true;  ///< in the minute that is not over
  };
  struct Seen {
    std::array<Side, kAccesses> sides;
    std::map<std::string, std::uint64_t, std::less<>> throttled_requests;
    HalfUnits replicated = 0;
    bool written_here = false;  ///< in the minute that is not over
  };
  struct Lag {
    std::uint64_t writes = 0;
    double sum_us = 0;
  };

  void poll_side(const Table& table, Access access, const CapacityMeter::Side& now, Side& seen);
  void sample_settings(const Table& table);
  void sample_latency();

  const service::Environment& environment_;
  const TableCatalog& tables_;
  const CapacityMeter& capacity_;
  const replication::Replicator& replicator_;
  std::map<std::uint32_t, Seen> seen_;            ///< by the table's number
  std::map<std::string, Lag, std::less<>> lags_;  ///< by peer
  int minute_ = 0;
};

}  // namespace tandem::dynamodb
