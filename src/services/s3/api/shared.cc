#include "services/s3/api/shared.h"

#include "core/ids.h"
#include "services/s3/errors.h"
#include "services/s3/model/encryption.h"
#include "services/s3/model/integrity.h"

namespace tandem::s3::api {
namespace {

// "Working with object metadata": user-defined metadata is limited to 2 KB.
constexpr std::size_t kMaxMetadata = 2048;
/// What a client chooses of what GetObject answers with.
constexpr std::string_view kProperties[] = {"CacheControl",    "ContentDisposition",
                                            "ContentEncoding", "ContentLanguage",
                                            "ContentType",     "Expires",
                                            "Metadata"};
constexpr std::string_view kDefaultType = "binary/octet-stream";

void require_value(const json::object& input, std::string_view member, std::string_view only) {
  const auto value = json::find_string(input, member);
  if (value && *value != only) throw errors::not_implemented(member);
}

std::optional<std::string> input_or_header(const RequestContext& context, const json::object& input,
                                           std::string_view member, std::string_view header) {
  if (auto value = json::find_string(input, member)) return value;
  if (context.http == nullptr) return std::nullopt;
  const auto value = context.http->headers.get(header);
  return value ? std::optional<std::string>(*value) : std::nullopt;
}

std::optional<std::int64_t> find_time(const json::object& input, const std::string& member) {
  const auto seconds = json::find_number(input, member);
  return seconds ? std::optional<std::int64_t>(static_cast<std::int64_t>(*seconds)) : std::nullopt;
}

/// "The source of a copy" is never a delete marker.
Object require_source(const Scope& scope, const SourceName& name) {
  const Versions& versions = scope.catalog.versions();
  if (name.version.empty()) {
    auto newest = versions.newest(name.bucket, name.key);
    if (!newest) throw errors::no_such_key(name.key);
    if (newest->marker) throw errors::deleted_key(name.key, newest->version_name());
    return std::move(*newest);
  }
  check_version(name.version);
  auto object = versions.find(name.bucket, name.key, name.version);
  if (!object) throw errors::no_such_version(name.key, name.version);
  if (object->marker) throw errors::copy_of_marker();
  return std::move(*object);
}

/// What GetObject says of an object.
Object far_object(const json::object& output) {
  Object object;
  object.size = static_cast<std::uint64_t>(json::int_or(output, "ContentLength", 0));
  object.etag = json::string_or(output, "ETag");
  object.last_modified_s = json::int_or(output, "LastModified", 0);
  object.version = json::string_or(output, "VersionId");
  for (const std::string_view member : kProperties) {
    if (const auto* value = json::find(output, member)) object.properties[member] = *value;
  }
  return object;
}

}  // namespace

std::string require_bucket(const Scope& scope, const json::object& input) {
  std::string bucket = json::string_or(input, "Bucket");
  if (!scope.catalog.bucket(bucket)) throw errors::no_such_bucket(bucket);
  require_owner(scope, input);
  return bucket;
}

void require_owner(const Scope& scope, const json::object& input) {
  const auto owner = json::find_string(input, "ExpectedBucketOwner");
  if (owner && *owner != scope.environment.account()) throw errors::access_denied();
}

// What is here costs nothing: others are asked once the operation has found nothing.
Task<Reply> or_elsewhere(Scope* scope, const service::Handler* handler, RequestContext* context,
                         json::object input) {
  const std::string bucket = json::string_or(input, "Bucket");
  std::string missing;
  std::exception_ptr refused;
  try {
    Task<Reply> handling = (*handler)(*context, std::move(input));
    Reply reply = co_await std::move(handling);
    co_return reply;
  } catch (const aws::ApiError& error) {
    if (error.code() != "NoSuchBucket") throw;
    missing = json::string_or(error.members(), "BucketName");
    refused = std::current_exception();
  }
  const auto region = co_await scope->names->find(missing);
  if (!region) std::rethrow_exception(refused);
  // That of a copy's source was found nowhere before.
  if (missing != bucket) std::rethrow_exception(refused);
  throw errors::permanent_redirect(bucket, *region);
}

Task<CopySource> find_copy_source(Scope* scope, json::object input) {
  CopySource source{.name = parse_copy_source(json::string_or(input, "CopySource"))};
  const std::string& bucket = source.name.bucket;
  const bool here = scope->catalog.bucket(bucket).has_value();
  if (!here) {
    std::optional<std::string> region;
    if (scope->names != nullptr) region = co_await scope->names->find(bucket);
    if (!region) throw errors::no_such_bucket(bucket);
    source.region = *region;
  }
  const auto owner = json::find_string(input, "ExpectedSourceBucketOwner");
  if (owner && *owner != scope->environment.account()) throw errors::access_denied();
  if (here) {
    source.object = require_source(*scope, source.name);
  } else {
    json::object question{{"Bucket", bucket}, {"Key", source.name.key}};
    if (!source.name.version.empty()) question["VersionId"] = source.name.version;
    source.far = co_await scope->names->get(source.region, std::move(question));
    source.object = far_object(source.far.output);
  }
  require_copy_source(read_conditions(input, "CopySource"), source.object.etag,
                      source.object.last_modified_s);
  co_return source;
}

void add_source_version(const Scope& scope, const CopySource& source, json::object& output) {
  if (source.region.empty()) {
    add_version(scope, source.name.bucket, source.object, output, "CopySourceVersionId");
  } else if (!source.object.version.empty()) {
    output["CopySourceVersionId"] = source.object.version;
  }
}

std::string require_key(const json::object& input) {
  std::string key = json::string_or(input, "Key");
  check_key(key);
  return key;
}

void check_version(std::string_view version, std::string_view argument) {
  if (version == kNullVersion || version_order(version)) return;
  throw errors::invalid_version(version, argument);
}

Object require_object(const Scope& scope, const RequestContext& context, std::string_view bucket,
                      std::string_view key, const json::object& input) {
  const Versions& versions = scope.catalog.versions();
  const auto version = json::find_string(input, "VersionId");
  if (!version) {
    auto newest = versions.newest(bucket, key);
    if (!newest) throw errors::no_such_key(key);
    if (newest->marker) throw errors::deleted_key(key, newest->version_name());
    return std::move(*newest);
  }
  check_version(*version);
  auto object = versions.find(bucket, key, *version);
  if (!object) throw errors::no_such_version(key, *version);
  if (object->marker) {
    throw errors::is_delete_marker(context.http != nullptr ? context.http->method : "GET",
                                   object->version_name(), object->last_modified_s);
  }
  return std::move(*object);
}

void add_version(const Scope& scope, std::string_view bucket, const Object& object,
                 json::object& output, std::string_view member) {
  if (scope.catalog.versioning(bucket) == Versioning::kNever) return;
  output[member] = object.version_name();
}

void check_storage_options(const json::object& input) {
  // Since April 2023 new buckets have Object Ownership "bucket owner enforced", under which this is
  // the one access control list a request may name.
  const auto acl = json::find_string(input, "ACL");
  if (acl && *acl != "bucket-owner-full-control") throw errors::acl_not_supported();
  require_value(input, "StorageClass", "STANDARD");
}

json::object encryption_for(const Scope& scope, std::string_view bucket,
                            const json::object& input) {
  return chosen_encryption(input, encryption_rule_of(scope, bucket),
                           {scope.environment.region, scope.environment.account()});
}

json::object chosen_properties(const json::object& input) {
  json::object properties;
  for (const std::string_view member : kProperties) {
    if (const auto* value = json::find(input, member)) properties[member] = *value;
  }
  if (!properties.contains("ContentType")) properties["ContentType"] = kDefaultType;
  std::size_t metadata_bytes = 0;
  if (const auto* metadata = json::find_object(properties, "Metadata")) {
    for (const auto& [key, value] : *metadata) {
      metadata_bytes += key.size() + (value.is_string() ? value.get_string().size() : 0);
    }
  }
  if (metadata_bytes > kMaxMetadata) throw errors::metadata_too_large();
  return properties;
}

WriteConditions write_conditions(const RequestContext& context, const json::object& input) {
  return {input_or_header(context, input, "IfMatch", "If-Match"),
          input_or_header(context, input, "IfNoneMatch", "If-None-Match")};
}

void require_write(const Scope& scope, const WriteConditions& conditions, std::string_view bucket,
                   std::string_view key) {
  if (!conditions.if_match && !conditions.if_none_match) return;
  const auto object = scope.catalog.object(bucket, key);
  s3::require_write(conditions, key, object ? std::optional(object->etag) : std::nullopt);
}

ReadConditions read_conditions(const json::object& input, std::string_view prefix) {
  const std::string start(prefix);
  ReadConditions conditions;
  conditions.if_match = json::find_string(input, start + "IfMatch");
  conditions.if_none_match = json::find_string(input, start + "IfNoneMatch");
  conditions.if_modified_since_s = find_time(input, start + "IfModifiedSince");
  conditions.if_unmodified_since_s = find_time(input, start + "IfUnmodifiedSince");
  return conditions;
}

std::string new_blob(Scope& scope) {
  std::string id = core::random_text(scope.environment.random, 32, core::kLowerHex);
  scope.catalog.add_loose(id);
  return id;
}

Task<void> discard(Scope* scope, std::vector<std::string> blobs) {
  if (blobs.empty()) co_return;
  const service::Environment& at = scope->environment;
  if (at.config.durability == service::Durability::kFsync) {
    // What is removed may be an acknowledged object's until the record in its place is on the disk.
    auto sync = [&store = at.store] { store.sync(); };
    co_await core::run_blocking(at.blocking, std::move(sync));
  }
  co_await scope->blobs.remove(blobs);
  scope->catalog.erase_loose(blobs);
}

Task<void> discard_and_rethrow(Scope* scope, std::string blob, std::exception_ptr failure) {
  std::vector<std::string> blobs;
  blobs.push_back(std::move(blob));
  co_await discard(scope, std::move(blobs));
  std::rethrow_exception(failure);
}

void add_checksums(const json::object& checksums, Reply& reply, ChecksumsOf of) {
  if (of == ChecksumsOf::kObject && !checksums.empty()) {
    reply.output["ChecksumType"] = checksum_type(checksums);
  }
  for (const auto& [member, value] : checksums) {
    const auto algorithm = algorithm_of(member);
    if (algorithm == aws::ChecksumAlgorithm::kCrc64Nvme) {
      reply.headers.set(aws::checksum_header(*algorithm), json::to_std(value));
    } else {
      reply.output[member] = value;
    }
  }
}

std::int64_t now_s(const Scope& scope) { return scope.environment.clock.now_s(); }

aws::ApiError internal_error() {
  return {500, "InternalError", "We encountered an internal error. Please try again."};
}

}  // namespace tandem::s3::api
