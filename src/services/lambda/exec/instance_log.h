// One instance's log stream: what the function prints and what Lambda writes around it.
//
// Output is bounded twice: an instance that prints faster than kBytesPerSecond, of which each line
// costs kLineBytes beside its own, is paused by its owner, and what one invocation prints beyond
// kInvocationBytes is dropped, with a line that says so.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "services/lambda/exec/host.h"
#include "services/lambda/exec/invocation.h"
#include "services/lambda/exec/line_splitter.h"
#include "services/lambda/model/log_lines.h"

namespace tandem::lambda {

class InstanceLog {
 public:
  static constexpr std::int64_t kBytesPerSecond = 64 * 1024 * 1024;
  /// What a short line takes of the loop, in bytes of long ones.
  static constexpr std::int64_t kLineBytes = 256;
  static constexpr std::int64_t kInvocationBytes = 32 * 1024 * 1024;

  InstanceLog(Host& host, const Function& function);

  const std::string& group() const { return group_; }
  const std::string& stream() const { return stream_; }

  enum class Source { kOutput, kErrorOutput };
  /// What the function printed.
  void print(Source source, std::string_view bytes);
  /// Lines that still lack an end.
  void flush();
  /// A line of Lambda's own, never dropped.
  void write(std::string line);

  /// START: lines go to this invocation's tail too from here on, and its allowance starts anew.
  void start(InvocationPtr invocation);
  /// END and REPORT, after everything the invocation has printed: its program has been drained. An
  /// unfinished line of it comes first.
  void finish(const Report& report);

  /// True once the function has printed faster than allowed; asking starts a new tenth of a second:
  /// what is done for it at once stays short.
  bool flooding(std::int64_t now_ns);
  /// The last line that looks like bubblewrap's own complaint; empty when there is none.
  const std::string& sandbox_complaint() const { return complaint_; }

 private:
  void take_line(std::string_view line);
  void take_event(std::string_view text);

  Host& host_;
  bool marks_events_;  ///< its client says where an event of several lines begins
  std::string group_;
  std::string version_;
  std::string stream_;
  LineSplitter output_;
  LineSplitter error_output_;
  InvocationPtr invocation_;
  std::int64_t invocation_bytes_ = 0;
  std::int64_t dropped_lines_ = 0;
  std::int64_t tenth_bytes_ = 0;
  std::int64_t tenth_started_ns_ = 0;
  std::string complaint_;
};

}  // namespace tandem::lambda
