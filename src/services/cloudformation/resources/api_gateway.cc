#include "services/cloudformation/resources/api_gateway.h"

#include <fmt/format.h>

namespace tandem::cloudformation {

Task<void> update_gateway_tags(HandlerContext& context, std::string path, json::object before,
                               json::object after) {
  const TagChanges changes = tag_changes(before, after);
  const std::string arn = fmt::format("arn:aws:apigateway:{}::{}", context.identity().region, path);
  if (!changes.removed.empty()) {
    json::object request{{"resourceArn", arn}, {"tagKeys", changes.removed}};
    co_await context.call("apigateway", "UntagResource", std::move(request));
  }
  if (!changes.set.empty()) {
    json::object request{{"resourceArn", arn}, {"tags", changes.set}};
    co_await context.call("apigateway", "TagResource", std::move(request));
  }
}

}  // namespace tandem::cloudformation
