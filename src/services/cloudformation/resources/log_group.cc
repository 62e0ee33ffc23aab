#include <fmt/format.h>

#include "aws/arn.h"
#include "services/cloudformation/resources/common.h"
#include "services/cloudformation/resources/table.h"

namespace tandem::cloudformation {
namespace {

class LogGroup final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    Physical physical;
    physical.id =
        json::find_string(properties, "LogGroupName").value_or(context.generated_name(512));
    physical.attributes = attributes(context, physical.id);
    json::object request{{"logGroupName", physical.id}};
    const json::object tags = tag_map(properties);
    if (!tags.empty()) request["tags"] = tags;
    context.intend(physical);
    co_await context.call("logs", "CreateLogGroup", std::move(request));
    context.claim(physical);
    co_await settle_retention(context, physical.id, {}, properties);
    co_return physical;
  }

  Task<Physical> read(HandlerContext& context, std::string identifier) const override {
    // The name itself sorts before all that begin with it.
    json::object request{{"logGroupNamePrefix", identifier}, {"limit", 1}};
    json::object found = co_await context.call("logs", "DescribeLogGroups", std::move(request));
    const auto* groups = json::find_array(found, "logGroups");
    if (groups == nullptr || groups->empty() ||
        json::string_or(groups->front().as_object(), "logGroupName") != identifier) {
      throw aws::ApiError(400, "ResourceNotFoundException",
                          "The specified log group does not exist.");
    }
    co_return Physical{identifier, attributes(context, identifier)};
  }

  Task<Physical> update(HandlerContext& context, Physical physical, json::object before,
                        json::object after) const override {
    co_await settle_retention(context, physical.id, before, after);
    const TagChanges tags = tag_changes(before, after);
    if (!tags.removed.empty()) {
      json::object request{{"logGroupName", physical.id}, {"tags", tags.removed}};
      co_await context.call("logs", "UntagLogGroup", std::move(request));
    }
    if (!tags.set.empty()) {
      json::object request{{"logGroupName", physical.id}, {"tags", tags.set}};
      co_await context.call("logs", "TagLogGroup", std::move(request));
    }
    co_return physical;
  }

  Task<void> remove(HandlerContext& context, Physical physical, json::object) const override {
    json::object request{{"logGroupName", physical.id}};
    co_await context.call("logs", "DeleteLogGroup", std::move(request));
  }

 private:
  static json::object attributes(const HandlerContext& context, const std::string& name) {
    return {{"Arn", aws::make_arn("logs", context.identity().region, context.identity().account,
                                  fmt::format("log-group:{}:*", name))}};
  }

  static Task<void> settle_retention(HandlerContext& context, std::string name, json::object before,
                                     json::object after) {
    if (!differs(before, after, "RetentionInDays")) co_return;
    json::object request{{"logGroupName", name}};
    if (const auto days = json::find_int(after, "RetentionInDays")) {
      request["retentionInDays"] = *days;
      co_await context.call("logs", "PutRetentionPolicy", std::move(request));
    } else {
      co_await context.call("logs", "DeleteRetentionPolicy", std::move(request));
    }
  }
};

}  // namespace

ResourceType logs_log_group() {
  return importable_by(
      "LogGroupName",
      declare("AWS::Logs::LogGroup", {.serves = "LogGroupName RetentionInDays Tags"}, {"Arn"},
              "LogGroupName", std::make_unique<LogGroup>()));
}

}  // namespace tandem::cloudformation
