// The tables' side of replication: makes and drops this region's copies of global tables as the
// groups they belong to say, and lets a request wait for a group to change.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "core/task.h"
#include "replication/replicator.h"
#include "service/environment.h"
#include "services/dynamodb/store/table.h"

namespace tandem::dynamodb {

/// "arn:aws:dynamodb:us-east-1:123456789012:table/todos".
std::string table_arn(const service::Environment& environment, std::string_view name);
/// The time in the form of stream labels: "2026-11-24T06:31:00.123".
std::string stream_label(const core::Clock& clock);

/// Whether a table takes part in a global table of version 2017.11.29 as it is wanted.
bool may_be_joined(const Table& here, const Table& wanted);

class ReplicaHost final : public replication::Replicator::Host {
 public:
  /// Borrows everything. Brings the catalogue in line with what the replicator has loaded: either
  /// may have been a step ahead when the process died.
  ReplicaHost(service::Environment& environment, TableCatalog& tables,
              replication::Replicator& replicator);

  std::optional<replication::Replicator::Replica> create_replica(
      const replication::Group& group) override;
  bool joins(const replication::Group& group) const override;
  bool may_leave(const replication::Group& group) override;
  void leaving(const replication::Group& group) override;
  void dropped(const replication::Group& group) override;
  void changed(const replication::Group& group) override;
  void dissolved(const replication::Group& group) override;
  void reconcile() override;

  /// Removes an ordinary table with its items.
  void remove_table(const Table& table);
  /// Returns after the next change of any group, or after at most `limit`.
  Task<void> wait_for_change(std::chrono::milliseconds limit);

 private:
  void announce();

  service::Environment& environment_;
  TableCatalog& tables_;
  replication::Replicator& replicator_;
  core::Timer changed_;
};

}  // namespace tandem::dynamodb
