// The operations on tables: the control plane.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "aws/api.h"
#include "replication/replicator.h"
#include "service/capacity_mode.h"
#include "service/environment.h"
#include "service/operation.h"
#include "services/dynamodb/store/item_store.h"
#include "services/dynamodb/store/replica_host.h"
#include "services/dynamodb/store/table.h"

namespace tandem::dynamodb {

/// What table operations work on. Borrowed for as long as the operations are called.
struct TablePlane {
  service::Environment& environment;
  TableCatalog& tables;
  ItemStore& items;
  replication::Replicator& replicator;
  ReplicaHost& host;
  aws::Api* others = nullptr;  ///< AWS's API of the other regions
  service::CapacityMode capacity = service::CapacityMode::kOff;
  bool named_switch = false;  ///< the log has said what serves legacy global tables
  /// Whether Application Auto Scaling scales a table's writes; empty: it scales none.
  std::function<bool(std::string_view table)> scaled = {};

  bool scales_writes(std::string_view table) const { return scaled && scaled(table); }
};

/// Appends the rows of all table operations.
void add_table_operations(std::vector<service::Operation>& operations, TablePlane& plane);

// The longer ones, each in a file of its own.
service::Reply create_table(TablePlane& plane, const json::object& input);
service::Reply delete_table(TablePlane& plane, const json::object& input);
Task<service::Reply> update_table(TablePlane& plane, json::object input);
service::Reply tag_resource(TablePlane& plane, const json::object& input);
service::Reply untag_resource(TablePlane& plane, const json::object& input);
service::Reply list_tags_of_resource(TablePlane& plane, const json::object& input);

}  // namespace tandem::dynamodb
