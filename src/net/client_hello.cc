#include "net/client_hello.h"

#include <algorithm>

namespace tandem::net {
namespace {

constexpr std::size_t kRecordHeader = 5;   ///< type, version (2), length (2)
constexpr std::size_t kMessageHeader = 4;  ///< type, length (3)
constexpr std::size_t kLongestRecord = (16 * 1024) + 256;
constexpr unsigned kHandshake = 22;
constexpr unsigned kMajorVersion = 3;
constexpr unsigned kClientHello = 1;

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

/// What records carry, without their headers: the message's first four bytes may be in several.
struct Message {
  std::size_t size = 0;  ///< as far as it has come
  unsigned char header[kMessageHeader] = {};

  void take(std::string_view part) {
    for (std::size_t i = 0; i < part.size() && size + i < kMessageHeader; ++i) {
      header[size + i] = static_cast<unsigned char>(part[i]);
    }
    size += part.size();
  }
  bool is_other() const { return size > 0 && header[0] != kClientHello; }
  bool is_whole() const {
    if (size < kMessageHeader) return false;
    const std::size_t length = std::size_t{header[1]} << 16 | header[2] << 8 | header[3];
    return size >= kMessageHeader + length;
  }
};

}  // namespace

std::size_t missing_of_client_hello(std::string_view bytes) {
  Message message;
  std::size_t at = 0;
  while (at + kRecordHeader <= bytes.size()) {
    const std::size_t length = byte_at(bytes, at + 3) << 8 | byte_at(bytes, at + 4);
    const bool handshake =
        byte_at(bytes, at) == kHandshake && byte_at(bytes, at + 1) == kMajorVersion;
    if (!handshake || length == 0 || length > kLongestRecord) return 0;
    const std::string_view record = bytes.substr(at + kRecordHeader, length);
    message.take(record);
    if (message.is_other() || message.is_whole()) return 0;
    if (bytes.size() >= kMostOfHello) return 0;
    if (record.size() < length) {
      return std::min(length - record.size(), kMostOfHello - bytes.size());
    }
    at += kRecordHeader + length;
  }
  if (bytes.size() >= kMostOfHello) return 0;
  // Whoever speaks something else (HTTP, SSH) is told so before there are five bytes of it.
  if (at < bytes.size() && byte_at(bytes, at) != kHandshake) return 0;
  return std::min(at + kRecordHeader, kMostOfHello) - bytes.size();
}

}  // namespace tandem::net
