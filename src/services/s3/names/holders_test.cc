#include "services/s3/names/holders.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tandem::s3 {
namespace {

using testing::ElementsAre;

/// Another process, which may be frozen or dead.
class Peer final : public net::HttpClient {
 public:
  void close() override {}

  std::optional<net::NetError::Kind> fails;
  std::vector<std::int64_t> patience_ms;

 private:
  Task<net::HttpResponse> exchange(net::HttpTarget, net::HttpRequest,
                                   std::chrono::milliseconds timeout, Repeat) override {
    patience_ms.push_back(timeout.count());
    if (fails) throw net::NetError(*fails, "on purpose");
    co_return net::HttpResponse{.status = 200};
  }
};

class QuestionsTest : public ::testing::Test {
 protected:
  bool ask(Questions& questions, const std::string& address = "127.0.0.1") {
    bool answered = false;
    auto asking =
        questions.ask({.address = address, .port = 1}, std::chrono::seconds(5), "GET", "/");
    asio::io_context loop;
    asio::co_spawn(
        loop, std::move(asking),
        [&](const std::exception_ptr& escaped, const std::optional<net::HttpResponse>& answer) {
          EXPECT_FALSE(escaped);
          answered = answer.has_value();
        });
    loop.run();
    return answered;
  }

  Peer peer_;
  core::ManualClock clock_;
  service::Config config_;
  Questions questions_{peer_, clock_, config_};
};

TEST_F(QuestionsTest, WhoIsSilentHoldsUpOneQuestionOnly) {
  Questions copy = questions_;
  peer_.fails = net::NetError::Kind::kTimeout;
  EXPECT_FALSE(ask(questions_));
  EXPECT_FALSE(ask(copy));
  EXPECT_FALSE(ask(questions_, "127.0.0.2"));
  peer_.fails.reset();
  EXPECT_TRUE(ask(questions_));
  EXPECT_TRUE(ask(copy));
  EXPECT_THAT(peer_.patience_ms, ElementsAre(5000, 200, 5000, 200, 5000));
}

TEST_F(QuestionsTest, WhoIsDeadIsAskedAsBefore) {
  peer_.fails = net::NetError::Kind::kConnect;
  EXPECT_FALSE(ask(questions_));
  EXPECT_FALSE(ask(questions_));
  EXPECT_THAT(peer_.patience_ms, ElementsAre(5000, 5000));
}

}  // namespace
}  // namespace tandem::s3
