#include "net/endpoint_probe.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include "net/gzip.h"

namespace tandem::net {
namespace {

using asio::ip::tcp;
using Outcome = EndpointSight::Outcome;

/// An endpoint that reads a request and says what it is told to, or nothing.
class EndpointProbeTest : public testing::Test {
 public:
  EndpointProbeTest()
      : acceptor_(loop_, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)),
        prober_(loop_.get_executor()) {
    probe_.address = "127.0.0.1";
    probe_.port = acceptor_.local_endpoint().port();
    probe_.request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  }

  enum class Then { kClose, kHang };
  static Task<void> serve(EndpointProbeTest* self, std::string answer, Then then) {
    tcp::socket socket = co_await self->acceptor_.async_accept(asio::use_awaitable);
    std::array<char, 4096> request;
    boost::system::error_code ended;
    co_await socket.async_read_some(asio::buffer(request),
                                    asio::redirect_error(asio::use_awaitable, ended));
    co_await asio::async_write(socket, asio::buffer(answer),
                               asio::redirect_error(asio::use_awaitable, ended));
    while (then == Then::kHang && !ended) {
      co_await socket.async_read_some(asio::buffer(request),
                                      asio::redirect_error(asio::use_awaitable, ended));
    }
  }
  EndpointSight look(std::string answer, Then then = Then::kClose) {
    asio::co_spawn(loop_, serve(this, std::move(answer), then), [](std::exception_ptr) {});
    return look_alone();
  }
  EndpointSight look_alone() {
    EndpointSight seen;
    constexpr auto body = [](EndpointProbeTest* self, EndpointSight* into) -> Task<void> {
      EndpointProbe probe = self->probe_;
      *into = co_await self->prober_.look(std::move(probe));
      boost::system::error_code closed;
      self->acceptor_.cancel(closed);
    };
    asio::co_spawn(loop_, body(this, &seen), [](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
    });
    loop_.restart();
    loop_.run();
    return seen;
  }

  asio::io_context loop_;
  tcp::acceptor acceptor_;
  TcpEndpointProber prober_;
  EndpointProbe probe_;
};

TEST_F(EndpointProbeTest, SeesTheStatus) {
  const EndpointSight seen = look("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(seen.outcome, Outcome::kAnswered) << seen.detail;
  EXPECT_EQ(seen.status, 503);
  EXPECT_GT(seen.first_byte_time.count(), 0);
}

TEST_F(EndpointProbeTest, ReadsTheFrontOfBodiesInAnyFraming) {
  probe_.body_bytes = 5;
  EXPECT_EQ(look("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nabcdefgh", Then::kHang).body,
            "abcde");
  EXPECT_EQ(
      look("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n",
           Then::kHang)
          .body,
      "abcde");
  EXPECT_EQ(look("HTTP/1.1 200 OK\r\n\r\nabc").body, "abc");
  const std::string packed = gzip("abcdefgh");
  EXPECT_EQ(
      look(fmt::format("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
                       packed.size()) +
           packed)
          .body,
      "abcde");
}

TEST_F(EndpointProbeTest, TellsItsFailuresApart) {
  probe_.head_timeout = probe_.body_timeout = std::chrono::milliseconds(60);
  EXPECT_EQ(look("", Then::kHang).outcome, Outcome::kHeadTimeout);
  EXPECT_EQ(look("HTTP/1.1 200 OK\r\n", Then::kHang).outcome, Outcome::kHeadTimeout);
  EXPECT_EQ(look("").outcome, Outcome::kClosed);
  EXPECT_EQ(look("SSH-2.0-x\r\n\r\n").outcome, Outcome::kMalformed);
  EXPECT_EQ(look("HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n").outcome,
            Outcome::kMalformed);
  probe_.body_bytes = 10;
  EXPECT_EQ(look("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nabc", Then::kHang).outcome,
            Outcome::kBodyTimeout);
  probe_.tls = true;
  EXPECT_EQ(look("not TLS at all").outcome, Outcome::kTlsFailed);
  acceptor_.close();
  EXPECT_EQ(look_alone().outcome, Outcome::kConnectFailed);
}

TEST_F(EndpointProbeTest, ConnectingAloneIsEnoughWithoutARequest) {
  probe_.request.clear();
  const EndpointSight seen = look("");
  EXPECT_EQ(seen.outcome, Outcome::kConnected);
}

TEST(InflateFront, StopsAtItsLimit) {
  EXPECT_EQ(inflate_front(gzip(std::string(1'000'000, 'a')), 5120), std::string(5120, 'a'));
  EXPECT_EQ(inflate_front(gzip("abc").substr(0, 14), 100).substr(0, 1), "a");
  EXPECT_EQ(inflate_front("plain", 100), "");
}

}  // namespace
}  // namespace tandem::net
