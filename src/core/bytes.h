// Bytes as text and back, and the digests AWS's protocols are made of.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tandem::core {

/// RFC 4648 §4, with padding.
std::string base64_encode(std::string_view bytes);
/// Strict: padding required, no white space, no stray bits. Empty on anything else.
std::optional<std::string> base64_decode(std::string_view text);

/// Lower case.
std::string hex_encode(std::string_view bytes);
std::optional<std::string> hex_decode(std::string_view text);

/// 32 raw bytes.
std::string sha256(std::string_view bytes);
std::string hmac_sha256(std::string_view key, std::string_view bytes);
/// 16 raw bytes. Only for ETags and Content-MD5.
std::string md5(std::string_view bytes);

/// Time does not depend on where the texts differ.
bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace tandem::core
