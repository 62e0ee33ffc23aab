#include "services/s3/model/version_listing.h"

#include <string_view>
#include <utility>

namespace tandem::s3 {
namespace {

constexpr std::size_t kBatch = 256;
// Keys are UTF-8, which never has this byte: it orders after everything that continues a prefix.
constexpr char kAfterAll = '\xff';

class Lister {
 public:
  Lister(const VersionQuery& query, const VersionSource& source)
      : query_(query), source_(source), at_(query.after) {
    // A page that ended with a common prefix goes on behind all that it stands for.
    const std::string rolled = common_prefix(at_.key);
    if (at_.order == 0 && !rolled.empty() && rolled == at_.key) at_.key += kAfterAll;
  }

  VersionListing run() {
    while (query_.max_keys > 0 && !listing_.truncated) {
      auto batch = source_(at_, kBatch);
      const bool last = batch.size() < kBatch;
      if (!batch.empty()) at_ = {batch.back().key, batch.back().order};
      for (ListedVersion& version : batch) {
        if (!take(version)) break;
      }
      if (last) break;
      // The rest of a common prefix is jumped over instead of read.
      if (!rolled_.empty() && at_.key.starts_with(rolled_)) at_ = {rolled_ + kAfterAll, 0};
    }
    return std::move(listing_);
  }

 private:
  /// The part of key up to and with the first delimiter after the prefix, or nothing.
  std::string common_prefix(std::string_view key) const {
    if (query_.delimiter.empty() || !key.starts_with(query_.prefix)) return {};
    const auto found = key.find(query_.delimiter, query_.prefix.size());
    if (found == std::string_view::npos) return {};
    return std::string(key.substr(0, found + query_.delimiter.size()));
  }

  /// False once the page is full and there is more.
  bool take(ListedVersion& version) {
    std::string prefix = common_prefix(version.key);
    if (!prefix.empty() && prefix == rolled_) return true;
    if (listing_.versions.size() + listing_.common_prefixes.size() == query_.max_keys) {
      listing_.truncated = true;
      return false;
    }
    rolled_ = prefix;
    listing_.last_is_prefix = !prefix.empty();
    if (prefix.empty()) {
      listing_.last_key = version.key;
      listing_.versions.push_back(std::move(version));
    } else {
      listing_.last_key = prefix;
      listing_.common_prefixes.push_back(std::move(prefix));
    }
    return true;
  }

  const VersionQuery& query_;
  const VersionSource& source_;
  VersionPosition at_;
  VersionListing listing_;
  std::string rolled_;  ///< the common prefix listed last
};

}  // namespace

VersionListing list_versions(const VersionQuery& query, const VersionSource& source) {
  return Lister(query, source).run();
}

}  // namespace tandem::s3
