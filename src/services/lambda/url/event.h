// The event a function gets through its URL (payload format 2.0; developer guide, "Request payload
// format").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "net/http.h"

namespace tandem::lambda {

struct UrlCaller {
  std::string access_key_id;
  std::string account;
  std::string arn;
};

struct UrlRequest {
  const net::HttpRequest& request;
  std::string_view host;
  std::string_view url_id;
  std::string_view request_id;
  std::string_view trace_id;
  std::int64_t now_ms = 0;
  const UrlCaller* caller = nullptr;  ///< AuthType AWS_IAM
};

/// Whatever bytes the request holds, the answer is a JSON text.
std::string build_url_event(const UrlRequest& asked);

}  // namespace tandem::lambda
