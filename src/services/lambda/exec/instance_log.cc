#include "services/lambda/exec/instance_log.h"

#include <algorithm>
#include <utility>

#include "core/ids.h"
#include "services/lambda/model/log_lines.h"
#include "services/lambda/model/runtimes.h"

namespace tandem::lambda {

InstanceLog::InstanceLog(Host& host, const Function& function)
    : host_(host),
      marks_events_(is_managed(function.runtime)),
      group_("/aws/lambda/" + function.name),
      version_(function.version),
      stream_(log_stream_name(host.clock.now_ms(), function.version,
                              core::random_text(host.random, 32, core::kLowerHex))) {}

void InstanceLog::print(Source source, std::string_view bytes) {
  tenth_bytes_ += static_cast<std::int64_t>(bytes.size());
  LineSplitter& lines = source == Source::kOutput ? output_ : error_output_;
  lines.feed(bytes, [this](std::string_view line) { take_line(line); });
}

void InstanceLog::flush() {
  output_.flush([this](std::string_view line) { take_line(line); });
  error_output_.flush([this](std::string_view line) { take_line(line); });
}

/// docs/formats/function-output.md. What was printed without an end before an event's beginning is
/// an event of its own.
void InstanceLog::take_line(std::string_view line) {
  constexpr char kBegin = '\x1e';
  constexpr char kNewline = '\x1f';
  const std::size_t begin = marks_events_ ? line.find(kBegin) : std::string_view::npos;
  if (begin == std::string_view::npos) return take_event(line);
  if (begin > 0) take_event(line.substr(0, begin));
  std::string text(line.substr(begin + 1));
  std::ranges::replace(text, kNewline, '\n');
  take_event(text);
}

void InstanceLog::take_event(std::string_view line) {
  tenth_bytes_ += kLineBytes;
  if (line.starts_with("bwrap: ")) complaint_ = line;
  invocation_bytes_ += static_cast<std::int64_t>(line.size() + sizeof(LogLine));
  if (invocation_bytes_ > kInvocationBytes) {
    ++dropped_lines_;
    return;
  }
  write(std::string(line));
}

void InstanceLog::write(std::string line) {
  if (invocation_) invocation_->add_to_tail(line);
  host_.logs.add(group_, stream_, host_.clock.now_ms(), std::move(line));
}

void InstanceLog::start(InvocationPtr invocation) {
  invocation_ = std::move(invocation);
  invocation_bytes_ = 0;
  write(start_line(invocation_->request_id, version_));
}

/// INVARIANT(output-before-report): what an invocation printed before it asked for more stands
/// between its START and its END: the pipes are read out before this is called.
void InstanceLog::finish(const Report& report) {
  if (dropped_lines_ > 0) {
    write(fmt::format("[{} log lines were dropped: more than {} MB in one invocation]",
                      dropped_lines_, kInvocationBytes / (1024 * 1024)));
  }
  dropped_lines_ = 0;
  invocation_bytes_ = 0;
  write(end_line(report.request_id));
  write(report_line(report));
  invocation_ = nullptr;
}

bool InstanceLog::flooding(std::int64_t now_ns) {
  constexpr std::int64_t kTenthNs = 100'000'000;
  if (now_ns - tenth_started_ns_ > kTenthNs) {
    tenth_started_ns_ = now_ns;
    tenth_bytes_ = 0;
    return false;
  }
  return tenth_bytes_ > kBytesPerSecond / 10;
}

}  // namespace tandem::lambda
