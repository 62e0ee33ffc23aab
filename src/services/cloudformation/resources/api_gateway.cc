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

Task<std::vector<json::object>> list_items(HandlerContext& context, std::string listing,
                                           json::object request) {
  std::vector<json::object> all;
  request["limit"] = 500;
  for (;;) {
    json::object page = co_await context.call("apigateway", listing, request);
    if (const auto* items = json::find_array(page, "items")) {
      for (const auto& item : *items) all.push_back(item.as_object());
    }
    const std::string position = json::string_or(page, "position");
    if (position.empty()) co_return all;
    request["position"] = position;
  }
}

Task<std::string> find_tagged(HandlerContext& context, std::string listing,
                              std::set<std::string> known) {
  std::vector<json::object> items = co_await list_items(context, std::move(listing), {});
  for (const json::object& item : items) {
    const std::string id = json::string_or(item, "id");
    const auto* tags = json::find_object(item, "tags");
    if (tags != nullptr && context.has_system_tags(*tags) && !known.contains(id)) co_return id;
  }
  co_return "";
}

}  // namespace tandem::cloudformation
