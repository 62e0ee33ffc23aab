#include "net/java_roots.h"

#include <array>
#include <cstdint>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdexcept>

#include "net/openssl.h"

namespace tandem::net {
namespace {

constexpr std::string_view kHead{"\xFE\xED\xFE\xED\0\0\0\x02", 8};  ///< the magic number, version 2
constexpr std::size_t kDigestBytes = 20;                            ///< SHA-1, at the end
constexpr std::string_view kPassword = "changeit";
constexpr std::string_view kWhitener = "Mighty Aphrodite";
constexpr std::string_view kAlias = "tandem local ca";  ///< lower case, as Java looks them up
constexpr std::uint32_t kTrusted = 2;

std::string big_endian(std::uint64_t number, unsigned bytes) {
  std::string text;
  while (bytes-- > 0) text += static_cast<char>(number >> 8 * bytes);
  return text;
}

std::uint32_t number_at(std::string_view text, std::size_t at) {
  std::uint32_t number = 0;
  for (const char each : text.substr(at, 4)) number = number << 8 | static_cast<std::uint8_t>(each);
  return number;
}

/// DataOutput.writeUTF, of ASCII.
std::string counted(std::string_view text) {
  return big_endian(text.size(), 2) + std::string(text);
}

std::string der_of(X509* certificate) {
  const int size = i2d_X509(certificate, nullptr);
  if (size <= 0) throw std::runtime_error("a certificate that has no DER");
  std::string der(static_cast<std::size_t>(size), '\0');
  auto* at = reinterpret_cast<unsigned char*>(der.data());
  i2d_X509(certificate, &at);
  return der;
}

/// Of the password as UTF-16, a constant, and what is there.
std::string digest_of(std::string_view bytes) {
  std::string all;
  for (const char each : kPassword) all += std::string{'\0', each};
  all.append(kWhitener).append(bytes);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(all.data(), all.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) {
    throw std::runtime_error("there is no SHA-1 here");
  }
  return {reinterpret_cast<const char*>(digest.data()), size};
}

}  // namespace

std::optional<std::string> with_java_root(std::string_view store, std::string_view pem) {
  if (!store.starts_with(kHead) || store.size() < kHead.size() + 4 + kDigestBytes) {
    return std::nullopt;
  }
  const std::uint32_t count = number_at(store, kHead.size());
  store.remove_prefix(kHead.size() + 4);
  store.remove_suffix(kDigestBytes);
  std::string bytes(kHead);
  bytes += big_endian(count + 1, 4);
  // Ours last: an entry's own time of making is nothing that anybody goes by.
  bytes.append(store).append(big_endian(kTrusted, 4)).append(counted(kAlias));
  bytes.append(big_endian(0, 8)).append(counted("X.509"));
  const std::string der = der_of(parse_certificate(pem).get());
  bytes.append(big_endian(der.size(), 4)).append(der);
  return bytes + digest_of(bytes);
}

}  // namespace tandem::net
