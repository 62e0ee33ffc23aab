#include "services/s3/names/registry.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "core/log.h"
#include "services/s3/errors.h"

namespace tandem::s3 {
namespace {

using Has = BucketHolders::Answer::Has;

/// A stale entry is cleared and the name looked at again; more often somebody else is at it.
constexpr int kLooks = 3;

}  // namespace

BucketRegistry::BucketRegistry(store::Store& store, BucketHolders& holders)
    : holders_(holders), names_(store, "names"), heard_(store, "heard") {}

bool BucketRegistry::is_region(std::string_view name) const {
  const auto regions = holders_.regions();
  return std::ranges::find(regions, name) != regions.end();
}

std::optional<std::string> BucketRegistry::known(std::string_view bucket) const {
  const auto entry = names_.get(bucket);
  if (!entry) return std::nullopt;
  std::string region = json::string_or(*entry, "Region");
  if (!is_region(region)) return std::nullopt;
  return region;
}

void BucketRegistry::put(const std::string& bucket, const std::string& region,
                         std::int64_t created_s) {
  names_.put(bucket, {{"Region", region}, {"CreationDate", created_s}});
  ++written_[bucket];
}

/// Unless it was written down again while its region was asked, which may have made it since.
void BucketRegistry::forget(const std::string& bucket, std::uint64_t written) {
  if (written_[bucket] == written) names_.erase(bucket);
}

/// The bucket in one of the regions beside asker.
Task<std::optional<NamedBucket>> BucketRegistry::ask_others(std::string asker, std::string bucket) {
  std::string silent;
  for (const std::string& region : holders_.regions()) {
    if (region == asker) continue;
    const auto answer = co_await holders_.ask(region, bucket);
    // One that is making it has asked here before, and has an entry or is refused.
    if (answer && answer->has == Has::kYes) {
      co_return NamedBucket{bucket, region, answer->created_s};
    }
    if (!answer && !heard_.contains(region)) silent = region;
  }
  if (!silent.empty()) throw errors::names_unknown(bucket, silent);
  co_return std::nullopt;
}

Task<bool> BucketRegistry::has_still(std::string region, std::string bucket) {
  const auto answer = co_await holders_.ask(std::move(region), std::move(bucket));
  co_return !answer || answer->has != Has::kNo;
}

Task<std::optional<std::string>> BucketRegistry::find(std::string asker, std::string bucket) {
  // What is written down of the asker itself, who has not the bucket, is no answer.
  if (const auto owner = known(bucket); owner && *owner != asker) {
    const std::uint64_t written = written_[bucket];
    if (co_await has_still(*owner, bucket)) co_return owner;
    forget(bucket, written);
  }
  const auto found = co_await ask_others(asker, bucket);
  if (!found) co_return std::nullopt;
  if (!known(bucket)) put(bucket, found->region, found->created_s);
  co_return found->region;
}

Task<std::string> BucketRegistry::claim(std::string region, std::string bucket,
                                        std::int64_t created_s) {
  // One that joins: global is told of it a moment later.
  if (!is_region(region)) throw errors::names_unknown(bucket, region);
  for (int look = 0; look < kLooks; ++look) {
    const auto owner = known(bucket);
    if (owner && *owner != region) {
      const std::uint64_t written = written_[bucket];
      if (co_await has_still(*owner, bucket)) co_return *owner;
      forget(bucket, written);
      continue;
    }
    // Before anything is awaited: whoever comes now finds it taken.
    put(bucket, region, created_s);
    std::optional<NamedBucket> elsewhere;
    std::exception_ptr unknown;
    try {
      elsewhere = co_await ask_others(region, bucket);
    } catch (const aws::ApiError&) {
      unknown = std::current_exception();
    }
    const bool still_ours = known(bucket) == region;
    if (unknown) {
      if (still_ours && !owner) names_.erase(bucket);
      std::rethrow_exception(unknown);
    }
    if (!still_ours) continue;
    if (!elsewhere) co_return region;
    put(bucket, elsewhere->region, elsewhere->created_s);
    co_return elsewhere->region;
  }
  throw errors::operation_aborted();
}

Task<void> BucketRegistry::release(std::string bucket) {
  const auto owner = known(bucket);
  if (!owner) co_return;
  const std::uint64_t written = written_[bucket];
  if (co_await has_still(*owner, bucket)) co_return;
  forget(bucket, written);
}

Task<std::vector<NamedBucket>> BucketRegistry::list() {
  std::vector<NamedBucket> all;
  for (const std::string& region : holders_.regions()) {
    const auto listed = co_await holders_.list(region);
    if (listed) {
      take_over(region, *listed);
      all.insert(all.end(), listed->begin(), listed->end());
      continue;
    }
    if (!heard_.contains(region)) throw errors::names_unknown("", region);
    for (const auto& [name, entry] : names_.list()) {
      if (json::string_or(entry, "Region") != region) continue;
      all.push_back({name, region, json::int_or(entry, "CreationDate", 0)});
    }
  }
  co_return all;
}

Task<bool> BucketRegistry::hear(std::string region) {
  const auto listed = co_await holders_.list(region);
  if (!listed) co_return false;
  take_over(region, *listed);
  co_return true;
}

/// Adds only: what the region no longer has is found out when somebody wants the name, and what it
/// has claimed since it made this list must stay.
void BucketRegistry::take_over(const std::string& region, const std::vector<NamedBucket>& buckets) {
  for (const NamedBucket& bucket : buckets) {
    const auto owner = known(bucket.name);
    if (!owner) put(bucket.name, region, bucket.created_s);
    if (!owner || *owner == region || !doubles_.insert(bucket.name).second) continue;
    log::warning(
        "s3: {} has a bucket {}, and the name is {}'s: both go on serving what they have at their "
        "own addresses, and everywhere else the name means {}'s. Delete one of them",
        region, bucket.name, *owner, *owner);
  }
  if (!heard_.contains(region)) heard_.put(region, json::object());
}

void BucketRegistry::regions_changed() {
  for (const auto& [region, nothing] : heard_.list()) {
    if (!is_region(region)) heard_.erase(region);
  }
  for (const auto& [name, entry] : names_.list()) {
    if (!is_region(json::string_or(entry, "Region"))) names_.erase(name);
  }
}

}  // namespace tandem::s3
