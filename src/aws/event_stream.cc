#include "aws/event_stream.h"

#include <cstdint>
#include <limits>

#include "aws/checksum.h"
#include "core/check.h"

namespace tandem::aws {
namespace {

constexpr std::size_t kLengthBytes = 4;
constexpr std::size_t kPreludeBytes = 3 * kLengthBytes;  // both lengths and their checksum
constexpr char kStringValue = 7;                         // a header's value is a string

void append_big_endian(std::uint32_t number, std::size_t bytes, std::string& out) {
  for (std::size_t left = bytes; left > 0; --left) {
    out += static_cast<char>(number >> (8 * (left - 1)) & 0xFF);
  }
}

void append_header(std::string_view name, std::string_view value, std::string& out) {
  CHECK(name.size() <= std::numeric_limits<std::uint8_t>::max());
  CHECK(value.size() <= std::numeric_limits<std::int16_t>::max());
  out += static_cast<char>(name.size());
  out += name;
  out += kStringValue;
  append_big_endian(static_cast<std::uint32_t>(value.size()), 2, out);
  out += value;
}

}  // namespace

std::string encode_event(std::string_view type, std::string_view content_type,
                         std::string_view payload) {
  CHECK(payload.size() <= kEventPayloadBytes);
  std::string headers;
  append_header(":event-type", type, headers);
  if (!content_type.empty()) append_header(":content-type", content_type, headers);
  append_header(":message-type", "event", headers);
  const std::size_t total = kPreludeBytes + headers.size() + payload.size() + kLengthBytes;
  std::string message;
  message.reserve(total);
  append_big_endian(static_cast<std::uint32_t>(total), kLengthBytes, message);
  append_big_endian(static_cast<std::uint32_t>(headers.size()), kLengthBytes, message);
  append_big_endian(crc32(message), kLengthBytes, message);
  message += headers;
  message += payload;
  append_big_endian(crc32(message), kLengthBytes, message);
  return message;
}

}  // namespace tandem::aws
