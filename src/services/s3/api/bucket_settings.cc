// What a bucket is set to: versioning, encryption, whose its objects are.
#include "services/s3/api/shared.h"
#include "services/s3/errors.h"
#include "services/s3/model/encryption.h"

namespace tandem::s3::api {
namespace {

constexpr std::string_view kOwner = "BucketOwnerEnforced";

json::object owner_of(const Scope& scope) {
  return {{"ID", canonical_user(scope.environment.account())}};
}

}  // namespace

void put_setting(Scope& scope, const std::string& bucket, std::string_view member,
                 json::value value) {
  json::object document = scope.catalog.bucket(bucket).value_or(json::object());
  if (value.is_null()) {
    document.erase(member);
  } else {
    document[member] = std::move(value);
  }
  scope.catalog.put_bucket(bucket, document);
}

json::object encryption_rule_of(const Scope& scope, std::string_view bucket) {
  const json::object document = scope.catalog.bucket(bucket).value_or(json::object());
  const auto* rule = json::find_object(document, "Encryption");
  return rule != nullptr ? *rule : json::object();
}

Reply get_bucket_versioning(Scope& scope, RequestContext&, const json::object& input) {
  const std::string bucket = require_bucket(scope, input);
  switch (scope.catalog.versioning(bucket)) {
    case Versioning::kNever:
      return Reply();
    case Versioning::kEnabled:
      return json::object{{"Status", "Enabled"}};
    case Versioning::kSuspended:
      break;
  }
  return json::object{{"Status", "Suspended"}};
}

Reply put_bucket_versioning(Scope& scope, RequestContext&, const json::object& input) {
  const std::string bucket = require_bucket(scope, input);
  const auto* configuration = json::find_object(input, "VersioningConfiguration");
  if (configuration == nullptr) throw errors::malformed_xml();
  const std::string delete_with = json::string_or(*configuration, "MFADelete", "Disabled");
  if (delete_with != "Disabled") {
    if (delete_with != "Enabled") throw errors::malformed_xml();
    service::refuse_member("VersioningConfiguration.MFADelete");
  }
  const auto status = json::find_string(*configuration, "Status");
  if (!status) throw errors::no_versioning_status();
  if (*status != "Enabled" && *status != "Suspended") throw errors::malformed_xml();
  put_setting(scope, bucket, "Versioning", json::value(*status));
  return Reply();
}

Reply get_bucket_encryption(Scope& scope, RequestContext&, const json::object& input) {
  const std::string bucket = require_bucket(scope, input);
  return json::object{{"ServerSideEncryptionConfiguration",
                       encryption_configuration(encryption_rule_of(scope, bucket))}};
}

Reply put_bucket_encryption(Scope& scope, RequestContext&, const json::object& input) {
  const std::string bucket = require_bucket(scope, input);
  const auto* configuration = json::find_object(input, "ServerSideEncryptionConfiguration");
  if (configuration == nullptr) throw errors::malformed_xml();
  put_setting(scope, bucket, "Encryption", encryption_rule(*configuration));
  return Reply();
}

/// "resets the default encryption for the bucket as server-side encryption with Amazon S3 managed
/// keys".
Reply delete_bucket_encryption(Scope& scope, RequestContext&, const json::object& input) {
  put_setting(scope, require_bucket(scope, input), "Encryption", nullptr);
  return Reply();
}

/// The one that buckets are made with since April 2023, in which access control lists say nothing.
Reply get_bucket_ownership(Scope& scope, RequestContext&, const json::object& input) {
  require_bucket(scope, input);
  json::array rules;
  rules.push_back(json::object{{"ObjectOwnership", kOwner}});
  return json::object{{"OwnershipControls", {{"Rules", std::move(rules)}}}};
}

Reply put_bucket_ownership(Scope& scope, RequestContext&, const json::object& input) {
  require_bucket(scope, input);
  const auto* controls = json::find_object(input, "OwnershipControls");
  const auto* rules = controls != nullptr ? json::find_array(*controls, "Rules") : nullptr;
  if (rules == nullptr || rules->size() != 1) throw errors::malformed_xml();
  const std::string ownership = json::string_or(rules->front().as_object(), "ObjectOwnership");
  if (ownership == "BucketOwnerPreferred" || ownership == "ObjectWriter") {
    throw errors::not_implemented("ObjectOwnership");
  }
  if (ownership != kOwner) throw errors::malformed_xml();
  return Reply();
}

Reply get_bucket_acl(Scope& scope, RequestContext&, const json::object& input) {
  require_bucket(scope, input);
  json::object grantee = owner_of(scope);
  grantee["Type"] = "CanonicalUser";
  json::array grants;
  grants.push_back(json::object{{"Grantee", std::move(grantee)}, {"Permission", "FULL_CONTROL"}});
  return json::object{{"Owner", owner_of(scope)}, {"Grants", std::move(grants)}};
}

std::span<const AbsentSetting> absent_settings() {
  static constexpr AbsentSetting kSettings[] = {
      {"GetBucketAccelerateConfiguration", "", ""},
      {"GetBucketCors", "NoSuchCORSConfiguration", "The CORS configuration does not exist"},
      {"GetBucketLifecycleConfiguration", "NoSuchLifecycleConfiguration",
       "The lifecycle configuration does not exist"},
      {"GetBucketLogging", "", ""},
      {"GetBucketNotificationConfiguration", "", ""},
      {"GetBucketReplication", "ReplicationConfigurationNotFoundError",
       "The replication configuration was not found"},
      {"GetBucketWebsite", "NoSuchWebsiteConfiguration",
       "The specified bucket does not have a website configuration"},
      {"GetObjectLockConfiguration", "ObjectLockConfigurationNotFoundError",
       "Object Lock configuration does not exist for this bucket"}};
  return kSettings;
}

Reply read_absent(Scope& scope, const AbsentSetting& setting, const json::object& input) {
  const std::string bucket = require_bucket(scope, input);
  if (!setting.code.empty()) throw errors::not_set(setting.code, setting.message, bucket);
  return Reply();
}

Reply get_bucket_request_payment(Scope& scope, RequestContext&, const json::object& input) {
  require_bucket(scope, input);
  return json::object{{"Payer", "BucketOwner"}};
}

}  // namespace tandem::s3::api
