// One handler per item operation, each in a file of its name; item_operations.cc lists them.
#pragma once

#include <string>
#include <string_view>

#include "services/dynamodb/api/item_operations.h"
#include "services/dynamodb/api/item_request.h"

namespace tandem::dynamodb {

/// Throws ApiError. What is pending has taken of the request what it needs.
using ItemHandler = service::RawAnswer (*)(ItemPlane& plane, ItemRequest& request);

service::RawAnswer put_item(ItemPlane& plane, ItemRequest& request);
service::RawAnswer get_item(ItemPlane& plane, ItemRequest& request);
service::RawAnswer update_item(ItemPlane& plane, ItemRequest& request);
service::RawAnswer delete_item(ItemPlane& plane, ItemRequest& request);
service::RawAnswer query(ItemPlane& plane, ItemRequest& request);
service::RawAnswer scan(ItemPlane& plane, ItemRequest& request);
service::RawAnswer batch_get_item(ItemPlane& plane, ItemRequest& request);
service::RawAnswer batch_write_item(ItemPlane& plane, ItemRequest& request);

}  // namespace tandem::dynamodb
