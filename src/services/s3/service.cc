#include "services/s3/service.h"

#include <span>
#include <utility>

#include "core/log.h"
#include "net/body.h"
#include "service/table.h"
#include "services/s3/api/content.h"
#include "services/s3/errors.h"

namespace tandem::s3 {
namespace {

using Names = std::vector<std::string_view>;

// The content's own headers, kept with it.
constexpr std::string_view kProperties[] = {"CacheControl",    "ContentDisposition",
                                            "ContentEncoding", "ContentLanguage",
                                            "ContentType",     "Expires",
                                            "Metadata"};
constexpr std::string_view kStorage[] = {"ACL", "ServerSideEncryption", "StorageClass"};
constexpr std::string_view kDigests[] = {"ContentMD5",     "ChecksumAlgorithm", "ChecksumCRC32",
                                         "ChecksumCRC32C", "ChecksumSHA1",      "ChecksumSHA256"};
constexpr std::string_view kConditions[] = {"IfMatch", "IfModifiedSince", "IfNoneMatch",
                                            "IfUnmodifiedSince"};
constexpr std::string_view kOverrides[] = {"ResponseCacheControl",    "ResponseContentDisposition",
                                           "ResponseContentEncoding", "ResponseContentLanguage",
                                           "ResponseContentType",     "ResponseExpires"};
constexpr std::string_view kSource[] = {"CopySource",
                                        "CopySourceIfMatch",
                                        "CopySourceIfModifiedSince",
                                        "CopySourceIfNoneMatch",
                                        "CopySourceIfUnmodifiedSince",
                                        "ExpectedSourceBucketOwner"};
constexpr std::string_view kBucket[] = {"Bucket", "ExpectedBucketOwner"};
constexpr std::string_view kObject[] = {"Bucket", "Key", "ExpectedBucketOwner"};
constexpr std::string_view kPart[] = {"Bucket", "Key", "ExpectedBucketOwner", "UploadId",
                                      "PartNumber"};
constexpr std::string_view kUpload[] = {"Bucket", "Key", "ExpectedBucketOwner", "UploadId"};

Names join(std::initializer_list<std::span<const std::string_view>> lists,
           std::initializer_list<std::string_view> more = {}) {
  Names all;
  for (const auto list : lists) all.insert(all.end(), list.begin(), list.end());
  all.insert(all.end(), more);
  return all;
}

class Table {
 public:
  explicit Table(api::Scope& scope) : scope_(scope) {}

  template <class Function>
  void add(std::string_view name, Function function, Names accepts) {
    rows.push_back(service::row(scope_, name, function, std::move(accepts)));
  }
  /// Content comes in slices.
  template <class Function>
  void add_upload(std::string_view name, Function function, Names accepts) {
    add(name, function, std::move(accepts));
    rows.back().takes = service::Operation::Payload::kAsItComes;
  }

  std::vector<service::Operation> rows;

