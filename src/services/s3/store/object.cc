#include "services/s3/store/object.h"

namespace tandem::s3 {

json::object Object::to_document() const {
  json::object document;
  if (marker) {
    document = {{"DeleteMarker", true}, {"LastModified", last_modified_s}};
  } else {
    document = {{"Blob", blob},
                {"Size", size},
                {"ETag", etag},
                {"LastModified", last_modified_s},
                {"Properties", properties},
                {"Checksums", checksums}};
  }
  if (!md5.empty()) document["MD5"] = md5;
  if (!encryption.empty()) document["Encryption"] = encryption;
  if (!version.empty()) document["VersionId"] = version;
  if (order != 0) document["Order"] = order;
  return document;
}

std::string Object::content_md5() const {
  if (!md5.empty()) return md5;
  // "\"<hex>-<parts>\"" is the tag of several parts.
  const bool plain = etag.size() == 34 && etag.find('-') == std::string::npos;
  return plain ? etag.substr(1, 32) : std::string();
}

Object Object::from_document(const json::object& document) {
  Object object;
  object.blob = json::string_or(document, "Blob");
  object.size = static_cast<std::uint64_t>(json::int_or(document, "Size", 0));
  object.etag = json::string_or(document, "ETag");
  object.last_modified_s = json::int_or(document, "LastModified", 0);
  object.md5 = json::string_or(document, "MD5");
  object.version = json::string_or(document, "VersionId");
  object.order = static_cast<std::uint64_t>(json::int_or(document, "Order", 0));
  object.marker = json::bool_or(document, "DeleteMarker", false);
  if (const auto* properties = json::find_object(document, "Properties")) {
    object.properties = *properties;
  }
  if (const auto* checksums = json::find_object(document, "Checksums")) {
    object.checksums = *checksums;
  }
  if (const auto* encryption = json::find_object(document, "Encryption")) {
    object.encryption = *encryption;
  }
  return object;
}

}  // namespace tandem::s3
