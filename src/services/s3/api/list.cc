// ListObjects and ListObjectsV2.
#include "core/bytes.h"
#include "services/s3/api/shared.h"
#include "services/s3/errors.h"
#include "services/s3/model/integrity.h"
#include "services/s3/model/listing.h"

namespace tandem::s3::api {
namespace {

constexpr std::int64_t kMaxKeys = 1000;

enum class Owner { kShown, kHidden };

class Request {
 public:
  Request(Scope& scope, const json::object& input)
      : scope_(scope), input_(input), bucket_(require_bucket(scope, input)) {
    const std::string encoding = json::string_or(input, "EncodingType");
    if (!encoding.empty() && encoding != "url") {
      throw errors::invalid_argument("Invalid Encoding Method specified in Request",
                                     "encoding-type", encoding);
    }
    encoded_ = !encoding.empty();
    query_.prefix = json::string_or(input, "Prefix");
    query_.delimiter = json::string_or(input, "Delimiter");
    max_keys_ = json::int_or(input, "MaxKeys", kMaxKeys);
    if (max_keys_ < 0) {
      throw errors::invalid_argument("Argument maxKeys must be an integer between 0 and 2147483647",
                                     "maxKeys", std::to_string(max_keys_));
    }
    max_keys_ = std::min(max_keys_, kMaxKeys);
    query_.max_keys = static_cast<std::size_t>(max_keys_);
  }

  Listing run(std::string after) {
    query_.after = std::move(after);
    return list(query_, [this](const std::string& from, std::size_t limit) {
      return scope_.catalog.versions().list_current(bucket_, query_.prefix, from, limit);
    });
  }

  std::string text(std::string_view value) const {
    return encoded_ ? encode_key(value) : std::string(value);
  }

  /// The members both versions have.
  json::object render(Listing& listing, Owner owner) const {
    json::object output = {{"Name", bucket_},
                           {"Prefix", text(query_.prefix)},
                           {"MaxKeys", max_keys_},
                           {"IsTruncated", listing.truncated}};
    if (!query_.delimiter.empty()) output["Delimiter"] = text(query_.delimiter);
    if (encoded_) output["EncodingType"] = "url";
    json::array contents;
    for (const auto& [key, document] : listing.contents) {
      contents.push_back(line(key, Object::from_document(document), owner));
    }
    if (!contents.empty()) output["Contents"] = std::move(contents);
    json::array prefixes;
    for (const std::string& prefix : listing.common_prefixes) {
      json::object entry = {{"Prefix", text(prefix)}};
      prefixes.push_back(std::move(entry));
    }
    if (!prefixes.empty()) output["CommonPrefixes"] = std::move(prefixes);
    return output;
  }

 private:
  json::object line(const std::string& key, const Object& object, Owner owner) const {
    json::object line = {{"Key", text(key)},
                         {"LastModified", object.last_modified_s},
                         {"ETag", object.etag},
                         {"Size", object.size},
                         {"StorageClass", "STANDARD"}};
    if (!object.checksums.empty()) {
      line["ChecksumAlgorithm"] = checksum_algorithms(object.checksums);
      line["ChecksumType"] = checksum_type(object.checksums);
    }
    if (owner == Owner::kShown) {
      line["Owner"] = json::object{{"ID", canonical_user(scope_.environment.account())}};
    }
    return line;
  }

  Scope& scope_;
  const json::object& input_;
  std::string bucket_;
  ListQuery query_;
  std::int64_t max_keys_ = 0;
  bool encoded_ = false;
};

std::string read_token(const json::object& input) {
  const auto token = json::find_string(input, "ContinuationToken");
  if (!token) return {};
  const auto last = core::base64_decode(*token);
  if (!last || last->empty()) {
    throw errors::invalid_argument("The continuation token provided is incorrect",
                                   "continuation-token", *token);
  }
  return *last;
}

}  // namespace

Reply list_objects(Scope& scope, RequestContext&, const json::object& input) {
  Request request(scope, input);
  const std::string marker = json::string_or(input, "Marker");
  Listing listing = request.run(marker);
  json::object output = request.render(listing, Owner::kShown);
  output["Marker"] = request.text(marker);
  // "This element is returned only if you have the delimiter request parameter specified."
  if (listing.truncated && input.contains("Delimiter")) {
    output["NextMarker"] = request.text(listing.last);
  }
  return output;
}

Reply list_objects_v2(Scope& scope, RequestContext&, const json::object& input) {
  Request request(scope, input);
  const std::string start_after = json::string_or(input, "StartAfter");
  const std::string token = read_token(input);
  Listing listing = request.run(token.empty() ? start_after : token);
  const bool fetch_owner = json::bool_or(input, "FetchOwner", false);
  json::object output = request.render(listing, fetch_owner ? Owner::kShown : Owner::kHidden);
  output["KeyCount"] = listing.contents.size() + listing.common_prefixes.size();
  if (!start_after.empty()) output["StartAfter"] = request.text(start_after);
  if (const auto given = json::find_string(input, "ContinuationToken")) {
    output["ContinuationToken"] = *given;
  }
  if (listing.truncated) output["NextContinuationToken"] = core::base64_encode(listing.last);
  return output;
}

}  // namespace tandem::s3::api
