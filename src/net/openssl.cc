#include "net/openssl.h"

#include <openssl/err.h>
#include <openssl/pem.h>

namespace tandem::net {
namespace {

std::string explain(std::string_view what) {
  std::string text(what);
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code != 0) {
    char reason[256];
    ERR_error_string_n(code, reason, sizeof reason);
    text.append(": ").append(reason);
  }
  return text;
}

/// Encrypted keys are refused instead of asking on the terminal.
int no_password(char*, int, int, void*) { return -1; }

}  // namespace

TlsError::TlsError(std::string_view what) : std::runtime_error(explain(what)) {}

BioPtr read_only_bio(std::string_view bytes) {
  BioPtr bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
  if (!bio) throw TlsError("BIO_new_mem_buf");
  return bio;
}

std::string bio_text(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

X509Ptr parse_certificate(std::string_view pem) {
  const BioPtr bio = read_only_bio(pem);
  X509Ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr));
  if (!certificate) throw TlsError("not a PEM certificate");
  return certificate;
}

std::vector<X509Ptr> parse_certificates(std::string_view pem) {
  const BioPtr bio = read_only_bio(pem);
  std::vector<X509Ptr> certificates;
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr)) {
    certificates.emplace_back(next);
  }
  // The end of the text shows as an error, too.
  ERR_clear_error();
  return certificates;
}

KeyPtr parse_private_key(std::string_view pem) {
  const BioPtr bio = read_only_bio(pem);
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  if (!key) throw TlsError("not a PEM private key");
  return key;
}

std::string to_pem(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_X509(bio.get(), certificate) != 1) throw TlsError("PEM");
  return bio_text(bio.get());
}

std::string to_pem(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    throw TlsError("PEM");
  }
  return bio_text(bio.get());
}

}  // namespace tandem::net
