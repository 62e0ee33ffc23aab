#include "services/lambda/exec/log_buffer.h"

#include <utility>

#include "core/log.h"
#include "core/utf8.h"

namespace tandem::lambda {
namespace {

constexpr std::chrono::milliseconds kInterval{100};
constexpr std::chrono::milliseconds kRefusedPause{1'000};

}  // namespace

void LogBuffer::add(const std::string& group, const std::string& stream, std::int64_t timestamp_ms,
                    std::string message) {
  Stream& held = streams_[stream];
  if (held.group.empty()) held.group = group;
  // Documents are UTF-8; what a function prints may be anything.
  message = core::to_utf8(std::move(message));
  bytes_ += message.size() + sizeof(LogLine);
  held.lines.push_back({timestamp_ms, std::move(message)});
  // While the sink refuses, the flush now and then asks it again; a line must not.
  if (bytes_ > kFlushedBytes && !refused_) flush();
  if (bytes_ > kHeldBytes) drop_held();
  filled_.set();
}

void LogBuffer::flush() {
  try {
    flush_streams();
  } catch (const std::exception& error) {
    if (!refused_) log::warning("functions' log lines have to wait: {}", error.what());
    refused_ = true;
    return;
  }
  if (lost_lines_ > 0) log::error("{} log lines of functions were lost", lost_lines_);
  refused_ = false;
  lost_lines_ = 0;
}

void LogBuffer::flush_streams() {
  while (!streams_.empty()) {
    const auto first = streams_.begin();
    std::size_t bytes = 0;
    for (const LogLine& line : first->second.lines) bytes += line.message.size() + sizeof(LogLine);
    // A copy: what the sink refuses must still be here.
    sink_.write(first->second.group, first->first, first->second.lines);
    bytes_ -= bytes;
    streams_.erase(first);
  }
}

void LogBuffer::drop_held() {
  if (lost_lines_ == 0) log::error("functions' log lines are being lost: their store refuses");
  for (const auto& [name, stream] : streams_) lost_lines_ += stream.lines.size();
  clear();
}

Task<void> LogBuffer::run() {
  while (true) {
    co_await filled_.wait();
    co_await core::sleep_for(kInterval);
    filled_.clear();
    flush();
    if (refused_) {
      co_await core::sleep_for(kRefusedPause);
      filled_.set();
    }
  }
}

void LogBuffer::clear() {
  streams_.clear();
  bytes_ = 0;
}

}  // namespace tandem::lambda
