// The names of all regions' buckets, as global keeps them: hears every region once, however long
// that takes, and then again when the regions change.
#pragma once

#include <cstdint>

#include "core/task.h"
#include "service/node.h"
#include "services/s3/names/holders.h"
#include "services/s3/names/registry.h"

namespace tandem::global {

class BucketList {
 public:
  /// Adds its paths and its life to the node, which it borrows.
  explicit BucketList(service::Node& node);

  const s3::BucketRegistry& registry() const { return registry_; }
  void regions_changed();

 private:
  void start();
  Task<void> hear_all();

  service::Node& node_;
  service::Environment environment_;
  s3::RegionHolders holders_;
  s3::BucketRegistry registry_;
  core::TaskGroup tasks_;
  bool hearing_ = false;
  std::uint64_t changes_ = 0;  ///< of the regions
};

}  // namespace tandem::global
