#include "services/acm/model/x509.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "core/text.h"

namespace tandem::acm {
namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, Deleter<X509_free>>;

constexpr std::size_t kMaxChain = 16;
constexpr std::size_t kMaxNames = 1'000;

BioPtr memory(std::string_view bytes) {
  return BioPtr(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

/// Refuses to ask anyone for a passphrase: an encrypted key is an unreadable key.
int no_passphrase(char*, int, int, void*) { return 0; }

/// Every certificate of the text; empty when something else is in it.
std::vector<X509Ptr> read_all(std::string_view pem) {
  std::vector<X509Ptr> all;
  const BioPtr bio = memory(pem);
  while (all.size() <= kMaxChain) {
    X509Ptr next(PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr));
    if (!next) break;
    all.push_back(std::move(next));
  }
  const unsigned long error = ERR_peek_last_error();
  const bool ended = ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!ended || all.size() > kMaxChain) all.clear();
  return all;
}

std::string text_of(const ASN1_STRING* text) {
  unsigned char* utf8 = nullptr;
  const int length = ASN1_STRING_to_UTF8(&utf8, text);
  if (length < 0) return "";
  std::string result(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(length));
  OPENSSL_free(utf8);
  return result;
}

std::string name_part(const X509_NAME* name, int nid) {
  const int index = X509_NAME_get_index_by_NID(name, nid, -1);
  if (index < 0) return "";
  return text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index)));
}

/// In the certificate's own order, as ACM shows it.
std::string one_line(const X509_NAME* name) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), name, 0,
                     XN_FLAG_RFC2253 & ~static_cast<unsigned long>(XN_FLAG_DN_REV));
  char* bytes = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &bytes);
  return length > 0 ? std::string(bytes, static_cast<std::size_t>(length)) : "";
}

std::int64_t epoch_of(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? static_cast<std::int64_t>(timegm(&parts)) : 0;
}

std::string serial_of(const X509* certificate) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
  std::string text;
  const unsigned char* bytes = ASN1_STRING_get0_data(serial);
  for (int i = 0; i < ASN1_STRING_length(serial); ++i) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    if (i > 0) text += ':';
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

std::vector<std::string> names_of(X509* certificate) {
  std::vector<std::string> names;
  const std::string common =
      core::to_lower(name_part(X509_get_subject_name(certificate), NID_commonName));
  auto* alternatives = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(alternatives); ++i) {
    const GENERAL_NAME* each = sk_GENERAL_NAME_value(alternatives, i);
    if (each->type != GEN_DNS || names.size() == kMaxNames) continue;
    names.push_back(core::to_lower(text_of(each->d.dNSName)));
  }
  GENERAL_NAMES_free(alternatives);
  const auto found = std::find(names.begin(), names.end(), common);
  if (found != names.end()) std::rotate(names.begin(), found, found + 1);
  if (names.empty() && !common.empty()) names.push_back(common);
  return names;
}

std::string key_algorithm_of(X509* certificate) {
  EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr) return "";
  if (EVP_PKEY_is_a(key, "RSA") == 1) {
    const int bits = EVP_PKEY_get_bits(key);
    const bool known = bits == 1024 || bits == 2048 || bits == 3072 || bits == 4096;
    return known ? "RSA_" + std::to_string(bits) : "";
  }
  std::array<char, 64> group{};
  std::size_t length = 0;
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &length) != 1) return "";
  const std::string_view curve(group.data(), length);
  if (curve == "prime256v1" || curve == "P-256") return "EC_prime256v1";
  if (curve == "secp384r1" || curve == "P-384") return "EC_secp384r1";
  if (curve == "secp521r1" || curve == "P-521") return "EC_secp521r1";
  return "";
}

std::string signature_algorithm_of(const X509* certificate) {
  int digest = NID_undef;
  int key = NID_undef;
  if (OBJ_find_sigid_algs(X509_get_signature_nid(certificate), &digest, &key) != 1) return "";
  const bool ec = key == NID_X9_62_id_ecPublicKey;
  if (digest == NID_undef || (!ec && key != NID_rsaEncryption)) return "";
  return core::to_upper(OBJ_nid2sn(digest)) + (ec ? "WITHECDSA" : "WITHRSA");
}

