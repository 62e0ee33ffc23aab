// An object's record: a version of what is at a key, or a marker that it was deleted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/json.h"
#include "services/s3/model/version_id.h"

namespace tandem::s3 {

struct Object {
  std::string blob;  ///< empty for a marker
  std::uint64_t size = 0;
  std::string etag;  ///< with its quotes
  std::int64_t last_modified_s = 0;
  json::object properties;  ///< GetObject's output members the client chose, Metadata too
  json::object checksums;   ///< {"ChecksumCRC32": …}
  std::string md5;          ///< of the content, hex, where the tag is not it; may be empty
  json::object encryption;  ///< as model/encryption.h has it
  std::string version;      ///< empty: the null version
  std::uint64_t order = 0;  ///< greater than that of every older version of the key
  bool marker = false;

  std::string version_name() const { return version.empty() ? std::string(kNullVersion) : version; }
  /// The content's MD5 in hex, for checking what the disk gives back; empty when it is not known.
  std::string content_md5() const;
  json::object to_document() const;
  static Object from_document(const json::object& document);
};

}  // namespace tandem::s3
