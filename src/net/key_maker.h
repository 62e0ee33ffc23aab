// Where private keys come from. An RSA key takes a tenth of a second to find, and OpenSSL takes no
// seed: the simulator gives keys that were made before.
#pragma once

#include <string>

namespace tandem::net {

enum class KeyType { kEcP256, kEcP384, kRsa2048 };

class KeyMaker {
 public:
  virtual ~KeyMaker() = default;
  /// A new private key in PEM: secret. Called on any thread.
  virtual std::string make(KeyType type) = 0;
};

class OpenSslKeys final : public KeyMaker {
 public:
  std::string make(KeyType type) override;
};

}  // namespace tandem::net
