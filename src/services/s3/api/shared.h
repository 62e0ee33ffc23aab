// What several operations have in common.
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/s3/api/operations.h"
#include "services/s3/model/conditions.h"
#include "services/s3/model/names.h"

namespace tandem::s3::api {

/// The bucket's name, if there is one and the caller expects its owner. Throws ApiError.
std::string require_bucket(const Scope& scope, const json::object& input);
/// Refuses a caller who expects another owner than the account.
void require_owner(const Scope& scope, const json::object& input);
/// Runs an operation on a bucket. When there is no such bucket here but in another region, throws
/// ApiError PermanentRedirect. Borrows handler.
Task<Reply> or_elsewhere(Scope* scope, const service::Handler* handler, RequestContext* context,
                         json::object input);
std::string require_key(const json::object& input);
/// An id of a version as a request gives it. argument: its name there. Throws ApiError
/// InvalidArgument unless it is "null" or looks like one that S3 made.
void check_version(std::string_view version, std::string_view argument = "versionId");
/// Of the version that the input names, or else what is at the key now. Throws ApiError NoSuchKey,
/// NoSuchVersion, and MethodNotAllowed for a delete marker.
Object require_object(const Scope& scope, const RequestContext& context, std::string_view bucket,
                      std::string_view key, const json::object& input);
/// Says which version an object is, in a bucket that has ever had versions.
void add_version(const Scope& scope, std::string_view bucket, const Object& object,
                 json::object& output, std::string_view member = "VersionId");

/// The bucket's document with one member changed; null takes it away.
void put_setting(Scope& scope, const std::string& bucket, std::string_view member,
                 json::value value);
/// As model/encryption.h has it; empty: the bucket was given none.
json::object encryption_rule_of(const Scope& scope, std::string_view bucket);
/// What a new object in the bucket is encrypted with (model/encryption.h). Throws ApiError.
json::object encryption_for(const Scope& scope, std::string_view bucket, const json::object& input);

/// Refuses access control and storage classes other than S3's defaults.
void check_storage_options(const json::object& input);
/// The members a GetObject answers with as they were given: type, encoding, metadata … Throws
/// ApiError.
json::object chosen_properties(const json::object& input);

WriteConditions write_conditions(const RequestContext& context, const json::object& input);
/// Throws when the conditions do not hold for what is now at the key.
void require_write(const Scope& scope, const WriteConditions& conditions, std::string_view bucket,
                   std::string_view key);
ReadConditions read_conditions(const json::object& input, std::string_view prefix = "");

/// What CopyObject and UploadPartCopy copy from.
struct CopySource {
  SourceName name;
  Object object;
  std::string region;  ///< another one, that has it; empty: this one
  FarObject far;       ///< all of its content, which is not pulled yet, when in another region
};
/// Checks that the source is there, whose it is, and its conditions. Throws ApiError.
Task<CopySource> find_copy_source(Scope* scope, json::object input);
/// CopySourceVersionId, when the source's bucket has versions.
void add_source_version(const Scope& scope, const CopySource& source, json::object& output);

/// A new blob's id, already on the list of loose blobs.
std::string new_blob(Scope& scope);
/// Removes the files and takes them off the list.
Task<void> discard(Scope* scope, std::vector<std::string> blobs);
/// The same for a blob whose operation failed, which then fails with that.
Task<void> discard_and_rethrow(Scope* scope, std::string blob, std::exception_ptr failure);

enum class ChecksumsOf { kObject, kPart };
/// Checksums as output members, those newer than the API model as headers; an object's have a type.
void add_checksums(const json::object& checksums, Reply& reply,
                   ChecksumsOf of = ChecksumsOf::kObject);

std::int64_t now_s(const Scope& scope);
aws::ApiError internal_error();

}  // namespace tandem::s3::api
