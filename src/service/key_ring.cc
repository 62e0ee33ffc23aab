#include "service/key_ring.h"

#include <utility>

namespace tandem::service {

void KeyRing::set(std::string_view access_key_id, Key key) {
  keys_.insert_or_assign(std::string(access_key_id), std::move(key));
}

void KeyRing::erase(std::string_view access_key_id) { keys_.erase(std::string(access_key_id)); }

const KeyRing::Key* KeyRing::find(std::string_view access_key_id) const {
  const auto at = keys_.find(std::string(access_key_id));
  return at == keys_.end() ? nullptr : &at->second;
}

void KeyRing::own(KeyMint mint, std::vector<std::string> keepers) {
  mint_ = std::move(mint);
  keepers_ = std::move(keepers);
}

bool KeyRing::is_dead(std::string_view access_key_id) const {
  if (find(access_key_id) != nullptr) return false;
  for (const auto& keeper : keepers_) {
    if (mint_.made(access_key_id, keeper)) return true;
  }
  return false;
}

}  // namespace tandem::service
