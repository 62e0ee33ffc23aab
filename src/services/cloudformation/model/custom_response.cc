#include "services/cloudformation/model/custom_response.h"

#include <algorithm>
#include <fmt/format.h>

#include "aws/xml_codec.h"
#include "services/cloudformation/model/evaluate.h"

namespace tandem::cloudformation {
namespace {

constexpr std::size_t kLongestPhysicalId = 1'024;

bool repeats(const json::object& response, std::string_view member, std::string_view wanted) {
  return json::string_or(response, member) == wanted;
}

/// What XML, in which events are shown, cannot hold becomes a question mark.
std::string printable(std::string text) {
  for (char& c : text) {
    const bool control =
        static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
    if (control) c = '?';
  }
  return aws::is_xml_text(text) ? text : "?";
}

bool is_printable(const json::value& value) {
  if (const auto* text = value.if_string()) return aws::is_xml_text(json::view(*text));
  if (const auto* list = value.if_array()) {
    return std::all_of(list->begin(), list->end(), is_printable);
  }
  const auto* object = value.if_object();
  return object == nullptr || std::all_of(object->begin(), object->end(), [](const auto& member) {
           return aws::is_xml_text(member.key()) && is_printable(member.value());
         });
}

/// Why the response is none to the request; empty: it is one.
std::string mistake_of(const json::object& response, const CustomRequestIds& ids) {
  const std::string status = json::string_or(response, "Status");
  if (status != "SUCCESS" && status != "FAILED") {
    return "Invalid response object: Value of property Status must be SUCCESS or FAILED";
  }
  if (!repeats(response, "StackId", ids.stack_id)) return "Invalid StackId in response object";
  if (!repeats(response, "RequestId", ids.request_id)) {
    return "Invalid RequestId in response object";
  }
  if (!repeats(response, "LogicalResourceId", ids.logical_id)) {
    return "Invalid LogicalResourceId in response object";
  }
  const std::string id = json::string_or(response, "PhysicalResourceId");
  const bool good = !id.empty() && id.size() <= kLongestPhysicalId && aws::is_xml_text(id);
  return good ? "" : "Invalid PhysicalResourceId";
}

}  // namespace

std::optional<WaitSignal> read_wait_signal(std::string_view body) {
  constexpr std::size_t kLongestId = 255;
  if (body.size() > kMostResponseBytes) return std::nullopt;
  const auto parsed = json::parse_text(body, 8);
  const auto* given = parsed ? parsed.value().if_object() : nullptr;
  if (given == nullptr) return std::nullopt;
  const std::string status = json::string_or(*given, "Status");
  WaitSignal signal;
  signal.succeeded = status == "SUCCESS";
  signal.unique_id = printable(json::string_or(*given, "UniqueId"));
  signal.reason = printable(json::string_or(*given, "Reason"));
  signal.data = printable(json::string_or(*given, "Data"));
  const bool good = (signal.succeeded || status == "FAILURE") && !signal.unique_id.empty() &&
                    signal.unique_id.size() <= kLongestId;
  return good ? std::optional(std::move(signal)) : std::nullopt;
}

json::value with_texts(const json::value& value) {
  if (const auto* list = value.if_array()) {
    json::array result;
    for (const json::value& one : *list) result.push_back(with_texts(one));
    return result;
  }
  if (const auto* object = value.if_object()) {
    json::object result;
    for (const auto& [name, member] : *object) result[name] = with_texts(member);
    return result;
  }
  const auto text = scalar_text(value);
  return text ? json::value(json::string(*text)) : value;
}

CustomResponse read_custom_response(std::string_view body, const CustomRequestIds& ids) {
  CustomResponse result;
  const auto fail = [&](std::string text) {
    result.failure = std::move(text);
    return result;
  };
  if (body.size() > kMostResponseBytes) return fail("Response object is too long.");
  const auto parsed = json::parse_text(body, 32);
  const auto* response = parsed ? parsed.value().if_object() : nullptr;
  if (response == nullptr) return fail("Invalid response object: it is not a JSON object");
  std::string mistake = mistake_of(*response, ids);
  if (!mistake.empty()) return fail(std::move(mistake));
  result.physical_id = json::string_or(*response, "PhysicalResourceId");
  if (json::string_or(*response, "Status") == "FAILED") {
    return fail(
        fmt::format("Received response status [FAILED] from custom resource. Message returned: {} "
                    "(RequestId: {})",
                    printable(json::string_or(*response, "Reason")), ids.request_id));
  }
  result.no_echo = json::bool_or(*response, "NoEcho", false);
  if (const auto* data = json::find_object(*response, "Data")) {
    if (!is_printable(*data)) {
      return fail("Invalid response object: Data holds characters that are not allowed");
    }
    result.data = with_texts(*data).get_object();
  }
  result.succeeded = true;
  return result;
}

}  // namespace tandem::cloudformation
