// The HTTP answer made of what a function returned through its URL (payload format 2.0; developer
// guide, "Response payload format").
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"

namespace tandem::lambda {

/// Nothing for what is no JSON, or asks for what no HTTP answer can be: 502 for the client.
std::optional<net::HttpResponse> make_url_response(std::string_view payload);

/// The content type of a streamed response that begins with a prelude.
inline constexpr std::string_view kPreludeType =
    "application/vnd.awslambda.http-integration-response";

/// What stands before the body of such a response: status, headers and cookies as JSON, then eight
/// NUL bytes (developer guide, "Response streaming": HttpResponseStream).
class PreludeReader {
 public:
  /// As much as the head of an HTTP message may have.
  static constexpr std::size_t kMostBytes = 64 * 1024;
  enum class State { kMore, kDone, kBad };

  /// The next slice, while it says kMore.
  State feed(std::string_view slice);
  /// The answer's head and, as its body, what has come after the prelude. Once, when it is done.
  net::HttpResponse take() { return std::move(response_); }

 private:
  std::string bytes_;
  net::HttpResponse response_;
};

}  // namespace tandem::lambda
