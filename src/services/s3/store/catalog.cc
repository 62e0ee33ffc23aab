#include "services/s3/store/catalog.h"

#include <fmt/format.h>

#include "core/text.h"

namespace tandem::s3 {
namespace {

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
  if (const auto* encryption = json::find_object(document, "Encryption")) {
    upload.encryption = *encryption;
  }
  return upload;
}

}  // namespace

Catalog::Catalog(store::Store& store, core::Clock& clock, core::Random& random)
    : store_(store),
      clock_(clock),
      versions_(store, clock, random),
      buckets_(store, "buckets"),
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

Versioning Catalog::versioning(std::string_view bucket) const {
  const auto document = buckets_.get(bucket);
  const std::string status = document ? json::string_or(*document, "Versioning") : "";
  if (status == "Enabled") return Versioning::kEnabled;
  return status.empty() ? Versioning::kNever : Versioning::kSuspended;
}

/// What loses its owner is loose from the batch on that takes it away.
std::vector<std::string> Catalog::commit(Change change) {
  for (const std::string& blob : change.loose) loosen(blob, change.batch);
  store_.write(std::move(change.batch));
  return std::move(change.loose);
}

std::vector<std::string> Catalog::put_object(std::string_view bucket, std::string_view key,
                                             Object& object) {
  Change change;
  loose_.erase(change.batch, object.blob);
  versions_.add(versioning(bucket), bucket, key, object, change);
  return commit(std::move(change));
}

Catalog::Erased Catalog::erase_object(std::string_view bucket, std::string_view key) {
  const Versioning kept = versioning(bucket);
  Change change;
  Erased erased;
  if (kept == Versioning::kNever) {
    erased.object = object(bucket, key);
    if (!erased.object) return erased;
    versions_.remove(bucket, key, *erased.object, change);
  } else {
    erased.object.emplace();
    erased.object->marker = true;
    erased.object->last_modified_s = clock_.now_s();
    versions_.add(kept, bucket, key, *erased.object, change);
  }
  erased.blobs = commit(std::move(change));
  return erased;
}

Catalog::Erased Catalog::erase_version(std::string_view bucket, std::string_view key,
                                       std::string_view version) {
  Erased erased;
  erased.object = versions_.find(bucket, key, version);
  if (!erased.object) return erased;
  Change change;
  versions_.remove(bucket, key, *erased.object, change);
  erased.blobs = commit(std::move(change));
  return erased;
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
                           {"Properties", upload.properties},
                           {"Encryption", upload.encryption}});
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

std::vector<std::string> Catalog::complete_upload(const Upload& upload, Object& object) {
  Change change;
  std::vector<std::string> blobs;
  loosen_upload(upload.id, change.batch, blobs);
  loose_.erase(change.batch, object.blob);
  versions_.add(versioning(upload.bucket), upload.bucket, upload.key, object, change);
  for (std::string& blob : commit(std::move(change))) blobs.push_back(std::move(blob));
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
