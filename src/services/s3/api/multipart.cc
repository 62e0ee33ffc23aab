// Multipart uploads.
#include <algorithm>

#include "core/bytes.h"
#include "core/ids.h"
#include "core/log.h"
#include "core/text.h"
#include "service/page.h"
#include "services/s3/api/content.h"
#include "services/s3/errors.h"
#include "services/s3/model/encryption.h"
#include "services/s3/model/parts.h"

namespace tandem::s3::api {
namespace {

constexpr std::int64_t kMaxListed = 1000;
// "Amazon S3 multipart upload limits": 5 MB to 5 GB.
constexpr std::uint64_t kMaxPart = 5ULL * 1024 * 1024 * 1024;

Upload require_upload(const Scope& scope, const json::object& input) {
  const std::string bucket = require_bucket(scope, input);
  const std::string id = json::string_or(input, "UploadId");
  auto upload = scope.catalog.upload(id);
  if (!upload || upload->bucket != bucket || upload->key != json::string_or(input, "Key")) {
    throw errors::no_such_upload(id);
  }
  return std::move(*upload);
}

/// Gives the part's blob to the upload, which may have ended while it was being written.
std::vector<std::string> adopt(Scope& scope, const std::string& upload, std::int64_t number,
                               Part& part) {
  part.last_modified_s = now_s(scope);
  if (!scope.catalog.upload(upload)) throw errors::no_such_upload(upload);
  return scope.catalog.put_part(upload, number, part);
}

/// A part's file is gone: it was uploaded anew in the very moment, or it is lost.
[[noreturn]] void throw_lost_part(const Scope& scope, const Upload& upload,
                                  const std::vector<Part>& parts) {
  const auto there = scope.catalog.parts(upload.id);
  for (const Part& part : parts) {
    const bool owned = std::any_of(there.begin(), there.end(), [&](const auto& entry) {
      return entry.second.blob == part.blob;
    });
    const std::filesystem::path path = scope.blobs.path(part.blob);
    if (!owned || std::filesystem::exists(path)) continue;
    log::error("s3: a part of {}/{} has lost its file {}", upload.bucket, upload.key,
               path.string());
    throw internal_error();
  }
  throw errors::invalid_part();
}

json::object part_line(std::int64_t number, const Part& part) {
  json::object line = {{"PartNumber", number},
                       {"LastModified", part.last_modified_s},
                       {"ETag", part.etag},
                       {"Size", part.size}};
  for (const auto& [member, value] : part.checksums) line[member] = value;
  return line;
}

ByteRange copied_range(const json::object& input, const Object& source) {
  ByteRange range{0, source.size};
  if (const auto header = json::find_string(input, "CopySourceRange")) {
    const auto parsed = parse_range(*header, source.size);
    if (!parsed) {
      throw errors::invalid_argument(
          "The x-amz-copy-source-range value must be of the form bytes=first-last where first and "
          "last are the zero-based offsets of the first and last bytes to copy",
          "x-amz-copy-source-range", *header);
    }
    range = *parsed;
  }
  if (range.length > kMaxPart) throw errors::entity_too_large();
  return range;
}

/// API reference, x-amz-mp-object-size: "If there's a mismatch between the specified object size
/// value and the actual object size value, it results in an HTTP 400 InvalidRequest error."
void check_total_size(const json::object& input, const std::vector<Part>& parts) {
  const auto expected = json::find_int(input, "MpuObjectSize");
  std::uint64_t size = 0;
  for (const Part& part : parts) size += part.size;
  if (!expected || (*expected >= 0 && static_cast<std::uint64_t>(*expected) == size)) return;
  throw errors::invalid_request(
      fmt::format("The upload's parts have {} bytes together and not {}, as x-amz-mp-object-size "
                  "says",
                  size, *expected));
}

/// Full-object checksums of an upload in parts are refused.
void add_algorithm(const Upload& upload, json::object& output) {
  if (upload.checksum_algorithm.empty()) return;
  output["ChecksumAlgorithm"] = upload.checksum_algorithm;
  output["ChecksumType"] = "COMPOSITE";
}

}  // namespace

Reply create_multipart_upload(Scope& scope, RequestContext&, const json::object& input) {
  Upload upload;
  upload.bucket = require_bucket(scope, input);
  upload.key = require_key(input);
  check_storage_options(input);
  upload.checksum_algorithm = json::string_or(input, "ChecksumAlgorithm");
  if (!upload.checksum_algorithm.empty() && !algorithm_of(upload.checksum_algorithm)) {
    throw errors::invalid_request("Checksum algorithm provided is unsupported.");
  }
  upload.properties = chosen_properties(input);
  upload.encryption = encryption_for(scope, upload.bucket, input);
  upload.initiated_s = now_s(scope);
  upload.id = core::random_text(scope.environment.random, 64, core::kAlnum);
  scope.catalog.put_upload(upload);
  json::object output = {{"Bucket", upload.bucket}, {"Key", upload.key}, {"UploadId", upload.id}};
  add_encryption(upload.encryption, output);
  add_algorithm(upload, output);
  return output;
}

Task<Reply> upload_part(Scope* scope, RequestContext* context, json::object input) {
  const Upload upload = require_upload(*scope, input);
  const std::int64_t number = json::int_or(input, "PartNumber", 0);
  check_part_number(number);
  ExpectedDigests expected = expected_digests(*context, input);
  Part part;
  part.blob = new_blob(*scope);
  std::vector<std::string> replaced;
  std::exception_ptr failure;
  try {
    const Received received = co_await receive(scope, context, part.blob, std::move(expected));
    part.size = received.size;
    part.etag = etag_of(received.digests.md5);
    part.checksums = checksum_document(received.digests.checksum);
    replaced = adopt(*scope, upload.id, number, part);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) co_await discard_and_rethrow(scope, part.blob, failure);
  co_await discard(scope, std::move(replaced));
  Reply reply;
  reply.output["ETag"] = part.etag;
  add_encryption(upload.encryption, reply.output);
  add_checksums(part.checksums, reply, ChecksumsOf::kPart);
  co_return reply;
}

Task<Reply> upload_part_copy(Scope* scope, RequestContext*, json::object input) {
  const Upload upload = require_upload(*scope, input);
  const std::int64_t number = json::int_or(input, "PartNumber", 0);
  check_part_number(number);
  CopySource source = co_await find_copy_source(scope, input);
  const ByteRange range = copied_range(input, source.object);
  Reply reply;
  add_source_version(*scope, source, reply.output);
  Part part;
  part.blob = new_blob(*scope);
  std::vector<std::string> replaced;
  std::exception_ptr failure;
  try {
    const Copied copied = co_await copy_source(scope, std::move(source), range, part.blob);
    part.size = copied.size;
    part.etag = etag_of(copied.md5);
    replaced = adopt(*scope, upload.id, number, part);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) co_await discard_and_rethrow(scope, part.blob, failure);
  co_await discard(scope, std::move(replaced));
  json::object result = {{"ETag", part.etag}, {"LastModified", part.last_modified_s}};
  reply.output["CopyPartResult"] = std::move(result);
  add_encryption(upload.encryption, reply.output);
  co_return reply;
}

Task<Reply> complete_multipart_upload(Scope* scope, RequestContext* context, json::object input) {
  const Upload upload = require_upload(*scope, input);
  const WriteConditions conditions = write_conditions(*context, input);
  require_write(*scope, conditions, upload.bucket, upload.key);
  const std::vector<Part> parts = choose_parts(input, scope->catalog.parts(upload.id));
  check_total_size(input, parts);
  std::vector<BlobRange> pieces;
  for (const Part& part : parts) pieces.push_back(range_of(part));
  Object object;
  object.etag = multipart_etag(parts);
  object.checksums = composite_checksum(parts);
  object.properties = upload.properties;
  object.encryption = upload.encryption;
  object.blob = new_blob(*scope);

  std::vector<std::string> obsolete;
  std::exception_ptr failure;
  try {
    const std::optional<Copied> copied =
        co_await copy_content(scope, std::move(pieces), object.blob);
    if (!scope->catalog.upload(upload.id)) throw errors::no_such_upload(upload.id);
    if (!copied) throw_lost_part(*scope, upload, parts);
    object.size = copied->size;
    object.md5 = core::hex_encode(copied->md5);
    object.last_modified_s = now_s(*scope);
    require_write(*scope, conditions, upload.bucket, upload.key);
    obsolete = scope->catalog.complete_upload(upload, object);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) co_await discard_and_rethrow(scope, object.blob, failure);
  co_await discard(scope, std::move(obsolete));
  Reply reply;
  reply.output = {
      {"Location", fmt::format("https://{}.s3.{}.amazonaws.com/{}", upload.bucket,
                               scope->environment.region, core::percent_encode(upload.key))},
      {"Bucket", upload.bucket},
      {"Key", upload.key},
      {"ETag", object.etag}};
  add_encryption(object.encryption, reply.output);
  if (!object.version.empty()) reply.output["VersionId"] = object.version;
  add_checksums(object.checksums, reply);
  co_return reply;
}

Task<Reply> abort_multipart_upload(Scope* scope, RequestContext*, json::object input) {
  const Upload upload = require_upload(*scope, input);
  std::vector<std::string> blobs = scope->catalog.erase_upload(upload.id);
  co_await discard(scope, std::move(blobs));
  co_return Reply();
}

Reply list_parts(Scope& scope, RequestContext&, const json::object& input) {
  const Upload upload = require_upload(scope, input);
  const std::int64_t marker = json::int_or(input, "PartNumberMarker", 0);
  const std::int64_t limit = std::min(json::int_or(input, "MaxParts", kMaxListed), kMaxListed);
  const std::string owner = canonical_user(scope.environment.account());
  json::array lines;
  service::PageCut<std::int64_t> cut(marker, static_cast<std::size_t>(limit));
  for (const auto& [number, part] : scope.catalog.parts(upload.id)) {
    const auto take = [&, &at = number, &one = part] { lines.push_back(part_line(at, one)); };
    if (!cut.offer(number, take)) break;
  }
  json::object output = {{"Bucket", upload.bucket},
                         {"Key", upload.key},
                         {"UploadId", upload.id},
                         {"PartNumberMarker", marker},
                         {"NextPartNumberMarker", cut.edge()},
                         {"MaxParts", limit},
                         {"IsTruncated", cut.more()},
                         {"StorageClass", "STANDARD"},
                         {"Owner", {{"ID", owner}}},
                         {"Initiator", {{"ID", owner}}}};
  if (!lines.empty()) output["Parts"] = std::move(lines);
  add_algorithm(upload, output);
  return output;
}

Reply list_multipart_uploads(Scope& scope, RequestContext&, const json::object& input) {
  const std::string bucket = require_bucket(scope, input);
  const std::string prefix = json::string_or(input, "Prefix");
  std::vector<Upload> uploads = scope.catalog.uploads(bucket);
  std::erase_if(uploads, [&](const Upload& upload) { return !upload.key.starts_with(prefix); });
  // One page is all this operation gives; more is refused instead of hidden.
  if (uploads.size() > static_cast<std::size_t>(kMaxListed)) {
    throw errors::not_implemented("KeyMarker");
  }
  std::sort(uploads.begin(), uploads.end(), [](const Upload& a, const Upload& b) {
    return std::tie(a.key, a.initiated_s, a.id) < std::tie(b.key, b.initiated_s, b.id);
  });
  const std::string owner = canonical_user(scope.environment.account());
  json::array lines;
  for (const Upload& upload : uploads) {
    json::object line = {
        {"Key", upload.key},          {"UploadId", upload.id},    {"Initiated", upload.initiated_s},
        {"StorageClass", "STANDARD"}, {"Owner", {{"ID", owner}}}, {"Initiator", {{"ID", owner}}}};
    add_algorithm(upload, line);
    lines.push_back(std::move(line));
  }
  json::object output = {
      {"Bucket", bucket}, {"Prefix", prefix}, {"MaxUploads", kMaxListed}, {"IsTruncated", false}};
  if (!lines.empty()) output["Uploads"] = std::move(lines);
  return output;
}

}  // namespace tandem::s3::api
