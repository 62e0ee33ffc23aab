#include "services/s3/model/encryption.h"

#include <fmt/format.h>

#include "core/bytes.h"
#include "service/operation.h"
#include "services/s3/errors.h"

namespace tandem::s3 {
namespace {

constexpr std::string_view kOwnKeys = "AES256";
constexpr std::string_view kKms = "aws:kms";

/// Ids of keys are UUIDs; this one is always the same.
std::string own_key_id(const KeyHome& home) {
  const std::string hex =
      core::hex_encode(core::sha256(fmt::format("aws/s3 of {} in {}", home.account, home.region)));
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                     hex.substr(16, 4), hex.substr(20, 12));
}

}  // namespace

std::string key_arn(std::string_view key, const KeyHome& home) {
  if (key.starts_with("arn:")) return std::string(key);
  const std::string start = fmt::format("arn:aws:kms:{}:{}:", home.region, home.account);
  if (key.starts_with("alias/")) return start + std::string(key);
  return fmt::format("{}key/{}", start, key.empty() ? own_key_id(home) : key);
}

json::object encryption_rule(const json::object& configuration) {
  const auto* rules = json::find_array(configuration, "Rules");
  if (rules == nullptr || rules->size() != 1) throw errors::malformed_xml();
  const json::object& rule = rules->front().as_object();
  const auto* by_default = json::find_object(rule, "ApplyServerSideEncryptionByDefault");
  if (by_default == nullptr) throw errors::malformed_xml();
  const std::string algorithm = json::string_or(*by_default, "SSEAlgorithm");
  if (algorithm != kOwnKeys && algorithm != kKms) {
    if (!algorithm.starts_with("aws:")) throw errors::malformed_xml();
    throw errors::not_implemented("SSEAlgorithm");
  }
  json::object made{{"SSEAlgorithm", algorithm},
                    {"BucketKeyEnabled", json::bool_or(rule, "BucketKeyEnabled", false)}};
  if (const auto key = json::find_string(*by_default, "KMSMasterKeyID")) {
    if (algorithm != kKms) {
      throw errors::invalid_argument(
          "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or "
          "aws:kms:dsse",
          "ApplyServerSideEncryptionByDefault", "");
    }
    made["KMSMasterKeyID"] = *key;
  }
  return made;
}

json::object encryption_configuration(const json::object& rule) {
  json::object by_default{{"SSEAlgorithm", json::string_or(rule, "SSEAlgorithm", kOwnKeys)}};
  if (const auto* key = json::find(rule, "KMSMasterKeyID")) by_default["KMSMasterKeyID"] = *key;
  json::object shown{{"ApplyServerSideEncryptionByDefault", std::move(by_default)},
                     {"BucketKeyEnabled", json::bool_or(rule, "BucketKeyEnabled", false)}};
  json::array rules;
  rules.push_back(std::move(shown));
  return {{"Rules", std::move(rules)}};
}

json::object chosen_encryption(const json::object& input, const json::object& rule,
                               const KeyHome& home) {
  const auto asked = json::find_string(input, "ServerSideEncryption");
  const auto key = json::find_string(input, "SSEKMSKeyId");
  if (asked && *asked != kOwnKeys && *asked != kKms) {
    throw errors::not_implemented("ServerSideEncryption");
  }
  if (key && asked != kKms) throw errors::key_without_kms(asked.value_or(""));
  const std::string algorithm = asked ? *asked : json::string_or(rule, "SSEAlgorithm", kOwnKeys);
  if (algorithm != kKms) return {};
  // Who names the algorithm and no key means the account's own for S3, whatever the bucket's rule.
  const std::string named = asked ? key.value_or("") : json::string_or(rule, "KMSMasterKeyID");
  json::object chosen{{"SSEKMSKeyId", key_arn(named, home)}};
  const bool by_rule = json::bool_or(rule, "BucketKeyEnabled", false);
  if (json::bool_or(input, "BucketKeyEnabled", by_rule)) chosen["BucketKeyEnabled"] = true;
  return chosen;
}

void add_encryption(const json::object& encryption, json::object& output) {
  output["ServerSideEncryption"] = encryption.empty() ? kOwnKeys : kKms;
  for (const auto& [member, value] : encryption) output[member] = value;
}

}  // namespace tandem::s3