 private:
  api::Scope& scope_;
};

void add_buckets(Table& table) {
  table.add("CreateBucket", api::create_bucket,
            {"Bucket", "CreateBucketConfiguration", "ACL", "ObjectOwnership"});
  table.add("DeleteBucket", api::delete_bucket, join({kBucket}));
  table.add("HeadBucket", api::head_bucket, join({kBucket}));
  table.add("ListBuckets", api::list_buckets, {});
  table.add("GetBucketLocation", api::get_bucket_location, join({kBucket}));
  table.add("GetBucketVersioning", api::get_bucket_versioning, join({kBucket}));
  table.add("GetBucketEncryption", api::get_bucket_encryption, join({kBucket}));
  table.add(
      "PutBucketEncryption", api::put_bucket_encryption,
      join({kBucket}, {"ServerSideEncryptionConfiguration", "ContentMD5", "ChecksumAlgorithm"}));
  table.add("GetBucketTagging", api::get_bucket_tagging, join({kBucket}));
  table.add("PutBucketTagging", api::put_bucket_tagging,
            join({kBucket}, {"Tagging", "ContentMD5", "ChecksumAlgorithm"}));
  table.add("DeleteBucketTagging", api::delete_bucket_tagging, join({kBucket}));
  table.add("ListObjects", api::list_objects,
            join({kBucket}, {"Delimiter", "EncodingType", "Marker", "MaxKeys", "Prefix"}));
  table.add("ListObjectsV2", api::list_objects_v2,
            join({kBucket}, {"Delimiter", "EncodingType", "MaxKeys", "Prefix", "ContinuationToken",
                             "FetchOwner", "StartAfter"}));
}

void add_objects(Table& table) {
  table.add_upload("PutObject", api::put_object,
                   join({kObject, kProperties, kStorage, kDigests}, {"Body", "ContentLength"}));
  table.add("GetObject", api::get_object,
            join({kObject, kConditions, kOverrides}, {"Range", "ChecksumMode"}));
  table.add("HeadObject", api::head_object,
            join({kObject, kConditions}, {"Range", "ChecksumMode"}));
  table.add("DeleteObject", api::delete_object, join({kObject}));
  table.add("DeleteObjects", api::delete_objects, join({kBucket}, {"Delete", "ChecksumAlgorithm"}));
  table.add("CopyObject", api::copy_object,
            join({kObject, kProperties, kStorage, kSource}, {"MetadataDirective"}));
  table.add("GetObjectTagging", api::get_object_tagging, join({kObject}));
}

void add_uploads(Table& table) {
  table.add("CreateMultipartUpload", api::create_multipart_upload,
            join({kObject, kProperties, kStorage}, {"ChecksumAlgorithm"}));
  table.add_upload("UploadPart", api::upload_part,
                   join({kPart, kDigests}, {"Body", "ContentLength"}));
  table.add("UploadPartCopy", api::upload_part_copy, join({kPart, kSource}, {"CopySourceRange"}));
  table.add("CompleteMultipartUpload", api::complete_multipart_upload,
            join({kUpload}, {"MultipartUpload"}));
  table.add("AbortMultipartUpload", api::abort_multipart_upload, join({kUpload}));
  table.add("ListParts", api::list_parts, join({kUpload}, {"MaxParts", "PartNumberMarker"}));
  table.add("ListMultipartUploads", api::list_multipart_uploads, join({kBucket}, {"Prefix"}));
}

std::vector<service::Operation> make_table(api::Scope& scope) {
  Table table(scope);
  add_buckets(table);
  add_objects(table);
  add_uploads(table);
  return std::move(table.rows);
}

Flush flush_of(const service::Environment& environment) {
  return environment.config.durability == service::Durability::kFsync ? Flush::kBeforeAcknowledging
                                                                      : Flush::kNo;
}

}  // namespace

S3Service::S3Service(service::Environment environment)
    : environment_(std::move(environment)),
      catalog_(environment_.store),
      blobs_(environment_.folder / "objects", environment_.blocking, flush_of(environment_)),
      scope_{environment_, catalog_, blobs_},
      operations_(make_table(scope_)) {}

void S3Service::start() {
  // What a crash left without an owner.
  const std::vector<std::string> loose = catalog_.loose();
  blobs_.tidy(loose);
  if (loose.empty()) return;
  try {
    catalog_.erase_loose(loose);
  } catch (const store::StoreError&) {
    // Their files are gone; a store that takes no writes is no reason not to serve.
    log::warning("s3: {} removed blobs stay listed until the next start", loose.size());
  }
}

// Buckets and objects are read from the store and the folder each time.
std::function<void()> S3Service::forgetting() {
  return [] {};
}

bool S3Service::has_bucket(std::string_view bucket) const {
  return catalog_.bucket(bucket).has_value();
}

Task<std::optional<std::string>> S3Service::read_object(std::string bucket, std::string key,
                                                        std::uint64_t limit) {
  const auto object = catalog_.object(bucket, key);
  if (!object) co_return std::nullopt;
  if (object->size > limit) throw errors::entity_too_large();
  service::Reply reply;
  const bool there = co_await api::deliver(
      &scope_, api::range_of(*object, {.first = 0, .length = object->size}), &reply);
  if (!there) {
    api::require_replaced(scope_, bucket, key, object->blob);
    co_return std::nullopt;
  }
  if (!reply.source) co_return std::move(reply.payload);
  std::string content;
  try {
    content = co_await net::collect(reply.source, limit);
  } catch (const net::BodyError&) {
    throw api::internal_error();  // The log has it.
  }
  co_return content;
}

}  // namespace tandem::s3
