// What else of API Gateway's mappings comes from outside: JSONPaths over a document, parameter
// mappings, statuses of MOCK integrations, Java's regular expressions. The first byte chooses; a
// zero byte parts a path from its document and a pattern from its text.
// clang-format off
// sources: src/core/bytes.cc src/core/check.cc src/core/text.cc src/core/json.cc src/core/utf8.cc
// sources: src/services/apigateway/mapping/*.cc
// clang-format on
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/json.h"
#include "services/apigateway/mapping/java_regex.h"
#include "services/apigateway/mapping/json_path.h"
#include "services/apigateway/mapping/limits.h"
#include "services/apigateway/mapping/mock_status.h"
#include "services/apigateway/mapping/parameter_expression.h"

namespace {

using namespace tandem;                       // NOLINT: one file
using namespace tandem::apigateway::mapping;  // NOLINT: one file

void require(bool holds) {
  if (!holds) std::abort();
}

void paths(std::string_view path, std::string_view text) {
  const auto parsed = JsonPath::parse(path);
  if (!parsed) return;
  auto document = json::parse_text(text, kJsonDepth);
  if (!document) document = json::parse_text(R"({"a":[{"b":1,"c":"x"},{"b":[2]}],"d":{"e":null}})");
  const auto found = parsed.value().evaluate(document.value());
  if (!found || parsed.value().is_definite()) return;
  require(found.value().has_value());
}

void parameters(std::string_view text) {
  for (const Direction direction : {Direction::kRequest, Direction::kResponse}) {
    (void)parse_parameter_target(direction, text);
    const auto source = parse_parameter_source(direction, text);
    if (!source) {
      require(source.error().message.ends_with(text));
    } else if (source.value().path) {
      (void)source.value().path->evaluate(json::parse(R"({"a":{"b":["c"]}})"));
    }
  }
}

void patterns(std::string_view pattern, const std::string& text) {
  Budget budget(kPathWork);
  Patterns known(budget);
  try {
    (void)regex_matches(known, text, pattern);
    const auto parts = regex_split(known, text, pattern, -1);
    require(!parts.empty());
    (void)regex_split(known, text, pattern, 2);
    // Every match by itself: the text is the same again.
    const std::string same = regex_replace(known, text, pattern, "$0", Replace::kAll);
    require(same == text);
    (void)regex_replace(known, text, pattern, pattern, Replace::kFirst);
  } catch (const RenderError& error) {
    require(!error.message.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t end = std::min(bytes.find('\0'), bytes.size());
  const std::string_view first = bytes.substr(0, end);
  const std::string_view second = bytes.substr(std::min(end + 1, bytes.size()));
  switch (data[0]) {
    case 'p':
      paths(first, second);
      break;
    case 'e':
      parameters(bytes);
      break;
    case 'r':
      patterns(first, std::string(second));
      break;
    default:
      (void)mock_status(bytes);
  }
  return 0;
}
