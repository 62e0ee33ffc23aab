// What S3 knows about its buckets, objects and uploads: documents in the service's store.
//
// A blob is owned by an object or a part, or it is on the list of loose blobs: put there before its
// file is made, taken off in the same batch that gives it an owner, and back on in the batch that
// takes the owner away. So a crash at any moment leaves no file without a trace.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.h"
#include "services/s3/model/parts.h"
#include "services/s3/store/object.h"
#include "services/s3/store/versions.h"
#include "store/documents.h"
#include "store/store.h"

namespace tandem::s3 {

struct Upload {
  std::string id;
  std::string bucket;
  std::string key;
  std::int64_t initiated_s = 0;
  std::string checksum_algorithm;  ///< "CRC32"; may be empty
  json::object properties;
  json::object encryption;
};

class Catalog {
 public:
  /// Borrows all of them; clock and random for the ids of versions.
  Catalog(store::Store& store, core::Clock& clock, core::Random& random);

  std::optional<json::object> bucket(std::string_view name) const { return buckets_.get(name); }
  void put_bucket(std::string_view name, const json::object& document);
  std::vector<std::pair<std::string, json::object>> buckets() const { return buckets_.list(); }
  /// With its unfinished uploads, whose blobs become loose and are returned. It must be empty.
  std::vector<std::string> erase_bucket(std::string_view name);
  /// Whether it has objects, older versions or delete markers.
  bool has_objects(std::string_view bucket) const { return versions_.any(bucket); }
  Versioning versioning(std::string_view bucket) const;

  /// What there is and was.
  const Versions& versions() const { return versions_; }
  /// What is at the key now.
  std::optional<Object> object(std::string_view bucket, std::string_view key) const {
    return versions_.current(bucket, key);
  }
  /// Gives the object's blob its owner, and the object its version. Returns the blobs it replaced,
  /// now loose.
  std::vector<std::string> put_object(std::string_view bucket, std::string_view key,
                                      Object& object);
  struct Erased {
    std::vector<std::string> blobs;  ///< now loose
    std::optional<Object> object;    ///< the version that is gone, or the marker that was made
  };
  /// In a bucket that has versions a marker takes the object's place.
  Erased erase_object(std::string_view bucket, std::string_view key);
  Erased erase_version(std::string_view bucket, std::string_view key, std::string_view version);

  std::optional<Upload> upload(std::string_view id) const;
  void put_upload(const Upload& upload);
  std::vector<Upload> uploads(std::string_view bucket) const;
  std::map<std::int64_t, Part> parts(std::string_view upload) const;
  std::vector<std::string> put_part(std::string_view upload, std::int64_t number, const Part& part);
  /// Returns the parts' blobs, now loose.
  std::vector<std::string> erase_upload(std::string_view id);
  /// The same in one step with the object the upload became.
  std::vector<std::string> complete_upload(const Upload& upload, Object& object);

  void add_loose(std::string_view blob);
  void erase_loose(const std::vector<std::string>& blobs);
  std::vector<std::string> loose() const;

 private:
  void loosen_upload(std::string_view id, store::WriteBatch& batch,
                     std::vector<std::string>& blobs) const;
  std::vector<std::string> commit(Change change);
  void loosen(std::string_view blob, store::WriteBatch& batch) const;

  store::Store& store_;
  core::Clock& clock_;
  Versions versions_;
  store::Documents buckets_;
  store::Documents uploads_;
  store::Documents parts_;
  store::Documents loose_;
};

}  // namespace tandem::s3
