#include "services/lambda/exec/response_stream.h"

#include <utility>

namespace tandem::lambda {

void ResponseStream::begin(std::string content_type) {
  content_type_ = std::move(content_type);
  begun_ = true;
  opened_.set();
}

Task<void> ResponseStream::write(std::string slice) {
  while (!slice_.empty() && !closed()) {
    taken_.clear();
    co_await taken_.wait();
  }
  if (closed()) co_return;
  slice_ = std::move(slice);
  written_.set();
}

void ResponseStream::end(End how) {
  if (ended_) return;
  ended_ = true;
  how_ = how;
  opened_.set();
  written_.set();
  taken_.set();
}

Task<std::string> ResponseStream::next() {
  while (slice_.empty() && !ended_) {
    written_.clear();
    co_await written_.wait();
  }
  std::string slice = std::exchange(slice_, {});
  taken_.set();
  co_return slice;
}

void ResponseStream::abandon() {
  abandoned_ = true;
  slice_.clear();
  taken_.set();
}

}  // namespace tandem::lambda
