// Headers of a request that stand in its query string.
//
// Whoever presigns a request for S3 cannot make its later sender add headers, and so writes some of
// them into the link; S3 takes "x-amz-" fields of a presigned request for the headers of these
// names (aws-sdk-js-v3, signature-v4, moveHeadersToQuery; botocore, HmacV1QueryAuth).
#pragma once

#include "net/http.h"

namespace tandem::aws {

/// Adds the headers that a presigned request has in its query; one that is there is left as it is.
/// A field whose name or value no header can have stays where it is, and so does a request that is
/// not presigned. After the signature was verified, which covers the query.
void restore_hoisted_headers(net::HttpRequest& request);

}  // namespace tandem::aws
