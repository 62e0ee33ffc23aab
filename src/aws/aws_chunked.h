// The aws-chunked content coding: how S3 clients stream bodies.
//
// "<hex size>[;chunk-signature=<hex>]\r\n<data>\r\n … 0[;…]\r\n<trailers>\r\n\r\n". Which of it is
// signed is said by x-amz-content-sha256 (STREAMING-AWS4-HMAC-SHA256-PAYLOAD[-TRAILER],
// STREAMING-UNSIGNED-PAYLOAD-TRAILER).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/error.h"
#include "aws/sigv4.h"
#include "net/http.h"

namespace tandem::aws {

bool is_aws_chunked(const net::HttpRequest& request);

/// Replaces the body by its decoded form, checks x-amz-decoded-content-length and every trailing
/// checksum, and adds the trailers to the headers. Chunk signatures are verified when signing is
/// given. Throws ApiError in S3's words.
void decode_aws_chunked(net::HttpRequest& request, const std::optional<SigningContext>& signing);

}  // namespace tandem::aws
