#include <algorithm>
#include <map>

#include "aws/model.h"
#include "service/page.h"
#include "service/tags.h"
#include "services/s3/api/shared.h"
#include "services/s3/errors.h"

namespace tandem::s3::api {
namespace {

constexpr std::string_view kFirstRegion = "us-east-1";

/// Whether AWS has such a region: as CreateBucket's model lists them, and those of this world.
bool is_region_of_aws(const Scope& scope, std::string_view name) {
  if (name == kFirstRegion || scope.environment.config.find_region(name) != nullptr) return true;
  const auto service = aws::model::find_service("s3");
  const auto operation = service ? service->operation("CreateBucket") : std::nullopt;
  const auto input = operation ? operation->input() : std::nullopt;
  const auto configuration = input ? input->member("CreateBucketConfiguration") : std::nullopt;
  const auto member =
      configuration ? configuration->shape().member("LocationConstraint") : std::nullopt;
  if (!member) return false;
  const aws::model::Shape constraint = member->shape();
  for (std::size_t i = 0; i < constraint.enum_size(); ++i) {
    if (constraint.enum_value(i) == name) return true;
  }
  return false;
}

/// The region in which CreateBucket's rules put a bucket that is asked for here: at us-east-1 in
/// any ("LocationConstraint: Specifies the Region where the bucket will be created"), elsewhere in
/// one's own only.
std::string chosen_region(const Scope& scope, const json::object& input) {
  const std::string& here = scope.environment.region;
  std::string constraint;
  if (const auto* configuration = json::find_object(input, "CreateBucketConfiguration")) {
    for (const auto& [member, value] : *configuration) {
      if (member != "LocationConstraint") {
        service::refuse_member("CreateBucketConfiguration." + std::string(member));
      }
    }
    constraint = json::string_or(*configuration, "LocationConstraint");
  }
  // "EU" has been eu-west-1 since before there was another one (CreateBucket, LocationConstraint).
  if (constraint == "EU") constraint = "eu-west-1";
  // The first region is said by saying nothing.
  if (constraint == kFirstRegion || (!constraint.empty() && !is_region_of_aws(scope, constraint))) {
    throw errors::invalid_location(constraint);
  }
  if (constraint.empty()) constraint = kFirstRegion;
  if (constraint == here) return constraint;
  if (here != kFirstRegion) {
    throw errors::illegal_location(constraint == kFirstRegion ? "unspecified" : constraint);
  }
  if (scope.names == nullptr || scope.environment.config.find_region(constraint) == nullptr) {
    service::refuse_member("CreateBucketConfiguration.LocationConstraint",
                           constraint + " is not one of this world's regions");
  }
  return constraint;
}

/// While it lives, the bucket is one that is being made here.
class Making {
 public:
  Making(Scope& scope, std::string_view bucket)
      : making_(scope.making), entry_(making_.try_emplace(std::string(bucket), 0).first) {
    ++entry_->second;
  }
  ~Making() {
    if (--entry_->second == 0) making_.erase(entry_);
  }
  Making(const Making&) = delete;
  Making& operator=(const Making&) = delete;

