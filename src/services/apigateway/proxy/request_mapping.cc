#include "services/apigateway/proxy/request_mapping.h"

#include <algorithm>
#include <array>

#include "core/text.h"
#include "net/http_parser.h"
#include "services/apigateway/mapping/limits.h"
#include "services/apigateway/proxy/content.h"
#include "services/apigateway/proxy/event.h"
#include "services/apigateway/proxy/json_writer.h"

namespace tandem::apigateway {
namespace {

using mapping::ParameterSource;
using mapping::ParameterTarget;
using Values = std::vector<std::string>;

constexpr std::string_view kJson = "application/json";

json::string valid(std::string_view text) { return json::string(valid_utf8(std::string(text))); }

/// "application/json" of "Application/JSON; charset=utf-8".
std::string media_type(std::string_view header) {
  const std::string type = core::to_lower(core::trim(header.substr(0, header.find(';'))));
  return type.empty() ? std::string(kJson) : type;
}

/// Nothing when no template is for the request; then passes says whether its body goes on as it is.
struct Choice {
  const CompiledTemplate* chosen = nullptr;
  bool passes = false;
};

// Developer guide, "Integration passthrough behaviors".
Choice choose_template(const RequestMapping& mapping, std::string_view type) {
  const CompiledTemplate* fallback = nullptr;
  for (const CompiledTemplate& each : mapping.templates) {
    if (each.content_type == type) return {&each, false};
    if (each.content_type == "$default") fallback = &each;
  }
  if (fallback != nullptr) return {fallback, false};
  switch (mapping.passthrough) {
    case Passthrough::kWhenNoMatch:
      return {nullptr, true};
    case Passthrough::kWhenNoTemplates:
      return {nullptr, mapping.templates.empty()};
    case Passthrough::kNever:
      return {};
  }
  return {};
}

Values query_values(const Exchange& exchange, const std::string& name) {
  Values values;
  for (auto& [key, value] : decode_query(exchange.request.query())) {
    if (key == name) values.push_back(std::move(value));
  }
  return values;
}

Values header_values(const Exchange& exchange, const std::string& name) {
  std::string joined;
  bool found = false;
  for (const auto& [key, value] : exchange.request.headers) {
    if (key != name || !mapping::is_visible_header(key)) continue;
    if (found) joined += ',';
    joined += value;
    found = true;
  }
  return found ? Values{joined} : Values{};
}

Values one(std::optional<std::string> text) {
  if (!text) return {};
  return {std::move(*text)};
}

Values member(const json::object& document, const std::string& name) {
  return one(json::find_string(document, name));
}

OrRefusal<Values> values_of(const ParameterSource& source, const Exchange& exchange,
                            const RequestDocuments& documents, mapping::Allowance& allowance) {
  using Kind = ParameterSource::Kind;
  switch (source.kind) {
    case Kind::kLiteral:
      return Values{source.name};
    case Kind::kStageVariable:
      return member(*documents.stage_variables, source.name);
    case Kind::kContext:
      return one(text_at(documents.context, source.name));
    case Kind::kPath:
      return member(documents.path, source.name);
    case Kind::kQueryString:
      return member(documents.querystring, source.name);
    case Kind::kMultiValueQueryString:
      return query_values(exchange, source.name);
    case Kind::kHeader:
      return member(documents.header, source.name);
    case Kind::kMultiValueHeader:
      return header_values(exchange, source.name);
    case Kind::kBody: {
      auto part =
          body_part(exchange.request.body, source, GatewayResponse::kBrokenRequestJson, allowance);
      if (auto* refusal = std::get_if<Refusal>(&part)) return std::move(*refusal);
      return one(std::move(std::get<std::optional<std::string>>(part)));
    }
    case Kind::kResponseHeader:
    case Kind::kResponseMultiValueHeader:
    case Kind::kResponseBody:
      return Values{};
  }
  return Values{};
}

void set_named(NamedTexts& texts, const std::string& name, Values values) {
  std::erase_if(texts, [&](const auto& each) { return each.first == name; });
  for (std::string& value : values) texts.emplace_back(name, std::move(value));
}

/// False when a header cannot have this value: what a client sends must not become a line of its
/// own.
bool set_target(MappedRequest& mapped, ParameterTarget::Kind kind, const std::string& name,
                Values values) {
  switch (kind) {
    case ParameterTarget::Kind::kPath:
      set_named(mapped.path, name, std::move(values));
      return true;
    case ParameterTarget::Kind::kQueryString:
      set_named(mapped.query, name, std::move(values));
      return true;
    case ParameterTarget::Kind::kHeader:
      if (!net::is_token(name)) return false;
      mapped.headers.erase(name);
      for (const std::string& value : values) {
        if (!net::is_field_value(value)) return false;
        mapped.headers.add(name, value);
      }
      return true;
  }
  return false;
}

std::optional<Refusal> set_parameters(MappedRequest& mapped, const Exchange& exchange,
                                      const RequestDocuments& documents,
                                      mapping::Allowance& allowance) {
  for (const ParameterMapping& each : exchange.integration().request.parameters) {
    auto found = values_of(each.source, exchange, documents, allowance);
    if (auto* refusal = std::get_if<Refusal>(&found)) return std::move(*refusal);
    Values& values = std::get<Values>(found);
    if (values.empty()) continue;
    const bool header = each.target.kind == ParameterTarget::Kind::kHeader;
    if (header && values.size() > 1) values = {core::join(values, ",")};
    if (!set_target(mapped, each.target.kind, each.target.name, std::move(values))) {
      return misconfigured("Invalid value for header " + each.target.name);
    }
  }
  return std::nullopt;
}

/// Applied after the whole template has run, over whatever was mapped.
std::optional<Refusal> apply_overrides(MappedRequest& mapped) {
  constexpr std::pair<std::string_view, ParameterTarget::Kind> kKinds[] = {
      {"header", ParameterTarget::Kind::kHeader},
      {"path", ParameterTarget::Kind::kPath},
      {"querystring", ParameterTarget::Kind::kQueryString}};
  for (const auto& [member_name, kind] : kKinds) {
    const json::object* overrides = json::find_object(mapped.request_override, member_name);
    if (overrides == nullptr) continue;
    for (const auto& [name, value] : *overrides) {
      if (!set_target(mapped, kind, std::string(name), override_values(value))) {
        return misconfigured("Invalid value for header " + std::string(name));
      }
    }
  }
  return std::nullopt;
}

std::optional<Refusal> render(const CompiledTemplate& chosen, const RequestDocuments& documents,
                              std::string_view body, MappedRequest& mapped,
                              mapping::Allowance& allowance) {
  const Refusal failed = misconfigured("Unable to transform request");
  if (!chosen.program) return failed;
  auto rendered = chosen.program->render({.body = body,
                                          .path = &documents.path,
                                          .querystring = &documents.querystring,
                                          .header = &documents.header,
                                          .context = &documents.context,
                                          .stage_variables = documents.stage_variables},
                                         &allowance);
  if (!rendered) {
    return Refusal::logged(failed.type, failed.why + ": " + rendered.error().message);
  }
  mapping::Output output = std::move(rendered).value();
  mapped.body = std::move(output.text);
  mapped.request_override = std::move(output.request_override);
  mapped.response_override = std::move(output.response_override);
  return std::nullopt;
}

std::optional<Refusal> map_body(const Exchange& exchange, const RequestDocuments& documents,
                                MappedRequest& mapped, mapping::Allowance& allowance) {
  const RequestMapping& mapping = exchange.integration().request;
  const std::string_view type = exchange.request.headers.get_or("Content-Type");
  const Media media =
      is_binary(type, exchange.stage->binary_media_types) ? Media::kBinary : Media::kText;
  auto content = convert_request(exchange.request.body, media, mapping.content_handling);
  if (!content) return misconfigured("Unable to base64 decode the body.");
  const Choice choice = choose_template(mapping, media_type(type));
  if (choice.chosen == nullptr) {
    if (!choice.passes) return Refusal(GatewayResponse::kUnsupportedMediaType);
    mapped.body = std::move(content->body);
    return std::nullopt;
  }
  if (content->bytes && !content->body.empty()) {
    return misconfigured("Unable to transform request");
  }
  return render(*choice.chosen, documents, content->body, mapped, allowance);
}

/// However the client spells them.
bool is_replaced(std::string_view name) {
  constexpr std::array<std::string_view, 4> kNames = {"X-Amzn-Trace-Id", "X-Forwarded-For",
                                                      "X-Forwarded-Port", "X-Forwarded-Proto"};
  return std::ranges::any_of(
      kNames, [name](std::string_view each) { return core::equals_ignoring_case(each, name); });
}

}  // namespace

RequestDocuments::RequestDocuments(const Exchange& exchange)
    : stage_variables(&exchange.stage->variables) {
  for (const auto& [name, value] : exchange.parameters) path[name] = valid(value);
  for (const auto& [name, value] : decode_query(exchange.request.query())) {
    querystring[valid(name)] = valid(value);
  }
  for (const auto& [name, value] : exchange.request.headers) {
    if (mapping::is_visible_header(name) && !is_replaced(name)) header[valid(name)] = valid(value);
  }
  header["X-Amzn-Trace-Id"] = valid(exchange.ids.trace_id);
  for (const auto& [name, value] : forwarded_headers(exchange.request)) header[name] = valid(value);
  auto parsed = json::parse_text(build_context(exchange.event_input()));
  CHECK(parsed.ok());
  context = std::move(std::move(parsed).value().as_object());
}

OrRefusal<MappedRequest> map_parameters(const Exchange& exchange,
                                        const RequestDocuments& documents) {
  MappedRequest mapped;
  mapping::Allowance allowance;
  if (auto refusal = set_parameters(mapped, exchange, documents, allowance)) {
    return std::move(*refusal);
  }
  return mapped;
}

OrRefusal<MappedRequest> map_request(const Exchange& exchange, const RequestDocuments& documents,
                                     mapping::Allowance& allowance) {
  MappedRequest mapped;
  if (auto refusal = map_body(exchange, documents, mapped, allowance)) return std::move(*refusal);
  if (auto refusal = set_parameters(mapped, exchange, documents, allowance)) {
    return std::move(*refusal);
  }
  if (auto refusal = apply_overrides(mapped)) return std::move(*refusal);
  return mapped;
}

std::optional<std::string> text_at(const json::object& document, std::string_view dotted_name) {
  const json::object* at = &document;
  for (;;) {
    const auto dot = dotted_name.find('.');
    const json::value* found = json::find(*at, dotted_name.substr(0, dot));
    if (found == nullptr) return std::nullopt;
    if (dot == std::string_view::npos) return parameter_text(*found);
    if (!found->is_object()) return std::nullopt;
    at = &found->get_object();
    dotted_name.remove_prefix(dot + 1);
  }
}

std::optional<std::string> parameter_text(const json::value& value) {
  if (value.is_null()) return std::nullopt;
  return value.is_string() ? json::to_std(value) : json::to_text(value);
}

OrRefusal<std::optional<std::string>> body_part(std::string_view body,
                                                const ParameterSource& source,
                                                GatewayResponse when_broken,
                                                mapping::Allowance& allowance) {
  using Found = std::optional<std::string>;
  if (body.empty()) return Found();
  if (!source.path) return Found(body);
  if (std::string_view("{[\"'").find(body.front()) == std::string_view::npos) return Found();
  // A few bytes are read in the time of a step.
  const std::uint64_t reading = 1 + body.size() / 4;
  allowance.ran_out = allowance.ran_out || allowance.left < reading;
  if (allowance.ran_out) return Found();
  allowance.left -= reading;
  const auto document = json::parse_text(body, mapping::kJsonDepth);
  if (!document) return Refusal::logged(when_broken, "Invalid JSON");
  auto part = source.path->evaluate(document.value(), &allowance);
  if (!part) return misconfigured("Unable to transform request");
  const auto& value = part.value();
  return value ? parameter_text(*value) : Found();
}

std::vector<std::string> override_values(const json::value& value) {
  Values values;
  if (!value.is_array()) return one(parameter_text(value));
  for (const json::value& each : value.get_array()) {
    if (auto text = parameter_text(each)) values.push_back(std::move(*text));
  }
  return values;
}

}  // namespace tandem::apigateway
