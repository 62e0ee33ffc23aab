// Content on its way between a request, the disk and an answer: in slices, off the loop.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "services/s3/api/shared.h"
#include "services/s3/model/integrity.h"

namespace tandem::s3::api {

struct Received {
  Digests digests;
  std::uint64_t size = 0;
};
/// Digests as the request gives them, wherever its content is.
ExpectedDigests expected_digests(const RequestContext& context, const json::object& input);
/// Brings the request's content, which may still be on its way, to the disk. The file is there only
/// when everything that was announced about it holds. Throws ApiError, store::StoreFailure,
/// net::BodyError; then the blob is to be discarded.
Task<Received> receive(Scope* scope, RequestContext* context, std::string blob,
                       ExpectedDigests expected);

struct Copied {
  std::string md5;  ///< 16 bytes
  std::uint64_t size = 0;
};
/// Puts the pieces together in a file of their own. Nothing when one is not there any more. Throws
/// ApiError InternalError, and logs why, when one is damaged.
Task<std::optional<Copied>> copy_content(Scope* scope, std::vector<BlobRange> pieces,
                                         std::string blob);

/// Brings this part of a copy's source to a file of its own. Throws ApiError:
/// ConditionalRequestConflict when the source is another by now, ServiceUnavailable when it breaks
/// off on its way from another region.
Task<Copied> copy_source(Scope* scope, CopySource source, ByteRange range, std::string blob);

BlobRange range_of(const Object& object, const ByteRange& range);
BlobRange range_of(const Part& part);

/// Puts this part of the object into the reply. False when its file is gone. Throws ApiError
/// InternalError, and logs why, when the file is damaged.
Task<bool> deliver(Scope* scope, BlobRange range, Reply* reply);

/// A file is gone: InternalError, and a line in the log, when this version still owns it. Else
/// others have replaced or deleted it meanwhile.
void require_replaced(const Scope& scope, std::string_view bucket, std::string_view key,
                      const Object& version);

}  // namespace tandem::s3::api
