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
#include "store/documents.h"
#include "store/store.h"

namespace tandem::s3 {

struct Object {
  std::string blob;
  std::uint64_t size = 0;
  std::string etag;  ///< with its quotes
  std::int64_t last_modified_s = 0;
  json::object properties;  ///< GetObject's output members the client chose, Metadata too
  json::object checksums;   ///< {"ChecksumCRC32": …}
  std::string md5;          ///< of the content, hex, where the tag is not it; may be empty

  /// The content's MD5 in hex, for checking what the disk gives back; empty when it is not known.
  std::string content_md5() const;
  json::object to_document() const;
  static Object from_document(const json::object& document);
};

struct Upload {
  std::string id;
  std::string bucket;
  std::string key;
  std::int64_t initiated_s = 0;
  std::string checksum_algorithm;  ///< "CRC32"; may be empty
  json::object properties;
};

class Catalog {
 public:
  explicit Catalog(store::Store& store);

  std::optional<json::object> bucket(std::string_view name) const { return buckets_.get(name); }
  void put_bucket(std::string_view name, const json::object& document);
  std::vector<std::pair<std::string, json::object>> buckets() const { return buckets_.list(); }
  /// With its unfinished uploads, whose blobs become loose and are returned. It must be empty.
  std::vector<std::string> erase_bucket(std::string_view name);
  bool has_objects(std::string_view bucket) const;

  std::optional<Object> object(std::string_view bucket, std::string_view key) const;
  /// Gives the object's blob its owner. Returns the blob it replaced, now loose.
  std::vector<std::string> put_object(std::string_view bucket, std::string_view key,
                                      const Object& object);
  /// Returns its blob, now loose.
  std::vector<std::string> erase_object(std::string_view bucket, std::string_view key);
  /// Keys of the bucket with this prefix and > after.
  std::vector<std::pair<std::string, json::object>> objects(std::string_view bucket,
                                                            std::string_view prefix,
                                                            std::string_view after,
                                                            std::size_t limit) const;

  std::optional<Upload> upload(std::string_view id) const;
  void put_upload(const Upload& upload);
  std::vector<Upload> uploads(std::string_view bucket) const;
  std::map<std::int64_t, Part> parts(std::string_view upload) const;
  std::vector<std::string> put_part(std::string_view upload, std::int64_t number, const Part& part);
  /// Returns the parts' blobs, now loose.
  std::vector<std::string> erase_upload(std::string_view id);
  /// The same in one step with the object the upload became.
  std::vector<std::string> complete_upload(const Upload& upload, const Object& object);

  void add_loose(std::string_view blob);
  void erase_loose(const std::vector<std::string>& blobs);
  std::vector<std::string> loose() const;

 private:
  void loosen_upload(std::string_view id, store::WriteBatch& batch,
                     std::vector<std::string>& blobs) const;
  void replace_object(std::string_view bucket, std::string_view key, const Object& object,
                      store::WriteBatch& batch, std::vector<std::string>& blobs) const;
  void loosen(std::string_view blob, store::WriteBatch& batch) const;

  store::Store& store_;
  store::Documents buckets_;
  store::Documents objects_;
  store::Documents uploads_;
  store::Documents parts_;
  store::Documents loose_;
};

}  // namespace tandem::s3
