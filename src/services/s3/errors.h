// S3's errors, by the codes and texts of the S3 API reference, "Error responses".
#pragma once

#include <fmt/format.h>
#include <string>
#include <string_view>

#include "aws/error.h"
#include "aws/error_headers.h"
#include "core/clock.h"

namespace tandem::s3::errors {

inline json::value text(std::string_view value) { return json::value(value); }

inline aws::ApiError malformed_trailer() {
  return {400, "MalformedTrailerError",
          "The request contained trailing data that was not well-formed or did not conform to our "
          "published schema."};
}

inline aws::ApiError no_such_bucket(std::string_view bucket) {
  return aws::ApiError(404, "NoSuchBucket", "The specified bucket does not exist")
      .with("BucketName", text(bucket));
}
/// "Making requests using the REST API": the bucket is in another region, which the header says to
/// SDKs and the XML to others.
inline aws::ErrorWithHeaders permanent_redirect(std::string_view bucket, std::string_view region) {
  // A name with dots does not fit the certificate of *.s3.<region>.
  const bool dots = bucket.find('.') != std::string_view::npos;
  aws::ApiError error(301, "PermanentRedirect",
                      "The bucket you are attempting to access must be addressed using the "
                      "specified endpoint. Please send all future requests to this endpoint.");
  const std::string host = fmt::format("s3.{}.amazonaws.com", region);
  net::Headers headers;
  headers.set("x-amz-bucket-region", region);
  return {std::move(error)
              .with("Endpoint", text(dots ? host : fmt::format("{}.{}", bucket, host)))
              .with("Bucket", text(bucket)),
          std::move(headers)};
}
/// Ours: AWS's namespace is always there to be asked.
inline aws::ApiError names_unknown(std::string_view bucket, std::string_view silent) {
  return {503, "ServiceUnavailable",
          fmt::format("{} cannot be asked whether it has {}", silent,
                      bucket.empty() ? "buckets" : fmt::format("the bucket {}", bucket))};
}
inline aws::ApiError operation_aborted() {
  return {409, "OperationAborted",
          "A conflicting conditional operation is currently in progress against this resource. "
          "Please try again."};
}
inline aws::ApiError no_such_key(std::string_view key) {
  return aws::ApiError(404, "NoSuchKey", "The specified key does not exist.")
      .with("Key", text(key));
}
/// "Working with delete markers": a marker is at the key, as the headers say.
inline aws::ErrorWithHeaders deleted_key(std::string_view key, std::string_view marker) {
  net::Headers headers;
  headers.set("x-amz-delete-marker", "true");
  headers.set("x-amz-version-id", marker);
  return {no_such_key(key), std::move(headers)};
}
/// The same when the marker itself was asked for: "you cannot GET a delete marker".
inline aws::ErrorWithHeaders is_delete_marker(std::string_view method, std::string_view marker,
                                              std::int64_t last_modified_s) {
  net::Headers headers;
  headers.set("Allow", "DELETE");
  headers.set("Last-Modified", core::http_date(last_modified_s));
  headers.set("x-amz-delete-marker", "true");
  headers.set("x-amz-version-id", marker);
  aws::ApiError error(405, "MethodNotAllowed",
                      "The specified method is not allowed against this resource.");
  return {std::move(error).with("Method", text(method)).with("ResourceType", "DeleteMarker"),
          std::move(headers)};
}
inline aws::ApiError no_such_version(std::string_view key, std::string_view version) {
  return aws::ApiError(404, "NoSuchVersion", "The specified version does not exist.")
      .with("Key", text(key))
      .with("VersionId", text(version));
}
inline aws::ApiError no_such_upload(std::string_view upload) {
  return aws::ApiError(404, "NoSuchUpload",
                       "The specified upload does not exist. The upload ID may be invalid, or the "
                       "upload may have been aborted or completed.")
      .with("UploadId", text(upload));
}
inline aws::ApiError no_such_tag_set(std::string_view bucket) {
  return aws::ApiError(404, "NoSuchTagSet", "The TagSet does not exist")
      .with("BucketName", text(bucket));
}
inline aws::ApiError bucket_owned_by_you(std::string_view bucket) {
  return aws::ApiError(409, "BucketAlreadyOwnedByYou",
                       "Your previous request to create the named bucket succeeded and you already "
                       "own it.")
      .with("BucketName", text(bucket));
}
inline aws::ApiError bucket_already_exists(std::string_view bucket) {
  return aws::ApiError(409, "BucketAlreadyExists",
                       "The requested bucket name is not available. The bucket namespace is shared "
                       "by all users of the system. Please select a different name and try again.")
      .with("BucketName", text(bucket));
}
inline aws::ApiError bucket_not_empty(std::string_view bucket, std::string_view more) {
  return aws::ApiError(409, "BucketNotEmpty",
                       fmt::format("The bucket you tried to delete is not empty{}", more))
      .with("BucketName", text(bucket));
}
/// Of a copy: what comes from another region stopped half-way. SDKs try again.
inline aws::ApiError source_broke_off() {
  return {503, "ServiceUnavailable", "The source of the copy broke off. Please try again."};
}
inline aws::ApiError invalid_bucket_name(std::string_view bucket) {
  return aws::ApiError(400, "InvalidBucketName", "The specified bucket is not valid.")
      .with("BucketName", text(bucket));
}
inline aws::ApiError illegal_location(std::string_view constraint) {
  return {400, "IllegalLocationConstraintException",
          fmt::format("The {} location constraint is incompatible for the region specific endpoint "
                      "this request was sent to.",
                      constraint)};
}
inline aws::ApiError invalid_location(std::string_view constraint) {
  return aws::ApiError(400, "InvalidLocationConstraint",
                       "The specified location-constraint is not valid")
      .with("LocationConstraint", text(constraint));
}
inline aws::ApiError invalid_argument(std::string message, std::string_view name,
                                      std::string_view value) {
  return aws::ApiError(400, "InvalidArgument", std::move(message))
      .with("ArgumentName", text(name))
      .with("ArgumentValue", text(value));
}
inline aws::ApiError invalid_version(std::string_view version, std::string_view name) {
  return invalid_argument(
      version.empty() ? "Version id cannot be the empty string" : "Invalid version id specified",
      name, version);
}
inline aws::ApiError no_versioning_status() {
  return {400, "IllegalVersioningConfigurationException",
          "The Versioning element must be specified"};
}
inline aws::ApiError invalid_request(std::string message) {
  return {400, "InvalidRequest", std::move(message)};
}
inline aws::ApiError invalid_tag(std::string message) {
  return {400, "InvalidTag", std::move(message)};
}
inline aws::ApiError malformed_xml() {
  return {400, "MalformedXML",
          "The XML you provided was not well-formed or did not validate against our published "
          "schema"};
}
inline aws::ApiError malformed_policy(std::string message) {
  return {400, "MalformedPolicy", std::move(message)};
}
/// Of a setting that a bucket does not have.
inline aws::ApiError not_set(std::string_view code, std::string_view message,
                             std::string_view bucket) {
  return aws::ApiError(404, std::string(code), std::string(message))
      .with("BucketName", text(bucket));
}
inline aws::ApiError public_policy(std::string_view caller, std::string_view bucket) {
  return {403, "AccessDenied",
          fmt::format("User: {} is not authorized to perform: s3:PutBucketPolicy on resource: "
                      "\"arn:aws:s3:::{}\" because public policies are blocked by the "
                      "BlockPublicPolicy block public access setting.",
                      caller, bucket)};
}
inline aws::ApiError key_without_kms(std::string_view algorithm) {
  return invalid_argument(
      "Server Side Encryption with AWS KMS managed key requires HTTP header "
      "x-amz-server-side-encryption : aws:kms",
      "x-amz-server-side-encryption", algorithm);
}
inline aws::ApiError key_too_long(std::size_t size, std::size_t allowed) {
  return aws::ApiError(400, "KeyTooLongError", "Your key is too long")
      .with("Size", size)
      .with("MaxSizeAllowed", allowed);
}
inline aws::ApiError metadata_too_large() {
  return {400, "MetadataTooLarge",
          "Your metadata headers exceed the maximum allowed metadata size"};
}
inline aws::ApiError invalid_digest(std::string_view digest) {
  return aws::ApiError(400, "InvalidDigest", "The Content-MD5 you specified was invalid.")
      .with("Content-MD5", text(digest));
}
inline aws::ApiError bad_digest(std::string_view what) {
  // Two wordings: MD5 is the older check.
  if (what == "Content-MD5") {
    return {400, "BadDigest", "The Content-MD5 you specified did not match what we received."};
  }
  return {400, "BadDigest",
          fmt::format("The {} you specified did not match the calculated checksum.", what)};
}
inline aws::ApiError precondition_failed(std::string_view condition) {
  return aws::ApiError(412, "PreconditionFailed",
                       "At least one of the pre-conditions you specified did not hold")
      .with("Condition", text(condition));
}
inline aws::ApiError conditional_conflict() {
  return {409, "ConditionalRequestConflict",
          "The conditional request cannot succeed due to a conflicting operation against this "
          "resource."};
}
inline aws::ApiError invalid_range(std::string_view range, std::uint64_t size) {
  return aws::ApiError(416, "InvalidRange", "The requested range is not satisfiable")
      .with("RangeRequested", text(range))
      .with("ActualObjectSize", size);
}
inline aws::ApiError access_denied() { return {403, "AccessDenied", "Access Denied"}; }
inline aws::ApiError acl_not_supported() {
  return {400, "AccessControlListNotSupported", "The bucket does not allow ACLs"};
}
inline aws::ApiError not_implemented(std::string_view member) {
  return {501, "NotImplemented",
          fmt::format("A parameter you provided implies functionality that is not implemented: {}",
                      member)};
}
inline aws::ApiError invalid_part() {
  return {400, "InvalidPart",
          "One or more of the specified parts could not be found.  The part may not have been "
          "uploaded, or the specified entity tag may not match the part's entity tag."};
}
inline aws::ApiError invalid_part_order() {
  return {400, "InvalidPartOrder",
          "The list of parts was not in ascending order. Parts must be ordered by part number."};
}
inline aws::ApiError entity_too_small(std::uint64_t size, std::uint64_t minimum) {
  return aws::ApiError(400, "EntityTooSmall",
                       "Your proposed upload is smaller than the minimum allowed size")
      .with("ProposedSize", size)
      .with("MinSizeAllowed", minimum);
}
inline aws::ApiError entity_too_large() {
  return {400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"};
}
inline aws::ApiError copy_of_marker() {
  return invalid_request(
      "The source of a copy request may not specifically refer to a delete marker by version id.");
}
inline aws::ApiError copy_to_itself() {
  return invalid_request(
      "This copy request is illegal because it is trying to copy an object to itself without "
      "changing the object's metadata, storage class, website redirect location or encryption "
      "attributes.");
}

}  // namespace tandem::s3::errors
