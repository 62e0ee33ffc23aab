#include "services/dynamodb/model/key_codec.h"

#include "core/check.h"

namespace tandem::dynamodb {
namespace {

void append_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out += static_cast<char>((value >> shift) & 0xff);
  }
}

/// FNV-1a for the bytes, then the finaliser of splitmix64 so that the high bits, which segments
/// are cut by, depend on every bit.
std::uint64_t hash_bytes(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : bytes) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3U;
  }
  hash ^= hash >> 30;
  hash *= 0xbf58476d1ce4e5b9U;
  hash ^= hash >> 27;
  hash *= 0x94d049bb133111ebU;
  return hash ^ (hash >> 31);
}

/// Sign byte, exponent byte, digit pairs as 1..100, closed by 0; all but the sign byte inverted for
/// negative numbers. The closing byte makes "12" come before "123" and after neither.
void append_number(std::string& out, const core::Decimal& number) {
  if (number.is_zero()) {
    out += '\x02';
    return;
  }
  const unsigned char flip = number.negative() ? 0xff : 0x00;
  const auto put = [&](int byte) {
    out += static_cast<char>(static_cast<unsigned char>(byte) ^ flip);
  };
  out += number.negative() ? '\x01' : '\x03';
  put(number.leading_exponent() - core::Decimal::kMinExponent);
  std::string digits = number.digits();
  if (digits.size() % 2 != 0) digits += '0';
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    put((digits[i] - '0') * 10 + (digits[i + 1] - '0') + 1);
  }
  put(0);
}

/// What append_number made, as text; nothing when the bytes are something else.
std::optional<std::string> read_number(std::string_view bytes) {
  if (bytes == "\x02") return "0";
  if (bytes.size() < 4 || (bytes[0] != '\x01' && bytes[0] != '\x03')) return std::nullopt;
  const bool negative = bytes[0] == '\x01';
  const auto at = [&](std::size_t index) {
    const auto byte = static_cast<unsigned char>(bytes[index]);
    return static_cast<int>(negative ? byte ^ 0xffU : byte);
  };
  if (at(bytes.size() - 1) != 0) return std::nullopt;
  std::string digits;
  for (std::size_t index = 2; index + 1 < bytes.size(); ++index) {
    const int pair = at(index) - 1;
    if (pair < 0 || pair > 99) return std::nullopt;
    digits += static_cast<char>('0' + pair / 10);
    digits += static_cast<char>('0' + pair % 10);
  }
  const int exponent = at(1) + core::Decimal::kMinExponent;
  const auto number = core::Decimal::parse((negative ? "-" : "") + digits.substr(0, 1) + "." +
                                           digits.substr(1) + "e" + std::to_string(exponent));
  if (number.fault != core::DecimalFault::kNone) return std::nullopt;
  return number.value.text();
}

std::optional<std::string> read_key_value(std::string_view bytes, KeyForm form) {
  if (form == KeyForm::kNumber) return read_number(bytes);
  return std::string(bytes);
}

constexpr std::size_t kHashBytes = 8;
constexpr std::size_t kLengthBytes = 2;

}  // namespace

void append_key_bytes(std::string& out, const Value& value) {
  if (const auto* bytes = value.bytes()) {
    out += *bytes;
    return;
  }
  const auto* number = value.get<core::Decimal>();
  CHECK(number != nullptr);
  append_number(out, *number);
}

std::string encode_partition(const Value& hash_value) {
  std::string bytes;
  append_key_bytes(bytes, hash_value);
  CHECK(bytes.size() <= 0xffff);
  std::string out;
  out.reserve(kHashBytes + kLengthBytes + bytes.size());
  append_big_endian(out, hash_bytes(bytes), kHashBytes);
  append_big_endian(out, bytes.size(), kLengthBytes);
  out += bytes;
  return out;
}

std::string encode_key(const Value& hash_value, const Value* range_value) {
  std::string key = encode_partition(hash_value);
  if (range_value != nullptr) append_key_bytes(key, *range_value);
  return key;
}

std::optional<DecodedKey> decode_key(std::string_view key, KeyForm hash,
                                     std::optional<KeyForm> range) {
  constexpr std::size_t kPrefix = kHashBytes + kLengthBytes;
  if (key.size() < kPrefix) return std::nullopt;
  const auto length = static_cast<std::size_t>(static_cast<unsigned char>(key[kHashBytes])) << 8 |
                      static_cast<unsigned char>(key[kHashBytes + 1]);
  if (key.size() < kPrefix + length) return std::nullopt;
  DecodedKey decoded;
  auto hash_value = read_key_value(key.substr(kPrefix, length), hash);
  if (!hash_value) return std::nullopt;
  decoded.hash = std::move(*hash_value);
  const std::string_view rest = key.substr(kPrefix + length);
  if (!range) return rest.empty() ? std::optional(std::move(decoded)) : std::nullopt;
  auto range_value = read_key_value(rest, *range);
  if (!range_value) return std::nullopt;
  decoded.range = std::move(*range_value);
  return decoded;
}

std::string_view partition_of(std::string_view key) {
  CHECK(key.size() >= kHashBytes + kLengthBytes);
  const auto length = static_cast<std::size_t>(static_cast<unsigned char>(key[kHashBytes])) << 8 |
                      static_cast<unsigned char>(key[kHashBytes + 1]);
  CHECK(key.size() >= kHashBytes + kLengthBytes + length);
  return key.substr(0, kHashBytes + kLengthBytes + length);
}

std::uint64_t partition_hash(std::string_view key) {
  CHECK(key.size() >= kHashBytes);
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < kHashBytes; ++i) {
    hash = hash << 8 | static_cast<unsigned char>(key[i]);
  }
  return hash;
}

KeyRange segment_range(std::uint32_t segment, std::uint32_t total_segments) {
  CHECK(segment < total_segments);
  __extension__ using Wide = unsigned __int128;
  const auto bound = [&](std::uint32_t index) {
    std::string out;
    const Wide at = ((Wide{1} << 64) * index + total_segments - 1) / total_segments;
    if (index > 0) append_big_endian(out, static_cast<std::uint64_t>(at), kHashBytes);
    return out;
  };
  return {bound(segment), segment + 1 == total_segments ? std::string() : bound(segment + 1)};
}

}  // namespace tandem::dynamodb
