#include "services/s3/model/policy_actions.h"

#include "core/text.h"

namespace tandem::s3 {
namespace {

// Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3": by their
// required resource types.
constexpr std::string_view kObjectActions[] = {"AbortMultipartUpload",
                                               "BypassGovernanceRetention",
                                               "DeleteObject",
                                               "DeleteObjectTagging",
                                               "DeleteObjectVersion",
                                               "DeleteObjectVersionTagging",
                                               "GetObject",
                                               "GetObjectAcl",
                                               "GetObjectAttributes",
                                               "GetObjectLegalHold",
                                               "GetObjectRetention",
                                               "GetObjectTagging",
                                               "GetObjectTorrent",
                                               "GetObjectVersion",
                                               "GetObjectVersionAcl",
                                               "GetObjectVersionAttributes",
                                               "GetObjectVersionForReplication",
                                               "GetObjectVersionTagging",
                                               "GetObjectVersionTorrent",
                                               "InitiateReplication",
                                               "ListMultipartUploadParts",
                                               "ObjectOwnerOverrideToBucketOwner",
                                               "PutObject",
                                               "PutObjectAcl",
                                               "PutObjectLegalHold",
                                               "PutObjectRetention",
                                               "PutObjectTagging",
                                               "PutObjectVersionAcl",
                                               "PutObjectVersionTagging",
                                               "ReplicateDelete",
                                               "ReplicateObject",
                                               "ReplicateTags",
                                               "RestoreObject"};
constexpr std::string_view kBucketActions[] = {"DeleteBucket",
                                               "DeleteBucketPolicy",
                                               "DeleteBucketWebsite",
                                               "GetAccelerateConfiguration",
                                               "GetAnalyticsConfiguration",
                                               "GetBucketAcl",
                                               "GetBucketCORS",
                                               "GetBucketLocation",
                                               "GetBucketLogging",
                                               "GetBucketNotification",
                                               "GetBucketObjectLockConfiguration",
                                               "GetBucketOwnershipControls",
                                               "GetBucketPolicy",
                                               "GetBucketPolicyStatus",
                                               "GetBucketPublicAccessBlock",
                                               "GetBucketRequestPayment",
                                               "GetBucketTagging",
                                               "GetBucketVersioning",
                                               "GetBucketWebsite",
                                               "GetEncryptionConfiguration",
                                               "GetInventoryConfiguration",
                                               "GetLifecycleConfiguration",
                                               "GetMetricsConfiguration",
                                               "GetReplicationConfiguration",
                                               "ListBucket",
                                               "ListBucketMultipartUploads",
                                               "ListBucketVersions",
                                               "PutBucketAcl",
                                               "PutBucketCORS",
                                               "PutBucketLogging",
                                               "PutBucketNotification",
                                               "PutBucketOwnershipControls",
                                               "PutBucketPolicy",
                                               "PutBucketPublicAccessBlock",
                                               "PutBucketTagging",
                                               "PutBucketVersioning",
                                               "PutBucketWebsite",
                                               "PutEncryptionConfiguration",
                                               "PutLifecycleConfiguration",
                                               "PutReplicationConfiguration"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view text) {
  std::size_t at = 0;
  std::size_t in = 0;
  std::size_t star = std::string_view::npos;  // the last one, and where it was tried
  std::size_t tried = 0;
  while (in < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      tried = in;
    } else if (at < pattern.size() &&
               (pattern[at] == '?' || lower(pattern[at]) == lower(text[in]))) {
      ++at;
      ++in;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      in = ++tried;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

ActionReach reach_of(std::string_view action) {
  const auto colon = action.find(':');
  const std::string_view pattern =
      colon == std::string_view::npos ? action : action.substr(colon + 1);
  ActionReach reach;
  for (const std::string_view known : kObjectActions) {
    reach.objects = reach.objects || matches_pattern(pattern, known);
  }
  for (const std::string_view known : kBucketActions) {
    reach.buckets = reach.buckets || matches_pattern(pattern, known);
  }
  if (!reach.objects && !reach.buckets) return {true, true};
  return reach;
}

}  // namespace tandem::s3
