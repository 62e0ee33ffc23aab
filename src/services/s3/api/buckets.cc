#include <algorithm>

#include "service/tags.h"
#include "services/s3/api/shared.h"
#include "services/s3/errors.h"

namespace tandem::s3::api {
namespace {

constexpr std::string_view kFirstRegion = "us-east-1";

/// CreateBucket's rules for LocationConstraint at a regional endpoint.
void check_location(const json::object& input, std::string_view region) {
  const auto* configuration = json::find_object(input, "CreateBucketConfiguration");
  std::string constraint;
  if (configuration != nullptr) {
    for (const auto& [member, value] : *configuration) {
      if (member != "LocationConstraint") {
        service::refuse_member("CreateBucketConfiguration." + std::string(member));
      }
    }
    constraint = json::string_or(*configuration, "LocationConstraint");
  }
  // The first region is said by saying nothing.
  if (constraint == kFirstRegion) throw errors::invalid_location(constraint);
  if (constraint.empty()) constraint = kFirstRegion;
  if (constraint == region) return;
  throw errors::illegal_location(constraint == kFirstRegion ? "unspecified" : constraint);
}

void check_ownership(const json::object& input) {
  const auto ownership = json::find_string(input, "ObjectOwnership");
  if (ownership && *ownership != "BucketOwnerEnforced") {
    throw errors::not_implemented("ObjectOwnership");
  }
  const auto acl = json::find_string(input, "ACL");
  if (acl && *acl != "private") {
    throw aws::ApiError(400, "InvalidBucketAclWithObjectOwnership",
                        "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced "
                        "setting");
  }
}

constexpr service::TagRules kTagRules{
    .too_many =
        [](std::string_view) {
          return errors::invalid_tag("The TagSet contains more than 50 tags");
        },
    .reserved =
        [](std::string_view) {
          return errors::invalid_tag("System tags cannot be added/updated by requester");
        },
    .duplicate =
        [](std::string_view) {
          return errors::invalid_tag("Cannot provide multiple Tags with the same key");
        },
    .bad_key =
        [](std::string_view) {
          return errors::invalid_tag("The TagKey you have provided is invalid");
        },
    .bad_value =
        [](std::string_view) {
          return errors::invalid_tag("The TagValue you have provided is invalid");
        }};

}  // namespace

Reply create_bucket(Scope& scope, RequestContext&, const json::object& input) {
  const std::string bucket = json::string_or(input, "Bucket");
  if (!is_bucket_name(bucket)) throw errors::invalid_bucket_name(bucket);
  const std::string& region = scope.environment.region;
  check_location(input, region);
  check_ownership(input);
  Reply reply;
  const bool first = region == kFirstRegion;
  reply.output["Location"] =
      first ? "/" + bucket : fmt::format("http://{}.s3.amazonaws.com/", bucket);
  if (scope.catalog.bucket(bucket)) {
    // API reference: "if you re-create an existing bucket that you already own in us-east-1,
    // Amazon S3 returns 200 OK".
    if (first) return reply;
    throw errors::bucket_owned_by_you(bucket);
  }
  scope.catalog.put_bucket(bucket, {{"CreationDate", now_s(scope)}});
  return reply;
}

Task<Reply> delete_bucket(Scope* scope, RequestContext*, json::object input) {
  const std::string bucket = require_bucket(*scope, input);
  if (scope->catalog.has_objects(bucket)) throw errors::bucket_not_empty(bucket);
  std::vector<std::string> blobs = scope->catalog.erase_bucket(bucket);
  co_await discard(scope, std::move(blobs));
  co_return Reply();
}

Reply head_bucket(Scope& scope, RequestContext&, const json::object& input) {
  require_bucket(scope, input);
  Reply reply;
  reply.headers.add("x-amz-bucket-region", scope.environment.region);
  reply.headers.add("x-amz-access-point-alias", "false");
  return reply;
}

Reply list_buckets(Scope& scope, RequestContext&, const json::object&) {
  json::array buckets;
  for (const auto& [name, document] : scope.catalog.buckets()) {
    buckets.push_back(
        {{"Name", name}, {"CreationDate", json::int_or(document, "CreationDate", 0)}});
  }
  return json::object{{"Buckets", std::move(buckets)},
                      {"Owner", {{"ID", canonical_user(scope.environment.account())}}}};
}

Reply get_bucket_location(Scope& scope, RequestContext&, const json::object& input) {
  require_bucket(scope, input);
  // "Buckets in Region us-east-1 have a LocationConstraint of null."
  if (scope.environment.region == kFirstRegion) return Reply();
  return json::object{{"LocationConstraint", scope.environment.region}};
}

Reply get_bucket_versioning(Scope& scope, RequestContext&, const json::object& input) {
  require_bucket(scope, input);
  // Never enabled: no Status.
  return Reply();
}

Reply get_bucket_encryption(Scope& scope, RequestContext&, const json::object& input) {
  require_bucket(scope, input);
  json::object rule = {{"ApplyServerSideEncryptionByDefault", {{"SSEAlgorithm", "AES256"}}},
                       {"BucketKeyEnabled", false}};
  json::array rules;
  rules.push_back(std::move(rule));
  return json::object{{"ServerSideEncryptionConfiguration", {{"Rules", std::move(rules)}}}};
}

/// The default is all there is; asking for it changes nothing.
Reply put_bucket_encryption(Scope& scope, RequestContext&, const json::object& input) {
  require_bucket(scope, input);
  const auto* configuration = json::find_object(input, "ServerSideEncryptionConfiguration");
  const auto* rules =
      configuration != nullptr ? json::find_array(*configuration, "Rules") : nullptr;
  if (rules == nullptr || rules->size() != 1) throw errors::malformed_xml();
  const json::object& rule = rules->front().as_object();
  const auto* by_default = json::find_object(rule, "ApplyServerSideEncryptionByDefault");
  if (by_default == nullptr) throw errors::malformed_xml();
  if (json::string_or(*by_default, "SSEAlgorithm") != "AES256") {
    throw errors::not_implemented("SSEAlgorithm");
  }
  if (by_default->contains("KMSMasterKeyID")) {
    throw errors::invalid_argument(
        "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms",
        "ApplyServerSideEncryptionByDefault", "");
  }
  if (json::bool_or(rule, "BucketKeyEnabled", false)) {
    throw errors::not_implemented("BucketKeyEnabled");
  }
  return Reply();
}

Reply get_bucket_tagging(Scope& scope, RequestContext&, const json::object& input) {
  const std::string bucket = require_bucket(scope, input);
  const json::object document = scope.catalog.bucket(bucket).value_or(json::object());
  const auto* tags = json::find_array(document, "TagSet");
  if (tags == nullptr || tags->empty()) throw errors::no_such_tag_set(bucket);
  return json::object{{"TagSet", *tags}};
}

Reply put_bucket_tagging(Scope& scope, RequestContext& context, const json::object& input) {
  const std::string bucket = require_bucket(scope, input);
  json::object document = scope.catalog.bucket(bucket).value_or(json::object());
  const auto* tagging = json::find_object(input, "Tagging");
  const json::value* given = tagging != nullptr ? json::find(*tagging, "TagSet") : nullptr;
  document["TagSet"] = service::tag_set(kTagRules, given, service::tag_source(context)).list();
  scope.catalog.put_bucket(bucket, document);
  return Reply();
}

Reply delete_bucket_tagging(Scope& scope, RequestContext&, const json::object& input) {
  const std::string bucket = require_bucket(scope, input);
  json::object document = scope.catalog.bucket(bucket).value_or(json::object());
  document.erase("TagSet");
  scope.catalog.put_bucket(bucket, document);
  return Reply();
}

}  // namespace tandem::s3::api
