#include "services/codebuild/engine/build_log.h"

#include <chrono>
#include <utility>

#include "core/utf8.h"
#include "services/codebuild/model/log_text.h"

namespace tandem::codebuild {
namespace {

constexpr std::chrono::milliseconds kSoon{200};
/// An event of CloudWatch Logs: 256 KB with 26 bytes of its own.
constexpr std::size_t kEventBytes = 256 * 1024 - 26;
constexpr std::size_t kBatchBytes = 512 * 1024;
/// So many lines of a batch have an event each; what comes after them shares events.
constexpr std::size_t kOwnEvents = 200;
constexpr std::size_t kSharedBytes = 32 * 1024;

/// How much of it fits, without cutting through a character.
std::size_t cut_at(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text.size();
  std::size_t size = most;
  while (size > most - 4 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  return size;
}

}  // namespace

BuildLog::BuildLog(LogSink& sink, core::Clock& clock, const asio::any_io_executor& executor,
                   std::string group, std::string stream)
    : sink_(sink),
      clock_(clock),
      group_(std::move(group)),
      stream_(std::move(stream)),
      timer_(executor) {}

void BuildLog::line(std::string_view text) {
  take_lines();
  if (!partial_.empty()) add(std::exchange(partial_, "") + "\n");
  looked_at_ = 0;
  add(container_line(clock_.now_us(), text));
  write_soon();
}

void BuildLog::output(std::string_view piece) {
  while (!piece.empty()) {
    const std::size_t room = kEventBytes - partial_.size();
    const std::size_t taken = std::min(room, piece.size());
    partial_ += piece.substr(0, taken);
    piece.remove_prefix(taken);
    take_lines();
  }
  write_soon();
}

void BuildLog::take_lines() {
  // What was looked at before has no end of line.
  if (partial_.find('\n', looked_at_) == std::string::npos && partial_.size() < kEventBytes - 4) {
    looked_at_ = partial_.size();
    return;
  }
  looked_at_ = 0;
  std::string_view rest = partial_;
  for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    add(std::string(rest.substr(0, end + 1)));
    rest.remove_prefix(end + 1);
  }
  if (rest.size() >= kEventBytes - 4) {
    const std::size_t size = cut_at(rest, kEventBytes - 4);
    add(std::string(rest.substr(0, size)));
    rest.remove_prefix(size);
  }
  partial_ = std::string(rest);
  looked_at_ = partial_.size();
}

void BuildLog::add(std::string message) {
  if (group_.empty()) return;
  // Events are UTF-8; what a build prints may be anything.
  message = core::to_utf8(std::move(message));
  bytes_ += message.size();
  const bool shares =
      lines_.size() >= kOwnEvents && lines_.back().message.size() + message.size() <= kSharedBytes;
  if (shares) {
    lines_.back().message += message;
  } else {
    lines_.push_back({clock_.now_ms(), std::move(message)});
  }
  if (bytes_ >= kBatchBytes) write();
}

void BuildLog::write() {
  bytes_ = 0;
  if (lines_.empty() || escaped_) {
    lines_.clear();
    return;
  }
  try {
    sink_.write(group_, stream_, std::exchange(lines_, {}));
  } catch (...) {
    escaped_ = std::current_exception();  // for flush(): printers cannot do anything about it
  }
}

void BuildLog::write_soon() {
  if (timer_runs_) return;
  timer_runs_ = true;
  timer_.expires_after(kSoon);
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || self == nullptr) return;
    self->timer_runs_ = false;
    self->write();
  });
}

void BuildLog::flush() {
  take_lines();
  looked_at_ = 0;
  if (!partial_.empty()) add(std::exchange(partial_, ""));
  write();
  if (escaped_) std::rethrow_exception(std::exchange(escaped_, nullptr));
}

}  // namespace tandem::codebuild
