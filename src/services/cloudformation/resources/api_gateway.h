// What the API Gateway types share.
#pragma once

#include <string>

#include "services/cloudformation/resources/common.h"

namespace tandem::cloudformation {

/// Brings the tags of arn:aws:apigateway:<region>::<path> from before to after.
Task<void> update_gateway_tags(HandlerContext& context, std::string path, json::object before,
                               json::object after);

}  // namespace tandem::cloudformation
