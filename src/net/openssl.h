// Owners for OpenSSL's objects, and its errors as exceptions. Private to net.
#pragma once

#include <memory>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::net {

template <auto Free>
struct OpensslDeleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using BioPtr = std::unique_ptr<BIO, OpensslDeleter<BIO_free_all>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpensslDeleter<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, OpensslDeleter<X509_free>>;

/// What an OpenSSL call that failed says about it; clears the thread's error queue.
struct TlsError : std::runtime_error {
  explicit TlsError(std::string_view what);
};

BioPtr read_only_bio(std::string_view bytes);
std::string bio_text(BIO* bio);
/// Throw TlsError when the text is not what it should be.
X509Ptr parse_certificate(std::string_view pem);
std::vector<X509Ptr> parse_certificates(std::string_view pem);
KeyPtr parse_private_key(std::string_view pem);
std::string to_pem(X509* certificate);
std::string to_pem(EVP_PKEY* key);

}  // namespace tandem::net
