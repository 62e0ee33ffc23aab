#include "net/client_hello.h"

#include <algorithm>

#include "core/text.h"

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

namespace {

/// Reads from the front; what is not there is nothing, and so is all that follows.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : left_(bytes) {}
  bool empty() const { return left_.empty(); }
  std::size_t number(std::size_t bytes) {
    std::size_t value = 0;
    for (const char each : take(bytes)) value = value << 8 | static_cast<unsigned char>(each);
    return value;
  }
  std::string_view take(std::size_t count) {
    if (count > left_.size()) left_ = {};
    const std::string_view taken = left_.substr(0, count);
    left_.remove_prefix(taken.size());
    return taken;
  }
  /// Behind its length.
  std::string_view vector(std::size_t length_bytes) { return take(number(length_bytes)); }

 private:
  std::string_view left_;
};

/// The records' contents, one behind the other.
std::string message_in(std::string_view bytes) {
  std::string message;
  while (bytes.size() > kRecordHeader && byte_at(bytes, 0) == kHandshake) {
    const std::size_t length = byte_at(bytes, 3) << 8 | byte_at(bytes, 4);
    message += bytes.substr(kRecordHeader, length);
    bytes.remove_prefix(std::min(bytes.size(), kRecordHeader + length));
  }
  return message;
}

bool is_host_name(std::string_view name) {
  constexpr std::size_t kLongest = 253;
  return !name.empty() && name.size() <= kLongest && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
}

}  // namespace

std::string server_name_in(std::string_view bytes) {
  constexpr std::size_t kVersionAndRandom = 34;
  constexpr std::size_t kServerName = 0;
  constexpr std::size_t kHostName = 0;
  const std::string message = message_in(bytes);
  Fields hello(message);
  if (hello.number(1) != kClientHello) return "";
  Fields body(hello.vector(3));
  body.take(kVersionAndRandom);
  body.vector(1);  // session id
  body.vector(2);  // cipher suites
  body.vector(1);  // compression methods
  Fields extensions(body.vector(2));
  while (!extensions.empty()) {
    const std::size_t type = extensions.number(2);
    const std::string_view content = extensions.vector(2);
    if (type != kServerName) continue;
    Fields list(Fields(content).vector(2));
    const std::size_t kind = list.number(1);
    const std::string name = core::to_lower(list.vector(2));
    return kind == kHostName && is_host_name(name) ? name : "";
  }
  return "";
}

}  // namespace tandem::net
