// Any bytes as a model's schema and as a body: a schema that is accepted compiles and judges every
// body, within its bounds. The input is a schema, a zero byte and a body; the body's bytes are an
// authorizer's answer, too.
//
// sources: src/core/bytes.cc src/core/check.cc src/core/text.cc src/core/json.cc
// sources: src/services/apigateway/model/json_schema.cc
// sources: src/services/apigateway/model/json_schema_check.cc
// sources: src/services/apigateway/model/json_schema_fits.cc
// sources: src/services/apigateway/model/json_schema_views.cc
// sources: src/services/apigateway/model/authorizer_result.cc src/aws/policy_wildcard.cc
// libraries: -lre2 -lfmt
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "aws/error.h"
#include "services/apigateway/model/authorizer_result.h"
#include "services/apigateway/model/json_schema.h"

using namespace tandem;              // NOLINT: one file
using namespace tandem::apigateway;  // NOLINT: one file

namespace {

constexpr std::string_view kApi = "api";

void judge(std::string_view schema, std::string_view body) {
  // Whatever was accepted must compile; whatever is stored may be anything.
  const FindSchema find = [schema](std::string_view name) {
    return name == "Root" ? std::optional<std::string>(schema) : std::nullopt;
  };
  bool accepted = true;
  try {
    check_schema(schema, kApi);
  } catch (const aws::ApiError& error) {
    accepted = false;
    if (error.message().empty()) std::abort();
  }
  const auto compiled = JsonSchema::compile(kApi, "Root", find);
  const std::string flat = flatten_schema(kApi, "Root", find);
  if (accepted && !json::parse_text(flat)) std::abort();
  (void)sample_template(flat);
  if (const auto instance = json::parse_text(body, kSchemaDepth)) {
    const bool fits = compiled->fits(instance.value());
    if (fits != compiled->fits(instance.value())) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto end = input.find('\0');
  const std::string_view schema = input.substr(0, end);
  const std::string_view body = end == std::string_view::npos ? "" : input.substr(end + 1);
  judge(schema, body);
  if (const auto result = parse_authorizer_result(body)) {
    const Verdict verdict = result.value().policy.evaluate("arn:aws:execute-api:a:b:c/d/GET/e");
    if (verdict == Verdict::kAllow && result.value().policy_text.empty()) std::abort();
  }
  return 0;
}
