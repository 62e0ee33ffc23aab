// Functions over a store that refuses writes.
#include <gmock/gmock.h>

#include "services/lambda/exec/log_buffer.h"
#include "services/lambda/lambda_testing.h"
#include "store/faulty_store.h"

namespace tandem::lambda {
namespace {

class LambdaStoreFailureTest : public LambdaTest {
 protected:
  LambdaStoreFailureTest() {
    auto faulty = std::make_unique<store::FaultyStore>();
    faulty_ = faulty.get();
    store_ = std::move(faulty);
  }
  std::size_t files_of_packages() const {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry :
         std::filesystem::directory_iterator(folder_ / "code")) {
      ++count;
    }
    return count;
  }
  store::FaultyStore* faulty_ = nullptr;
};

TEST_F(LambdaStoreFailureTest, AFunctionThatCannotBeWrittenIsNotThere) {
  start();
  faulty_->fail_next_writes(1);
  EXPECT_THROW(create(), store::StoreError);
  EXPECT_THAT(refusal("GetFunction", {{"FunctionName", "f"}}),
              testing::HasSubstr("ResourceNotFoundException"));
}

TEST_F(LambdaStoreFailureTest, AnUpdateThatCannotBeWrittenLeavesTheOldCodeAtWork) {
  start();
  create();
  faulty_->fail_next_writes(1);
  const json::object update = {{"FunctionName", "f"},
                               {"ZipFile", core::base64_encode(function_zip())}};
  EXPECT_THROW(call("UpdateFunctionCode", update), store::StoreError);
  // The next change sweeps what nobody uses: the package of the failed update, not the old one.
  call("UpdateFunctionConfiguration", {{"FunctionName", "f"}, {"Timeout", 5}});
  EXPECT_EQ(files_of_packages(), 2U);  // its folder and its archive
  EXPECT_EQ(invoke("print").status, 200);
}

// An event whose end cannot be written has run: it must not run again for that.
TEST_F(LambdaStoreFailureTest, AnEventWhoseEndCannotBeWrittenRunsOnce) {
  LambdaService::Options options;
  options.queue.concurrent = 1;
  start(std::move(options));
  create();
  faulty_->fail_after(1, 2);
  EXPECT_EQ(invoke("print", {{"InvocationType", "Event"}}).status, 202);
  run_until([&] { return faulty_->failures() == 2; });
  // The one place is free again once the first has been settled.
  EXPECT_EQ(invoke("print", {{"InvocationType", "Event"}}).status, 202);
  const auto starts = [&] {
    return std::ranges::count_if(
        log_lines(), [](const std::string& line) { return line.starts_with("START RequestId"); });
  };
  run_until([&] {
    return std::ranges::count_if(log_lines(), [](const std::string& line) {
             return line.starts_with("REPORT RequestId");
           }) == 2;
  });
  EXPECT_EQ(starts(), 2);
}

/// Takes lines, or refuses them as a store does.
class MoodySink final : public LogSink {
 public:
  void write(std::string_view, std::string_view, std::vector<LogLine> lines) override {
    if (refuses) throw store::StoreError("no room");
    taken += lines.size();
  }
  bool refuses = false;
  std::size_t taken = 0;
};

TEST(LogBuffer, KeepsWhatItsSinkRefusesUpToABound) {
  asio::io_context loop;
  MoodySink sink;
  LogBuffer buffer(loop.get_executor(), sink);
  sink.refuses = true;
  buffer.add("g", "s", 1, "first");
  buffer.flush();
  buffer.add("g", "s", 2, "second");
  sink.refuses = false;
  buffer.flush();
  EXPECT_EQ(sink.taken, 2U);
  sink.refuses = true;
  for (int i = 0; i < 10; ++i) buffer.add("g", "s", 3, std::string(1 << 20, 'x'));
  sink.refuses = false;
  buffer.flush();
  EXPECT_LT(sink.taken, 2U + 5U);
}

}  // namespace
}  // namespace tandem::lambda
