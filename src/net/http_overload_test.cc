// Who has to go when there is no room: idle and slow connections, never a request that is under
// way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http_server.h"
#include "net/loopback_testing.h"

namespace tandem::net {
namespace {

using std::chrono::milliseconds;
using ::testing::EndsWith;
using testing::Loop;
using testing::RawClient;
using ::testing::StartsWith;

constexpr std::size_t kMiB = 1024 * 1024;

class HttpOverloadTest : public ::testing::Test {
 protected:
  void start(HttpServer::Options options) {
    server_.emplace(loop_.executor(), std::move(options),
                    [this](HttpRequest request) { return handle(std::move(request)); });
    port_ = server_->listen("127.0.0.1", 0);
    server_->start();
  }
  void TearDown() override {
    clients_.clear();
    gate_.cancel();
    loop_.run(server_->stop());
  }

  Task<HttpResponse> handle(HttpRequest request) {
    if (request.path() == "/wait") {
      boost::system::error_code ignored;
      co_await gate_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    HttpResponse response;
    response.body = request.path() == "/big" ? std::string(16 * kMiB, 'x')
                                             : fmt::format("{} bytes", request.body.size());
    co_return response;
  }

  /// A connection that has sent this and is still open. Returns once the server has it.
  RawClient& open(std::string bytes) {
    const auto before = server_->stats().accepted;
    RawClient& client =
        *clients_.emplace_back(std::make_unique<RawClient>(loop_.executor(), port_));
    loop_.run(client.send(std::move(bytes)));
    wait_for([&] { return server_->stats().accepted > before; });
    return client;
  }
  void wait_for(const std::function<bool()>& condition) {
    while (!condition()) loop_.run(core::sleep_for(milliseconds(1)));
  }
  std::string to_end(RawClient& client) { return loop_.run(client.read_to_end()); }
  std::string ask(std::string target = "/") {
    RawClient client(loop_.executor(), port_);
    loop_.run(client.send("GET " + target + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
    return loop_.run(client.read_to_end());
  }
  static std::string upload(std::size_t length, std::size_t sent, std::string_view target = "/") {
    return fmt::format("PUT {} HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", target, length) +
           std::string(sent, 'x');
  }

  Loop loop_;
  core::Timer gate_{loop_.executor(), core::kNever};
  std::optional<HttpServer> server_;
  std::vector<std::unique_ptr<RawClient>> clients_;
  std::uint16_t port_ = 0;
};

TEST_F(HttpOverloadTest, ANewConnectionTakesThePlaceOfTheOneThatIsIdleLongest) {
  HttpServer::Options options;
  options.limits.connections = 3;
  start(std::move(options));
  RawClient& first = open("");
  RawClient& second = open("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  loop_.run(second.read_until("bytes"));
  open("");
  EXPECT_THAT(ask(), EndsWith("0 bytes"));
  EXPECT_EQ(to_end(first), "");
  EXPECT_EQ(server_->stats().evicted, 1u);
  // The second rested for a shorter time.
  loop_.run(second.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
  EXPECT_THAT(to_end(second), EndsWith("0 bytes"));
}

TEST_F(HttpOverloadTest, SlowSendersGoBeforeRequestsThatAreBeingHandled) {
  HttpServer::Options options;
  options.limits.connections = 3;
  start(std::move(options));
  RawClient& handled = open("GET /wait HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  wait_for([&] { return server_->stats().requests == 1; });
  RawClient& head = open("GET / HTTP/1.1\r\nHo");
  RawClient& body = open(upload(10 * kMiB, 1000));
  EXPECT_THAT(ask(), EndsWith("0 bytes"));
  EXPECT_EQ(to_end(head), "");
  wait_for([&] { return server_->stats().connections == 2; });
  open(upload(10 * kMiB, 1000));
  EXPECT_THAT(ask(), EndsWith("0 bytes"));
  EXPECT_EQ(to_end(body), "");
  EXPECT_EQ(server_->stats().evicted, 2u);
  gate_.cancel();
  EXPECT_THAT(to_end(handled), EndsWith("0 bytes"));
}

TEST_F(HttpOverloadTest, WithNothingButHandledRequestsANewOneIsClosed) {
  HttpServer::Options options;
  options.limits.connections = 1;
  start(std::move(options));
  RawClient& handled = open("GET /wait HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  wait_for([&] { return server_->stats().requests == 1; });
  EXPECT_EQ(ask(), "");
  EXPECT_EQ(server_->stats().refused, 1u);
  gate_.cancel();
  EXPECT_THAT(to_end(handled), EndsWith("0 bytes"));
}

TEST_F(HttpOverloadTest, BeyondTheBudgetOneLargeBodyIsTakenAndTheNextIsAnswered503) {
  HttpServer::Options options;
  options.limits.held_bytes = kMiB;
  start(std::move(options));
  // Objects of S3 are larger than any budget for all.
  RawClient& large = open(upload(8 * kMiB, 8 * kMiB, "/wait"));
  wait_for([&] { return server_->stats().requests == 1; });
  EXPECT_GE(server_->stats().held, 7 * kMiB);
  EXPECT_THAT(to_end(open(upload(4 * kMiB, 4 * kMiB))), StartsWith("HTTP/1.1 503 "));
  gate_.cancel();
  EXPECT_THAT(loop_.run(large.read_until("bytes")), EndsWith("8388608 bytes"));
}

TEST_F(HttpOverloadTest, AnswersThatNobodyReadsAreHeldWithinTheBudget) {
  HttpServer::Options options;
  options.limits.held_bytes = 20 * kMiB;
  start(std::move(options));
  for (int i = 0; i < 4; ++i) open("GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
  // One is the large one; of the others only the last is within the budget.
  wait_for([&] { return server_->stats().requests == 4; });
  EXPECT_LE(server_->stats().held, 36 * kMiB);
  EXPECT_GE(server_->stats().evicted, 2u);
}

}  // namespace
}  // namespace tandem::net
