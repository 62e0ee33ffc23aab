#include "service/effects.h"

#include <string>

#include "aws/query_codec.h"
#include "net/http_client.h"

namespace tandem::service {
namespace {

/// The query protocol's operation, in a form or in the query string; empty when there is none.
std::string action_of(const net::HttpRequest& request) {
  const bool form =
      request.headers.get_or("Content-Type").starts_with("application/x-www-form-urlencoded");
  for (const auto& [name, value] : net::parse_query(request.query())) {
    if (name == "Action") return value;
  }
  if (!form || aws::has_too_many_fields(request.body)) return {};
  for (const auto& [name, value] : net::parse_query(request.body)) {
    if (name == "Action") return value;
  }
  return {};
}

}  // namespace

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
