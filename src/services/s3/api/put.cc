// PutObject and CopyObject.
#include "services/s3/api/content.h"
#include "services/s3/errors.h"
#include "services/s3/model/encryption.h"

namespace tandem::s3::api {
namespace {

/// The blob is on disk: gives it to the object, if that is still allowed. Content took its time to
/// write, and others may have been here meanwhile.
std::vector<std::string> adopt(Scope& scope, const WriteConditions& conditions,
                               const std::string& bucket, const std::string& key, Object& object) {
  if (!scope.catalog.bucket(bucket)) throw errors::no_such_bucket(bucket);
  require_write(scope, conditions, bucket, key);
  return scope.catalog.put_object(bucket, key, object);
}

struct Copy {
  std::string bucket;
  std::string key;
  bool replace_properties = false;
  WriteConditions conditions;
};

Copy plan_copy(const Scope& scope, const RequestContext& context, const json::object& input) {
  Copy copy;
  copy.bucket = require_bucket(scope, input);
  copy.key = require_key(input);
  check_storage_options(input);
  const std::string directive = json::string_or(input, "MetadataDirective", "COPY");
  if (directive != "COPY" && directive != "REPLACE") {
    throw errors::invalid_argument("Unknown metadata directive.", "x-amz-metadata-directive",
                                   directive);
  }
  copy.replace_properties = directive == "REPLACE";
  copy.conditions = write_conditions(context, input);
  return copy;
}

void refuse_copy_to_itself(const Copy& copy, const CopySource& source, const json::object& input) {
  // "You can … restore a previous version by copying" it over the object.
  const bool same = source.name.bucket == copy.bucket && source.name.key == copy.key &&
                    source.name.version.empty();
  if (same && !copy.replace_properties && !input.contains("ServerSideEncryption") &&
      !input.contains("StorageClass")) {
    throw errors::copy_to_itself();
  }
}

}  // namespace

Task<Reply> put_object(Scope* scope, RequestContext* context, json::object input) {
  const std::string bucket = require_bucket(*scope, input);
  const std::string key = require_key(input);
  check_storage_options(input);
  const WriteConditions conditions = write_conditions(*context, input);
  require_write(*scope, conditions, bucket, key);
  ExpectedDigests expected = expected_digests(*context, input);
  Object object;
  object.properties = chosen_properties(input);
  object.encryption = encryption_for(*scope, bucket, input);
  object.blob = new_blob(*scope);

  std::vector<std::string> replaced;
  std::exception_ptr failure;
  try {
    const Received received = co_await receive(scope, context, object.blob, std::move(expected));
    object.size = received.size;
    object.etag = etag_of(received.digests.md5);
    object.checksums = checksum_document(received.digests.checksum);
    object.last_modified_s = now_s(*scope);
    replaced = adopt(*scope, conditions, bucket, key, object);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) co_await discard_and_rethrow(scope, object.blob, failure);
  co_await discard(scope, std::move(replaced));
  Reply reply;
  reply.output["ETag"] = object.etag;
  add_encryption(object.encryption, reply.output);
  if (!object.version.empty()) reply.output["VersionId"] = object.version;
  add_checksums(object.checksums, reply);
  co_return reply;
}

Task<Reply> copy_object(Scope* scope, RequestContext* context, json::object input) {
  const Copy copy = plan_copy(*scope, *context, input);
  CopySource source = co_await find_copy_source(scope, input);
  refuse_copy_to_itself(copy, source, input);
  Object object = source.object;
  json::object output;
  add_source_version(*scope, source, output);
  // CopyObject, "Server-side encryption": of the source's nothing is taken over.
  object.encryption = encryption_for(*scope, copy.bucket, input);
  if (copy.replace_properties) object.properties = chosen_properties(input);
  object.blob = new_blob(*scope);

  std::vector<std::string> replaced;
  std::exception_ptr failure;
  try {
    const std::string before = source.object.etag;
    const ByteRange all{0, source.object.size};
    const Copied copied = co_await copy_source(scope, std::move(source), all, object.blob);
    // A copy is one part, whatever its source was put together from.
    object.etag = etag_of(copied.md5);
    object.md5.clear();
    if (before != object.etag) object.checksums.clear();
    object.last_modified_s = now_s(*scope);
    replaced = adopt(*scope, copy.conditions, copy.bucket, copy.key, object);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) co_await discard_and_rethrow(scope, object.blob, failure);
  co_await discard(scope, std::move(replaced));
  Reply reply;
  json::object result = {{"ETag", object.etag}, {"LastModified", object.last_modified_s}};
  for (const auto& [member, value] : object.checksums) result[member] = value;
  if (!object.checksums.empty()) result["ChecksumType"] = checksum_type(object.checksums);
  output["CopyObjectResult"] = std::move(result);
  add_encryption(object.encryption, output);
  if (!object.version.empty()) output["VersionId"] = object.version;
  reply.output = std::move(output);
  co_return reply;
}

}  // namespace tandem::s3::api
