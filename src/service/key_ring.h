// The access keys whose signatures a process verifies.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "service/key_mint.h"

namespace tandem::service {

/// Secrets by access key id, so that a signature can be verified. IAM, STS and Lambda add to it.
class KeyRing {
 public:
  struct Key {
    std::string secret;
    std::string session_token;  ///< empty for long-term keys
    std::string arn;
    std::int64_t expires_s = 0;  ///< epoch seconds; 0: never
    /// Epoch seconds from which on its keeper is to be asked again; 0: this process keeps it.
    std::int64_t ask_again_s = 0;
  };
  void set(std::string_view access_key_id, Key key);
  void erase(std::string_view access_key_id);
  const Key* find(std::string_view access_key_id) const;

  /// Every living key of these keepers is in the ring, or found by asking: any other key that was
  /// made for one of them is dead.
  void own(KeyMint mint, std::vector<std::string> keepers);
  bool is_dead(std::string_view access_key_id) const;
  const KeyMint& mint() const { return mint_; }

 private:
  std::unordered_map<std::string, Key> keys_;
  KeyMint mint_;
  std::vector<std::string> keepers_;
};

}  // namespace tandem::service
