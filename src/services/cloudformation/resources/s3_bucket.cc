#include <fmt/format.h>

#include "core/text.h"
#include "services/cloudformation/resources/common.h"
#include "services/cloudformation/resources/table.h"

namespace tandem::cloudformation {
namespace {

json::array encryption_rules(const json::object& encryption) {
  json::array rules;
  if (const auto* list = json::find_array(encryption, "ServerSideEncryptionConfiguration")) {
    for (const auto& one : *list) {
      json::object rule = keep(one.as_object(), {"BucketKeyEnabled"});
      if (const auto* by_default =
              json::find_object(one.as_object(), "ServerSideEncryptionByDefault")) {
        rule["ApplyServerSideEncryptionByDefault"] = *by_default;
      }
      rules.push_back(std::move(rule));
    }
  }
  return rules;
}

class Bucket final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    Physical physical;
    physical.id = json::find_string(properties, "BucketName")
                      .value_or(core::to_lower(context.generated_name(63)));
    if (co_await exists(context, physical.id)) {
      throw HandlerError("AlreadyExists", fmt::format("{} already exists", physical.id));
    }
    const std::string region = context.identity().region;
    json::object request{{"Bucket", physical.id}};
    if (region != "us-east-1") {
      request["CreateBucketConfiguration"] = json::object{{"LocationConstraint", region}};
    }
    context.intend(physical);
    co_await context.call("s3", "CreateBucket", std::move(request));
    physical.attributes = attributes(context, physical.id);
    context.claim(physical);
    co_await settle(context, physical.id, {}, properties);
    co_return physical;
  }

  Task<Physical> read(HandlerContext& context, std::string identifier) const override {
    json::object request{{"Bucket", identifier}};
    co_await context.call("s3", "HeadBucket", std::move(request));
    co_return Physical{identifier, attributes(context, identifier)};
  }

  Task<Physical> update(HandlerContext& context, Physical physical, json::object before,
                        json::object after) const override {
    co_await settle(context, physical.id, before, after);
    co_return physical;
  }

  Task<void> remove(HandlerContext& context, Physical physical, json::object) const override {
    json::object request{{"Bucket", physical.id}};
    co_await context.call("s3", "DeleteBucket", std::move(request));
  }

 private:
  static json::object attributes(const HandlerContext& context, const std::string& bucket) {
    const std::string& region = context.identity().region;
    return {
        {"Arn", "arn:aws:s3:::" + bucket},
        {"DomainName", bucket + ".s3.amazonaws.com"},
        {"DualStackDomainName", fmt::format("{}.s3.dualstack.{}.amazonaws.com", bucket, region)},
        {"RegionalDomainName", fmt::format("{}.s3.{}.amazonaws.com", bucket, region)}};
  }

  // In us-east-1 CreateBucket says yes to the owner of a bucket that is there already.
  static Task<bool> exists(HandlerContext& context, std::string bucket) {
    try {
      json::object request{{"Bucket", bucket}};
      co_await context.call("s3", "HeadBucket", std::move(request));
    } catch (const aws::ApiError&) {
      co_return false;  // CreateBucket says what is wrong
    }
    co_return true;
  }

  static Task<void> settle(HandlerContext& context, std::string bucket, json::object before,
                           json::object after) {
    if (differs(before, after, "BucketEncryption")) {
      json::array rules;
      if (const auto* encryption = json::find_object(after, "BucketEncryption")) {
        rules = encryption_rules(*encryption);
      } else {
        // What every bucket has without asking.
        rules.push_back(json::object{
            {"ApplyServerSideEncryptionByDefault", json::object{{"SSEAlgorithm", "AES256"}}}});
      }
      json::object request{
          {"Bucket", bucket},
          {"ServerSideEncryptionConfiguration", json::object{{"Rules", std::move(rules)}}}};
      co_await context.call("s3", "PutBucketEncryption", std::move(request));
    }
    if (!differs(before, after, "Tags")) co_return;
    json::object request{{"Bucket", bucket}};
    if (const auto* tags = json::find_array(after, "Tags"); tags != nullptr && !tags->empty()) {
      request["Tagging"] = json::object{{"TagSet", *tags}};
      co_await context.call("s3", "PutBucketTagging", std::move(request));
    } else {
      co_await context.call("s3", "DeleteBucketTagging", std::move(request));
    }
  }
};

}  // namespace

ResourceType s3_bucket() {
  return importable_by(
      "BucketName",
      declare("AWS::S3::Bucket",
              {.serves = "BucketEncryption BucketName Tags",
               .refuses =
                   "BucketEncryption/ServerSideEncryptionConfiguration/*/BlockedEncryptionTypes"},
              {"Arn", "DomainName", "DualStackDomainName", "RegionalDomainName"}, "BucketName",
              std::make_unique<Bucket>()));
}

}  // namespace tandem::cloudformation
