#include "services/cloudformation/resources/dynamodb.h"
#include "services/cloudformation/resources/table.h"

namespace tandem::cloudformation {
namespace {

class Table final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    Physical physical;
    physical.id = json::find_string(properties, "TableName").value_or(context.generated_name(255));
    json::object request = table_request(properties);
    request["TableName"] = physical.id;
    for (const auto& member : keep(properties, {"Tags", "DeletionProtectionEnabled"})) {
      request[member.key()] = member.value();
    }
    context.intend(physical);
    json::object made = co_await context.call("dynamodb", "CreateTable", std::move(request));
    if (const auto* table = json::find_object(made, "TableDescription")) {
      physical.attributes = table_attributes(*table);
    }
    context.claim(physical);
    json::object table = co_await wait_for_table(context, physical.id);
    physical.attributes = table_attributes(table);
    co_return physical;
  }

  Task<Physical> read(HandlerContext& context, std::string identifier) const override {
    co_return co_await read_table(context, std::move(identifier));
  }

  Task<Physical> update(HandlerContext& context, Physical physical, json::object before,
                        json::object after) const override {
    co_await update_table_settings(context, physical.id, before, after);
    co_await update_table_tags(context, context.identity().region,
                               json::string_or(physical.attributes, "Arn"), before, after);
    json::object table = co_await wait_for_table(context, physical.id);
    physical.attributes = table_attributes(table);
    co_return physical;
  }

  Task<void> remove(HandlerContext& context, Physical physical, json::object) const override {
    co_await delete_table(context, physical.id);
  }
};

}  // namespace

ResourceType dynamodb_table() {
  return importable_by(
      "TableName",
      declare(
          "AWS::DynamoDB::Table",
          {.serves = "AttributeDefinitions BillingMode DeletionProtectionEnabled "
                     "GlobalSecondaryIndexes KeySchema LocalSecondaryIndexes ProvisionedThroughput "
                     "StreamSpecification TableClass TableName Tags",
           .refuses = "GlobalSecondaryIndexes/*/ContributorInsightsSpecification "
                      "GlobalSecondaryIndexes/*/OnDemandThroughput "
                      "GlobalSecondaryIndexes/*/WarmThroughput StreamSpecification/ResourcePolicy",
           .replaces = "AttributeDefinitions/*/AttributeType KeySchema LocalSecondaryIndexes"},
          {"Arn", "StreamArn"}, "TableName", std::make_unique<Table>()));
}

}  // namespace tandem::cloudformation
