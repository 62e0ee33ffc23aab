// Big-endian integers and length-prefixed bytes, written and read back with every bound checked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::replication {

inline void put_u8(std::string& to, std::uint8_t value) { to.push_back(static_cast<char>(value)); }

template <class Integer>
void put_big_endian(std::string& to, Integer value) {
  for (int shift = (sizeof(Integer) - 1) * 8; shift >= 0; shift -= 8) {
    to.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> shift));
  }
}
inline void put_u16(std::string& to, std::uint16_t value) { put_big_endian(to, value); }
inline void put_u32(std::string& to, std::uint32_t value) { put_big_endian(to, value); }
inline void put_u64(std::string& to, std::uint64_t value) { put_big_endian(to, value); }
/// A 32-bit length and that many bytes.
inline void put_bytes(std::string& to, std::string_view bytes) {
  put_u32(to, static_cast<std::uint32_t>(bytes.size()));
  to.append(bytes);
}

/// Reads what the functions above wrote. After a short read ok() is false and everything read is
/// zero or empty, so a decoder may check once at its end; loops check each round.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(big_endian(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(big_endian(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(big_endian(4)); }
  std::uint64_t u64() { return big_endian(8); }
  std::string_view raw(std::size_t count) {
    if (!ok_ || count > bytes_.size() - at_) {
      ok_ = false;
      return {};
    }
    const std::string_view found = bytes_.substr(at_, count);
    at_ += count;
    return found;
  }
  std::string_view bytes(std::size_t limit) {
    const std::uint32_t count = u32();
    if (count > limit) ok_ = false;
    return ok_ ? raw(count) : std::string_view();
  }
  std::string_view rest() { return raw(bytes_.size() - at_); }

  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && at_ == bytes_.size(); }
  std::size_t offset() const { return at_; }
  std::size_t left() const { return bytes_.size() - at_; }

 private:
  std::uint64_t big_endian(std::size_t count) {
    std::uint64_t value = 0;
    for (const char byte : raw(count)) value = value << 8 | static_cast<std::uint8_t>(byte);
    return value;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace tandem::replication
