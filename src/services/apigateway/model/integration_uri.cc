#include "services/apigateway/model/integration_uri.h"

#include <algorithm>
#include <cctype>

#include "aws/arn.h"
#include "core/text.h"

namespace tandem::apigateway {
namespace {

constexpr std::string_view kPath = "path/";
constexpr std::string_view kAction = "action/";
constexpr std::string_view kFunctions = "2015-03-31/functions/";
constexpr std::string_view kInvocations = "/invocations";
constexpr std::string_view kVariable = "${stageVariables.";

/// What stands between "functions/" and "/invocations"; empty when there is no function.
std::string_view function_in(const AwsUri& uri) {
  const std::string_view rest = uri.rest;
  const bool invokes = uri.service == "lambda" && uri.form == AwsUri::Form::kPath &&
                       rest.starts_with(kFunctions) && rest.ends_with(kInvocations) &&
                       rest.size() > kFunctions.size() + kInvocations.size();
  if (!invokes) return "";
  return rest.substr(kFunctions.size(), rest.size() - kFunctions.size() - kInvocations.size());
}

/// Without what would end a request line.
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c != '\x7f'; });
}

}  // namespace

UriCheck check_aws_uri(std::string_view uri) {
  const auto arn = aws::Arn::parse(uri);
  if (!arn || arn->service != "apigateway") return UriCheck::kNotAnArn;
  const std::string_view resource = arn->resource;
  for (const std::string_view form : {kPath, kAction}) {
    if (resource.starts_with(form) && resource.size() > form.size()) return UriCheck::kFine;
  }
  return UriCheck::kNoPath;
}

std::optional<AwsUri> parse_aws_uri(std::string_view uri) {
  if (check_aws_uri(uri) != UriCheck::kFine) return std::nullopt;
  const auto arn = aws::Arn::parse(uri);
  AwsUri parsed;
  parsed.region = arn->region;
  // The service stands where other ARNs have the account.
  const std::string_view name = arn->account;
  const auto dot = name.rfind('.');
  if (dot != std::string_view::npos) parsed.subdomain = name.substr(0, dot);
  parsed.service = dot == std::string_view::npos ? name : name.substr(dot + 1);
  const bool is_path = arn->resource.starts_with(kPath);
  parsed.form = is_path ? AwsUri::Form::kPath : AwsUri::Form::kAction;
  parsed.rest = arn->resource.substr(is_path ? kPath.size() : kAction.size());
  return parsed;
}

bool names_function(const AwsUri& uri) { return !function_in(uri).empty(); }

bool names_other_region(const AwsUri& uri, std::string_view region) {
  const auto differs = [&](std::string_view other) {
    return !other.empty() && other != region && other.find('$') == std::string_view::npos;
  };
  if (differs(uri.region)) return true;
  const auto function = aws::Arn::parse(function_in(uri));
  return function && differs(function->region);
}

bool is_http_uri(std::string_view uri) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!uri.starts_with(scheme)) continue;
    const std::string_view rest = uri.substr(scheme.size());
    const std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
    return !host.empty() && host.find_first_of(" \t\r\n@") == std::string_view::npos;
  }
  return false;
}

std::optional<HttpUri> parse_http_uri(std::string_view uri) {
  if (!is_http_uri(uri)) return std::nullopt;
  HttpUri parsed;
  parsed.tls = uri.starts_with("https://");
  uri.remove_prefix(parsed.tls ? 8 : 7);
  uri = uri.substr(0, uri.find('#'));
  const auto end = uri.find_first_of("/?");
  std::string_view authority = uri.substr(0, end);
  const std::string_view rest = end == std::string_view::npos ? "" : uri.substr(end);
  const auto question = rest.find('?');
  parsed.path = rest.substr(0, question);
  if (parsed.path.empty()) parsed.path = "/";
  if (question != std::string_view::npos) parsed.query = rest.substr(question + 1);
  parsed.port = parsed.tls ? 443 : 80;
  const auto colon = authority.rfind(':');
  if (colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos) {
    const auto port = core::parse_uint(authority.substr(colon + 1));
    if (!port || *port == 0 || *port > 65'535) return std::nullopt;
    parsed.port = static_cast<std::uint16_t>(*port);
    authority = authority.substr(0, colon);
  }
  parsed.host = core::to_lower(authority);
  if (parsed.host.empty() || !is_plain(parsed.host) || !is_plain(parsed.path) ||
      !is_plain(parsed.query)) {
    return std::nullopt;
  }
  return parsed;
}

std::optional<std::string> fill_path(std::string_view path, const NamedTexts& values) {
  // RFC 3986 §3.3: what may stand in a path as it is.
  constexpr std::string_view kPlain = "-._~!$&'()*+,;=:@/%";
  std::string filled;
  while (!path.empty()) {
    const auto open = path.find('{');
    filled += path.substr(0, open);
    if (open == std::string_view::npos) break;
    const auto close = path.find('}', open);
    if (close == std::string_view::npos) return std::nullopt;
    std::string_view name = path.substr(open + 1, close - open - 1);
    if (name.ends_with('+')) name.remove_suffix(1);
    const std::string* value = nullptr;
    for (const auto& [key, text] : values) {
      if (key == name) value = &text;
    }
    if (value == nullptr) return std::nullopt;
    for (const char c : *value) {
      const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                         kPlain.find(c) != std::string_view::npos;
      filled += plain ? std::string(1, c) : core::percent_encode(std::string_view(&c, 1));
    }
    path.remove_prefix(close + 1);
  }
  return filled;
}

void append_query(std::string& query, const NamedTexts& values) {
  for (const auto& [name, value] : values) {
    if (!query.empty()) query += '&';
    query += core::percent_encode(name) + "=" + core::percent_encode(value);
  }
}

std::string fill_stage_variables(std::string_view text, const json::object* variables) {
  std::string filled;
  for (;;) {
    const auto from = text.find(kVariable);
    const auto end = from == std::string_view::npos ? from : text.find('}', from);
    filled += text.substr(0, end == std::string_view::npos ? end : from);
    if (end == std::string_view::npos) return filled;
    const std::string_view name =
        text.substr(from + kVariable.size(), end - from - kVariable.size());
    if (variables != nullptr) filled += json::string_or(*variables, name);
    text.remove_prefix(end + 1);
  }
}

std::string function_arn_of(std::string_view uri, const json::object* variables) {
  const auto parsed = parse_aws_uri(uri);
  return parsed ? fill_stage_variables(function_in(*parsed), variables) : "";
}

}  // namespace tandem::apigateway
