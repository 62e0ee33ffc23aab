#include "services/dynamodb/api/replica_updates.h"
#include "services/dynamodb/api/table_description.h"
#include "services/dynamodb/api/table_errors.h"

namespace tandem::dynamodb {

service::Reply delete_table(TablePlane& plane, const json::object& input) {
  const Table& table = find_table(plane, input);
  if (table.status == TableStatus::kDeleting) {
    throw resource_in_use(
        "Attempt to change a resource which is still in use: Table is being deleted: " +
        table.name);
  }
  if (table.status == TableStatus::kCreating) {
    throw resource_in_use("Attempt to change a resource which is still in use: Table: " +
                          table.name + " is being used.");
  }
  if (table.legacy) {
    throw resource_in_use(
        "Attempt to change a resource which is still in use: Table: " + table.name +
        " is a replica of a global table: remove it with UpdateGlobalTable first");
  }
  if (table.deletion_protection) {
    throw aws::ApiError::validation_exception(
        "Resource cannot be deleted as it is currently protected against deletion. Disable "
        "deletion protection first.");
  }
  json::object description = describe(plane, table, TableStatus::kDeleting);
  // AWS shows neither keys nor definitions of what is on its way out.
  for (const std::string_view member : {"AttributeDefinitions", "KeySchema"}) {
    description.erase(member);
  }
  if (table.replicated()) {
    check_no_replica_in_transit(plane, table);
    check_not_recent_source(plane, table, plane.environment.region);
    plane.replicator.leave(std::string(table.group));
  } else {
    plane.host.remove_table(table);
  }
  return json::object{{"TableDescription", std::move(description)}};
}

}  // namespace tandem::dynamodb
