#include "net/dns_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include "net/dns_client.h"

namespace tandem::net {
namespace {

using namespace std::string_literals;
using asio::ip::tcp;

/// Answers A with as many addresses as the first label says.
std::size_t count_handler(std::span<const std::byte> message, std::span<std::byte> out,
                          const DnsPeer& peer) {
  dns::Query query;
  if (dns::parse_query(message, query) != dns::QueryStatus::kOk) return 0;
  const std::size_t limit = peer.transport == DnsTransport::kUdp ? query.udp_bytes : out.size();
  dns::AnswerWriter writer(out.first(limit), message, query);
  const int count = std::atoi(query.name.view().data() + 1);
  for (int i = 0; i < count; ++i) {
    const std::string address{10, 0, static_cast<char>(i >> 8), static_cast<char>(i)};
    if (!writer.add(dns::Section::kAnswer, query.name.view(), dns::Type::kA, 60, address)) {
      writer.set_truncated();
      break;
    }
  }
  return writer.finish();
}

class DnsServerTest : public testing::Test {
 public:
  explicit DnsServerTest(DnsServer::Options options = {})
      : server_(loop_.get_executor(), options, count_handler) {
    port_ = server_.listen("127.0.0.1", 0);
    server_.start();
  }

  /// Runs the loop until the test's coroutine and then the server have ended.
  void run(Task<void> task) {
    asio::co_spawn(loop_, body(std::move(task), &server_), [](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
    });
    loop_.run();
  }
  static Task<void> body(Task<void> task, DnsServer* server) {
    co_await std::move(task);
    co_await server->stop();
  }

  tcp::endpoint endpoint() const { return {asio::ip::make_address("127.0.0.1"), port_}; }

  static std::string framed(const std::string& message) {
    return std::string{static_cast<char>(message.size() >> 8), static_cast<char>(message.size())} +
           message;
  }

  asio::io_context loop_;
  core::SystemRandom random_;
  DnsServer server_;
  std::uint16_t port_ = 0;
};

TEST_F(DnsServerTest, AnswersOverUdpAndTurnsToTcpWhenTruncated) {
  constexpr auto test = [](DnsServerTest* self) -> Task<void> {
    DnsClient::Options options;
    options.address = "127.0.0.1";
    options.port = self->port_;
    DnsClient client(self->random_, options);
    const auto one = co_await client.resolve_a("1.example.com");
    EXPECT_EQ(one.addresses, std::vector<std::string>{"10.0.0.0"});
    EXPECT_EQ(one.ttl, 60u);
    const auto many = co_await client.resolve_a("1000.example.com");
    EXPECT_EQ(many.addresses.size(), 1000u);
    EXPECT_EQ(self->server_.stats().tcp_queries, 1u);
    EXPECT_EQ(self->server_.stats().udp_queries, 2u);
  };
  run(test(this));
}

TEST_F(DnsServerTest, AnswersPipelinedQueriesInOrderEvenInPieces) {
  constexpr auto test = [](DnsServerTest* self) -> Task<void> {
    tcp::socket socket(self->loop_);
    co_await socket.async_connect(self->endpoint(), asio::use_awaitable);
    std::string stream;
    for (std::uint16_t id = 0; id < 300; ++id) {
      stream += framed(dns::encode_query(id, *dns::name_from_text("3.example.com"), dns::Type::kA,
                                         dns::Edns::kNo));
    }
    for (std::size_t at = 0; at < stream.size(); at += 1001) {
      const std::string piece = stream.substr(at, 1001);
      co_await asio::async_write(socket, asio::buffer(piece), asio::use_awaitable);
    }
    for (std::uint16_t id = 0; id < 300; ++id) {
      std::array<std::uint8_t, 2> length{};
      co_await asio::async_read(socket, asio::buffer(length), asio::use_awaitable);
      std::vector<std::byte> message(length[0] << 8 | length[1]);
      co_await asio::async_read(socket, asio::buffer(message), asio::use_awaitable);
      const auto answer = dns::parse_answer(message);
      CHECK(answer.ok());
      EXPECT_EQ(answer.value().id, id);
      EXPECT_EQ(answer.value().answers.size(), 3u);
    }
  };
  run(test(this));
}

class ImpatientDnsServer : public DnsServerTest {
 public:
  ImpatientDnsServer()
      : DnsServerTest({.tcp_connections = 2,
                       .tcp_idle = std::chrono::milliseconds(100),
                       .tcp_write = std::chrono::milliseconds(100)}) {}
};

TEST_F(ImpatientDnsServer, ClosesConnectionsThatDribbleAndThoseOverTheLimit) {
  constexpr auto test = [](ImpatientDnsServer* self) -> Task<void> {
    std::vector<tcp::socket> sockets;
    for (int i = 0; i < 3; ++i) {
      sockets.emplace_back(self->loop_);
      co_await sockets.back().async_connect(self->endpoint(), asio::use_awaitable);
    }
    const std::string half("\0\x30\1\2"s);
    co_await asio::async_write(sockets[0], asio::buffer(half), asio::use_awaitable);
    char byte = 0;
    for (tcp::socket& socket : sockets) {
      boost::system::error_code ended;
      co_await socket.async_read_some(asio::buffer(&byte, 1),
                                      asio::redirect_error(asio::use_awaitable, ended));
      EXPECT_TRUE(ended);
    }
    EXPECT_EQ(self->server_.stats().tcp_refused, 1u);
  };
  run(test(this));
}

TEST_F(ImpatientDnsServer, ClosesAClientThatDoesNotRead) {
  constexpr auto test = [](ImpatientDnsServer* self) -> Task<void> {
    tcp::socket socket(self->loop_);
    co_await socket.async_connect(self->endpoint(), asio::use_awaitable);
    const std::string query = framed(dns::encode_query(1, *dns::name_from_text("3000.example.com"),
                                                       dns::Type::kA, dns::Edns::kNo));
    std::string flood;
    for (int i = 0; i < 1000; ++i) flood += query;
    boost::system::error_code ended;
    co_await asio::async_write(socket, asio::buffer(flood),
                               asio::redirect_error(asio::use_awaitable, ended));
    core::Timer timer(self->loop_);
    for (int i = 0; i < 200 && self->server_.stats().tcp_connections > 0; ++i) {
      timer.expires_after(std::chrono::milliseconds(10));
      co_await timer.async_wait(asio::use_awaitable);
    }
    EXPECT_EQ(self->server_.stats().tcp_connections, 0u);
  };
  run(test(this));
}

TEST_F(DnsServerTest, RefusesAPortThatIsTaken) {
  DnsServer second(loop_.get_executor(), {}, count_handler);
  EXPECT_THROW(second.listen("127.0.0.1", port_), boost::system::system_error);
  constexpr auto nothing = []() -> Task<void> { co_return; };
  run(nothing());
}

}  // namespace
}  // namespace tandem::net
