// Access keys that this world hands out can be told from all others, by any of its processes and
// for good: the end of an id is a checksum with a key of the world's. So a deleted key stays dead
// without a list of the dead, and is not taken for a stranger's dummy key.
//
// A secret and a session token follow from the id, for a process that is told no more than that the
// id is alive. The key of the world is the root's secret key (docs/formats/process-config.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/random.h"

namespace tandem::service {

class KeyMint {
 public:
  KeyMint() = default;
  explicit KeyMint(std::string world_key) : world_key_(std::move(world_key)) {}

  /// Who keeps a key, and alone can say that it is alive.
  static constexpr std::string_view kIdentities = "iam";  ///< IAM's and STS's keys, in global
  static std::string functions_of(std::string_view region) {
    return "lambda/" + std::string(region);
  }

  /// kind: "AKIA" for long-term keys, "ASIA" for temporary ones. 20 characters.
  std::string make_id(std::string_view kind, std::string_view keeper, core::Random& random) const;
  bool made(std::string_view id, std::string_view keeper) const;

  /// 40 characters.
  std::string secret_of(std::string_view id) const;
  std::string token_of(std::string_view id, std::int64_t expires_s) const;
  /// When the session of this token ends or ended; nothing when the token is not the id's.
  std::optional<std::int64_t> expiry_in(std::string_view id, std::string_view token) const;

 private:
  std::string checksum(std::string_view keeper, std::string_view start) const;
  /// base64 of as many pseudo-random bytes as asked for.
  std::string derive(std::string_view what, std::size_t bytes) const;

  std::string world_key_;
};

}  // namespace tandem::service
