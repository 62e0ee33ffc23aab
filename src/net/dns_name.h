// Domain names in DNS wire form (RFC 1035 §3.1): length-prefixed labels closed by the root label.
//
// A wire name here is a complete, uncompressed one held as bytes. Names that serve as keys are
// lower case; names compare without regard to ASCII case (RFC 4343).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tandem::net::dns {

inline constexpr std::size_t kMaxNameBytes = 255;  ///< RFC 1035 §2.3.4, root label included
inline constexpr std::size_t kMaxLabelBytes = 63;
inline constexpr std::size_t kHeaderBytes = 12;

/// A lower-case wire name in place, without allocation.
class NameBuffer {
 public:
  std::string_view view() const { return {bytes_.data(), size_}; }
  bool empty() const { return size_ == 0; }
  void clear() { size_ = 0; }
  /// False when the name would grow beyond 255 bytes.
  bool append(std::string_view label);
  /// Adds the root label; to be called once.
  bool close();
  void assign(std::string_view wire);

 private:
  std::array<char, kMaxNameBytes> bytes_;
  std::size_t size_ = 0;
};

/// Reads a possibly compressed name at offset. A pointer must lead to before the labels it
/// continues, so a chain of them ends; one into the header is refused. Returns the offset after
/// the name, or nothing.
std::optional<std::size_t> read_name(std::span<const std::byte> message, std::size_t offset,
                                     NameBuffer& name);

/// From "www.example.com" with or without the last dot; "\." and "\065" (decimal, RFC 1035 §5.1)
/// are escapes. Lower-cases. Nothing for empty labels and names that are too long.
std::optional<std::string> name_from_text(std::string_view text);
/// With the last dot; what is not printable, and dots inside labels, escaped as above.
std::string name_to_text(std::string_view wire);

/// True when wire is a well-formed name and nothing but one.
bool is_wire_name(std::string_view wire);
/// Without the first label. wire must not be the root.
inline std::string_view parent(std::string_view wire) {
  return wire.substr(static_cast<std::uint8_t>(wire[0]) + std::size_t{1});
}
inline bool is_root(std::string_view wire) { return wire.size() <= 1; }
/// name equals zone or lies below it. Both lower case.
bool lies_within(std::string_view name, std::string_view zone);

}  // namespace tandem::net::dns
