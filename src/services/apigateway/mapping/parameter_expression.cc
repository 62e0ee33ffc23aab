#include "services/apigateway/mapping/parameter_expression.h"

#include <algorithm>
#include <span>

#include "core/text.h"

namespace tandem::apigateway::mapping {

namespace {

struct SourcePrefix {
  std::string_view prefix;
  ParameterSource::Kind kind;
};
using Kind = ParameterSource::Kind;

constexpr SourcePrefix kEither[] = {
    {"stageVariables.", Kind::kStageVariable},
    {"context.", Kind::kContext},
};
constexpr SourcePrefix kOfRequest[] = {
    {"method.request.path.", Kind::kPath},
    {"method.request.querystring.", Kind::kQueryString},
    {"method.request.multivaluequerystring.", Kind::kMultiValueQueryString},
    {"method.request.header.", Kind::kHeader},
    {"method.request.multivalueheader.", Kind::kMultiValueHeader},
};
constexpr SourcePrefix kOfResponse[] = {
    {"integration.response.header.", Kind::kResponseHeader},
    {"integration.response.multivalueheader.", Kind::kResponseMultiValueHeader},
};

/// Measured: [a-zA-Z0-9._$-]+
bool is_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char each) {
    return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') ||
           (each >= '0' && each <= '9') || each == '.' || each == '_' || each == '$' || each == '-';
  });
}

std::optional<ParameterSource> named(std::span<const SourcePrefix> prefixes,
                                     std::string_view text) {
  for (const SourcePrefix& each : prefixes) {
    if (!text.starts_with(each.prefix)) continue;
    const std::string_view name = text.substr(each.prefix.size());
    if (!is_name(name)) return std::nullopt;
    return ParameterSource{each.kind, std::string(name), std::nullopt};
  }
  return std::nullopt;
}

/// The body, or a JSONPath in it, which is written without its "$.".
std::optional<ParameterSource> body(std::string_view prefix, Kind kind, std::string_view text) {
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  ParameterSource made{kind, "", std::nullopt};
  if (text.empty()) return made;
  if (text.front() != '.' && text.front() != '[') return std::nullopt;
  auto path = JsonPath::parse("$" + std::string(text));
  if (!path) return std::nullopt;
  made.name = text;
  made.path = std::move(path).value();
  return made;
}

}  // namespace

core::Parsed<ParameterTarget> parse_parameter_target(Direction direction, std::string_view text) {
  struct Target {
    std::string_view prefix;
    ParameterTarget::Kind kind;
  };
  static constexpr Target kRequest[] = {
      {"integration.request.path.", ParameterTarget::Kind::kPath},
      {"integration.request.querystring.", ParameterTarget::Kind::kQueryString},
      {"integration.request.header.", ParameterTarget::Kind::kHeader},
  };
  static constexpr Target kResponse[] = {
      {"method.response.header.", ParameterTarget::Kind::kHeader},
  };
  const auto targets = direction == Direction::kRequest ? std::span<const Target>(kRequest)
                                                        : std::span<const Target>(kResponse);
  for (const Target& each : targets) {
    if (!text.starts_with(each.prefix)) continue;
    const std::string_view name = text.substr(each.prefix.size());
    if (is_name(name)) return ParameterTarget{each.kind, std::string(name)};
  }
  return core::ParseError{"Invalid mapping expression parameter specified: " + std::string(text),
                          0};
}

core::Parsed<ParameterSource> parse_parameter_source(Direction direction, std::string_view text) {
  if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'') {
    return ParameterSource{Kind::kLiteral, std::string(text.substr(1, text.size() - 2)),
                           std::nullopt};
  }
  auto made = named(kEither, text);
  if (!made && direction == Direction::kRequest) {
    made = named(kOfRequest, text);
    if (!made) made = body("method.request.body", Kind::kBody, text);
  } else if (!made) {
    made = named(kOfResponse, text);
    if (!made) made = body("integration.response.body", Kind::kResponseBody, text);
  }
  if (made) return std::move(*made);
  return core::ParseError{"Invalid mapping expression specified: " + std::string(text), 0};
}

std::string mapping_errors(const std::vector<std::string>& errors) {
  return "Invalid mapping expression specified: Validation Result: warnings : [], errors : [" +
         core::join(errors, ", ") + "]";
}

}  // namespace tandem::apigateway::mapping
