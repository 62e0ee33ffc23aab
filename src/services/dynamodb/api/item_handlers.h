// One handler per item operation, each in a file of its name; item_operations.cc lists them.
#pragma once

#include <string>
#include <string_view>

#include "services/dynamodb/api/item_operations.h"
#include "services/dynamodb/api/item_request.h"

namespace tandem::dynamodb {

/// Throws ApiError.
using ItemHandler = std::string (*)(ItemPlane& plane, ItemRequest& request);

std::string put_item(ItemPlane& plane, ItemRequest& request);
std::string get_item(ItemPlane& plane, ItemRequest& request);
std::string update_item(ItemPlane& plane, ItemRequest& request);
std::string delete_item(ItemPlane& plane, ItemRequest& request);
std::string query(ItemPlane& plane, ItemRequest& request);
std::string scan(ItemPlane& plane, ItemRequest& request);
std::string batch_get_item(ItemPlane& plane, ItemRequest& request);
std::string batch_write_item(ItemPlane& plane, ItemRequest& request);

}  // namespace tandem::dynamodb
