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

}  // namespace

Task<Reply> delete_object(Scope* scope, RequestContext*, json::object input) {
  const std::string bucket = require_bucket(*scope, input);
  const std::string key = require_key(input);
  std::vector<std::string> blobs = scope->catalog.erase_object(bucket, key);
  co_await discard(scope, std::move(blobs));
  // 204 whether there was one or not.
  co_return Reply();
}

Task<Reply> delete_objects(Scope* scope, RequestContext* context, json::object input) {
  const std::string bucket = require_bucket(*scope, input);
  check_digest(*context);
  const auto* request = json::find_object(input, "Delete");
  const auto* objects = request != nullptr ? json::find_array(*request, "Objects") : nullptr;
  if (objects == nullptr || objects->empty() || objects->size() > kMaxObjects) {
    throw errors::malformed_xml();
  }
  std::vector<std::string> blobs;
  json::array deleted;
  for (const json::value& entry : *objects) {
    const json::object& object = entry.as_object();
    for (const auto& [member, value] : object) {
      if (member != "Key") service::refuse_member("Delete.Objects." + std::string(member));
    }
  }
  for (const json::value& entry : *objects) {
    const std::string key = json::string_or(entry.as_object(), "Key");
    for (std::string& blob : scope->catalog.erase_object(bucket, key)) {
      blobs.push_back(std::move(blob));
    }
    json::object line = {{"Key", key}};
    deleted.push_back(std::move(line));
  }
  const bool quiet = json::bool_or(*request, "Quiet", false);
  co_await discard(scope, std::move(blobs));
  Reply reply;
  if (!quiet) reply.output["Deleted"] = std::move(deleted);
  co_return reply;
}

}  // namespace tandem::s3::api
