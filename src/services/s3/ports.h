// What S3 of one region needs of the others, wired by the assembler: one namespace of buckets, of
// which each lives in one region.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "core/task.h"
#include "net/body.h"

namespace tandem::s3 {

struct NamedBucket {
  std::string name;
  std::string region;
  std::int64_t created_s = 0;
};

/// An object of another region on its way here.
struct FarObject {
  json::object output;                                ///< GetObject's
  std::string content;                                ///< of a small one
  std::shared_ptr<net::BodySource> source = nullptr;  ///< instead of content
};

/// A region's view of the names that others have. Everything that asks throws ApiError (503
/// ServiceUnavailable) when nobody can say: never "no" for "I do not know".
class BucketNames {
 public:
  virtual ~BucketNames() = default;
  /// The other region that has the bucket; nothing: none has.
  virtual Task<std::optional<std::string>> find(std::string bucket) = 0;
  /// The buckets of all other regions, in no order.
  virtual Task<std::vector<NamedBucket>> list() = 0;
  /// Makes the name this region's, which then makes the bucket. The other region that has it
  /// already; nothing: it is ours.
  virtual Task<std::optional<std::string>> claim(std::string bucket, std::int64_t created_s) = 0;
  /// The bucket is gone. Never throws: a name that stays behind is found out when somebody wants
  /// it.
  virtual Task<void> release(std::string bucket) = 0;
  /// CreateBucket in another region. Throws ApiError as that does.
  virtual Task<void> create(std::string region, json::object input) = 0;
  /// GetObject in another region. Throws ApiError as that does.
  virtual Task<FarObject> get(std::string region, json::object input) = 0;
};

}  // namespace tandem::s3
