// A lost update as GET /_tandem/conflicts shows it.
#pragma once

#include <string>

#include "core/json.h"
#include "replication/lost_updates.h"
#include "services/dynamodb/store/table.h"

namespace tandem::dynamodb {

/// {"Table", "Key": {"id": {"S": …}}, "Lost": {"Region", "Time", "Operation"}, "Winner": …,
/// "NoticedAt"}. Operation is "Put" or "Delete": whether an item was left.
json::object conflict_document(const replication::LostUpdate& lost, const Table& table,
                               const std::string& region);

}  // namespace tandem::dynamodb
