// What a bucket is set to: versioning, encryption.
#include "services/s3/api/shared.h"
#include "services/s3/errors.h"

namespace tandem::s3::api {
namespace {

/// The bucket's document with one member changed; an empty value takes it away.
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

}  // namespace

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

}  // namespace tandem::s3::api
