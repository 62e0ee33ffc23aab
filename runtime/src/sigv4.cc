#include "sigv4.h"

#include <array>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

namespace tandem::lambda_runtime {
namespace {

std::string hmac(std::string_view key, std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  unsigned size = digest.size();
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string hex_sha256(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace

const std::string& Signer::key_for(const std::string& date) {
  if (date != date_) {
    const std::string day = hmac("AWS4" + key_.secret_access_key, date);
    derived_ = hmac(hmac(hmac(day, key_.region), key_.service), "aws4_request");
    date_ = date;
  }
  return derived_;
}

std::string Signer::authorization(std::string_view timestamp,
                                  const std::vector<std::pair<std::string, std::string>>& headers,
                                  std::string_view body) {
  const std::string date(timestamp.substr(0, 8));
  std::string canonical = "POST\n/\n\n";
  std::string names;
  for (const auto& [name, value] : headers) {
    canonical += name + ":" + value + "\n";
    if (!names.empty()) names += ';';
    names += name;
  }
  canonical += "\n" + names + "\n" + hex_sha256(body);
  const std::string scope = date + "/" + key_.region + "/" + key_.service + "/aws4_request";
  std::string to_sign = "AWS4-HMAC-SHA256\n";
  to_sign += timestamp;
  to_sign += "\n" + scope + "\n" + hex_sha256(canonical);
  return "AWS4-HMAC-SHA256 Credential=" + key_.access_key_id + "/" + scope +
         ", SignedHeaders=" + names + ", Signature=" + hex(hmac(key_for(date), to_sign));
}

}  // namespace tandem::lambda_runtime
