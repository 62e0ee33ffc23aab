#include "service/key_mint.h"

#include <fmt/format.h>

#include "core/bytes.h"
#include "core/ids.h"
#include "core/text.h"

namespace tandem::service {
namespace {

constexpr std::size_t kIdSize = 20;
constexpr std::size_t kKindSize = 4;
// 36^6: of two thousand million foreign ids one would be taken for ours.
constexpr std::size_t kChecksumSize = 6;
constexpr std::size_t kSecretBytes = 30;
constexpr std::size_t kTokenBytes = 180;
// What AWS's session tokens begin with.
constexpr std::string_view kTokenStart = "IQoJb3JpZ2luX2Vj";
// After it the expiry in hexadecimal.
constexpr std::size_t kExpirySize = 16;

}  // namespace

std::string KeyMint::checksum(std::string_view keeper, std::string_view start) const {
  const std::string digest =
      core::hmac_sha256(world_key_, fmt::format("access key id {} {}", keeper, start));
  std::string text;
  for (std::size_t i = 0; i < kChecksumSize; ++i) {
    text += core::kUpperAlnum[static_cast<unsigned char>(digest[i]) % core::kUpperAlnum.size()];
  }
  return text;
}

std::string KeyMint::make_id(std::string_view kind, std::string_view keeper,
                             core::Random& random) const {
  const std::string start =
      std::string(kind) +
      core::random_text(random, kIdSize - kKindSize - kChecksumSize, core::kUpperAlnum);
  return start + checksum(keeper, start);
}

bool KeyMint::made(std::string_view id, std::string_view keeper) const {
  if (id.size() != kIdSize || !(id.starts_with("AKIA") || id.starts_with("ASIA"))) return false;
  const std::string_view start = id.substr(0, kIdSize - kChecksumSize);
  return core::equal_constant_time(checksum(keeper, start), id.substr(start.size()));
}

std::string KeyMint::derive(std::string_view what, std::size_t bytes) const {
  std::string stream;
  for (int block = 0; stream.size() < bytes; ++block) {
    stream += core::hmac_sha256(world_key_, fmt::format("{} {}", what, block));
  }
  return core::base64_encode(std::string_view(stream).substr(0, bytes));
}

std::string KeyMint::secret_of(std::string_view id) const {
  return derive(fmt::format("secret {}", id), kSecretBytes);
}

std::string KeyMint::token_of(std::string_view id, std::int64_t expires_s) const {
  return fmt::format("{}{:016x}{}", kTokenStart, expires_s,
                     derive(fmt::format("token {} {}", id, expires_s), kTokenBytes));
}

std::optional<std::int64_t> KeyMint::expiry_in(std::string_view id, std::string_view token) const {
  if (!token.starts_with(kTokenStart) || token.size() < kTokenStart.size() + kExpirySize) {
    return std::nullopt;
  }
  const auto bytes = core::hex_decode(token.substr(kTokenStart.size(), kExpirySize));
  if (!bytes) return std::nullopt;
  std::uint64_t expires_s = 0;
  for (const char byte : *bytes) expires_s = expires_s << 8 | static_cast<unsigned char>(byte);
  const auto expiry = static_cast<std::int64_t>(expires_s);
  if (!core::equal_constant_time(token_of(id, expiry), token)) return std::nullopt;
  return expiry;
}

}  // namespace tandem::service