 private:
  std::map<std::string, int, std::less<>>& making_;
  std::map<std::string, int, std::less<>>::iterator entry_;
};

/// API reference: "if you re-create an existing bucket that you already own in us-east-1, Amazon S3
/// returns 200 OK". True when it is that.
bool is_there_already(const Scope& scope, const std::string& bucket) {
  if (!scope.catalog.bucket(bucket)) return false;
  if (scope.environment.region != kFirstRegion) throw errors::bucket_owned_by_you(bucket);
  return true;
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

constexpr service::PageStyle kBucketPages{
    .token = "ContinuationToken",
    .next = "ContinuationToken",
    .limit = "MaxBuckets",
    .usual = 10'000,
    .invalid = [] {
      return aws::ApiError(400, "InvalidArgument", "The continuation token provided is incorrect");
    }};

/// "MaxBuckets: Minimum value of 1. Maximum value of 10000" (API Reference, ListBuckets).
void check_max_buckets(const json::object& input) {
  const std::int64_t max = json::int_or(input, "MaxBuckets", 1);
  if (max >= 1 && max <= 10'000) return;
  throw aws::ApiError(400, "InvalidArgument",
                      "Argument max-buckets must be an integer between 1 and 10000");
}

struct ListedBucket {
  std::int64_t created_s = 0;
  std::string region;
};

}  // namespace

Task<Reply> create_bucket(Scope* scope, RequestContext*, json::object input) {
  const std::string bucket = json::string_or(input, "Bucket");
  if (!is_bucket_name(bucket)) throw errors::invalid_bucket_name(bucket);
  const std::string region = chosen_region(*scope, input);
  check_ownership(input);
  Reply reply;
  reply.output["Location"] =
      region == kFirstRegion ? "/" + bucket : fmt::format("http://{}.s3.amazonaws.com/", bucket);
  if (region != scope->environment.region) {
    co_await scope->names->create(region, std::move(input));
    co_return reply;
  }
  if (is_there_already(*scope, bucket)) co_return reply;
  const std::int64_t created_s = now_s(*scope);
  const Making making(*scope, bucket);
  if (scope->names != nullptr) {
    const auto owner = co_await scope->names->claim(bucket, created_s);
    if (owner) throw errors::bucket_owned_by_you(bucket);
    // Another request for it may have been quicker.
    if (is_there_already(*scope, bucket)) co_return reply;
  }
  scope->catalog.put_bucket(bucket, {{"CreationDate", created_s}});
  co_return reply;
}

Task<Reply> delete_bucket(Scope* scope, RequestContext*, json::object input) {
  const std::string bucket = require_bucket(*scope, input);
  if (scope->catalog.has_objects(bucket)) {
    const bool versions = scope->catalog.versioning(bucket) != Versioning::kNever;
    throw errors::bucket_not_empty(bucket,
                                   versions ? ". You must delete all versions in the bucket." : "");
  }
  std::vector<std::string> blobs = scope->catalog.erase_bucket(bucket);
  co_await discard(scope, std::move(blobs));
  if (scope->names != nullptr) co_await scope->names->release(bucket);
  co_return Reply();
}

Reply head_bucket(Scope& scope, RequestContext&, const json::object& input) {
  require_bucket(scope, input);
  Reply reply;
  reply.headers.add("x-amz-bucket-region", scope.environment.region);
  reply.headers.add("x-amz-access-point-alias", "false");
  return reply;
}

/// "Returns a list of all buckets owned by the authenticated sender of the request": from any
/// region those of all.
Task<Reply> list_buckets(Scope* scope, RequestContext*, json::object input) {
  check_max_buckets(input);
  const std::string& here = scope->environment.region;
  std::map<std::string, ListedBucket> found;
  if (scope->names != nullptr) {
    for (NamedBucket& bucket : co_await scope->names->list()) {
      found[bucket.name] = {bucket.created_s, std::move(bucket.region)};
    }
  }
  for (const auto& [name, document] : scope->catalog.buckets()) {
    found[name] = {json::int_or(document, "CreationDate", 0), here};
  }
  const std::string prefix = json::string_or(input, "Prefix");
  const std::string region = json::string_or(input, "BucketRegion");
  service::Page page(kBucketPages, input, "Buckets");
  for (const auto& [name, bucket] : found) {
    if (!name.starts_with(prefix) || (!region.empty() && bucket.region != region)) continue;
    const bool taken = page.add(name, [&name = name, &bucket = bucket, &input] {
      json::object shown{{"Name", name}, {"CreationDate", bucket.created_s}};
      // "If the request contains at least one valid parameter, it is included in the response."
      if (!input.empty()) shown["BucketRegion"] = bucket.region;
      return shown;
    });
    if (!taken) break;
  }
  json::object output = std::move(page).finish();
  output["Owner"] = json::object{{"ID", canonical_user(scope->environment.account())}};
  if (const auto* given = json::find(input, "Prefix")) output["Prefix"] = *given;
  co_return output;
}

/// The one thing of a bucket that any region says.
Task<Reply> get_bucket_location(Scope* scope, RequestContext*, json::object input) {
  const std::string bucket = json::string_or(input, "Bucket");
  std::string region = scope->environment.region;
  if (!scope->catalog.bucket(bucket) && scope->names != nullptr) {
    const auto elsewhere = co_await scope->names->find(bucket);
    if (!elsewhere) throw errors::no_such_bucket(bucket);
    region = *elsewhere;
    require_owner(*scope, input);
  } else {
    require_bucket(*scope, input);
  }
  // "Buckets in Region us-east-1 have a LocationConstraint of null."
  if (region == kFirstRegion) co_return Reply();
  co_return json::object{{"LocationConstraint", region}};
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
