#include "services/lambda/url/result.h"

#include <algorithm>
#include <string>

#include "core/bytes.h"
#include "core/json.h"
#include "core/text.h"

namespace tandem::lambda {
namespace {

constexpr std::size_t kDepth = 256;

/// A scalar as a header's value.
std::optional<std::string> scalar(const json::value& value) {
  if (value.is_string()) return json::to_std(value);
  if (value.is_bool() || value.is_number()) return json::to_text(value);
  return std::nullopt;
}

/// RFC 9110 §5.6.2 and §5.5: what else could end the field, or begin another.
bool is_token(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || kMarks.find(c) != kMarks.npos;
  });
}
bool is_field_value(std::string_view value) {
  return std::none_of(value.begin(), value.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
  });
}

/// Of the connection, which is the listener's.
bool is_dropped(std::string_view name) {
  for (const std::string_view each : {"connection", "content-length", "transfer-encoding", "date",
                                      "keep-alive", "upgrade", "trailer", "te"}) {
    if (core::equals_ignoring_case(each, name)) return true;
  }
  return false;
}

bool add_header(net::HttpResponse& response, std::string_view name, const json::value& value) {
  const auto words = scalar(value);
  if (!words || !is_token(name) || !is_field_value(*words)) return false;
  if (!is_dropped(name)) response.headers.add(name, *words);
  return true;
}

std::optional<int> status_of(const json::value& value) {
  std::int64_t status = 0;
  if (value.is_int64()) {
    status = value.get_int64();
  } else if (value.is_string()) {
    status =
        static_cast<std::int64_t>(core::parse_uint(json::view(value.get_string())).value_or(0));
  }
  if (status < 200 || status > 599) return std::nullopt;
  return static_cast<int>(status);
}

bool set_body(net::HttpResponse& response, const json::object& result) {
  const json::value* body = json::find(result, "body");
  if (body == nullptr || body->is_null()) return true;
  response.body = body->is_string() ? json::to_std(*body) : json::to_text(*body);
  if (!json::bool_or(result, "isBase64Encoded", false)) return true;
  auto bytes = core::base64_decode(response.body);
  if (!bytes) return false;
  response.body = std::move(*bytes);
  return true;
}

/// Status, headers and cookies.
std::optional<net::HttpResponse> head_of(const json::object& result) {
  net::HttpResponse response;
  if (const json::value* code = json::find(result, "statusCode"); code != nullptr) {
    const auto status = status_of(*code);
    if (!status) return std::nullopt;
    response.status = *status;
  }
  if (const json::value* headers = json::find(result, "headers"); headers != nullptr) {
    if (!headers->is_object() && !headers->is_null()) return std::nullopt;
    if (headers->is_object()) {
      for (const auto& [name, value] : headers->get_object()) {
        if (!add_header(response, name, value)) return std::nullopt;
      }
    }
  }
  if (const json::value* cookies = json::find(result, "cookies"); cookies != nullptr) {
    if (!cookies->is_array()) return std::nullopt;
    for (const json::value& each : cookies->get_array()) {
      if (!each.is_string() || !add_header(response, "Set-Cookie", each)) return std::nullopt;
    }
  }
  return response;
}

/// An answer that says its status says all of itself.
std::optional<net::HttpResponse> described(const json::object& result) {
  auto response = head_of(result);
  if (!response || !set_body(*response, result)) return std::nullopt;
  return response;
}

}  // namespace

std::optional<net::HttpResponse> make_url_response(std::string_view payload) {
  const auto parsed = json::parse_text(payload, kDepth);
  if (!parsed) return std::nullopt;
  const json::value& result = parsed.value();
  std::optional<net::HttpResponse> response;
  if (result.is_object() && result.get_object().contains("statusCode")) {
    response = described(result.get_object());
    if (!response) return std::nullopt;
  } else {
    response.emplace();
    response->body = result.is_string() ? json::to_std(result) : std::string(payload);
  }
  if (!response->headers.contains("Content-Type")) {
    response->headers.add("Content-Type", "application/json");
  }
  return response;
}

PreludeReader::State PreludeReader::feed(std::string_view slice) {
  constexpr std::string_view kEnd("\0\0\0\0\0\0\0\0", 8);
  // The end may have begun in the slice before.
  const std::size_t looked_at = bytes_.size() - std::min(bytes_.size(), kEnd.size() - 1);
  bytes_ += slice;
  const std::size_t end = bytes_.find(kEnd, looked_at);
  if (std::min(end, bytes_.size()) > kMostBytes) return State::kBad;
  if (end == std::string::npos) return State::kMore;
  const auto parsed = json::parse_text(std::string_view(bytes_).substr(0, end), kDepth);
  if (!parsed || !parsed.value().is_object()) return State::kBad;
  auto head = head_of(parsed.value().get_object());
  if (!head) return State::kBad;
  response_ = std::move(*head);
  bytes_.erase(0, end + kEnd.size());
  response_.body = std::move(bytes_);
  return State::kDone;
}

}  // namespace tandem::lambda
