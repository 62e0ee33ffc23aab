#include <algorithm>

#include "core/ids.h"
#include "services/dynamodb/api/table_description.h"
#include "services/dynamodb/api/table_errors.h"
#include "services/dynamodb/api/table_settings.h"

namespace tandem::dynamodb {
namespace {

using aws::ApiError;

/// The quota that an account starts with (Service Quotas, "Maximum number of tables").
constexpr std::size_t kTables = 2500;

std::string list_of(const std::vector<std::string>& names) {
  return fmt::format("[{}]", fmt::join(names, ", "));
}

struct KeySchema {
  std::vector<std::string> names;
  std::vector<std::string> types;  ///< "HASH", "RANGE"
};

KeySchema key_schema(const json::array& elements) {
  KeySchema schema;
  for (const json::value& element : elements) {
    schema.names.push_back(json::string_or(element.as_object(), "AttributeName"));
    schema.types.push_back(json::string_or(element.as_object(), "KeyType"));
  }
  if (schema.types.at(0) != "HASH") {
    throw ApiError::validation_exception(
        "Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
  }
  if (schema.types.size() > 1 && schema.types[1] != "RANGE") {
    throw ApiError::validation_exception(
        "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
  }
  if (schema.names.size() > 1 && schema.names[0] == schema.names[1]) {
    throw ApiError::validation_exception(
        "Both the Hash Key and the Range Key element in the KeySchema have the same name");
  }
  return schema;
}

/// Every definition is a key's, and every key is defined: without indexes, nothing else has a use.
void set_keys(Table& table, const json::object& input) {
  const json::array& definitions = input.at("AttributeDefinitions").as_array();
  const KeySchema schema = key_schema(input.at("KeySchema").as_array());
  std::map<std::string, std::string> types;
  std::vector<std::string> defined;
  for (const json::value& definition : definitions) {
    const std::string name = json::string_or(definition.as_object(), "AttributeName");
    defined.push_back(name);
    const auto type = json::string_or(definition.as_object(), "AttributeType");
    if (!types.emplace(name, type).second) {
      throw invalid_values("Duplicate AttributeName in AttributeDefinitions: " + name);
    }
  }
  for (const std::string& name : schema.names) {
    if (types.contains(name)) continue;
    throw invalid_values(
        fmt::format("Some index key attributes are not defined in AttributeDefinitions. Keys: {}, "
                    "AttributeDefinitions: {}",
                    list_of(schema.names), list_of(defined)));
  }
  if (types.size() != schema.names.size()) {
    throw invalid_values(
        "Number of attributes in KeySchema does not exactly match number of attributes defined in "
        "AttributeDefinitions");
  }
  const auto key = [&](std::size_t at) {
    const std::string& name = schema.names[at];
    return KeyAttribute{name, static_cast<KeyType>(types.at(name).front())};
  };
  table.hash = key(0);
  if (schema.names.size() > 1) table.range = key(1);
}

void set_billing(Table& table, const json::object& input) {
  const auto throughput = requested_throughput(input);
  const bool per_request = json::string_or(input, "BillingMode") == "PAY_PER_REQUEST";
  if (per_request && throughput) throw throughput_with_per_request();
  if (!per_request && !throughput) {
    throw invalid_values(
        "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is "
        "PROVISIONED");
  }
  table.billing = per_request ? BillingMode::kPayPerRequest : BillingMode::kProvisioned;
  if (throughput) table.throughput = *throughput;
  if (per_request) table.billing_changed_s = table.created_s;
}

void set_stream(Table& table, const json::object& input, const core::Clock& clock) {
  const json::object* stream = json::find_object(input, "StreamSpecification");
  if (stream == nullptr) return;
  const auto view = json::find_string(*stream, "StreamViewType");
  if (!json::bool_or(*stream, "StreamEnabled", false)) {
    if (!view) return;
    throw invalid_values(
        "Table is being created with a stream disabled, UpdateViewType should not be specified");
  }
  if (!view) {
    throw invalid_values(
        "Table is being created with a stream enabled, UpdateViewType is required");
  }
  table.stream_view = *view;
  table.stream_label = stream_label(clock);
}

/// Members whose only honoured value is AWS's default.
void check_defaults(const json::object& input) {
  if (json::string_or(input, "TableClass", "STANDARD") != "STANDARD") {
    service::refuse_member("TableClass", "only STANDARD is implemented");
  }
  const json::object* encryption = json::find_object(input, "SSESpecification");
  if (encryption == nullptr) return;
  if (json::bool_or(*encryption, "Enabled", false)) service::refuse_member("SSESpecification");
  for (const std::string_view member : {"SSEType", "KMSMasterKeyId"}) {
    if (encryption->contains(member)) {
      service::refuse_member("SSESpecification." + std::string(member));
    }
  }
}

}  // namespace

service::Reply create_table(TablePlane& plane, const json::object& input) {
  check_defaults(input);
  Table table;
  table.name = json::string_or(input, "TableName");
  table.created_s = plane.environment.clock.now_seconds();
  set_billing(table, input);
  set_keys(table, input);
  set_stream(table, input, plane.environment.clock);
  table.deletion_protection = requested_protection(input).value_or(false);
  add_tags(table, input);
  if (plane.tables.find(table.name) != nullptr) {
    throw resource_in_use("Table already exists: " + table.name);
  }
  if (plane.tables.size() >= kTables) {
    throw ApiError(400, "LimitExceededException",
                   fmt::format("Subscriber limit exceeded: There is a limit of {} tables per "
                               "subscriber",
                               kTables));
  }
  table.id = core::uuid4(plane.environment.random);
  table.arn = table_arn(plane.environment, table.name);
  const Table& created = plane.tables.add(std::move(table));
  return json::object{{"TableDescription", describe(plane, created, TableStatus::kCreating)}};
}

}  // namespace tandem::dynamodb
