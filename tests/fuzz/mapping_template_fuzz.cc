// Mapping templates: any bytes are a template or none, and one renders within its bounds, twice to
// the same. The input is a template, a zero byte and a body.
// clang-format off
// sources: src/core/bytes.cc src/core/check.cc src/core/text.cc src/core/json.cc src/core/utf8.cc
// sources: src/services/apigateway/mapping/*.cc
// clang-format on
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "services/apigateway/mapping/limits.h"
#include "services/apigateway/mapping/testing.h"

namespace {

using namespace tandem;                       // NOLINT: one file
using namespace tandem::apigateway::mapping;  // NOLINT: one file

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t end = bytes.find('\0');
  Request request;
  request.body =
      end == bytes.npos ? R"({"a":{"b":[1,2.5,"x",null,true]},"c":"d"})" : bytes.substr(end + 1);
  const auto parsed = Template::parse(bytes.substr(0, end));
  if (!parsed) {
    require(parsed.error().offset <= size);
    return 0;
  }
  const auto made = request.render(bytes.substr(0, end));
  if (!made) {
    require(!made.error().message.empty());
    return 0;
  }
  require(made.value().text.size() <= kOutputBytes);
  // What it leaves for the response's template is taken there.
  request.request_override = made.value().request_override;
  request.response_override = made.value().response_override;
  (void)request.render("$context.requestOverride.header $context.responseOverride.status");
  return 0;
}
