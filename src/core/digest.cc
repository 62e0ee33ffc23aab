#include "core/digest.h"

#include <array>
#include <openssl/evp.h>

#include "core/check.h"

namespace tandem::core {
namespace {

EVP_MD_CTX* context_of(void* context) { return static_cast<EVP_MD_CTX*>(context); }

const EVP_MD* type_of(Digest::Algorithm algorithm) {
  switch (algorithm) {
    case Digest::Algorithm::kMd5:
      return EVP_md5();
    case Digest::Algorithm::kSha1:
      return EVP_sha1();
    default:
      return EVP_sha256();
  }
}

}  // namespace

void Digest::Free::operator()(void* context) const { EVP_MD_CTX_free(context_of(context)); }

Digest::Digest(Algorithm algorithm) : algorithm_(algorithm), context_(EVP_MD_CTX_new()) {
  CHECK(context_ != nullptr);
  begin();
}

void Digest::begin() {
  CHECK(EVP_DigestInit_ex(context_of(context_.get()), type_of(algorithm_), nullptr) == 1);
}

void Digest::update(std::string_view bytes) {
  CHECK(EVP_DigestUpdate(context_of(context_.get()), bytes.data(), bytes.size()) == 1);
}

std::string Digest::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  CHECK(EVP_DigestFinal_ex(context_of(context_.get()), bytes.data(), &size) == 1);
  begin();
  return {reinterpret_cast<const char*>(bytes.data()), size};
}

}  // namespace tandem::core
