// One build's log, live: what is printed goes out line by line a few times a second, or sooner when
// there is much of it.
#pragma once

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/task.h"
#include "services/codebuild/ports.h"

namespace tandem::codebuild {

/// On the loop's thread. A sink that throws is heard of at the next flush().
///
/// What a flood of output costs is bounded: a line is cut into events of at most a quarter of a
/// megabyte, as CloudWatch Logs takes them, many short lines become one event, and whoever prints
/// waits while they are written.
class BuildLog : public std::enable_shared_from_this<BuildLog> {
 public:
  /// Borrows sink and clock. group empty: what is written goes nowhere.
  BuildLog(LogSink& sink, core::Clock& clock, const asio::any_io_executor& executor,
           std::string group, std::string stream);

  /// A line of CodeBuild's own.
  void line(std::string_view text);
  /// What a command has printed, in pieces that are cut anywhere.
  void output(std::string_view piece);
  /// What is buffered is in the sink, an unfinished line too. Throws what the sink threw.
  void flush();

 private:
  void add(std::string message);
  void take_lines();
  void write();
  void write_soon();

  LogSink& sink_;
  core::Clock& clock_;
  std::string group_;
  std::string stream_;
  std::string partial_;        ///< printed, without its line's end yet
  std::size_t looked_at_ = 0;  ///< of it: no line's end is before
  std::vector<LogLine> lines_;
  std::size_t bytes_ = 0;  ///< in lines_
  core::Timer timer_;
  bool timer_runs_ = false;
  std::exception_ptr escaped_;
};

}  // namespace tandem::codebuild
