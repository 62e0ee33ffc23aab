// The versions of the objects at each key of each bucket.
//
// What is at a key now is under objects/, so that a bucket without versions costs what it always
// did; older versions, and every delete marker, are under versions/, newest first. Invariants:
//   - An object under objects/ is newer than everything of its key under versions/.
//   - When there is none under objects/, the newest of the key under versions/ is a marker.
//   - A key has one null version at most; nulls/ says where it is while it is under versions/.
// Each change is one batch, so these hold after a crash, too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/random.h"
#include "services/s3/model/version_listing.h"
#include "services/s3/store/object.h"
#include "store/documents.h"
#include "store/store.h"

namespace tandem::s3 {

enum class Versioning { kNever, kEnabled, kSuspended };

/// What is going to be written, and the blobs that lose their owner by it.
struct Change {
  store::WriteBatch batch;
  std::vector<std::string> loose;
};

class Versions {
 public:
  /// Borrows all of them.
  Versions(store::Store& store, core::Clock& clock, core::Random& random);

  /// Nothing also when a marker says that it was deleted.
  std::optional<Object> current(std::string_view bucket, std::string_view key) const;
  /// The same, or that marker.
  std::optional<Object> newest(std::string_view bucket, std::string_view key) const;
  /// version: an id, or "null".
  std::optional<Object> find(std::string_view bucket, std::string_view key,
                             std::string_view version) const;
  bool any(std::string_view bucket) const;
  /// Keys with this prefix and > after, of what is there now.
  std::vector<std::pair<std::string, json::object>> list_current(std::string_view bucket,
                                                                 std::string_view prefix,
                                                                 std::string_view after,
                                                                 std::size_t limit) const;
  /// Everything with this prefix, by key, newest first.
  std::vector<ListedVersion> list(std::string_view bucket, std::string_view prefix,
                                  const VersionPosition& after, std::size_t limit) const;

  /// Makes object (or a marker) the newest, and says which version it is.
  void add(Versioning versioning, std::string_view bucket, std::string_view key, Object& object,
           Change& change) const;
  /// which: as find() or current() gave it.
  void remove(std::string_view bucket, std::string_view key, const Object& which,
              Change& change) const;

 private:
  std::optional<Object> first_of(std::string_view bucket, std::string_view key,
                                 std::string_view after = "") const;
  void keep(std::string_view bucket, std::string_view key, const Object& object,
            Change& change) const;
  void drop(std::string_view bucket, std::string_view key, const Object& object,
            Change& change) const;
  void promote(std::string_view bucket, std::string_view key, const std::optional<Object>& next,
               Change& change) const;
  std::optional<Object> kept_null(std::string_view bucket, std::string_view key) const;

  core::Clock& clock_;
  core::Random& random_;
  store::Documents objects_;
  store::Documents versions_;
  store::Documents nulls_;
};

}  // namespace tandem::s3
