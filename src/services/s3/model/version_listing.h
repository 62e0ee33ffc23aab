// Listing versions by key, newest first, rolled up by a delimiter, page by page. Pure: the versions
// come from a source.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/json.h"

namespace tandem::s3 {

/// In the order of a listing: after everything of the keys before, and the versions of this key
/// that are newer than order or of that order.
struct VersionPosition {
  std::string key;
  std::uint64_t order = 0;  ///< 0: after all versions of the key
};

struct ListedVersion {
  std::string key;
  std::uint64_t order = 0;
  json::object document;  ///< an object's record
  bool latest = false;
};

struct VersionQuery {
  std::string prefix;
  std::string delimiter;  ///< empty: no rolling up
  VersionPosition after;
  std::size_t max_keys = 1000;
};

struct VersionListing {
  std::vector<ListedVersion> versions;
  std::vector<std::string> common_prefixes;
  bool truncated = false;
  std::string last_key;  ///< the key or the common prefix a next page starts after
  bool last_is_prefix = false;
};

/// Up to limit versions with the query's prefix after the position, in order.
using VersionSource =
    std::function<std::vector<ListedVersion>(const VersionPosition& after, std::size_t limit)>;

VersionListing list_versions(const VersionQuery& query, const VersionSource& source);

}  // namespace tandem::s3
