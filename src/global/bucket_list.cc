#include "global/bucket_list.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "core/supervise.h"
#include "services/s3/names/rows.h"

namespace tandem::global {
namespace {

/// Between two attempts at a region that does not answer: regions start beside this process, or are
/// down for long.
constexpr std::chrono::milliseconds kFirstPause{20};
constexpr std::chrono::milliseconds kLongestPause{500};

}  // namespace

BucketList::BucketList(service::Node& node)
    : node_(node),
      environment_(node.environment("bucket-names")),
      holders_({node.http_client(), node.world().clock, node.config()}),
      registry_(environment_.store, holders_),
      tasks_(node.world().executor) {
  for (auto& row : s3::registry_rows(registry_)) node.add_row(std::move(row));
  node.add_life({.start = [this] { start(); }, .stop = [this] { return tasks_.stop(); }});
}

void BucketList::start() {
  if (std::exchange(hearing_, true)) return;
  core::supervise(tasks_, "the list of bucket names", [this] { return hear_all(); });
}

void BucketList::regions_changed() {
  registry_.regions_changed();
  ++changes_;
  start();
}

Task<void> BucketList::hear_all() {
  std::set<std::string> heard;
  std::uint64_t seen = changes_;
  auto pause = kFirstPause;
  for (;;) {
    bool all = true;
    for (const std::string& region : holders_.regions()) {
      if (heard.contains(region)) continue;
      const bool answered = co_await registry_.hear(region);
      if (answered) heard.insert(region);
      all = all && answered;
    }
    // A region that came meanwhile, or that left and is back with another disk.
    if (std::exchange(seen, changes_) != changes_) {
      heard.clear();
      pause = kFirstPause;
      continue;
    }
    if (all) break;
    co_await core::sleep_for(pause);
    pause = std::min(pause * 2, kLongestPause);
  }
  hearing_ = false;
}

}  // namespace tandem::global
