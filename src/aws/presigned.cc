#include "aws/presigned.h"

#include <algorithm>
#include <array>

#include "core/text.h"
#include "net/http_parser.h"

namespace tandem::aws {
namespace {

/// Of the signature itself, and of who sends it.
bool is_for_the_query(std::string_view name) {
  static constexpr std::array<std::string_view, 9> kOwn = {
      "x-amz-algorithm",      "x-amz-credential", "x-amz-date",
      "x-amz-expires",        "x-amz-signature",  "x-amz-signedheaders",
      "x-amz-security-token", "x-amz-user-agent", "x-amz-content-sha256"};
  return std::ranges::find(kOwn, name) != kOwn.end();
}

}  // namespace

void restore_hoisted_headers(net::HttpRequest& request) {
  const std::string query(request.query());
  if (query.empty()) return;
  const auto fields = net::parse_query(query);
  const bool presigned = std::ranges::any_of(fields, [](const auto& field) {
    return core::equals_ignoring_case(field.first, "X-Amz-Signature") || field.first == "Signature";
  });
  if (!presigned) return;
  for (const auto& [name, value] : fields) {
    std::string header = core::to_lower(name);
    if (!header.starts_with("x-amz-") || is_for_the_query(header)) continue;
    // What no header can be is nobody's: it stays in the query, and is refused there by its name.
    if (!net::is_token(header) || !net::is_field_value(value)) continue;
    if (!request.headers.get(header)) request.headers.add(std::move(header), value);
  }
}

}  // namespace tandem::aws
