#include "services/lambda/exec/log_buffer.h"

#include <utility>

#include "core/log.h"
#include "core/text.h"

namespace tandem::lambda {
namespace {

constexpr std::chrono::milliseconds kInterval{100};

/// Documents are UTF-8; what a function prints may be anything.
std::string to_utf8(std::string message) {
  if (core::is_utf8(message)) return message;
  std::string clean;
  clean.reserve(message.size() + 16);
  for (const char c : message) {
    if (static_cast<unsigned char>(c) < 0x80) {
      clean += c;
    } else {
      clean += "\xef\xbf\xbd";  // U+FFFD
    }
  }
  return clean;
}

}  // namespace

void LogBuffer::add(const std::string& group, const std::string& stream, std::int64_t timestamp_ms,
                    std::string message) {
  Stream& held = streams_[stream];
  if (held.group.empty()) held.group = group;
  message = to_utf8(std::move(message));
  bytes_ += message.size() + sizeof(LogLine);
  held.lines.push_back({timestamp_ms, std::move(message)});
  if (bytes_ > kHeldBytes) {
    flush();
  } else {
    filled_.set();
  }
}

void LogBuffer::flush() {
  auto streams = std::exchange(streams_, {});
  bytes_ = 0;
  for (auto& [name, stream] : streams) sink_.write(stream.group, name, std::move(stream.lines));
}

Task<void> LogBuffer::run() {
  while (true) {
    co_await filled_.wait();
    co_await core::sleep_for(kInterval);
    filled_.clear();
    try {
      flush();
    } catch (const std::exception& error) {
      log::error("function log lines were lost: {}", error.what());
    }
  }
}

void LogBuffer::clear() {
  streams_.clear();
  bytes_ = 0;
}

}  // namespace tandem::lambda