std::vector<std::string> key_usages_of(X509* certificate) {
  constexpr std::array<std::pair<std::uint32_t, const char*>, 9> kUsages = {
      {{KU_DIGITAL_SIGNATURE, "DIGITAL_SIGNATURE"},
       {KU_NON_REPUDIATION, "NON_REPUDIATION"},
       {KU_KEY_ENCIPHERMENT, "KEY_ENCIPHERMENT"},
       {KU_DATA_ENCIPHERMENT, "DATA_ENCIPHERMENT"},
       {KU_KEY_AGREEMENT, "KEY_AGREEMENT"},
       {KU_KEY_CERT_SIGN, "CERTIFICATE_SIGNING"},
       {KU_CRL_SIGN, "CRL_SIGNING"},
       {KU_ENCIPHER_ONLY, "ENCIPHER_ONLY"},
       {KU_DECIPHER_ONLY, "DECIPHER_ONLY"}}};
  const std::uint32_t bits = X509_get_key_usage(certificate);
  if (bits == UINT32_MAX) return {"ANY"};
  std::vector<std::string> usages;
  for (const auto& [bit, name] : kUsages) {
    if ((bits & bit) != 0) usages.emplace_back(name);
  }
  return usages;
}

std::vector<ExtendedUsage> extended_usages_of(X509* certificate) {
  struct Known {
    std::uint32_t bit;
    const char* name;
    const char* oid;
  };
  constexpr std::array<Known, 6> kUsages = {
      {{XKU_SSL_SERVER, "TLS_WEB_SERVER_AUTHENTICATION", "1.3.6.1.5.5.7.3.1"},
       {XKU_SSL_CLIENT, "TLS_WEB_CLIENT_AUTHENTICATION", "1.3.6.1.5.5.7.3.2"},
       {XKU_CODE_SIGN, "CODE_SIGNING", "1.3.6.1.5.5.7.3.3"},
       {XKU_SMIME, "EMAIL_PROTECTION", "1.3.6.1.5.5.7.3.4"},
       {XKU_TIMESTAMP, "TIME_STAMPING", "1.3.6.1.5.5.7.3.8"},
       {XKU_OCSP_SIGN, "OCSP_SIGNING", "1.3.6.1.5.5.7.3.9"}}};
  const std::uint32_t bits = X509_get_extended_key_usage(certificate);
  if (bits == UINT32_MAX) return {{"NONE", ""}};
  std::vector<ExtendedUsage> usages;
  for (const Known& each : kUsages) {
    if ((bits & each.bit) != 0) usages.push_back({each.name, each.oid});
  }
  return usages;
}

}  // namespace

core::Parsed<CertificateFacts> read_certificate(std::string_view pem) {
  const std::vector<X509Ptr> all = read_all(pem);
  if (all.empty()) return core::ParseError{"not a certificate in PEM format", 0};
  if (all.size() > 1) return core::ParseError{"more than one certificate", 0};
  X509* certificate = all.front().get();
  const X509_NAME* issuer = X509_get_issuer_name(certificate);
  CertificateFacts facts;
  facts.names = names_of(certificate);
  facts.serial = serial_of(certificate);
  facts.subject = one_line(X509_get_subject_name(certificate));
  facts.issuer = name_part(issuer, NID_organizationName);
  if (facts.issuer.empty()) facts.issuer = name_part(issuer, NID_commonName);
  facts.not_before_s = epoch_of(X509_get0_notBefore(certificate));
  facts.not_after_s = epoch_of(X509_get0_notAfter(certificate));
  facts.key_algorithm = key_algorithm_of(certificate);
  facts.signature_algorithm = signature_algorithm_of(certificate);
  facts.key_usages = key_usages_of(certificate);
  facts.extended_usages = extended_usages_of(certificate);
  ERR_clear_error();
  return facts;
}

bool key_fits(std::string_view certificate_pem, std::string_view key_pem) {
  const std::vector<X509Ptr> all = read_all(certificate_pem);
  if (all.size() != 1) return false;
  const BioPtr bio = memory(key_pem);
  const KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  const bool fits = key && X509_check_private_key(all.front().get(), key.get()) == 1;
  ERR_clear_error();
  return fits;
}

bool chain_fits(std::string_view certificate_pem, std::string_view chain_pem) {
  const std::vector<X509Ptr> leaf = read_all(certificate_pem);
  const std::vector<X509Ptr> chain = read_all(chain_pem);
  if (leaf.size() != 1 || chain.empty()) return false;
  const std::unique_ptr<X509_STORE, Deleter<X509_STORE_free>> trusted(X509_STORE_new());
  const std::unique_ptr<X509_STORE_CTX, Deleter<X509_STORE_CTX_free>> context(X509_STORE_CTX_new());
  X509_STORE_add_cert(trusted.get(), chain.back().get());
  STACK_OF(X509)* between = sk_X509_new_null();
  for (const X509Ptr& each : chain) sk_X509_push(between, each.get());
  bool fits = X509_STORE_CTX_init(context.get(), trusted.get(), leaf.front().get(), between) == 1;
  if (fits) {
    X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
    fits = X509_verify_cert(context.get()) == 1;
  }
  sk_X509_free(between);
  ERR_clear_error();
  return fits;
}

}  // namespace tandem::acm
