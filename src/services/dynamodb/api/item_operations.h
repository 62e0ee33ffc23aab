// The operations on items: the data plane. Each is a function from body bytes to body bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/workers.h"
#include "service/operation.h"
#include "services/dynamodb/store/capacity_meter.h"
#include "services/dynamodb/store/item_store.h"
#include "services/dynamodb/store/table.h"

namespace tandem::dynamodb {

/// What item operations work on. Borrowed for as long as the operations are called.
struct ItemPlane {
  const TableCatalog& tables;
  ItemStore& items;
  CapacityMeter& capacity;
  core::Workers& workers;  ///< where large requests are read
};

/// Appends the rows of all item operations.
void add_item_operations(std::vector<service::Operation>& operations, ItemPlane plane);

}  // namespace tandem::dynamodb
