// DeleteObject and DeleteObjects.
#include "core/bytes.h"
#include "services/s3/api/shared.h"
#include "services/s3/errors.h"
#include "services/s3/model/integrity.h"

namespace tandem::s3::api {
namespace {

constexpr std::size_t kMaxObjects = 1000;

/// API reference, DeleteObjects: the request must carry a digest of its body.
void check_digest(const RequestContext& context) {
  if (context.http == nullptr) return;
  json::object input;
  if (const auto md5 = context.http->headers.get("Content-MD5")) input["ContentMD5"] = *md5;
  const ExpectedDigests expected = read_digests(input, context.http);
  if (!expected.md5 && !expected.checksum) {
    throw errors::invalid_request("Missing required header for this request: Content-MD5");
  }
  verify(expected, context.http->body);
}

Catalog::Erased erase(Scope& scope, const std::string& bucket, const std::string& key,
                      const std::optional<std::string>& version) {
  if (!version) return scope.catalog.erase_object(bucket, key);
  check_version(*version);
  return scope.catalog.erase_version(bucket, key, *version);
}

/// One line of DeleteObjects' answer.
struct Outcome {
  json::object line;
  bool failed = false;
  std::vector<std::string> blobs;
};

Outcome erase_entry(Scope& scope, const std::string& bucket, const json::object& entry) {
  const std::string key = json::string_or(entry, "Key");
  const auto version = json::find_string(entry, "VersionId");
  Outcome outcome;
  outcome.line = {{"Key", key}};
  if (version) outcome.line["VersionId"] = *version;
  if (version && *version != kNullVersion && !version_order(*version)) {
    const aws::ApiError error = errors::no_such_version(key, *version);
    outcome.line["Code"] = error.code();
    outcome.line["Message"] = error.message();
    outcome.failed = true;
    return outcome;
  }
  Catalog::Erased erased = erase(scope, bucket, key, version);
  if (erased.object && erased.object->marker) {
    outcome.line["DeleteMarker"] = true;
    outcome.line["DeleteMarkerVersionId"] = erased.object->version_name();
  }
  outcome.blobs = std::move(erased.blobs);
  return outcome;
}

}  // namespace

Task<Reply> delete_object(Scope* scope, RequestContext*, json::object input) {
  const std::string bucket = require_bucket(*scope, input);
  const std::string key = require_key(input);
  const auto version = json::find_string(input, "VersionId");
  Catalog::Erased erased = erase(*scope, bucket, key, version);
  co_await discard(scope, std::move(erased.blobs));
  // 204 whether there was one or not.
  Reply reply;
  if (scope->catalog.versioning(bucket) == Versioning::kNever) co_return reply;
  if (erased.object && erased.object->marker) reply.output["DeleteMarker"] = true;
  if (version) {
    reply.output["VersionId"] = *version;
  } else if (erased.object) {
    reply.output["VersionId"] = erased.object->version_name();
  }
  co_return reply;
}

Task<Reply> delete_objects(Scope* scope, RequestContext* context, json::object input) {
  const std::string bucket = require_bucket(*scope, input);
  check_digest(*context);
  const auto* request = json::find_object(input, "Delete");
  const auto* objects = request != nullptr ? json::find_array(*request, "Objects") : nullptr;
  if (objects == nullptr || objects->empty() || objects->size() > kMaxObjects) {
    throw errors::malformed_xml();
  }
  for (const json::value& entry : *objects) {
    for (const auto& [member, value] : entry.as_object()) {
      if (member == "Key" || member == "VersionId") continue;
      service::refuse_member("Delete.Objects." + std::string(member));
    }
  }
  std::vector<std::string> blobs;
  json::array deleted;
  json::array failed;
  for (const json::value& entry : *objects) {
    Outcome outcome = erase_entry(*scope, bucket, entry.as_object());
    for (std::string& blob : outcome.blobs) blobs.push_back(std::move(blob));
    (outcome.failed ? failed : deleted).push_back(std::move(outcome.line));
  }
  const bool quiet = json::bool_or(*request, "Quiet", false);
  co_await discard(scope, std::move(blobs));
  Reply reply;
  if (!quiet && !deleted.empty()) reply.output["Deleted"] = std::move(deleted);
  if (!failed.empty()) reply.output["Errors"] = std::move(failed);
  co_return reply;
}

}  // namespace tandem::s3::api
