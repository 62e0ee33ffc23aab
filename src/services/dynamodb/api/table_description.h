// Tables as DescribeTable and its like show them.
#pragma once

#include <optional>

#include "core/json.h"
#include "services/dynamodb/api/table_operations.h"

namespace tandem::dynamodb {

/// "CREATING", "ACTIVE", "DELETING".
std::string_view replica_status(replication::MemberState state);

/// TableDescription. status: shown instead of the table's own, where an operation answers with the
/// state it has set off rather than the one it has reached.
json::object describe(const TablePlane& plane, const Table& table,
                      std::optional<TableStatus> status = std::nullopt);

/// TableName is a name or an ARN of this region.
void check_table_name(const TablePlane& plane, const json::object& input);
/// The table, or ResourceNotFoundException in the words of table operations.
const Table& find_table(const TablePlane& plane, const json::object& input);

}  // namespace tandem::dynamodb
