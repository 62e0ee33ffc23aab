// A bucket's policy, and the block of public access. Policies are kept and described; nobody is
// allowed or denied anything by them here, as by IAM's.
#include "services/s3/api/shared.h"
#include "services/s3/errors.h"
#include "services/s3/model/bucket_policy.h"

namespace tandem::s3::api {
namespace {

constexpr std::string_view kBlocks[] = {"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy",
                                        "RestrictPublicBuckets"};

std::string require_policy(const Scope& scope, const std::string& bucket) {
  const json::object document = scope.catalog.bucket(bucket).value_or(json::object());
  const auto policy = json::find_string(document, "Policy");
  if (!policy) {
    throw errors::not_set("NoSuchBucketPolicy", "The bucket policy does not exist", bucket);
  }
  return *policy;
}

/// "Starting in April 2023, S3 Block Public Access is enabled for all new buckets": absent is that,
/// and false that it was taken away. Nothing: there is none.
std::optional<json::object> public_access_block(const json::object& document) {
  const auto* block = json::find(document, "PublicAccessBlock");
  if (block != nullptr && !block->is_object()) return std::nullopt;
  if (block != nullptr) return block->get_object();
  json::object all;
  for (const std::string_view each : kBlocks) all[each] = true;
  return all;
}

}  // namespace

Reply put_bucket_policy(Scope& scope, RequestContext& context, const json::object& input) {
  const std::string bucket = require_bucket(scope, input);
  const json::object policy = parse_bucket_policy(json::string_or(input, "Policy"), bucket);
  const json::object document = scope.catalog.bucket(bucket).value_or(json::object());
  const auto block = public_access_block(document);
  if (block && json::bool_or(*block, "BlockPublicPolicy", false) && is_public_policy(policy)) {
    throw errors::public_policy(context.caller.arn, bucket);
  }
  put_setting(scope, bucket, "Policy", json::value(json::to_text(policy)));
  Reply reply;
  reply.status = 204;
  return reply;
}

Reply get_bucket_policy(Scope& scope, RequestContext&, const json::object& input) {
  const std::string bucket = require_bucket(scope, input);
  Reply reply;
  reply.output["Policy"] = require_policy(scope, bucket);
  reply.headers.set("Content-Type", "application/json");
  return reply;
}

Reply delete_bucket_policy(Scope& scope, RequestContext&, const json::object& input) {
  put_setting(scope, require_bucket(scope, input), "Policy", nullptr);
  return Reply();
}

Reply get_bucket_policy_status(Scope& scope, RequestContext&, const json::object& input) {
  const std::string bucket = require_bucket(scope, input);
  const auto policy = json::parse_text(require_policy(scope, bucket));
  const bool open =
      policy && policy.value().is_object() && is_public_policy(policy.value().get_object());
  return json::object{{"PolicyStatus", {{"IsPublic", open}}}};
}

Reply get_public_access_block(Scope& scope, RequestContext&, const json::object& input) {
  const std::string bucket = require_bucket(scope, input);
  const auto block = public_access_block(scope.catalog.bucket(bucket).value_or(json::object()));
  if (!block) {
    throw errors::not_set("NoSuchPublicAccessBlockConfiguration",
                          "The public access block configuration was not found", bucket);
  }
  return json::object{{"PublicAccessBlockConfiguration", *block}};
}

Reply put_public_access_block(Scope& scope, RequestContext&, const json::object& input) {
  const std::string bucket = require_bucket(scope, input);
  const auto* given = json::find_object(input, "PublicAccessBlockConfiguration");
  if (given == nullptr || given->empty()) throw errors::malformed_xml();
  json::object block;
  for (const std::string_view each : kBlocks) block[each] = json::bool_or(*given, each, false);
  put_setting(scope, bucket, "PublicAccessBlock", std::move(block));
  return Reply();
}

Reply delete_public_access_block(Scope& scope, RequestContext&, const json::object& input) {
  put_setting(scope, require_bucket(scope, input), "PublicAccessBlock", false);
  return Reply();
}

}  // namespace tandem::s3::api
