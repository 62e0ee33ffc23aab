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
constexpr std::string_view kStorage[] = {"ACL", "BucketKeyEnabled", "SSEKMSKeyId",
                                         "ServerSideEncryption", "StorageClass"};
constexpr std::string_view kDigests[] = {"ContentMD5",       "ChecksumAlgorithm", "ChecksumCRC32",
                                         "ChecksumCRC32C",   "ChecksumSHA1",      "ChecksumSHA256",
                                         "ChecksumCRC64NVME"};
constexpr std::string_view kConditions[] = {"IfMatch", "IfModifiedSince", "IfNoneMatch",
                                            "IfUnmodifiedSince"};
constexpr std::string_view kWriteConditions[] = {"IfMatch", "IfNoneMatch"};
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
constexpr std::string_view kVersion[] = {"Bucket", "Key", "ExpectedBucketOwner", "VersionId"};
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
  /// On a bucket, which only its own region serves.
  template <class Function>
  void add_here(std::string_view name, Function function, Names accepts) {
    add(name, function, std::move(accepts));
    if (scope_.names == nullptr) return;
    const auto wrapped = [scope = &scope_, handler = std::move(rows.back().handler)](
                             service::RequestContext& context, json::object input) {
      return api::or_elsewhere(scope, &handler, &context, std::move(input));
    };
    rows.back().handler = wrapped;
  }
  /// Content comes in slices.
  template <class Function>
  void add_upload(std::string_view name, Function function, Names accepts) {
    add_here(name, function, std::move(accepts));
    rows.back().takes = service::Operation::Payload::kAsItComes;
  }

  std::vector<service::Operation> rows;

 private:
  api::Scope& scope_;
};

void add_buckets(Table& table) {
  table.add("CreateBucket", api::create_bucket,
            {"Bucket", "CreateBucketConfiguration", "ACL", "ObjectOwnership"});
  table.add_here("DeleteBucket", api::delete_bucket, join({kBucket}));
  table.add_here("HeadBucket", api::head_bucket, join({kBucket}));
  table.add("ListBuckets", api::list_buckets,
            {"MaxBuckets", "ContinuationToken", "Prefix", "BucketRegion"});
  table.add("GetBucketLocation", api::get_bucket_location, join({kBucket}));
  table.add_here("GetBucketTagging", api::get_bucket_tagging, join({kBucket}));
  table.add_here("PutBucketTagging", api::put_bucket_tagging,
                 join({kBucket}, {"Tagging", "ContentMD5", "ChecksumAlgorithm"}));
  table.add_here("DeleteBucketTagging", api::delete_bucket_tagging, join({kBucket}));
  table.add_here("ListObjects", api::list_objects,
                 join({kBucket}, {"Delimiter", "EncodingType", "Marker", "MaxKeys", "Prefix"}));
  table.add_here("ListObjectsV2", api::list_objects_v2,
                 join({kBucket}, {"Delimiter", "EncodingType", "MaxKeys", "Prefix",
                                  "ContinuationToken", "FetchOwner", "StartAfter"}));
  table.add_here("ListObjectVersions", api::list_object_versions,
                 join({kBucket}, {"Delimiter", "EncodingType", "KeyMarker", "MaxKeys", "Prefix",
                                  "VersionIdMarker"}));
}

constexpr std::string_view kSent[] = {"ContentMD5", "ChecksumAlgorithm"};

void add_settings(Table& table) {
  table.add_here("GetBucketVersioning", api::get_bucket_versioning, join({kBucket}));
  table.add_here("PutBucketVersioning", api::put_bucket_versioning,
                 join({kBucket, kSent}, {"VersioningConfiguration"}));
  table.add_here("GetBucketEncryption", api::get_bucket_encryption, join({kBucket}));
  table.add_here("PutBucketEncryption", api::put_bucket_encryption,
                 join({kBucket, kSent}, {"ServerSideEncryptionConfiguration"}));
  table.add_here("DeleteBucketEncryption", api::delete_bucket_encryption, join({kBucket}));
  table.add_here("GetBucketOwnershipControls", api::get_bucket_ownership, join({kBucket}));
  table.add_here("PutBucketOwnershipControls", api::put_bucket_ownership,
                 join({kBucket, kSent}, {"OwnershipControls"}));
  table.add_here("GetPublicAccessBlock", api::get_public_access_block, join({kBucket}));
  table.add_here("PutPublicAccessBlock", api::put_public_access_block,
                 join({kBucket, kSent}, {"PublicAccessBlockConfiguration"}));
  table.add_here("DeletePublicAccessBlock", api::delete_public_access_block, join({kBucket}));
  table.add_here("GetBucketPolicy", api::get_bucket_policy, join({kBucket}));
  table.add_here("PutBucketPolicy", api::put_bucket_policy,
                 join({kBucket, kSent}, {"ConfirmRemoveSelfBucketAccess", "Policy"}));
  table.add_here("DeleteBucketPolicy", api::delete_bucket_policy, join({kBucket}));
  table.add_here("GetBucketPolicyStatus", api::get_bucket_policy_status, join({kBucket}));
  table.add_here("GetBucketAcl", api::get_bucket_acl, join({kBucket}));
  table.add_here("GetBucketRequestPayment", api::get_bucket_request_payment, join({kBucket}));
  for (const api::AbsentSetting& setting : api::absent_settings()) {
    const auto read = [&setting](api::Scope& scope, service::RequestContext&,
                                 const json::object& input) {
      return api::read_absent(scope, setting, input);
    };
    table.add_here(setting.operation, read, join({kBucket}));
  }
}

