#include "services/s3/store/catalog.h"

#include <fmt/format.h>

#include "core/text.h"

namespace tandem::s3 {
namespace {

/// Bucket names have no slash, so this is unambiguous and keeps the order of keys.
std::string object_id(std::string_view bucket, std::string_view key) {
  return fmt::format("{}/{}", bucket, key);
}

std::string part_id(std::string_view upload, std::int64_t number) {
  return fmt::format("{}/{:05}", upload, number);
}

Upload upload_from(std::string_view id, const json::object& document) {
  Upload upload;
  upload.id = id;
  upload.bucket = json::string_or(document, "Bucket");
  upload.key = json::string_or(document, "Key");
  upload.initiated_s = json::int_or(document, "Initiated", 0);
  upload.checksum_algorithm = json::string_or(document, "ChecksumAlgorithm");
  if (const auto* properties = json::find_object(document, "Properties")) {
    upload.properties = *properties;
  }
  return upload;
}

}  // namespace

json::object Object::to_document() const {
  json::object document = {{"Blob", blob},
                           {"Size", size},
                           {"ETag", etag},
                           {"LastModified", last_modified_s},
                           {"Properties", properties},
                           {"Checksums", checksums}};
  if (!md5.empty()) document["MD5"] = md5;
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
  if (const auto* properties = json::find_object(document, "Properties")) {
    object.properties = *properties;
  }
  if (const auto* checksums = json::find_object(document, "Checksums")) {
    object.checksums = *checksums;
  }
  return object;
}

Catalog::Catalog(store::Store& store)
    : store_(store),
      buckets_(store, "buckets"),
      objects_(store, "objects"),
      uploads_(store, "uploads"),
      parts_(store, "parts"),
      loose_(store, "loose") {}

void Catalog::put_bucket(std::string_view name, const json::object& document) {
  buckets_.put(name, document);
}

std::vector<std::string> Catalog::erase_bucket(std::string_view name) {
  store::WriteBatch batch;
  std::vector<std::string> blobs;
  for (const Upload& upload : uploads(name)) loosen_upload(upload.id, batch, blobs);
  buckets_.erase(batch, name);
  store_.write(std::move(batch));
  return blobs;
}

bool Catalog::has_objects(std::string_view bucket) const {
  return !objects_.list(object_id(bucket, ""), "", 1).empty();
}

std::optional<Object> Catalog::object(std::string_view bucket, std::string_view key) const {
  const auto document = objects_.get(object_id(bucket, key));
  if (!document) return std::nullopt;
  return Object::from_document(*document);
}

void Catalog::replace_object(std::string_view bucket, std::string_view key, const Object& object,
                             store::WriteBatch& batch, std::vector<std::string>& blobs) const {
  if (const auto replaced = this->object(bucket, key)) {
    loosen(replaced->blob, batch);
    blobs.push_back(replaced->blob);
  }
  loose_.erase(batch, object.blob);
  objects_.put(batch, object_id(bucket, key), object.to_document());
}

std::vector<std::string> Catalog::put_object(std::string_view bucket, std::string_view key,
                                             const Object& object) {
  store::WriteBatch batch;
  std::vector<std::string> blobs;
  replace_object(bucket, key, object, batch, blobs);
  store_.write(std::move(batch));
  return blobs;
}

std::vector<std::string> Catalog::erase_object(std::string_view bucket, std::string_view key) {
  const auto erased = object(bucket, key);
  if (!erased) return {};
  store::WriteBatch batch;
  loosen(erased->blob, batch);
  objects_.erase(batch, object_id(bucket, key));
  store_.write(std::move(batch));
  return {erased->blob};
}

std::vector<std::pair<std::string, json::object>> Catalog::objects(std::string_view bucket,
                                                                   std::string_view prefix,
                                                                   std::string_view after,
                                                                   std::size_t limit) const {
  const std::string start = after.empty() ? std::string() : object_id(bucket, after);
  auto found = objects_.list(object_id(bucket, prefix), start, limit);
  for (auto& [id, document] : found) id.erase(0, bucket.size() + 1);
  return found;
}

std::optional<Upload> Catalog::upload(std::string_view id) const {
  const auto document = uploads_.get(id);
  if (!document) return std::nullopt;
  return upload_from(id, *document);
}

void Catalog::put_upload(const Upload& upload) {
  uploads_.put(upload.id, {{"Bucket", upload.bucket},
                           {"Key", upload.key},
                           {"Initiated", upload.initiated_s},
                           {"ChecksumAlgorithm", upload.checksum_algorithm},
                           {"Properties", upload.properties}});
}

std::vector<Upload> Catalog::uploads(std::string_view bucket) const {
  std::vector<Upload> found;
  for (const auto& [id, document] : uploads_.list()) {
    Upload upload = upload_from(id, document);
    if (upload.bucket == bucket) found.push_back(std::move(upload));
  }
  return found;
}

std::map<std::int64_t, Part> Catalog::parts(std::string_view upload) const {
  std::map<std::int64_t, Part> found;
  for (const auto& [id, document] : parts_.list(std::string(upload) + "/")) {
    const auto number = core::parse_int(std::string_view(id).substr(upload.size() + 1));
    if (number) found.emplace(*number, Part::from_document(document));
  }
  return found;
}

std::vector<std::string> Catalog::put_part(std::string_view upload, std::int64_t number,
                                           const Part& part) {
  store::WriteBatch batch;
  std::vector<std::string> blobs;
  const std::string id = part_id(upload, number);
  if (const auto replaced = parts_.get(id)) {
    blobs.push_back(Part::from_document(*replaced).blob);
    loosen(blobs.back(), batch);
  }
  loose_.erase(batch, part.blob);
  parts_.put(batch, id, part.to_document());
  store_.write(std::move(batch));
  return blobs;
}

void Catalog::loosen_upload(std::string_view id, store::WriteBatch& batch,
                            std::vector<std::string>& blobs) const {
  for (const auto& [number, part] : parts(id)) {
    loosen(part.blob, batch);
    blobs.push_back(part.blob);
    parts_.erase(batch, part_id(id, number));
  }
  uploads_.erase(batch, id);
}

std::vector<std::string> Catalog::erase_upload(std::string_view id) {
  store::WriteBatch batch;
  std::vector<std::string> blobs;
  loosen_upload(id, batch, blobs);
  store_.write(std::move(batch));
  return blobs;
}

std::vector<std::string> Catalog::complete_upload(const Upload& upload, const Object& object) {
  store::WriteBatch batch;
  std::vector<std::string> blobs;
  loosen_upload(upload.id, batch, blobs);
  replace_object(upload.bucket, upload.key, object, batch, blobs);
  store_.write(std::move(batch));
  return blobs;
}

void Catalog::loosen(std::string_view blob, store::WriteBatch& batch) const {
  loose_.put(batch, blob, json::object());
}

void Catalog::add_loose(std::string_view blob) { loose_.put(blob, json::object()); }

void Catalog::erase_loose(const std::vector<std::string>& blobs) {
  store::WriteBatch batch;
  for (const std::string& blob : blobs) loose_.erase(batch, blob);
  store_.write(std::move(batch));
}

std::vector<std::string> Catalog::loose() const {
  std::vector<std::string> blobs;
  for (auto& [id, document] : loose_.list()) blobs.push_back(std::move(id));
  return blobs;
}

}  // namespace tandem::s3
