#include "services/apigateway/proxy/authorizer_cache.h"

#include <fmt/format.h>

#include "core/bytes.h"

namespace tandem::apigateway {

std::shared_ptr<const AuthorizerResult> AuthorizerCache::find(const std::string& key,
                                                              std::int64_t steady_ns) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  if (found->second->until_ns > steady_ns) return found->second->result;
  erase(found->second);
  return nullptr;
}

void AuthorizerCache::put(const std::string& key, std::shared_ptr<const AuthorizerResult> result,
                          std::size_t bytes, std::int64_t until_ns) {
  if (const auto found = by_key_.find(key); found != by_key_.end()) erase(found->second);
  entries_.push_back({key, std::move(result), bytes, until_ns});
  by_key_[key] = std::prev(entries_.end());
  bytes_ += bytes;
  while (entries_.size() > kEntries || bytes_ > kBytes) erase(entries_.begin());
}

void AuthorizerCache::forget(std::string_view prefix) {
  for (auto each = entries_.begin(); each != entries_.end();) {
    const auto next = std::next(each);
    if (each->key.starts_with(prefix)) erase(each);
    each = next;
  }
}

void AuthorizerCache::clear() {
  entries_.clear();
  by_key_.clear();
  bytes_ = 0;
}

std::string AuthorizerCache::key_of(std::string_view api_id, std::string_view stage,
                                    std::string_view authorizer,
                                    const std::vector<std::string>& identity) {
  // Values may hold any byte: lengths keep ("ab", "c") apart from ("a", "bc").
  std::string all;
  for (const std::string& value : identity) all += fmt::format("{}:{}", value.size(), value);
  return fmt::format("{}/{}/{}/{}", api_id, stage, authorizer, core::hex_encode(core::sha256(all)));
}

void AuthorizerCache::erase(Entries::iterator entry) {
  bytes_ -= entry->bytes;
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

}  // namespace tandem::apigateway
