// The local certificate authority. Its certificates follow RFC 5280 to the letter (critical basic
// constraints and key usage, key identifiers), since strict verifiers insist on it.
#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <openssl/bn.h>
#include <openssl/x509v3.h>
#include <system_error>

#include "core/bytes.h"
#include "core/check.h"
#include "core/files.h"
#include "net/ca_files.h"
#include "net/openssl.h"
#include "net/tls.h"

namespace tandem::net {
namespace {

constexpr std::chrono::days kRootValidity{3650};
// Clocks differ a little between machines and containers.
constexpr std::int64_t kBackdated_s = 3600;
constexpr std::size_t kMaxNames = 100;
constexpr std::size_t kMaxCommonName = 64;  // ub-common-name, RFC 5280 appendix A

constexpr const char* kCertificateFile = "ca.pem";
constexpr const char* kKeyFile = "ca.key";
/// More than any key or certificate takes.
constexpr std::size_t kMaxPemBytes = 64 * 1024;

std::string read_part(const std::filesystem::path& path) {
  std::optional<std::string> text;
  try {
    text = core::find_small_file(path, kMaxPemBytes);
  } catch (const std::system_error& error) {
    throw TlsError(error.what());
  }
  if (!text) throw TlsError(path.string() + " is missing");
  return std::move(*text);
}

/// parse() with the file named in what it throws.
template <class Parse>
auto parse_part(const std::filesystem::path& path, Parse parse) {
  try {
    return parse();
  } catch (const TlsError& error) {
    throw TlsError(path.string() + ": " + error.what());
  }
}

void require(int result, std::string_view what) {
  if (result <= 0) throw TlsError(what);
}

/// From the key, which is new for each certificate: positive and at most 20 bytes (RFC 5280
/// §4.1.2.2).
std::string set_serial(X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  require(X509_pubkey_digest(certificate, EVP_sha256(), digest.data(), &size), "digest");
  std::array<unsigned char, 16> bytes;
  std::copy_n(digest.begin(), bytes.size(), bytes.begin());
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7F) | 0x40);
  BIGNUM* number = BN_bin2bn(bytes.data(), bytes.size(), nullptr);
  const bool set = BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  if (!set) throw TlsError("serial number");
  return core::hex_encode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (extension == nullptr) throw TlsError("certificate extension");
  const int added = X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  require(added, "X509_add_ext");
}

void set_common_name(X509* certificate, const std::string& organization, const std::string& name) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  const auto add = [&](const char* field, const std::string& value) {
    require(X509_NAME_add_entry_by_txt(subject, field, MBSTRING_UTF8,
                                       reinterpret_cast<const unsigned char*>(value.data()),
                                       static_cast<int>(value.size()), -1, 0),
            "X509_NAME");
  };
  if (!organization.empty()) add("O", organization);
  if (name.size() <= kMaxCommonName) add("CN", name);
}

