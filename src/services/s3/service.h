// S3 of one region: buckets, objects with their versions, and multipart uploads.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/environment.h"
#include "service/service.h"
#include "services/s3/api/operations.h"
#include "services/s3/ports.h"
#include "services/s3/store/blobs.h"
#include "services/s3/store/catalog.h"

namespace tandem::s3 {

class S3Service final : public service::Service {
 public:
  /// Borrows names. null: there are no other regions.
  explicit S3Service(service::Environment environment, BucketNames* names = nullptr);

  std::string_view name() const override { return "s3"; }
  const std::vector<service::Operation>& operations() const override { return operations_; }
  void start() override;

  std::optional<NamedBucket> bucket(std::string_view name) const;
  /// A bucket that is being made is on its way to be had.
  bool makes_bucket(std::string_view bucket) const { return scope_.making.contains(bucket); }
  /// This region's alone.
  std::vector<NamedBucket> buckets() const;
  /// The other region that has the bucket; nothing: none has. Throws ApiError when nobody can say.
  Task<std::optional<std::string>> find_elsewhere(std::string bucket);
  /// For the region's other services: the whole of it, which is held. version: empty for what is
  /// there now. Nothing when there is no such object. Throws ApiError when it is larger than limit,
  /// or cannot be read.
  Task<std::optional<std::string>> read_object(std::string bucket, std::string key,
                                               std::string version, std::uint64_t limit);

 private:
  const service::Environment& environment() const override { return environment_; }
  std::function<void()> forgetting() override;

  service::Environment environment_;
  Catalog catalog_;
  Blobs blobs_;
  api::Scope scope_;
  std::vector<service::Operation> operations_;
};

}  // namespace tandem::s3
