#include "services/lambda/exec/response_stream.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <vector>

#include "core/task.h"

namespace tandem::lambda {
namespace {

class ResponseStreamTest : public ::testing::Test {
 protected:
  static Task<void> write_all(ResponseStream* stream, std::vector<std::string> slices, int* taken) {
    for (std::string& slice : slices) {
      co_await stream->write(std::move(slice));
      ++*taken;
    }
  }
  void write(std::vector<std::string> slices) {
    asio::co_spawn(loop_, write_all(&stream_, std::move(slices), &taken_),
                   [](const std::exception_ptr& escaped) { EXPECT_FALSE(escaped); });
    run();
  }
  std::string next() {
    std::string got = "nothing";
    asio::co_spawn(loop_, stream_.next(),
                   [&](const std::exception_ptr&, std::string slice) { got = std::move(slice); });
    run();
    return got;
  }
  /// What can be done without anybody else.
  void run() {
    loop_.restart();
    loop_.poll();
  }

  asio::io_context loop_;
  ResponseStream stream_{loop_.get_executor()};
  int taken_ = 0;
};

// INVARIANT(one-slice-waits)
TEST_F(ResponseStreamTest, TheNextWriteWaitsForTheReader) {
  stream_.begin("text/plain");
  write({"a", "b", "c"});
  EXPECT_EQ(taken_, 1);
  EXPECT_EQ(next(), "a");
  EXPECT_EQ(taken_, 2);
  EXPECT_EQ(next(), "b");
  EXPECT_EQ(next(), "c");
  EXPECT_EQ(taken_, 3);
  stream_.end(ResponseStream::End::kOrderly);
  EXPECT_EQ(next(), "");
  EXPECT_FALSE(stream_.broke_off());
  EXPECT_EQ(stream_.content_type(), "text/plain");
}

TEST_F(ResponseStreamTest, WhoIsAbandonedWritesOn) {
  stream_.begin("");
  write({"a", "b", "c"});
  stream_.abandon();
  run();
  EXPECT_EQ(taken_, 3);
}

TEST_F(ResponseStreamTest, AnEndKeepsWhatIsThereAndWakesEverybody) {
  stream_.begin("");
  write({"a", "b"});
  stream_.end(ResponseStream::End::kBrokenOff);
  stream_.end(ResponseStream::End::kOrderly);
  run();
  EXPECT_EQ(taken_, 2);
  EXPECT_EQ(next(), "a");
  EXPECT_EQ(next(), "");
  EXPECT_TRUE(stream_.broke_off());
}

TEST_F(ResponseStreamTest, OneThatNeverBeganIsOpenedByItsEnd) {
  bool opened = false;
  asio::co_spawn(loop_, stream_.opened(), [&](const std::exception_ptr&) { opened = true; });
  run();
  EXPECT_FALSE(opened);
  stream_.end(ResponseStream::End::kBrokenOff);
  run();
  EXPECT_TRUE(opened);
  EXPECT_FALSE(stream_.broke_off());
}

}  // namespace
}  // namespace tandem::lambda
