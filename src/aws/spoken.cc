#include "aws/spoken.h"

#include "aws/dialect.h"
#include "core/text.h"

namespace tandem::aws {

using model::Protocol;

bool speaks_json_1_0(const model::Service& service) {
  return service.json_version() == "1.0" || !dialect_of(service.name()).also_speaks.empty();
}

model::Protocol spoken(const model::Service& service, const net::HttpRequest& request) {
  if (dialect_of(service.name()).also_speaks.empty()) return service.protocol();
  // "Requests … MUST NOT contain an X-Amz-Target": whoever has one means JSON.
  if (request.headers.get("X-Amz-Target")) return Protocol::kJson;
  if (request.headers.get_or("Smithy-Protocol") == "rpc-v2-cbor") return Protocol::kCbor;
  return service.protocol();
}

std::optional<std::string_view> operation_in_path(std::string_view path, std::string_view prefix) {
  constexpr std::size_t kSegments = 4;
  const auto segments = core::split(path, '/');
  if (segments.size() <= kSegments) return std::nullopt;
  const auto* last = &segments[segments.size() - kSegments];
  if (last[0] != "service" || last[1] != prefix || last[2] != "operation" || last[3].empty()) {
    return std::nullopt;
  }
  return last[3];
}

}  // namespace tandem::aws
