// Cuts a stream of output into lines no longer than CloudWatch Logs takes.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace tandem::lambda {

class LineSplitter {
 public:
  static constexpr std::size_t kLineBytes = 262'144 - 26;

  /// Calls take(line) for every complete line, without its end; a line over the limit comes in
  /// pieces.
  template <class Take>
  void feed(std::string_view bytes, const Take& take) {
    while (!bytes.empty()) {
      const std::size_t end = bytes.find('\n');
      const std::size_t room = kLineBytes - partial_.size();
      if (end == std::string_view::npos && bytes.size() < room) {
        partial_ += bytes;
        return;
      }
      const bool whole = end != std::string_view::npos && end <= room;
      const std::size_t size = whole ? end : std::min(room, bytes.size());
      partial_ += bytes.substr(0, size);
      bytes.remove_prefix(size + (whole ? 1 : 0));
      flush(take);
    }
  }
  /// What is left without an end.
  template <class Take>
  void flush(const Take& take) {
    if (partial_.ends_with('\r')) partial_.pop_back();
    if (!partial_.empty()) take(std::string_view(partial_));
    partial_.clear();
  }

 private:
  std::string partial_;
};

}  // namespace tandem::lambda
