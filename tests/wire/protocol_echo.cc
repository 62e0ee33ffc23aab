// Speaks the protocol library over standard input and output, one JSON object a line, so that
// test_protocols.py can hold it against botocore's serialisers and parsers.
//
//   {"do": "request", service, method, target, headers: [[n, v]…], body: base64}
//     → {"operation", "input", "payload": base64}
//   {"do": "response", service, operation, output, payload} → {"status", "headers", "body"}
//   {"do": "client_request", service, operation, input, payload} → {"method", "target", …}
//   {"do": "client_response", service, operation, status, headers, body} → {"output", "payload"}
//   {"do": "error", service, status, code, message, members} → {"status", "headers", "body"}
// A failure is {"error": code, "message"}.
#include <iostream>
#include <map>
#include <string>

#include "aws/protocol.h"
#include "core/bytes.h"
#include "core/json.h"
#include "core/text.h"

namespace {

using namespace tandem;  // NOLINT: a test program

net::Headers headers_of(const json::object& in) {
  net::Headers headers;
  for (const auto& field : in.at("headers").as_array()) {
    headers.add(json::to_std(field.at(0)), json::to_std(field.at(1)));
  }
  return headers;
}

std::string bytes_of(const json::object& in, std::string_view key) {
  return core::base64_decode(json::string_or(in, key)).value_or("");
}

json::object message(const net::Headers& headers, std::string_view body) {
  json::array list;
  for (const auto& [name, value] : headers) list.push_back(json::array{name, value});
  return {{"headers", std::move(list)}, {"body", core::base64_encode(body)}};
}

aws::model::Operation find_operation(const aws::model::Service& service, net::HttpRequest& request,
                                     aws::PathLabels& labels, aws::FormFields& form) {
  std::optional<aws::model::Operation> found;
  if (service.protocol() == aws::model::Protocol::kJson) {
    const auto target = request.headers.get_or("X-Amz-Target");
    found = service.operation(target.substr(target.rfind('.') + 1));
  } else if (service.protocol() == aws::model::Protocol::kQuery) {
    form = net::parse_query(request.body);
    for (const auto& [name, value] : form) {
      if (name == "Action") found = service.operation(value);
    }
  } else {
    const aws::RouteTable routes(service);
    auto match = routes.match(request.method, request.path(), request.query(), request.headers);
    if (match) {
      found = match->operation;
      labels = std::move(match->labels);
    }
  }
  if (!found) throw aws::ApiError(404, "NoOperation", request.target);
  return *found;
}

json::object on_request(const aws::model::Service& service, const json::object& in) {
  net::HttpRequest request;
  request.method = json::string_or(in, "method");
  request.target = json::string_or(in, "target");
  request.headers = headers_of(in);
  request.body = bytes_of(in, "body");
  aws::PathLabels labels;
  aws::FormFields form;
  const auto operation = find_operation(service, request, labels, form);
  auto decoded = aws::decode_request(operation, request, labels, form);
  return {{"operation", operation.name()},
          {"input", std::move(decoded.input)},
          {"payload", core::base64_encode(decoded.payload)},
          {"unknown", core::join(decoded.unknown, " ")}};
}

json::object answer(const json::object& in) {
  const auto service = *aws::model::find_service(json::string_or(in, "service"));
  const auto what = json::string_or(in, "do");
  if (what == "request") return on_request(service, in);
  if (what == "error") {
    aws::ApiError error(static_cast<int>(json::int_or(in, "status", 400)),
                        json::string_or(in, "code"), json::string_or(in, "message"));
    for (const auto& [key, value] : in.at("members").as_object()) {
      error = std::move(error).with(key, value);
    }
    aws::ErrorPlace place;
    place.service = service;
    place.protocol = service.protocol();
    place.request_id = "REQUESTID";
    const auto response = aws::encode_error(place, error);
    auto out = message(response.headers, response.body);
    out["status"] = response.status;
    return out;
  }
  const auto operation = *service.operation(json::string_or(in, "operation"));
  if (what == "response") {
    aws::Outgoing reply{in.at("output").as_object(), bytes_of(in, "payload"), 0, {}};
    const auto response = aws::encode_response(operation, std::move(reply), "REQUESTID");
    auto out = message(response.headers, response.body);
    out["status"] = response.status;
    return out;
  }
  if (what == "client_request") {
    const auto request =
        aws::encode_request(operation, in.at("input").as_object(), bytes_of(in, "payload"));
    auto out = message(request.headers, request.body);
    out["method"] = request.method;
    out["target"] = request.target;
    return out;
  }
  net::HttpResponse response{static_cast<int>(json::int_or(in, "status", 200)), headers_of(in),
                             bytes_of(in, "body")};
  auto result = aws::decode_response(operation, std::move(response));
  return {{"output", std::move(result.output)}, {"payload", core::base64_encode(result.payload)}};
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    json::object out;
    try {
      out = answer(json::parse_text(line, 200).value().as_object());
    } catch (const aws::ApiError& error) {
      out = {{"error", error.code()}, {"message", error.message()}, {"status", error.status()}};
    }
    std::cout << json::to_text(out) << "\n" << std::flush;
  }
}
