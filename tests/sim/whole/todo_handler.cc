#include "tests/sim/whole/todo_handler.h"

#include "aws/error.h"
#include "core/json.h"
#include "service/remote_api.h"

namespace tandem::sim {
namespace {

struct Answer {
  int status = 200;
  std::string body;
};

std::string variable(const Variables& variables, std::string_view name) {
  const auto found = variables.find(name);
  return found == variables.end() ? "" : found->second;
}

json::object key_of(std::string_view id) {
  return {{"id", json::object{{"S", json::string(id.data(), id.size())}}}};
}

Task<Answer> act(aws::Api* api, std::string region, std::string table, json::object event) {
  const std::string method = json::string_or(event, "httpMethod");
  if (json::string_or(event, "resource") == "/todos/health") co_return Answer{200, "{}"};
  std::string id;
  if (const auto* parameters = json::find_object(event, "pathParameters")) {
    id = json::string_or(*parameters, "id");
  }
  aws::ApiCall call{.region = std::move(region), .service = "dynamodb"};
  call.input["TableName"] = table;
  if (method == "PUT") {
    call.operation = "PutItem";
    json::object item = key_of(id);
    item["text"] = json::object{{"S", json::string_or(event, "body")}};
    call.input["Item"] = std::move(item);
    co_await api->call(std::move(call));
    co_return Answer{200, json::string_or(event, "body")};
  }
  call.input["Key"] = key_of(id);
  if (method == "DELETE") {
    call.operation = "DeleteItem";
    co_await api->call(std::move(call));
    co_return Answer{204, ""};
  }
  call.operation = "GetItem";
  call.input["ConsistentRead"] = true;
  const aws::ApiResult found = co_await api->call(std::move(call));
  const auto* item = json::find_object(found.output, "Item");
  if (item == nullptr) co_return Answer{404, "{}"};
  co_return Answer{200, json::string_or(*json::find_object(*item, "text"), "S")};
}

Task<std::string> handle(std::shared_ptr<HandlerPlace> place, Variables variables,
                         std::string event) {
  service::RemoteApi api(
      *place->http, [place](const aws::ApiCall&) { return place->endpoint; },
      {variable(variables, "AWS_ACCESS_KEY_ID"), variable(variables, "AWS_SECRET_ACCESS_KEY"),
       variable(variables, "AWS_SESSION_TOKEN")},
      *place->clock);
  Answer answer;
  try {
    auto parsed = json::parse_text(event);
    if (!parsed) throw std::runtime_error("not JSON: " + event);
    answer = co_await act(&api, place->region, variable(variables, "TABLE_NAME"),
                          std::move(parsed).value().as_object());
  } catch (const aws::ApiError& error) {
    answer = {503, error.code() + ": " + error.message()};
  }
  co_return json::to_text(json::object{{"statusCode", answer.status},
                                       {"headers", json::object{{"x-region", place->region}}},
                                       {"body", answer.body}});
}

}  // namespace

Handler todo_handler(std::shared_ptr<HandlerPlace> place) {
  return [place](Variables variables, std::string event) {
    return handle(place, std::move(variables), std::move(event));
  };
}

}  // namespace tandem::sim
