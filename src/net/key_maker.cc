#include "net/key_maker.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>

#include "net/openssl.h"

namespace tandem::net {

std::string OpenSslKeys::make(KeyType type) {
  constexpr unsigned kRsaBits = 2048;
  const KeyPtr key(type == KeyType::kRsa2048  ? EVP_RSA_gen(kRsaBits)
                   : type == KeyType::kEcP384 ? EVP_EC_gen("P-384")
                                              : EVP_EC_gen("P-256"));
  if (!key) throw TlsError("key generation");
  return to_pem(key.get());
}

}  // namespace tandem::net