void add_objects(Table& table) {
  table.add_upload("PutObject", api::put_object,
                   join({kObject, kProperties, kStorage, kDigests, kWriteConditions},
                        {"Body", "ContentLength"}));
  table.add_here("GetObject", api::get_object,
                 join({kVersion, kConditions, kOverrides}, {"Range", "ChecksumMode"}));
  table.add_here("HeadObject", api::head_object,
                 join({kVersion, kConditions}, {"Range", "ChecksumMode"}));
  table.add_here("DeleteObject", api::delete_object, join({kVersion}));
  table.add_here("DeleteObjects", api::delete_objects,
                 join({kBucket}, {"Delete", "ChecksumAlgorithm"}));
  table.add_here(
      "CopyObject", api::copy_object,
      join({kObject, kProperties, kStorage, kSource, kWriteConditions}, {"MetadataDirective"}));
  table.add_here("GetObjectTagging", api::get_object_tagging, join({kVersion}));
}

void add_uploads(Table& table) {
  table.add_here(
      "CreateMultipartUpload", api::create_multipart_upload,
      join({kObject, kProperties, kStorage}, {"ChecksumAlgorithm", "ChecksumType=COMPOSITE"}));
  table.add_upload("UploadPart", api::upload_part,
                   join({kPart, kDigests}, {"Body", "ContentLength"}));
  table.add_here("UploadPartCopy", api::upload_part_copy,
                 join({kPart, kSource}, {"CopySourceRange"}));
  table.add_here("CompleteMultipartUpload", api::complete_multipart_upload,
                 join({kUpload, kWriteConditions},
                      {"MultipartUpload", "MultipartUpload.Parts.ChecksumCRC64NVME",
                       "ChecksumType=COMPOSITE", "MpuObjectSize"}));
  table.add_here("AbortMultipartUpload", api::abort_multipart_upload, join({kUpload}));
  table.add_here("ListParts", api::list_parts, join({kUpload}, {"MaxParts", "PartNumberMarker"}));
  table.add_here("ListMultipartUploads", api::list_multipart_uploads, join({kBucket}, {"Prefix"}));
}

std::vector<service::Operation> make_table(api::Scope& scope) {
  Table table(scope);
  add_buckets(table);
  add_settings(table);
  add_objects(table);
  add_uploads(table);
  return std::move(table.rows);
}

Flush flush_of(const service::Environment& environment) {
  return environment.config.durability == service::Durability::kFsync ? Flush::kBeforeAcknowledging
                                                                      : Flush::kNo;
}

}  // namespace

S3Service::S3Service(service::Environment environment, BucketNames* names)
    : environment_(std::move(environment)),
      catalog_(environment_.store, environment_.clock, environment_.random),
      blobs_(environment_.folder / "objects", environment_.blocking, flush_of(environment_)),
      scope_{environment_, catalog_, blobs_, names},
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

std::optional<NamedBucket> S3Service::bucket(std::string_view name) const {
  const auto document = catalog_.bucket(name);
  if (!document) return std::nullopt;
  return NamedBucket{std::string(name), environment_.region,
                     json::int_or(*document, "CreationDate", 0)};
}

std::vector<NamedBucket> S3Service::buckets() const {
  std::vector<NamedBucket> all;
  for (auto& [name, document] : catalog_.buckets()) {
    all.push_back({name, environment_.region, json::int_or(document, "CreationDate", 0)});
  }
  return all;
}

Task<std::optional<std::string>> S3Service::find_elsewhere(std::string bucket) {
  if (scope_.names == nullptr) co_return std::nullopt;
  auto region = co_await scope_.names->find(std::move(bucket));
  co_return region;
}

Task<std::optional<std::string>> S3Service::read_object(std::string bucket, std::string key,
                                                        std::string version, std::uint64_t limit) {
  const auto object = version.empty() ? catalog_.object(bucket, key)
                                      : catalog_.versions().find(bucket, key, version);
  if (!object || object->marker) co_return std::nullopt;
  if (object->size > limit) throw errors::entity_too_large();
  service::Reply reply;
  const bool there = co_await api::deliver(
      &scope_, api::range_of(*object, {.first = 0, .length = object->size}), &reply);
  if (!there) {
    api::require_replaced(scope_, bucket, key, *object);
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
