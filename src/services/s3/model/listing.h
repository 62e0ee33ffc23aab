// Listing keys in order, rolled up by a delimiter, page by page. Pure: the keys come from a source.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.h"

namespace tandem::s3 {

struct ListQuery {
  std::string prefix;
  std::string delimiter;  ///< empty: no rolling up
  std::string after;      ///< entries (keys and common prefixes) up to this one are skipped
  std::size_t max_keys = 1000;
};

struct Listing {
  using Entry = std::pair<std::string, json::object>;
  std::vector<Entry> contents;
  std::vector<std::string> common_prefixes;
  bool truncated = false;
  std::string last;  ///< the entry a next page starts after
};

/// Up to limit entries with the query's prefix and a key > after, in byte order.
using ListSource =
    std::function<std::vector<Listing::Entry>(const std::string& after, std::size_t limit)>;

Listing list(const ListQuery& query, const ListSource& source);

/// encoding-type=url: form encoding, except that slashes stay.
std::string encode_key(std::string_view key);

}  // namespace tandem::s3