bool is_ip_address(const std::string& text) {
  std::array<unsigned char, 16> bytes;
  return inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

/// Letters, digits, hyphens, dots and a wildcard as the first label: nothing that could be taken
/// for syntax in an extension's text.
bool is_dns_name(std::string_view text) {
  if (text.starts_with("*.")) text.remove_prefix(2);
  if (text.empty() || text.size() > 253) return false;
  for (const char c : text) {
    const bool valid = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_';
    if (!valid) return false;
  }
  return true;
}

std::string alternative_names(const std::vector<std::string>& names) {
  CHECK(!names.empty());
  if (names.size() > kMaxNames) throw TlsError("too many names in a certificate");
  std::string text;
  for (const std::string& name : names) {
    const bool ip = is_ip_address(name);
    if (!ip && !is_dns_name(name)) throw TlsError("not a DNS name or IP address: " + name);
    if (!text.empty()) text += ',';
    text.append(ip ? "IP:" : "DNS:").append(name);
  }
  return text;
}

struct Validity {
  std::int64_t not_before_s;
  std::int64_t not_after_s;
};

Validity set_validity(X509* certificate, std::int64_t now_s, std::chrono::days duration) {
  const Validity validity{now_s - kBackdated_s, now_s + std::chrono::seconds(duration).count()};
  if (ASN1_TIME_set(X509_getm_notBefore(certificate), validity.not_before_s) == nullptr ||
      ASN1_TIME_set(X509_getm_notAfter(certificate), validity.not_after_s) == nullptr) {
    throw TlsError("ASN1_TIME_set");
  }
  return validity;
}

X509Ptr new_certificate(EVP_PKEY* key) {
  X509Ptr certificate(X509_new());
  if (!certificate) throw TlsError("X509_new");
  require(X509_set_version(certificate.get(), X509_VERSION_3), "X509_set_version");
  require(X509_set_pubkey(certificate.get(), key), "X509_set_pubkey");
  return certificate;
}

X509Ptr make_root(EVP_PKEY* key, std::int64_t now_s) {
  X509Ptr root = new_certificate(key);
  const std::string serial = set_serial(root.get());
  set_validity(root.get(), now_s, kRootValidity);
  // The name tells roots of different state folders apart in a trust store.
  set_common_name(root.get(), "Tandem", "Tandem local CA " + serial.substr(0, 8));
  require(X509_set_issuer_name(root.get(), X509_get_subject_name(root.get())), "issuer");
  add_extension(root.get(), root.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(root.get(), root.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(root.get(), root.get(), NID_subject_key_identifier, "hash");
  require(X509_sign(root.get(), key, EVP_sha256()), "X509_sign");
  return root;
}

}  // namespace

LocalCa LocalCa::load_or_create(const std::filesystem::path& folder, CaWorld world) {
  const std::filesystem::path certificate_path = folder / kCertificateFile;
  const std::filesystem::path key_path = folder / kKeyFile;
  LocalCa ca(world);
  // What is there but cannot be read, such as a loop of links, is there.
  const auto absent = [](const std::filesystem::path& path) {
    return std::filesystem::symlink_status(path).type() == std::filesystem::file_type::not_found;
  };
  if (absent(certificate_path) && absent(key_path)) {
    std::filesystem::create_directories(folder);
    const KeyPtr key = parse_private_key(world.keys->make(KeyType::kEcP256));
    const X509Ptr root = make_root(key.get(), world.clock->now_s());
    ca.private_key_pem_ = to_pem(key.get());
    ca.certificate_pem_ = to_pem(root.get());
    core::write_file_atomically(key_path, ca.private_key_pem_, core::kSecretMode);
    core::write_file_atomically(certificate_path, ca.certificate_pem_, 0644);
    return ca;
  }
  ca.certificate_pem_ = read_part(certificate_path);
  ca.private_key_pem_ = read_part(key_path);
  const X509Ptr certificate =
      parse_part(certificate_path, [&] { return parse_certificate(ca.certificate_pem_); });
  const KeyPtr key = parse_part(key_path, [&] { return parse_private_key(ca.private_key_pem_); });
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    throw TlsError(certificate_path.string() + " and ca.key do not belong together");
  }
  std::time_t now = world.clock->now_s();
  if (X509_check_ca(certificate.get()) == 0 ||
      X509_cmp_time(X509_get0_notAfter(certificate.get()), &now) <= 0) {
    throw TlsError(certificate_path.string() + " is no certificate authority's, or has expired");
  }
  return ca;
}

LocalCa load_ca(const std::filesystem::path& folder, CaWorld world) {
  // Neither of them there would mean a new one.
  read_part(folder / kCertificateFile);
  return LocalCa::load_or_create(folder, world);
}

LocalCa replace_ca(const std::filesystem::path& folder, CaWorld world) {
  std::error_code ignored;  // what cannot be removed is found there again, and named
  for (const char* file : {kCertificateFile, kKeyFile}) {
    std::filesystem::remove(folder / file, ignored);
  }
  return LocalCa::load_or_create(folder, world);
}

Certificate LocalCa::issue(const std::vector<std::string>& names, KeyType key_type,
                           std::chrono::days validity) const {
  const std::string alternatives = alternative_names(names);
  const X509Ptr root = parse_certificate(certificate_pem_);
  const KeyPtr root_key = parse_private_key(private_key_pem_);
  const KeyPtr key = parse_private_key(world_.keys->make(key_type));
  const X509Ptr leaf = new_certificate(key.get());
  Certificate issued;
  issued.serial_hex = set_serial(leaf.get());
  const Validity dates = set_validity(leaf.get(), world_.clock->now_s(), validity);
  issued.not_before_s = dates.not_before_s;
  issued.not_after_s = dates.not_after_s;
  set_common_name(leaf.get(), "", names.front());
  require(X509_set_issuer_name(leaf.get(), X509_get_subject_name(root.get())), "issuer");
  add_extension(leaf.get(), root.get(), NID_basic_constraints, "critical,CA:FALSE");
  // RFC 5480 §3: no key encipherment with elliptic curve keys.
  add_extension(leaf.get(), root.get(), NID_key_usage,
                key_type == KeyType::kRsa2048 ? "critical,digitalSignature,keyEncipherment"
                                              : "critical,digitalSignature");
  add_extension(leaf.get(), root.get(), NID_ext_key_usage, "serverAuth,clientAuth");
  add_extension(leaf.get(), root.get(), NID_subject_key_identifier, "hash");
  add_extension(leaf.get(), root.get(), NID_authority_key_identifier, "keyid:always");
  // RFC 5280 §4.2.1.6: critical when there is no subject to go by.
  const bool nameless = names.front().size() > kMaxCommonName;
  add_extension(leaf.get(), root.get(), NID_subject_alt_name,
                nameless ? "critical," + alternatives : alternatives);
  require(X509_sign(leaf.get(), root_key.get(), EVP_sha256()), "X509_sign");
  issued.certificate_pem = to_pem(leaf.get());
  issued.chain_pem = certificate_pem_;
  issued.private_key_pem = to_pem(key.get());
  return issued;
}

}  // namespace tandem::net
