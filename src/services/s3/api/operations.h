// S3's operations. Synchronous ones take references; those that wait for the disk are coroutines,
// whose pointers (borrowed) outlive the call.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "service/environment.h"
#include "service/operation.h"
#include "services/s3/ports.h"
#include "services/s3/store/blobs.h"
#include "services/s3/store/catalog.h"

namespace tandem::s3::api {

struct Scope {
  const service::Environment& environment;
  Catalog& catalog;
  Blobs& blobs;
  BucketNames* names;  ///< null: there are no other regions
  /// Buckets that are being made: they have their names, and are not in the catalog yet.
  std::map<std::string, int, std::less<>> making = {};
};

using service::Reply;
using service::RequestContext;

Reply head_bucket(Scope&, RequestContext&, const json::object& input);
Reply get_bucket_versioning(Scope&, RequestContext&, const json::object& input);
Reply put_bucket_versioning(Scope&, RequestContext&, const json::object& input);
Reply get_bucket_encryption(Scope&, RequestContext&, const json::object& input);
Reply put_bucket_encryption(Scope&, RequestContext&, const json::object& input);
Reply delete_bucket_encryption(Scope&, RequestContext&, const json::object& input);
Reply get_bucket_ownership(Scope&, RequestContext&, const json::object& input);
Reply put_bucket_ownership(Scope&, RequestContext&, const json::object& input);
Reply get_bucket_acl(Scope&, RequestContext&, const json::object& input);
Reply put_bucket_policy(Scope&, RequestContext&, const json::object& input);
Reply get_bucket_policy(Scope&, RequestContext&, const json::object& input);
Reply delete_bucket_policy(Scope&, RequestContext&, const json::object& input);
Reply get_bucket_policy_status(Scope&, RequestContext&, const json::object& input);
Reply get_public_access_block(Scope&, RequestContext&, const json::object& input);
Reply put_public_access_block(Scope&, RequestContext&, const json::object& input);
Reply delete_public_access_block(Scope&, RequestContext&, const json::object& input);
/// Reads of what no bucket has here, because nothing sets it: tools make them of every bucket.
struct AbsentSetting {
  std::string_view operation;
  std::string_view code;  ///< of the refusal; empty: the answer is empty
  std::string_view message;
};
std::span<const AbsentSetting> absent_settings();
Reply read_absent(Scope&, const AbsentSetting& setting, const json::object& input);
Reply get_bucket_request_payment(Scope&, RequestContext&, const json::object& input);
Reply get_bucket_tagging(Scope&, RequestContext&, const json::object& input);
Reply put_bucket_tagging(Scope&, RequestContext&, const json::object& input);
Reply delete_bucket_tagging(Scope&, RequestContext&, const json::object& input);
Reply head_object(Scope&, RequestContext&, const json::object& input);
Reply get_object_tagging(Scope&, RequestContext&, const json::object& input);
Reply list_objects(Scope&, RequestContext&, const json::object& input);
Reply list_object_versions(Scope&, RequestContext&, const json::object& input);
Reply list_objects_v2(Scope&, RequestContext&, const json::object& input);
Reply create_multipart_upload(Scope&, RequestContext&, const json::object& input);
Reply list_parts(Scope&, RequestContext&, const json::object& input);
Reply list_multipart_uploads(Scope&, RequestContext&, const json::object& input);

Task<Reply> create_bucket(Scope*, RequestContext*, json::object input);
Task<Reply> list_buckets(Scope*, RequestContext*, json::object input);
Task<Reply> get_bucket_location(Scope*, RequestContext*, json::object input);
Task<Reply> delete_bucket(Scope*, RequestContext*, json::object input);
Task<Reply> put_object(Scope*, RequestContext*, json::object input);
Task<Reply> get_object(Scope*, RequestContext*, json::object input);
Task<Reply> delete_object(Scope*, RequestContext*, json::object input);
Task<Reply> delete_objects(Scope*, RequestContext*, json::object input);
Task<Reply> copy_object(Scope*, RequestContext*, json::object input);
Task<Reply> upload_part(Scope*, RequestContext*, json::object input);
Task<Reply> upload_part_copy(Scope*, RequestContext*, json::object input);
Task<Reply> complete_multipart_upload(Scope*, RequestContext*, json::object input);
Task<Reply> abort_multipart_upload(Scope*, RequestContext*, json::object input);

}  // namespace tandem::s3::api
