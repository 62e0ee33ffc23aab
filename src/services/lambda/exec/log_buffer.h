// Gathers functions' log lines and hands them to the sink in batches, off the invocation's way.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/task.h"
#include "services/lambda/exec/event.h"
#include "services/lambda/ports.h"

namespace tandem::lambda {

class LogBuffer {
 public:
  /// Borrows the sink.
  LogBuffer(const asio::any_io_executor& executor, LogSink& sink)
      : sink_(sink), filled_(executor) {}

  void add(const std::string& group, const std::string& stream, std::int64_t timestamp_ms,
           std::string message);
  /// Hands over what is held; what the sink does not take is held on to, up to kHeldBytes. The log
  /// says once when lines begin to get lost, and how many once they no longer do.
  void flush();
  /// Flushes now and then, until cancelled.
  Task<void> run();
  /// Forgets what is held. For reset().
  void clear();

 private:
  struct Stream {
    std::string group;
    std::vector<LogLine> lines;
  };
  void flush_streams();
  void drop_held();
  /// Held at most, while the sink refuses.
  static constexpr std::size_t kHeldBytes = 4 * 1024 * 1024;
  /// add() flushes beyond it: some thousands of short lines, which the store takes in a few
  /// milliseconds.
  static constexpr std::size_t kFlushedBytes = 512 * 1024;

  LogSink& sink_;
  Event filled_;
  std::unordered_map<std::string, Stream> streams_;
  std::size_t bytes_ = 0;
  bool refused_ = false;  ///< by the sink, at the last attempt
  std::uint64_t lost_lines_ = 0;
};

}  // namespace tandem::lambda
