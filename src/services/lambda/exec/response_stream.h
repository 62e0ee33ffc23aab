// What a function writes while it runs, on its way to whoever invoked it. Loop thread; one writer
// and one reader.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "services/lambda/exec/event.h"

namespace tandem::lambda {

/// INVARIANT(one-slice-waits): of an answer of any length one slice is here, and the function's
/// next write waits until the reader has taken it.
class ResponseStream {
 public:
  explicit ResponseStream(const asio::any_io_executor& executor)
      : opened_(executor), written_(executor), taken_(executor) {}

  // The instance's side.
  /// The function answers; content_type is as its runtime says, or empty.
  void begin(std::string content_type);
  /// Returns when there is room for the next one. What nobody wants any more is dropped.
  Task<void> write(std::string slice);
  enum class End { kOrderly, kBrokenOff };
  /// There will be no more, perhaps not even a beginning. The first call counts.
  void end(End how);

  // The reader's.
  /// Returns when it has begun or ended.
  Task<void> opened() { return opened_.wait(); }
  /// The next slice; empty at the end.
  Task<std::string> next();
  /// Nobody reads on. "Streaming responses are not interrupted or stopped when the invoking client
  /// connection is broken" (developer guide, "Response streaming"): the function runs to its end.
  void abandon();

  bool begun() const { return begun_; }
  /// It had begun and came to no end.
  bool broke_off() const { return begun_ && ended_ && how_ == End::kBrokenOff; }
  const std::string& content_type() const { return content_type_; }

 private:
  bool closed() const { return ended_ || abandoned_; }

  std::string content_type_;
  std::string slice_;
  bool begun_ = false;
  bool ended_ = false;
  bool abandoned_ = false;
  End how_ = End::kOrderly;
  Event opened_;
  Event written_;
  Event taken_;
};

/// The reader's hold on a stream: whoever lets go of it reads on no more.
class ResponseReader {
 public:
  explicit ResponseReader(const asio::any_io_executor& executor)
      : stream_(std::make_shared<ResponseStream>(executor)) {}
  ResponseReader(ResponseReader&& other) noexcept : stream_(std::move(other.stream_)) {}
  ResponseReader& operator=(ResponseReader&&) = delete;
  ~ResponseReader() {
    if (stream_) stream_->abandon();
  }
  /// For the instance.
  const std::shared_ptr<ResponseStream>& stream() const { return stream_; }
  ResponseStream* operator->() const { return stream_.get(); }

 private:
  std::shared_ptr<ResponseStream> stream_;
};

}  // namespace tandem::lambda
