#include "services/s3/model/listing.h"

#include <algorithm>

#include "core/text.h"
#include "service/page.h"

namespace tandem::s3 {
namespace {

constexpr std::size_t kBatch = 256;
// Keys are UTF-8, which never has this byte: it orders after everything that continues a prefix.
constexpr char kAfterAll = '\xff';

/// The part of key up to and with the first delimiter after the prefix, or nothing.
std::string common_prefix(const ListQuery& query, std::string_view key) {
  if (query.delimiter.empty()) return {};
  const auto at = key.find(query.delimiter, query.prefix.size());
  if (at == std::string_view::npos) return {};
  return std::string(key.substr(0, at + query.delimiter.size()));
}

class Lister {
 public:
  Lister(const ListQuery& query, const ListSource& source)
      : query_(query), source_(source), cut_(query.after, query.max_keys) {}

  Listing run() {
    std::string after = query_.after;
    while (query_.max_keys > 0 && !cut_.more()) {
      auto batch = source_(after, kBatch);
      if (batch.empty()) break;
      const bool last = batch.size() < kBatch;
      after = batch.back().first;
      for (auto& entry : batch) {
        if (!take(entry)) break;
      }
      if (last) break;
      // The rest of a common prefix is jumped over instead of read.
      if (!rolled_.empty() && after.starts_with(rolled_)) after = rolled_ + kAfterAll;
    }
    listing_.truncated = cut_.more();
    listing_.last = cut_.edge();
    return std::move(listing_);
  }

 private:
  /// False once the page is full and there is more. A common prefix is offered once, in place of
  /// the keys it stands for.
  bool take(Listing::Entry& entry) {
    std::string prefix = common_prefix(query_, entry.first);
    if (!prefix.empty() && prefix == rolled_) return true;
    const std::string key = prefix.empty() ? entry.first : prefix;
    rolled_ = prefix;
    return cut_.offer(key, [&] {
      if (prefix.empty()) {
        listing_.contents.push_back(std::move(entry));
      } else {
        listing_.common_prefixes.push_back(std::move(prefix));
      }
    });
  }

  const ListQuery& query_;
  const ListSource& source_;
  Listing listing_;
  service::PageCut<std::string> cut_;
  std::string rolled_;  ///< the common prefix offered last
};

}  // namespace

Listing list(const ListQuery& query, const ListSource& source) {
  return Lister(query, source).run();
}

std::string encode_key(std::string_view key) {
  std::string encoded;
  for (std::size_t begin = 0; begin <= key.size();) {
    const auto space = std::min(key.find(' ', begin), key.size());
    encoded += core::percent_encode(key.substr(begin, space - begin), core::Slash::kKeep);
    if (space < key.size()) encoded += '+';
    begin = space + 1;
  }
  return encoded;
}

}  // namespace tandem::s3
