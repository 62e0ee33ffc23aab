#include "services/apigateway/proxy/event.h"

#include <array>
#include <chrono>
#include <fmt/format.h>

#include "core/bytes.h"
#include "core/text.h"
#include "services/apigateway/proxy/json_writer.h"

namespace tandem::apigateway {
namespace {

// AWS, "Important notes for API Gateway": request headers that a Lambda proxy integration drops.
// Those of the X-Forwarded group and the trace header are replaced by our own.
constexpr std::array<std::string_view, 17> kDropped = {"Connection",
                                                       "Content-Length",
                                                       "Content-MD5",
                                                       "Expect",
                                                       "Max-Forwards",
                                                       "Proxy-Authenticate",
                                                       "Server",
                                                       "TE",
                                                       "Trailer",
                                                       "Transfer-Encoding",
                                                       "Upgrade",
                                                       "WWW-Authenticate",
                                                       "X-Forwarded-For",
                                                       "X-Forwarded-Port",
                                                       "X-Forwarded-Proto",
                                                       "X-Amzn-Trace-Id",
                                                       "Keep-Alive"};

bool is_dropped(std::string_view name) {
  for (const std::string_view each : kDropped) {
    if (core::equals_ignoring_case(each, name)) return true;
  }
  return false;
}

/// Values by name in order of first appearance. Few enough that a linear search is fastest.
struct NamedValues {
  std::string_view name;
  std::vector<std::string_view> values;
};
enum class Compare { kExact, kIgnoringCase };

void add(std::vector<NamedValues>& all, std::string_view name, std::string_view value,
         Compare compare) {
  for (NamedValues& each : all) {
    const bool same = compare == Compare::kExact ? each.name == name
                                                 : core::equals_ignoring_case(each.name, name);
    if (same) {
      each.values.push_back(value);
      return;
    }
  }
  all.push_back({name, {value}});
}

class EventWriter {
 public:
  /// none: what stands for an empty map.
  explicit EventWriter(std::string& out, std::string_view none = "null") : out_(out), none_(none) {}
  std::string_view none() const { return none_; }

  /// ,"name": — the comma unless it is the object's first member.
  void name(std::string_view name) {
    if (out_.back() != '{') out_ += ',';
    append_json_string(out_, name);
    out_ += ':';
  }
  void raw(std::string_view member, std::string_view json) {
    name(member);
    out_ += json;
  }
  void text(std::string_view member, std::string_view value) {
    name(member);
    append_json_string(out_, value);
  }
  void number(std::string_view member, std::int64_t value) { raw(member, std::to_string(value)); }
  void open(std::string_view member) {
    name(member);
    out_ += '{';
  }
  void close() { out_ += '}'; }

  /// The map of last values and the map of all values; null for none.
  void both_maps(std::string_view single, std::string_view multi,
                 const std::vector<NamedValues>& all) {
    if (all.empty()) {
      raw(single, none_);
      raw(multi, none_);
      return;
    }
    open(single);
    for (const NamedValues& each : all) text(each.name, each.values.back());
    close();
    open(multi);
    for (const NamedValues& each : all) {
      name(each.name);
      char separator = '[';
      for (const std::string_view value : each.values) {
        out_ += separator;
        append_json_string(out_, value);
        separator = ',';
      }
      out_ += ']';
    }
    close();
  }

