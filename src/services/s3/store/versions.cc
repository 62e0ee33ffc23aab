#include "services/s3/store/versions.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/text.h"

namespace tandem::s3 {
namespace {

constexpr std::size_t kHexDigits = 16;
constexpr std::string_view kEnd{"\0\0", 2};

/// Bucket names have no slash, so this is unambiguous and keeps the order of keys.
std::string object_id(std::string_view bucket, std::string_view key) {
  return fmt::format("{}/{}", bucket, key);
}

/// Two NULs end a key; one within a key is followed by 0xff. So versions lie in the order of their
/// keys' bytes, and no key's records begin as another's do.
std::string escaped(std::string_view key) {
  std::string text;
  for (const char c : key) {
    text += c;
    if (c == '\0') text += '\xff';
  }
  return text;
}

std::string key_prefix(std::string_view bucket, std::string_view key) {
  return object_id(bucket, escaped(key)) + std::string(kEnd);
}

/// Newest first.
std::string version_id_of(std::string_view bucket, std::string_view key, std::uint64_t order) {
  return key_prefix(bucket, key) + fmt::format("{:016x}", ~order);
}

std::uint64_t order_of(const json::object& document) {
  return static_cast<std::uint64_t>(json::int_or(document, "Order", 0));
}

std::string key_of(std::string_view bucket, std::string_view id) {
  const std::string_view text =
      id.substr(bucket.size() + 1, id.size() - bucket.size() - 1 - kEnd.size() - kHexDigits);
  std::string key;
  for (std::size_t i = 0; i < text.size(); ++i) {
    key += text[i];
    if (text[i] == '\0') ++i;
  }
  return key;
}

}  // namespace

Versions::Versions(store::Store& store, core::Clock& clock, core::Random& random)
    : clock_(clock),
      random_(random),
      objects_(store, "objects"),
      versions_(store, "versions"),
      nulls_(store, "nulls") {}

std::optional<Object> Versions::current(std::string_view bucket, std::string_view key) const {
  const auto document = objects_.get(object_id(bucket, key));
  if (!document) return std::nullopt;
  return Object::from_document(*document);
}

/// Of those that are kept, the newest or the next.
std::optional<Object> Versions::first_of(std::string_view bucket, std::string_view key,
                                         std::string_view after) const {
  const auto found = versions_.list(key_prefix(bucket, key), after, 1);
  if (found.empty()) return std::nullopt;
  return Object::from_document(found.front().second);
}

std::optional<Object> Versions::newest(std::string_view bucket, std::string_view key) const {
  auto object = current(bucket, key);
  return object ? std::move(object) : first_of(bucket, key);
}

std::optional<Object> Versions::kept_null(std::string_view bucket, std::string_view key) const {
  const auto place = nulls_.get(object_id(bucket, key));
  if (!place) return std::nullopt;
  const auto document = versions_.get(version_id_of(bucket, key, order_of(*place)));
  if (!document) return std::nullopt;
  return Object::from_document(*document);
}

std::optional<Object> Versions::find(std::string_view bucket, std::string_view key,
                                     std::string_view version) const {
  auto object = current(bucket, key);
  if (object && object->version_name() == version) return object;
  if (version == kNullVersion) return kept_null(bucket, key);
  const auto order = version_order(version);
  if (!order) return std::nullopt;
  const auto document = versions_.get(version_id_of(bucket, key, *order));
  if (!document || json::string_or(*document, "VersionId") != version) return std::nullopt;
  return Object::from_document(*document);
}

bool Versions::any(std::string_view bucket) const {
  const std::string all = object_id(bucket, "");
  return !objects_.list(all, "", 1).empty() || !versions_.list(all, "", 1).empty();
}

std::vector<std::pair<std::string, json::object>> Versions::list_current(std::string_view bucket,
                                                                         std::string_view prefix,
                                                                         std::string_view after,
                                                                         std::size_t limit) const {
  const std::string start = after.empty() ? std::string() : object_id(bucket, after);
  auto found = objects_.list(object_id(bucket, prefix), start, limit);
  for (auto& [id, document] : found) id.erase(0, bucket.size() + 1);
  return found;
}

std::vector<ListedVersion> Versions::list(std::string_view bucket, std::string_view prefix,
                                          const VersionPosition& after, std::size_t limit) const {
  std::vector<ListedVersion> listed;
  const bool begun = !after.key.empty();
  if (begun && after.order != 0 && after.key.starts_with(prefix)) {
    // It has become what is there now since the page before ended.
    if (const auto now = current(bucket, after.key); now && now->order < after.order) {
      listed.push_back({after.key, now->order, now->to_document(), true});
    }
  }
  for (auto& [key, document] : list_current(bucket, prefix, after.key, limit)) {
    const std::uint64_t order = order_of(document);
    listed.push_back({std::move(key), order, std::move(document), true});
  }
  const std::string start = begun ? version_id_of(bucket, after.key, after.order) : std::string();
  for (auto& [id, document] : versions_.list(object_id(bucket, escaped(prefix)), start, limit)) {
    const std::uint64_t order = order_of(document);
    ListedVersion version{key_of(bucket, id), order, std::move(document), false};
    // Only a marker is the newest of its key and kept here.
    if (json::bool_or(version.document, "DeleteMarker", false)) {
      const auto top = newest(bucket, version.key);
      version.latest = top && top->marker && top->order == order;
    }
    listed.push_back(std::move(version));
  }
  std::sort(listed.begin(), listed.end(), [](const ListedVersion& a, const ListedVersion& b) {
    return a.key != b.key ? a.key < b.key : a.order > b.order;
  });
  if (listed.size() > limit) listed.resize(limit);
  return listed;
}

void Versions::keep(std::string_view bucket, std::string_view key, const Object& object,
                    Change& change) const {
  versions_.put(change.batch, version_id_of(bucket, key, object.order), object.to_document());
  if (!object.version.empty()) return;
  nulls_.put(change.batch, object_id(bucket, key), {{"Order", object.order}});
}

/// Of those that are kept.
void Versions::drop(std::string_view bucket, std::string_view key, const Object& object,
                    Change& change) const {
  versions_.erase(change.batch, version_id_of(bucket, key, object.order));
  if (object.version.empty()) nulls_.erase(change.batch, object_id(bucket, key));
}

void Versions::add(Versioning versioning, std::string_view bucket, std::string_view key,
                   Object& object, Change& change) const {
  const auto before = current(bucket, key);
  object.version.clear();
  object.order = 0;
  if (versioning != Versioning::kNever) {
    const auto top = before ? before : first_of(bucket, key);
    const auto now = static_cast<std::uint64_t>(clock_.now_us());
    object.order = std::max(now, top ? top->order + 1 : 0);
    if (versioning == Versioning::kEnabled) {
      object.version = make_version_id(object.order, random_);
    }
  }
  // "If a null version exists, it is overwritten": a key has one.
  const bool null = object.version.empty();
  if (before && null && before->version.empty()) {
    change.loose.push_back(before->blob);
  } else if (before) {
    keep(bucket, key, *before, change);
  }
  if (null) {
    if (const auto replaced = kept_null(bucket, key)) {
      drop(bucket, key, *replaced, change);
      if (!replaced->marker) change.loose.push_back(replaced->blob);
    }
  }
  if (object.marker) {
    objects_.erase(change.batch, object_id(bucket, key));
    keep(bucket, key, object, change);
  } else {
    objects_.put(change.batch, object_id(bucket, key), object.to_document());
  }
}

/// What is newest now is what is there, unless it is a marker.
void Versions::promote(std::string_view bucket, std::string_view key,
                       const std::optional<Object>& next, Change& change) const {
  if (!next || next->marker) return;
  drop(bucket, key, *next, change);
  objects_.put(change.batch, object_id(bucket, key), next->to_document());
}

void Versions::remove(std::string_view bucket, std::string_view key, const Object& which,
                      Change& change) const {
  if (!which.marker) change.loose.push_back(which.blob);
  const auto now = current(bucket, key);
  if (now && now->version == which.version) {
    objects_.erase(change.batch, object_id(bucket, key));
    promote(bucket, key, first_of(bucket, key), change);
    return;
  }
  drop(bucket, key, which, change);
  if (now) return;
  const auto top = first_of(bucket, key);
  if (!top || top->order != which.order) return;
  promote(bucket, key, first_of(bucket, key, version_id_of(bucket, key, which.order)), change);
}

}  // namespace tandem::s3
