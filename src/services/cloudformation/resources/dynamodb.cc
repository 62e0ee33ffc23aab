#include "services/cloudformation/resources/dynamodb.h"

namespace tandem::cloudformation {
namespace {

// CloudFormation says only the view; a table without the property has no stream.
json::object stream_request(const json::object& properties) {
  const auto* stream = json::find_object(properties, "StreamSpecification");
  if (stream == nullptr) return {{"StreamEnabled", false}};
  return {{"StreamEnabled", true}, {"StreamViewType", text_of(*stream, "StreamViewType")}};
}

bool replicas_active(const json::object& table) {
  const auto* replicas = json::find_array(table, "Replicas");
  if (replicas == nullptr) return true;
  return std::all_of(replicas->begin(), replicas->end(), [](const json::value& replica) {
    return json::string_or(replica.as_object(), "ReplicaStatus", "ACTIVE") == "ACTIVE";
  });
}

}  // namespace

json::object table_request(const json::object& properties) {
  json::object request =
      keep(properties, {"AttributeDefinitions", "KeySchema", "BillingMode", "LocalSecondaryIndexes",
                        "GlobalSecondaryIndexes", "ProvisionedThroughput", "TableClass"});
  if (properties.contains("StreamSpecification")) {
    request["StreamSpecification"] = stream_request(properties);
  }
  return request;
}

Task<json::object> wait_for_table(HandlerContext& context, std::string name) {
  for (;;) {
    json::object request{{"TableName", name}};
    json::object found = co_await context.call("dynamodb", "DescribeTable", std::move(request));
    const auto* table = json::find_object(found, "Table");
    if (table != nullptr && json::string_or(*table, "TableStatus") == "ACTIVE" &&
        replicas_active(*table)) {
      co_return *table;
    }
    co_await context.pause();
  }
}

Task<Physical> read_table(HandlerContext& context, std::string name) {
  json::object request{{"TableName", name}};
  json::object found = co_await context.call("dynamodb", "DescribeTable", std::move(request));
  Physical physical;
  physical.id = std::move(name);
  if (const auto* table = json::find_object(found, "Table")) {
    physical.attributes = table_attributes(*table);
  }
  co_return physical;
}

Task<void> change_table(HandlerContext& context, std::string name, json::object change) {
  change["TableName"] = name;
  co_await context.call("dynamodb", "UpdateTable", std::move(change));
  co_await wait_for_table(context, std::move(name));
}

Task<void> update_table_settings(HandlerContext& context, std::string name, json::object before,
                                 json::object after) {
  if (differs(before, after, "GlobalSecondaryIndexes") ||
      differs(before, after, "AttributeDefinitions")) {
    throw HandlerError("NotUpdatable",
                       "Changing GlobalSecondaryIndexes or AttributeDefinitions is "
                       "not supported by Tandem");
  }
  if (differs(before, after, "BillingMode") || differs(before, after, "ProvisionedThroughput")) {
    json::object change = keep(after, {"ProvisionedThroughput"});
    change["BillingMode"] = json::string_or(after, "BillingMode", "PROVISIONED");
    co_await change_table(context, name, std::move(change));
  }
  if (differs(before, after, "StreamSpecification")) {
    // A stream's view cannot be changed while it is on.
    if (before.contains("StreamSpecification") && after.contains("StreamSpecification")) {
      json::object off{{"StreamSpecification", json::object{{"StreamEnabled", false}}}};
      co_await change_table(context, name, std::move(off));
    }
    json::object change{{"StreamSpecification", stream_request(after)}};
    co_await change_table(context, name, std::move(change));
  }
  if (differs(before, after, "TableClass")) {
    json::object change{{"TableClass", json::string_or(after, "TableClass", "STANDARD")}};
    co_await change_table(context, name, std::move(change));
  }
  if (differs(before, after, "DeletionProtectionEnabled")) {
    json::object change{
        {"DeletionProtectionEnabled", json::bool_or(after, "DeletionProtectionEnabled", false)}};
    co_await change_table(context, name, std::move(change));
  }
}

Task<void> delete_table(HandlerContext& context, std::string name) {
  json::object request{{"TableName", name}};
  co_await context.call("dynamodb", "DeleteTable", std::move(request));
  for (bool gone = false; !gone;) {
    try {
      json::object again{{"TableName", name}};
      co_await context.call("dynamodb", "DescribeTable", std::move(again));
    } catch (const aws::ApiError& error) {
      if (!means_gone(error)) throw;
      gone = true;
    }
    if (!gone) co_await context.pause();
  }
}

Task<void> update_table_tags(HandlerContext& context, std::string region, std::string arn,
                             json::object before, json::object after) {
  const TagChanges changes = tag_changes(before, after);
  if (!changes.removed.empty()) {
    json::object request{{"ResourceArn", arn}, {"TagKeys", changes.removed}};
    co_await context.call_in(region, "dynamodb", "UntagResource", std::move(request));
  }
  if (!changes.set.empty()) {
    json::object request{{"ResourceArn", arn}, {"Tags", tag_list(changes.set)}};
    co_await context.call_in(region, "dynamodb", "TagResource", std::move(request));
  }
}

json::object table_attributes(const json::object& table) {
  return pick(table,
              {{"TableArn", "Arn"}, {"LatestStreamArn", "StreamArn"}, {"TableId", "TableId"}});
}

}  // namespace tandem::cloudformation
