// What a certificate says about itself, and whether key, certificate and chain belong together.
// Untrusted PEM in, facts out; OpenSSL stays in the .cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/parsed.h"

namespace tandem::acm {

struct ExtendedUsage {
  std::string name;  ///< "TLS_WEB_SERVER_AUTHENTICATION"
  std::string oid;
};

/// Names as ACM spells them.
struct CertificateFacts {
  std::vector<std::string> names;  ///< the common name first, when it is among the DNS names
  std::string serial;              ///< "0a:1b:…"
  std::string subject;             ///< "CN=example.com"
  std::string issuer;              ///< organization, else common name
  std::int64_t not_before_s = 0;
  std::int64_t not_after_s = 0;
  std::string key_algorithm;        ///< "EC_prime256v1"; empty for one ACM does not know
  std::string signature_algorithm;  ///< "SHA256WITHECDSA"
  std::vector<std::string> key_usages;
  std::vector<ExtendedUsage> extended_usages;
};

/// Exactly one certificate in PEM.
core::Parsed<CertificateFacts> read_certificate(std::string_view pem);

/// True when the PEM private key (not encrypted) is the certificate's. False for anything else.
bool key_fits(std::string_view certificate_pem, std::string_view key_pem);

/// True when chain_pem holds certificates only, and the last of them vouches for the certificate
/// through the others. Dates are not looked at.
bool chain_fits(std::string_view certificate_pem, std::string_view chain_pem);

}  // namespace tandem::acm
