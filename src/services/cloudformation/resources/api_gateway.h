// What the API Gateway types share.
#pragma once

#include <string>

#include "services/cloudformation/resources/common.h"

namespace tandem::cloudformation {

/// Brings the tags of arn:aws:apigateway:<region>::<path> from before to after.
Task<void> update_gateway_tags(HandlerContext& context, std::string path, json::object before,
                               json::object after);

/// What context's resource made, told by CloudFormation's tags from what others made: its id in the
/// answers of a listing operation; empty when there is none but the known ones.
Task<std::string> find_tagged(HandlerContext& context, std::string listing,
                              std::set<std::string> known);
/// The ids in a listing of an API's parts.
Task<std::vector<json::object>> list_items(HandlerContext& context, std::string listing,
                                           json::object request);

}  // namespace tandem::cloudformation
