#include "services/apigateway/proxy/response_mapping.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "core/text.h"
#include "net/http_parser.h"
#include "services/apigateway/model/limits.h"
#include "services/apigateway/proxy/content.h"

namespace tandem::apigateway {
namespace {

using mapping::ParameterSource;
using Values = std::vector<std::string>;

const ResponseMapping* select(const std::vector<ResponseMapping>& responses,
                              std::string_view selector) {
  const ResponseMapping* fallback = nullptr;
  for (const ResponseMapping& each : responses) {
    if (each.pattern.matches(selector)) return &each;
    if (fallback == nullptr && each.pattern.is_default()) fallback = &each;
  }
  return fallback;
}

/// By the first type that the client accepts; else application/json's, else the first (observed).
const CompiledTemplate* choose_template(const std::vector<CompiledTemplate>& templates,
                                        std::string_view accept) {
  const std::string type = core::to_lower(core::trim(accept.substr(0, accept.find_first_of(",;"))));
  const CompiledTemplate* json = nullptr;
  for (const CompiledTemplate& each : templates) {
    if (each.content_type == type) return &each;
    if (each.content_type == "application/json") json = &each;
  }
  if (json != nullptr || templates.empty()) return json;
  return &templates.front();
}

Values header_values(const net::Headers& headers, const ParameterSource& source) {
  std::string text;
  bool found = false;
  for (const auto& [name, value] : headers) {
    if (name != source.name) continue;
    if (source.kind == ParameterSource::Kind::kResponseHeader) text.clear();
    if (!text.empty()) text += ',';
    text += value;
    found = true;
  }
  return found ? Values{text} : Values{};
}

Values one(std::optional<std::string> text) {
  if (!text) return {};
  return {std::move(*text)};
}

OrRefusal<Values> values_of(const ParameterSource& source, const RequestDocuments& documents,
                            const BackEndAnswer& answer, mapping::Allowance& allowance) {
  using Kind = ParameterSource::Kind;
  switch (source.kind) {
    case Kind::kLiteral:
      return Values{source.name};
    case Kind::kStageVariable:
      return one(json::find_string(*documents.stage_variables, source.name));
    case Kind::kContext:
      return one(text_at(documents.context, source.name));
    case Kind::kResponseHeader:
    case Kind::kResponseMultiValueHeader:
      return header_values(answer.headers, source);
    case Kind::kResponseBody: {
      auto part = body_part(answer.body, source, GatewayResponse::kConfigurationError, allowance);
      if (auto* refusal = std::get_if<Refusal>(&part)) return std::move(*refusal);
      return one(std::move(std::get<std::optional<std::string>>(part)));
    }
    default:
      return Values{};
  }
}

/// Values by header, in order; a later one takes the place of an earlier one.
using HeaderValues = std::vector<std::pair<std::string, Values>>;

void set_header(HeaderValues& headers, std::string_view name, Values values) {
  for (auto& [known, held] : headers) {
    if (!core::equals_ignoring_case(known, name)) continue;
    held = std::move(values);
    return;
  }
  headers.emplace_back(name, std::move(values));
}

std::optional<Refusal> map_headers(const ResponseMapping& response,
                                   const RequestDocuments& documents, const BackEndAnswer& answer,
                                   HeaderValues& headers, mapping::Allowance& allowance) {
  for (const ParameterMapping& each : response.parameters) {
    auto found = values_of(each.source, documents, answer, allowance);
    if (auto* refusal = std::get_if<Refusal>(&found)) return std::move(*refusal);
    Values& values = std::get<Values>(found);
    if (!values.empty()) set_header(headers, each.target.name, std::move(values));
  }
  return std::nullopt;
}

/// Any whole number that is a status counts, whether it was declared or not (measured). An interim
/// status cannot end an exchange (RFC 9110 §15.2).
std::optional<int> overridden_status(const json::object& overrides) {
  const json::value* status = json::find(overrides, "status");
  if (status == nullptr) return std::nullopt;
  std::optional<std::int64_t> number;
  if (status->is_int64()) number = status->get_int64();
  if (!number || *number < 200 || *number > 599) return std::nullopt;
  return static_cast<int>(*number);
}

std::optional<Refusal> put_headers(const HeaderValues& headers, net::HttpResponse& response) {
  for (const auto& [name, values] : headers) {
    if (!net::is_token(name)) return misconfigured("Invalid header name");
    for (const std::string& value : values) {
      if (!net::is_field_value(value)) return misconfigured("Invalid value for header " + name);
      add_response_header(response, name, value, From::kMapping);
    }
  }
  if (!response.headers.contains("Content-Type")) {
    response.headers.add("Content-Type", "application/json");
  }
  return std::nullopt;
}

std::optional<Refusal> map_body(const Exchange& exchange, const RequestDocuments& documents,
                                const ResponseMapping& response, MappedRequest& mapped,
                                BackEndAnswer& answer, mapping::Allowance& allowance) {
  const auto& binary = exchange.stage->binary_media_types;
  const std::string_view accept = exchange.request.headers.get_or("Accept");
  const auto media = [&](std::string_view type) {
    return is_binary(type, binary) ? Media::kBinary : Media::kText;
  };
  const Media of = media(answer.headers.get_or("Content-Type"));
  const CompiledTemplate* chosen = choose_template(response.templates, accept);
  const bool mapped_by_template = chosen != nullptr && !chosen->empty;
  if (!answer.body.empty()) {
    auto content =
        convert_response(std::move(answer.body), of, media(accept), response.content_handling);
    if (!content) return misconfigured("Unable to base64 decode the body.");
    if (content->bytes && mapped_by_template) return misconfigured("Unable to transform response");
    answer.body = std::move(content->body);
  }
  if (!mapped_by_template) return std::nullopt;
  const Refusal failed = misconfigured("Unable to transform response");
  if (!chosen->program) return failed;
  auto rendered =
      chosen->program->render({.body = answer.body,
                               .path = &documents.path,
                               .querystring = &documents.querystring,
                               .header = &documents.header,
                               .context = &documents.context,
                               .stage_variables = documents.stage_variables,
                               .request_override = std::move(mapped.request_override),
                               .response_override = std::move(mapped.response_override)},
                              &allowance);
  if (!rendered) return Refusal::logged(failed.type, failed.why + ": " + rendered.error().message);
  mapping::Output output = std::move(rendered).value();
  answer.body = std::move(output.text);
  mapped.response_override = std::move(output.response_override);
  return std::nullopt;
}

}  // namespace

BackEndAnswer answer_of(net::HttpResponse response) {
  return {.selector = std::to_string(response.status),
          .headers = std::move(response.headers),
          .body = std::move(response.body)};
}

OrRefusal<net::HttpResponse> map_response(const Exchange& exchange,
                                          const RequestDocuments& documents, MappedRequest mapped,
                                          BackEndAnswer answer, mapping::Allowance& allowance) {
  const ResponseMapping* selected = select(exchange.integration().responses, answer.selector);
  if (selected == nullptr) {
    return misconfigured("No match for output mapping and no default output mapping configured.");
  }
  if (!selected->declared) {
    return misconfigured(
        fmt::format("Output mapping refers to an invalid method response: {}", selected->status));
  }
  HeaderValues headers;
  if (auto refusal = map_headers(*selected, documents, answer, headers, allowance)) {
    return std::move(*refusal);
  }
  if (auto refusal = map_body(exchange, documents, *selected, mapped, answer, allowance)) {
    return std::move(*refusal);
  }
  if (const json::object* overrides = json::find_object(mapped.response_override, "header")) {
    for (const auto& [name, value] : *overrides) set_header(headers, name, override_values(value));
  }
  net::HttpResponse response;
  response.status = overridden_status(mapped.response_override).value_or(selected->status);
  if (auto refusal = put_headers(headers, response)) return std::move(*refusal);
  if (answer.body.size() > kPayloadBytes) return misconfigured("The response is too large");
  response.body = std::move(answer.body);
  return response;
}

void add_response_header(net::HttpResponse& response, std::string_view name, std::string_view value,
                         From from) {
  constexpr std::array<std::string_view, 6> kAlways = {
      "Authorization", "Content-MD5", "Date", "Server", "User-Agent", "WWW-Authenticate"};
  constexpr std::array<std::string_view, 8> kMapped = {
      "Connection",   "Content-Length",     "Expect",  "Host",
      "Max-Forwards", "Proxy-Authenticate", "Trailer", "Upgrade"};
  constexpr std::array<std::string_view, 4> kProxied = {"Connection", "Content-Length",
                                                        "Max-Forwards", "x-amzn-RequestId"};
  constexpr std::array<std::string_view, 6> kLostByProxy = {"Expect",  "Host", "Proxy-Authenticate",
                                                            "Trailer", "TE",   "Upgrade"};
  const auto is = [&](std::string_view each) { return core::equals_ignoring_case(each, name); };
  const auto among = [&](const auto& names) { return std::any_of(names.begin(), names.end(), is); };
  const bool proxied = from == From::kHttpProxy;
  if (is("Transfer-Encoding") || is("x-amz-apigw-id")) return;
  if (proxied ? among(kLostByProxy) : is("x-amzn-RequestId")) return;
  const bool remapped = among(kAlways) || (proxied ? among(kProxied) : among(kMapped));
  if (remapped) {
    response.headers.add("x-amzn-Remapped-" + std::string(name), value);
  } else {
    response.headers.add(name, value);
  }
}

}  // namespace tandem::apigateway
