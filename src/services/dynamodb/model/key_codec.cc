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