 private:
  std::string& out_;
  std::string_view none_;
};

void write_headers(EventWriter& writer, const EventInput& input) {
  std::vector<NamedValues> all;
  all.reserve(input.request.headers.size() + 4);
  for (const auto& [name, value] : input.request.headers) {
    if (!is_dropped(name)) add(all, name, value, Compare::kIgnoringCase);
  }
  all.push_back({"X-Amzn-Trace-Id", {input.trace_id}});
  const auto forwarded = forwarded_headers(input.request);  // `all` borrows.
  for (const auto& [name, value] : forwarded) all.push_back({name, {value}});
  writer.both_maps("headers", "multiValueHeaders", all);
}

void write_query(EventWriter& writer, std::string_view query) {
  const auto decoded = decode_query(query);
  std::vector<NamedValues> all;
  for (const auto& [name, value] : decoded) add(all, name, value, Compare::kExact);
  writer.both_maps("queryStringParameters", "multiValueQueryStringParameters", all);
}

void write_identity(EventWriter& writer, const EventInput& input) {
  writer.open("identity");
  for (const std::string_view absent :
       {"cognitoIdentityPoolId", "accountId", "cognitoIdentityId", "caller"}) {
    writer.raw(absent, "null");
  }
  writer.text("sourceIp", input.request.connection.remote_address);
  for (const std::string_view absent : {"principalOrgId", "accessKey", "cognitoAuthenticationType",
                                        "cognitoAuthenticationProvider", "userArn"}) {
    writer.raw(absent, "null");
  }
  if (const auto agent = input.request.headers.get("User-Agent")) {
    writer.text("userAgent", *agent);
  } else {
    writer.raw("userAgent", "null");
  }
  writer.raw("user", "null");
  if (!input.api_key.empty()) {
    writer.text("apiKey", input.api_key);
    writer.text("apiKeyId", input.api_key_id);
  }
  writer.close();
}

void write_context(EventWriter& writer, const EventInput& input) {
  writer.text("resourceId", input.resource.id);
  if (!input.authorizer_json.empty()) writer.raw("authorizer", input.authorizer_json);
  writer.text("resourcePath", input.resource.path);
  writer.text("httpMethod", input.http_method);
  writer.text("extendedRequestId", input.extended_request_id);
  writer.text("requestTime", request_time(input.time_ms));
  writer.text("path", input.context_path);
  writer.text("accountId", input.account);
  writer.text("protocol", "HTTP/1.1");
  writer.text("stage", input.stage.name);
  writer.text("domainPrefix", input.host.substr(0, input.host.find('.')));
  writer.number("requestTimeEpoch", input.time_ms);
  writer.text("requestId", input.request_id);
  write_identity(writer, input);
  writer.text("domainName", input.host);
  writer.text("deploymentId", input.stage.deployment_id);
  writer.text("apiId", input.stage.api_id);
}

void write_body(EventWriter& writer, const EventInput& input) {
  const std::string& body = input.request.body;
  const bool binary = !body.empty() && is_binary(input.request.headers.get_or("Content-Type"),
                                                 input.stage.binary_media_types);
  if (body.empty()) {
    writer.raw("body", "null");
  } else if (binary) {
    writer.text("body", core::base64_encode(body));
  } else {
    writer.text("body", body);
  }
  writer.raw("isBase64Encoded", binary ? "true" : "false");
}

void write_request(EventWriter& writer, const EventInput& input) {
  writer.text("resource", input.resource.path);
  writer.text("path", input.path);
  writer.text("httpMethod", input.http_method);
  write_headers(writer, input);
  write_query(writer, input.request.query());
  if (input.parameters.empty()) {
    writer.raw("pathParameters", writer.none());
  } else {
    writer.open("pathParameters");
    for (const auto& [name, value] : input.parameters) writer.text(name, value);
    writer.close();
  }
  const bool no_variables = input.stage.variables_json == "null";
  writer.raw("stageVariables",
             no_variables ? writer.none() : std::string_view(input.stage.variables_json));
  writer.open("requestContext");
  write_context(writer, input);
  writer.close();
}

}  // namespace

std::string build_authorizer_event(const EventInput& input, std::string_view method_arn,
                                   std::string_view identity_source) {
  std::string event = "{";
  EventWriter writer(event, "{}");
  writer.text("type", "REQUEST");
  writer.text("methodArn", method_arn);
  writer.text("identitySource", identity_source);
  write_request(writer, input);
  event += '}';
  return event;
}

std::string build_event(const EventInput& input) {
  std::string event;
  event.reserve(2'048 + input.request.body.size() + input.request.body.size() / 3);
  event += '{';
  EventWriter writer(event);
  write_request(writer, input);
  write_body(writer, input);
  event += '}';
  return event;
}

std::string build_context(const EventInput& input) {
  std::string context = "{";
  EventWriter writer(context);
  write_context(writer, input);
  context += '}';
  return context;
}

std::vector<std::pair<std::string, std::string>> decode_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> decoded;
  while (!query.empty()) {
    const auto end = query.find_first_of("&;");
    const std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? "" : query.substr(end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    const std::string_view value = equals == std::string_view::npos ? "" : pair.substr(equals + 1);
    decoded.emplace_back(core::percent_decode(pair.substr(0, equals), core::Plus::kSpace),
                         core::percent_decode(value, core::Plus::kSpace));
  }
  return decoded;
}

std::string request_time(std::int64_t epoch_ms) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto time = std::chrono::sys_seconds(std::chrono::seconds(epoch_ms / 1000));
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:02}/{}/{}:{:02}:{:02}:{:02} +0000", static_cast<unsigned>(date.day()),
                     kMonths[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

bool is_binary(std::string_view media_type, const std::vector<std::string>& binary_media_types) {
  if (binary_media_types.empty()) return false;
  const std::string type =
      core::to_lower(core::trim(media_type.substr(0, media_type.find_first_of(",;"))));
  for (const std::string& each : binary_media_types) {
    if (each == "*/*" || (!type.empty() && each == type)) return true;
    const bool any_subtype = each.ends_with("/*");
    if (any_subtype && type.starts_with(std::string_view(each).substr(0, each.size() - 1))) {
      return true;
    }
  }
  return false;
}

std::array<std::pair<std::string_view, std::string>, 3> forwarded_headers(
    const net::HttpRequest& request) {
  const net::Connection& connection = request.connection;
  std::string forwarded(request.headers.get_or("X-Forwarded-For"));
  if (!forwarded.empty()) forwarded += ", ";
  forwarded += connection.remote_address;
  // On AWS a client always comes through TLS on 443; a plain connection says what it is.
  return {{{"X-Forwarded-For", std::move(forwarded)},
           {"X-Forwarded-Port", connection.tls ? "443" : std::to_string(connection.local_port)},
           {"X-Forwarded-Proto", connection.tls ? "https" : "http"}}};
}

}  // namespace tandem::apigateway
