// Who has which name: the one list of all regions' buckets, in the process global. As on AWS, a
// bucket is made with the help of one control plane and served without it.
//
// What is true is in the regions: a bucket exists where its region's store says so. The list is
// what makes a name unique, and what is known of regions that cannot be asked. So
//   - a name is written down before its region makes the bucket, and before anything is awaited;
//   - an entry counts until its region says that it neither has the bucket nor is making it;
//   - a name without an entry is free once every other region has said so, or has been heard (its
//     whole list was taken over) since this list began and cannot be asked now.
// A lost list is thereby made anew by hear(), and no bucket depends on it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/task.h"
#include "services/s3/ports.h"
#include "store/documents.h"

namespace tandem::s3 {

/// The regions of this world, as those who have the buckets.
class BucketHolders {
 public:
  struct Answer {
    enum class Has { kNo, kMakes, kYes } has = Has::kNo;
    std::int64_t created_s = 0;
  };
  virtual ~BucketHolders() = default;
  virtual std::vector<std::string> regions() const = 0;
  /// Nothing when the region cannot be asked.
  virtual Task<std::optional<Answer>> ask(std::string region, std::string bucket) = 0;
  virtual Task<std::optional<std::vector<NamedBucket>>> list(std::string region) = 0;
};

class BucketRegistry {
 public:
  /// Borrows both. The store is this registry's own scope.
  BucketRegistry(store::Store& store, BucketHolders& holders);

  /// The region that has the bucket, as far as is written down.
  std::optional<std::string> known(std::string_view bucket) const;
  /// The region other than asker that has it; nothing: none has. Throws ApiError (503) when a
  /// region that may have it was never heard and cannot be asked.
  Task<std::optional<std::string>> find(std::string asker, std::string bucket);
  /// Whose the name is now: region's, or that of the one that has it. Throws as find() does.
  Task<std::string> claim(std::string region, std::string bucket, std::int64_t created_s);
  /// Takes the entry out if its region has no such bucket.
  Task<void> release(std::string bucket);
  /// All buckets. Throws as find() does.
  Task<std::vector<NamedBucket>> list();
  /// Takes over what the region has; false when it cannot be asked.
  Task<bool> hear(std::string region);
  /// Of those that are gone nothing is known any more.
  void regions_changed();

 private:
  bool is_region(std::string_view name) const;
  void put(const std::string& bucket, const std::string& region, std::int64_t created_s);
  void forget(const std::string& bucket, std::uint64_t written);
  void take_over(const std::string& region, const std::vector<NamedBucket>& buckets);
  Task<bool> has_still(std::string region, std::string bucket);
  Task<std::optional<NamedBucket>> ask_others(std::string asker, std::string bucket);

  BucketHolders& holders_;
  store::Documents names_;
  store::Documents heard_;
  std::map<std::string, std::uint64_t> written_;  ///< how often, by name
  std::set<std::string> doubles_;                 ///< names of two regions that the log has
};

}  // namespace tandem::s3
