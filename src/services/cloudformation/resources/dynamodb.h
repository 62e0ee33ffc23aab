// What the two DynamoDB table types share.
#pragma once

#include <string>

#include "services/cloudformation/resources/common.h"

namespace tandem::cloudformation {

/// CreateTable's members, but for name, billing, tags and deletion protection.
json::object table_request(const json::object& properties);
/// A table that is there.
Task<Physical> read_table(HandlerContext& context, std::string name);
/// Describes the table again and again until it and all its replicas are ACTIVE.
Task<json::object> wait_for_table(HandlerContext& context, std::string name);
/// UpdateTable with one change, then waits. A table takes one kind of change at a time.
Task<void> change_table(HandlerContext& context, std::string name, json::object change);
/// Billing, throughput, stream, table class and deletion protection.
Task<void> update_table_settings(HandlerContext& context, std::string name, json::object before,
                                 json::object after);
Task<void> delete_table(HandlerContext& context, std::string name);
Task<void> update_table_tags(HandlerContext& context, std::string region, std::string arn,
                             json::object before, json::object after);
/// Arn, StreamArn and TableId.
json::object table_attributes(const json::object& table);

}  // namespace tandem::cloudformation
