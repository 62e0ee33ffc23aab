#include "dynamo_store.h"

#include <charconv>
#include <cstdlib>

namespace todo {
namespace {

namespace json = boost::json;
using tandem::lambda_runtime::AwsJsonClient;
using tandem::lambda_runtime::AwsResponse;
using tandem::lambda_runtime::TransportError;

constexpr std::chrono::milliseconds kTimeout{2'500};
constexpr std::chrono::milliseconds kHealthTimeout{1'500};

/// Thrown to tell a failed condition from other refusals.
struct ConditionFailed {};

json::value text_value(std::string_view text) { return json::object{{"S", text}}; }
json::value number_value(std::int64_t number) {
  return json::object{{"N", std::to_string(number)}};
}
json::object key(const std::string& id) { return {{"id", text_value(id)}}; }

std::string read_text(const json::object& item, std::string_view name) {
  const json::value* value = item.if_contains(name);
  return value == nullptr ? "" : json::value_to<std::string>(value->at("S"));
}

std::int64_t read_number(const json::object& item, std::string_view name) {
  const json::value* value = item.if_contains(name);
  if (value == nullptr) return 0;
  const json::string& text = value->at("N").as_string();
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Todo read_item(const json::object& item) {
  Todo todo;
  todo.id = read_text(item, "id");
  todo.text = read_text(item, "text");
  if (const json::value* checked = item.if_contains("checked")) {
    todo.checked = checked->at("BOOL").as_bool();
  }
  todo.created_at_ms = read_number(item, "createdAt");
  todo.updated_at_ms = read_number(item, "updatedAt");
  return todo;
}

AwsJsonClient::Options health_options() {
  AwsJsonClient::Options options = AwsJsonClient::dynamodb_from_environment();
  options.attempts = 1;
  return options;
}

}  // namespace

DynamoStore::DynamoStore(std::string table)
    : table_(std::move(table)),
      client_(AwsJsonClient::dynamodb_from_environment()),
      health_client_(health_options()) {}

json::object DynamoStore::request() const { return {{"TableName", table_}}; }

json::object DynamoStore::call(std::string_view operation, const json::object& input) {
  AwsResponse response;
  try {
    response = client_.call(operation, json::serialize(input), kTimeout);
  } catch (const TransportError& error) {
    throw StoreError(StoreError::Kind::kTemporary, error.what());
  }
  if (response.ok()) return std::move(json::parse(response.body).as_object());
  const std::string code = response.error_code();
  if (code == "ConditionalCheckFailedException") throw ConditionFailed{};
  const bool temporary = response.status >= 500 || code == "ThrottlingException" ||
                         code == "ProvisionedThroughputExceededException" ||
                         code == "RequestLimitExceeded";
  throw StoreError(temporary ? StoreError::Kind::kTemporary : StoreError::Kind::kPermanent,
                   std::string(operation) + ": " + response.body);
}

void DynamoStore::put(const Todo& todo) {
  json::object input = request();
  input["Item"] = {{"id", text_value(todo.id)},
                   {"text", text_value(todo.text)},
                   {"checked", {{"BOOL", todo.checked}}},
                   {"createdAt", number_value(todo.created_at_ms)},
                   {"updatedAt", number_value(todo.updated_at_ms)}};
  call("PutItem", input);
}

std::optional<Todo> DynamoStore::get(const std::string& id) {
  json::object input = request();
  input["Key"] = key(id);
  const json::object output = call("GetItem", input);
  const json::value* item = output.if_contains("Item");
  if (item == nullptr) return std::nullopt;
  return read_item(item->as_object());
}

std::optional<Todo> DynamoStore::change(const std::string& id, const TodoChange& change,
                                        std::int64_t now_ms) {
  json::object input = request();
  input["Key"] = key(id);
  input["UpdateExpression"] = "SET #text = :text, checked = :checked, updatedAt = :now";
  input["ConditionExpression"] = "attribute_exists(id)";
  input["ExpressionAttributeNames"] = {{"#text", "text"}};
  input["ExpressionAttributeValues"] = {{":text", text_value(change.text)},
                                        {":checked", {{"BOOL", change.checked}}},
                                        {":now", number_value(now_ms)}};
  input["ReturnValues"] = "ALL_NEW";
  try {
    const json::object output = call("UpdateItem", input);
    return read_item(output.at("Attributes").as_object());
  } catch (const ConditionFailed&) {
    return std::nullopt;
  }
}

bool DynamoStore::remove(const std::string& id) {
  json::object input = request();
  input["Key"] = key(id);
  input["ConditionExpression"] = "attribute_exists(id)";
  try {
    call("DeleteItem", input);
    return true;
  } catch (const ConditionFailed&) {
    return false;
  }
}

TodoPage DynamoStore::list(std::size_t limit, const std::string& after) {
  json::object input = request();
  input["Limit"] = limit;
  if (!after.empty()) input["ExclusiveStartKey"] = key(after);
  const json::object output = call("Scan", input);
  TodoPage page;
  for (const json::value& item : output.at("Items").as_array()) {
    page.todos.push_back(read_item(item.as_object()));
  }
  if (const json::value* last = output.if_contains("LastEvaluatedKey")) {
    page.next = read_text(last->as_object(), "id");
  }
  return page;
}

bool DynamoStore::healthy() {
  json::object input = request();
  input["Key"] = key("health");
  // Strongly consistent: answered by the table's own region, or not at all.
  input["ConsistentRead"] = true;
  try {
    return health_client_.call("GetItem", json::serialize(input), kHealthTimeout).ok();
  } catch (const TransportError&) {
    return false;
  }
}

}  // namespace todo
