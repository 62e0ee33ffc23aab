#include "service/effects.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "aws/query_codec.h"
#include "core/text.h"
#include "net/http_client.h"

namespace tandem::service {
namespace {

/// The value of the field "Action". The others are not decoded: one may be a template of megabytes.
std::string action_in(std::string_view fields) {
  constexpr std::string_view kName = "Action";
  constexpr std::size_t kLongestEncoded = 3 * kName.size();
  while (!fields.empty()) {
    const std::string_view field = fields.substr(0, fields.find('&'));
    const std::size_t equals = std::min(field.find('='), field.size());
    const std::string_view name = field.substr(0, equals);
    if (name.size() <= kLongestEncoded && core::percent_decode(name, core::Plus::kSpace) == kName) {
      return core::percent_decode(field.substr(std::min(field.size(), equals + 1)),
                                  core::Plus::kSpace);
    }
    fields.remove_prefix(std::min(fields.size(), field.size() + 1));
  }
  return {};
}

}  // namespace

std::string action_of(const net::HttpRequest& request) {
  const bool form =
      request.headers.get_or("Content-Type").starts_with("application/x-www-form-urlencoded");
  std::string action = action_in(request.query());
  if (!action.empty() || !form || aws::has_too_many_fields(request.body)) return action;
  return action_in(request.body);
}

bool only_reads(std::string_view operation) {
  for (const std::string_view prefix : {"Get", "List", "Describe", "Head", "BatchGet",
                                        "TransactGet", "Query", "Scan", "Filter", "Validate"}) {
    if (operation.starts_with(prefix)) return true;
  }
  return false;
}

bool may_be_repeated(const net::HttpRequest& request) {
  if (const auto target = request.headers.get("X-Amz-Target")) {
    return only_reads(target->substr(target->rfind('.') + 1));
  }
  // "GET /?Action=DeleteStack" is a GET for HTTP only.
  const std::string action = action_of(request);
  if (!action.empty()) return only_reads(action);
  return net::is_idempotent(request.method);
}

}  // namespace tandem::service
