#include "replication/handshake.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "core/check.h"

namespace tandem::replication {
namespace {

std::string text_of(std::string_view label, const Handshake& handshake) {
  std::string text(label);
  put_u16(text, kProtocolVersion);
  for (const std::string* part : {&handshake.account, &handshake.from, &handshake.to,
                                  &handshake.sender_nonce, &handshake.receiver_nonce}) {
    put_bytes(text, *part);
  }
  return text;
}

std::string hmac(std::string_view secret, std::string_view text) {
  std::string mac(kMacBytes, '\0');
  unsigned size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  const unsigned char* made =
      HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes, text.size(),
           reinterpret_cast<unsigned char*>(mac.data()), &size);
  CHECK(made != nullptr && size == kMacBytes);
  return mac;
}

}  // namespace

std::string receiver_mac(std::string_view secret, const Handshake& handshake) {
  return hmac(secret, text_of("tandem replication receiver", handshake));
}

std::string sender_mac(std::string_view secret, const Handshake& handshake, const Proof& proof) {
  std::string text = text_of("tandem replication sender", handshake);
  put_bytes(text, proof.log);
  put_u64(text, static_cast<std::uint64_t>(proof.clocks.wall_us));
  put_u64(text, proof.clocks.newest);
  return hmac(secret, text);
}

bool same_mac(std::string_view one, std::string_view other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace tandem::replication
