// ListObjectVersions.
#include "services/s3/api/shared.h"
#include "services/s3/errors.h"
#include "services/s3/model/integrity.h"
#include "services/s3/model/listing.h"
#include "services/s3/model/version_listing.h"

namespace tandem::s3::api {
namespace {

constexpr std::int64_t kMaxKeys = 1000;

class Request {
 public:
  Request(Scope& scope, const json::object& input)
      : scope_(scope), input_(input), bucket_(require_bucket(scope, input)) {
    max_keys_ = json::int_or(input, "MaxKeys", kMaxKeys);
    if (max_keys_ < 0) {
      throw errors::invalid_argument("Argument maxKeys must be an integer between 0 and 2147483647",
                                     "maxKeys", std::to_string(max_keys_));
    }
    max_keys_ = std::min(max_keys_, kMaxKeys);
    query_.max_keys = static_cast<std::size_t>(max_keys_);
    query_.prefix = json::string_or(input, "Prefix");
    query_.delimiter = json::string_or(input, "Delimiter");
    key_marker_ = json::string_or(input, "KeyMarker");
    query_.after = read_marker();
    const std::string encoding = json::string_or(input, "EncodingType");
    if (!encoding.empty() && encoding != "url") {
      throw errors::invalid_argument("Invalid Encoding Method specified in Request",
                                     "encoding-type", encoding);
    }
    encoded_ = !encoding.empty();
  }

  json::object answer() {
    const VersionListing listing =
        list_versions(query_, [this](const VersionPosition& after, std::size_t limit) {
          return scope_.catalog.versions().list(bucket_, query_.prefix, after, limit);
        });
    json::object output = {{"Name", bucket_},
                           {"Prefix", text(query_.prefix)},
                           {"KeyMarker", text(key_marker_)},
                           {"VersionIdMarker", json::string_or(input_, "VersionIdMarker")},
                           {"MaxKeys", max_keys_},
                           {"IsTruncated", listing.truncated}};
    if (!query_.delimiter.empty()) output["Delimiter"] = text(query_.delimiter);
    if (encoded_) output["EncodingType"] = "url";
    add_lines(listing, output);
    if (!listing.truncated) return output;
    output["NextKeyMarker"] = text(listing.last_key);
    if (!listing.last_is_prefix) {
      output["NextVersionIdMarker"] =
          Object::from_document(listing.versions.back().document).version_name();
    }
    return output;
  }

 private:
  std::string text(std::string_view value) const {
    return encoded_ ? encode_key(value) : std::string(value);
  }

  VersionPosition read_marker() const {
    const auto version = json::find_string(input_, "VersionIdMarker");
    if (!version) return {key_marker_, 0};
    if (key_marker_.empty()) {
      throw errors::invalid_argument(
          "A version-id marker cannot be specified without a key marker.", "version-id-marker",
          *version);
    }
    if (version->empty()) {
      throw errors::invalid_argument("A version-id marker cannot be empty.", "version-id-marker",
                                     *version);
    }
    check_version(*version, "version-id-marker");
    if (const auto order = version_order(*version)) return {key_marker_, *order};
    const auto null = scope_.catalog.versions().find(bucket_, key_marker_, kNullVersion);
    return {key_marker_, null ? null->order : 0};
  }

  json::object line(const ListedVersion& version, const Object& object) const {
    json::object line = {{"Key", text(version.key)},
                         {"VersionId", object.version_name()},
                         {"IsLatest", version.latest},
                         {"LastModified", object.last_modified_s},
                         {"Owner", {{"ID", canonical_user(scope_.environment.account())}}}};
    if (object.marker) return line;
    line["ETag"] = object.etag;
    line["Size"] = object.size;
    line["StorageClass"] = "STANDARD";
    if (!object.checksums.empty()) {
      line["ChecksumAlgorithm"] = checksum_algorithms(object.checksums);
      line["ChecksumType"] = checksum_type(object.checksums);
    }
    return line;
  }

  void add_lines(const VersionListing& listing, json::object& output) const {
    json::array versions;
    json::array markers;
    for (const ListedVersion& version : listing.versions) {
      const Object object = Object::from_document(version.document);
      (object.marker ? markers : versions).push_back(line(version, object));
    }
    if (!versions.empty()) output["Versions"] = std::move(versions);
    if (!markers.empty()) output["DeleteMarkers"] = std::move(markers);
    json::array prefixes;
    for (const std::string& prefix : listing.common_prefixes) {
      json::object entry = {{"Prefix", text(prefix)}};
      prefixes.push_back(std::move(entry));
    }
    if (!prefixes.empty()) output["CommonPrefixes"] = std::move(prefixes);
  }

  Scope& scope_;
  const json::object& input_;
  std::string bucket_;
  std::string key_marker_;
  VersionQuery query_;
  std::int64_t max_keys_ = 0;
  bool encoded_ = false;
};

}  // namespace

Reply list_object_versions(Scope& scope, RequestContext&, const json::object& input) {
  return Request(scope, input).answer();
}

}  // namespace tandem::s3::api
