// Frames of a link: a 32-bit length and a message (docs/formats/replication-wire.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "replication/byte_codec.h"
#include "replication/wire.h"

namespace tandem::replication {

/// Cuts a stream of bytes into frames.
class FrameReader {
 public:
  /// The next frame, valid until the next call of feed(). Nothing when more bytes are needed.
  std::optional<std::string_view> next(std::size_t limit = kMaxFrameBytes) {
    if (bytes_.size() - at_ < 4) return std::nullopt;
    const std::uint32_t size = ByteReader(std::string_view(bytes_).substr(at_)).u32();
    if (size > limit) {
      failed_ = true;
      return std::nullopt;
    }
    if (bytes_.size() - at_ - 4 < size) return std::nullopt;
    const std::string_view frame = std::string_view(bytes_).substr(at_ + 4, size);
    at_ += 4 + size;
    return frame;
  }
  void feed(std::string_view bytes) {
    bytes_.erase(0, at_);
    at_ = 0;
    // What a large item took is given back.
    if (bytes_.empty() && bytes_.capacity() > kKeptBytes) bytes_ = std::string();
    bytes_.append(bytes);
  }
  /// The stream announced a frame over the limit.
  bool failed() const { return failed_; }

 private:
  static constexpr std::size_t kKeptBytes = 1 << 20;

  std::string bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace tandem::replication
