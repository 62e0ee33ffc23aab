#include "services/apigateway/proxy/result.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/bytes.h"
#include "core/json.h"
#include "core/text.h"
#include "services/apigateway/model/limits.h"
#include "services/apigateway/proxy/event.h"

namespace tandem::apigateway {
namespace {

constexpr std::size_t kMaxDepth = 32;

core::ParseError malformed(std::string why) { return {std::move(why), 0}; }

/// RFC 9110 §5.6.2: token characters.
bool is_header_name(std::string_view name) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kOthers.find(c) != std::string_view::npos;
  });
}

/// A value with control characters could split the response.
bool is_header_value(std::string_view value) {
  return std::none_of(value.begin(), value.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7f';
  });
}

/// Texts and booleans are values; a number is as malformed as what is not flat (measured).
std::optional<std::string> flat_text(const json::value& value) {
  if (value.is_string()) return json::to_std(value);
  if (value.is_bool()) return value.get_bool() ? "true" : "false";
  return std::nullopt;
}

bool add_header(net::Headers& headers, std::string_view name, const json::value& value) {
  const auto text = flat_text(value);
  if (!text || !is_header_name(name) || !is_header_value(*text)) return false;
  headers.add(name, *text);
  return true;
}

bool take_multi_headers(const json::value& given, ProxyResult& result) {
  if (given.is_null()) return true;
  if (!given.is_object()) return false;
  for (const auto& [name, values] : given.as_object()) {
    if (values.is_null()) continue;
    if (!values.is_array()) return false;
    for (const json::value& value : values.as_array()) {
      if (!add_header(result.headers, name, value)) return false;
    }
  }
  return true;
}

/// A header that multiValueHeaders has, too, comes after its values, under the name it has there
/// (measured).
bool take_headers(const json::value& given, ProxyResult& result) {
  if (given.is_null()) return true;
  if (!given.is_object()) return false;
  net::Headers single;
  for (const auto& [name, value] : given.as_object()) {
    if (value.is_null()) continue;
    std::string_view written = name;
    for (const auto& [multi, first] : result.headers) {
      if (core::equals_ignoring_case(multi, name)) written = multi;
    }
    if (!add_header(single, written, value)) return false;
  }
  for (const auto& [name, value] : single) result.headers.add(name, value);
  return true;
}

bool take_status(const json::value& given, ProxyResult& result) {
  std::optional<std::int64_t> status;
  if (given.is_int64()) status = given.get_int64();
  if (given.is_double() && given.get_double() >= 200 && given.get_double() < 600 &&
      given.get_double() == static_cast<int>(given.get_double())) {
    status = static_cast<std::int64_t>(given.get_double());
  }
  if (given.is_string()) status = core::parse_int(json::view(given.get_string()));
  if (given.is_null()) status = 200;
  // An interim status cannot end an exchange (RFC 9110 §15.2).
  if (!status || *status < 200 || *status > 599) return false;
  result.status = static_cast<int>(*status);
  return true;
}

bool take_body(const json::value& given, ProxyResult& result) {
  if (given.is_null()) return true;
  if (!given.is_string()) return false;
  result.body = json::view(given.get_string());
  return true;
}

bool take_base64(const json::value& given, ProxyResult& result) {
  if (given.is_null()) return true;
  if (!given.is_bool()) return false;
  result.base64 = given.get_bool();
  return true;
}

core::Parsed<ProxyResult> read_result(const json::object& answer) {
  ProxyResult result;
  const json::value* headers = nullptr;
  for (const auto& [key, value] : answer) {
    bool taken = true;
    if (key == "statusCode") {
      taken = take_status(value, result);
    } else if (key == "body") {
      taken = take_body(value, result);
    } else if (key == "isBase64Encoded") {
      taken = take_base64(value, result);
    } else if (key == "multiValueHeaders") {
      taken = take_multi_headers(value, result);
    } else if (key == "headers") {
      headers = &value;
    } else {
      taken = key == "cookies";
    }
    if (!taken) return malformed("member " + std::string(std::string_view(key)));
  }
  if (headers != nullptr && !take_headers(*headers, result)) return malformed("member headers");
  return result;
}

enum class Handling { kPass, kDrop, kRemap };

// AWS, "Important notes for API Gateway": what becomes of response headers.
Handling handling_of(std::string_view name) {
  constexpr std::array<std::string_view, 11> kDropped = {"Content-Length",
                                                         "Host",
                                                         "Expect",
                                                         "Proxy-Authenticate",
                                                         "TE",
                                                         "Trailer",
                                                         "Transfer-Encoding",
                                                         "Upgrade",
                                                         "Via",
                                                         "x-amzn-RequestId",
                                                         "x-amz-apigw-id"};
  constexpr std::array<std::string_view, 8> kRemapped = {
      "Authorization", "Connection", "Content-MD5", "Date",
      "Max-Forwards",  "Server",     "User-Agent",  "WWW-Authenticate"};
  const auto is = [&](std::string_view each) { return core::equals_ignoring_case(each, name); };
  if (std::any_of(kDropped.begin(), kDropped.end(), is)) return Handling::kDrop;
  if (std::any_of(kRemapped.begin(), kRemapped.end(), is)) return Handling::kRemap;
  return Handling::kPass;
}

}  // namespace

core::Parsed<ProxyResult> parse_proxy_result(std::string_view payload) {
  // Most answers are small: their document lives on the stack.
  unsigned char buffer[8'192];
  json::monotonic_resource memory(buffer);
  json::parse_options options;
  options.max_depth = kMaxDepth;
  boost::system::error_code error;
  const json::value answer = json::parse(payload, error, &memory, options);
  if (error) return malformed("not JSON");
  if (!answer.is_object()) return malformed("not an object");
  return read_result(answer.get_object());
}

core::Parsed<net::HttpResponse> make_response(ProxyResult result, std::string_view accept,
                                              const std::vector<std::string>& binary_media_types) {
  net::HttpResponse response;
  response.status = result.status;
  const std::string type(result.headers.get_or("Content-Type"));
  for (const auto& [name, value] : result.headers) {
    const Handling handling = handling_of(name);
    if (handling == Handling::kPass) response.headers.add(name, value);
    if (handling == Handling::kRemap) response.headers.add("x-amzn-Remapped-" + name, value);
  }
  if (type.empty()) response.headers.set("Content-Type", "application/json");
  const bool wants_bytes = result.base64 && (is_binary(accept, binary_media_types) ||
                                             is_binary(type, binary_media_types));
  if (!wants_bytes) {
    response.body = std::move(result.body);
  } else if (auto bytes = core::base64_decode(result.body)) {
    response.body = std::move(*bytes);
  } else {
    return malformed("the body is not base64");
  }
  if (response.body.size() > kPayloadBytes) return malformed("the body is too large");
  return response;
}

}  // namespace tandem::apigateway
