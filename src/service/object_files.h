// Objects of S3 as files on this process's disk and back, for services whose artifacts are too
// large to hold. Whoever needs it is given one by the assembler; what is in another region comes
// over the network.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/json.h"
#include "core/task.h"

namespace tandem::service {

struct ObjectPlace {
  std::string region;  ///< whose the bucket is; empty: this process's own
  std::string bucket;
  std::string key;
  std::string version;  ///< empty: the newest
};

struct StoredObject {
  std::string etag;     ///< as S3 writes it, quotes included
  std::string version;  ///< empty in a bucket without versioning
  std::uint64_t bytes = 0;
};

class ObjectFiles {
 public:
  virtual ~ObjectFiles() = default;
  /// Into a new file that others cannot read; nothing is left of it when this throws. Throws
  /// ApiError as GetObject does, EntityTooLarge beyond limit bytes, and ApiError 503
  /// ServiceUnavailable when another region cannot be reached. caller: an ARN, as in aws::ApiCall.
  virtual Task<StoredObject> read(ObjectPlace place, std::filesystem::path file,
                                  std::uint64_t limit, std::string caller) = 0;
  /// PutObject of the file's content. more: further members of PutObject's input (ContentType,
  /// ServerSideEncryption, CacheControl, ACL …). Throws ApiError as PutObject does.
  virtual Task<StoredObject> write(ObjectPlace place, std::filesystem::path file, json::object more,
                                   std::string caller) = 0;
};

}  // namespace tandem::service
