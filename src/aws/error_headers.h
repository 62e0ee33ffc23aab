// An error that says something in headers, too, as S3 names a bucket's region. Beside error.h,
// which everybody includes and which needs nothing of HTTP.
#pragma once

#include <utility>

#include "aws/error.h"
#include "net/http.h"

namespace tandem::aws {

/// Thrown and caught as an ApiError; who renders it over HTTP adds the headers.
class ErrorWithHeaders final : public ApiError {
 public:
  ErrorWithHeaders(ApiError error, net::Headers headers)
      : ApiError(std::move(error)), headers_(std::move(headers)) {}
  const net::Headers& headers() const { return headers_; }

 private:
  net::Headers headers_;
};

}  // namespace tandem::aws
