// What Lambda authorizers have answered, kept as long as their TTL says. A cached policy holds for
// every method of its stage: it is evaluated anew for each. Loop thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "services/apigateway/model/authorizer_result.h"

namespace tandem::apigateway {

class AuthorizerCache {
 public:
  static constexpr std::size_t kEntries = 10'000;
  static constexpr std::size_t kBytes = 16 * 1024 * 1024;

  /// Null when there is none, or it is too old.
  std::shared_ptr<const AuthorizerResult> find(const std::string& key, std::int64_t steady_ns);
  /// bytes: of the answer it was read from. The oldest make room.
  void put(const std::string& key, std::shared_ptr<const AuthorizerResult> result,
           std::size_t bytes, std::int64_t until_ns);
  /// Every entry of "<api>/<stage>/", or of "<api>/".
  void forget(std::string_view prefix);
  void clear();

  /// The identity is a secret: the key holds its digest only.
  static std::string key_of(std::string_view api_id, std::string_view stage,
                            std::string_view authorizer, const std::vector<std::string>& identity);

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const AuthorizerResult> result;
    std::size_t bytes;
    std::int64_t until_ns;
  };
  using Entries = std::list<Entry>;  ///< oldest first
  void erase(Entries::iterator entry);

  Entries entries_;
  std::unordered_map<std::string, Entries::iterator> by_key_;
  std::size_t bytes_ = 0;
};

}  // namespace tandem::apigateway
