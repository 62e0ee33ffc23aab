#include "net/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/loopback_testing.h"

namespace tandem::net {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::Loop;
using ::testing::Not;
using testing::RawClient;
using ::testing::StartsWith;

/// Says what it was asked.
Task<HttpResponse> echo(HttpRequest request) {
  if (request.path() == "/throw") throw std::runtime_error("on purpose");
  if (request.path() == "/slow") co_await core::sleep_for(milliseconds(50));
  HttpResponse response;
  if (request.path() == "/inject") response.headers.add("X", "a\r\nSet-Cookie: b");
  if (request.path() == "/204") response.status = 204;
  response.headers.add("Content-Length", "999");
  response.headers.add("X-Remote", request.connection.remote_address);
  response.body = request.method + " " + request.target + " [" + request.body + "]";
  if (request.path() == "/big") response.body.assign(8 * 1024 * 1024, 'x');
  co_return response;
}

/// Answers once the gate's wait is cancelled.
Task<HttpResponse> echo_behind(core::Timer* gate, HttpRequest request) {
  boost::system::error_code ignored;
  co_await gate->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  HttpResponse response = co_await echo(std::move(request));
  co_return response;
}

/// The gate opens when the server is stopping already.
Task<void> stop_then_open(HttpServer* server, core::Timer* gate) {
  asio::post(gate->get_executor(), [gate] { gate->cancel(); });
  co_await server->stop(milliseconds(60'000));
}

class HttpServerTest : public ::testing::Test {
 protected:
  void start(HttpServer::Options options = {}, HttpHandler handler = echo) {
    server_.emplace(loop_.executor(), std::move(options), std::move(handler));
    port_ = server_->listen("127.0.0.1", 0);
    server_->start();
    client_.emplace(loop_.executor(), port_);
  }
  void TearDown() override {
    client_.reset();
    if (server_) loop_.run(server_->stop());
  }
  void send(std::string bytes) { loop_.run(client_->send(std::move(bytes))); }
  std::string until(std::string text) {
    client_->forget();
    return loop_.run(client_->read_until(std::move(text)));
  }
  std::string to_end() { return loop_.run(client_->read_to_end()); }
  std::string exchange(std::string bytes) {
    RawClient client(loop_.executor(), port_);
    loop_.run(client.send(std::move(bytes)));
    return loop_.run(client.read_to_end());
  }

  Loop loop_;
  std::optional<HttpServer> server_;
  std::optional<RawClient> client_;
  std::uint16_t port_ = 0;
};

TEST_F(HttpServerTest, AnswersAndKeepsTheConnection) {
  start();
  send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string first = until("[]");
  EXPECT_THAT(first, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(first, HasSubstr("\r\nContent-Length: 9\r\n"));
  EXPECT_THAT(first, HasSubstr("\r\nX-Remote: 127.0.0.1\r\n"));
  EXPECT_THAT(first, HasSubstr("\r\nDate: "));
  EXPECT_THAT(first, HasSubstr("\r\nConnection: keep-alive\r\n"));
  EXPECT_THAT(first, Not(HasSubstr("999")));
  send("POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_THAT(until("[abc]"), EndsWith("POST /b [abc]"));
  EXPECT_EQ(server_->stats().requests, 2u);
  EXPECT_EQ(server_->stats().connections, 1u);
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  start();
  send(
      "POST /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab"
      "\r\nPOST /2 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nc\r\n0\r\n\r\n"
      "GET /3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string answers = to_end();
  const auto first = answers.find("POST /slow [ab]");
  const auto second = answers.find("POST /2 [c]");
  const auto third = answers.find("GET /3 []");
  ASSERT_NE(third, std::string::npos);
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
}

TEST_F(HttpServerTest, Http10ClosesUnlessAskedToKeep) {
  start();
  EXPECT_THAT(exchange("GET / HTTP/1.0\r\n\r\n"), HasSubstr("Connection: close\r\n"));
  send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(until("[]"), HasSubstr("Connection: keep-alive\r\n"));
}

TEST_F(HttpServerTest, ContinuesOnlyWhenTheBodyIsWelcome) {
  HttpServer::Options options;
  options.body_limit = [](const HttpRequest& head) -> std::size_t {
    return head.path() == "/large" ? 100'000 : HttpServer::kSmallBody;
  };
  start(std::move(options));
  send("PUT /large HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 20000\r\n\r\n");
  EXPECT_EQ(until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  send("hello " + std::string(19'989, '.') + "world");
  EXPECT_THAT(until("world]"), HasSubstr("PUT /large [hello ..."));
  send("PUT /small HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 20000\r\n\r\n");
  EXPECT_THAT(until("too large"), StartsWith("HTTP/1.1 413 "));
}

// botocore waits for it before an empty object, too, and what comes in its stead it takes for none.
TEST_F(HttpServerTest, ContinuesBeforeNothing) {
  start();
  send("PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n");
  const std::string answer = until("PUT /a []");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 "));
}

TEST_F(HttpServerTest, WhoIsNotAdmittedIsAnsweredBeforeTheBodyIsRead) {
  HttpServer::Options options;
  options.admit = [](const HttpRequest& head) -> std::optional<HttpResponse> {
    if (!head.headers.contains("Origin")) return std::nullopt;
    HttpResponse refused;
    refused.status = 403;
    refused.body = "not you";
    return refused;
  };
  start(std::move(options));
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n";
  RawClient stranger(loop_.executor(), port_);
  loop_.run(stranger.send(head + "Origin: http://evil.example\r\nExpect: 100-continue\r\n\r\n"));
  const std::string answer = loop_.run(stranger.read_until("not you"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 403 "));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
  EXPECT_EQ(server_->stats().requests, 0u);
  EXPECT_THAT(exchange(head + "Connection: close\r\n\r\nhello"), EndsWith("[hello]"));
}

TEST_F(HttpServerTest, HeadAndNoContentHaveNoBody) {
  start();
  EXPECT_THAT(exchange("HEAD /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
              AllOf(HasSubstr("Content-Length: 10\r\n"), EndsWith("\r\n\r\n")));
  EXPECT_THAT(exchange("GET /204 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 204 No Content"), Not(HasSubstr("Content-Length")),
                    EndsWith("\r\n\r\n")));
}

TEST_F(HttpServerTest, HandlerFailuresBecome500AndTheConnectionLives) {
  start();
  send("GET /throw HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(until("error\n"), StartsWith("HTTP/1.1 500 "));
  send("GET /inject HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(until("error\n"), AllOf(StartsWith("HTTP/1.1 500 "), Not(HasSubstr("Set-Cookie"))));
  send("GET /fine HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(until("[]"), HasSubstr("GET /fine"));
}

TEST_F(HttpServerTest, RefusesMalformedInputAndCloses) {
  HttpServer::Options options;
  options.limits.header_bytes = 1000;
  options.limits.body_bytes = 10;
  start(std::move(options));
  struct Row {
    std::string bytes;
    std::string status;
  };
  const std::vector<Row> table = {
      {"\x16\x03\x01\n", "400"},
      {"GET / HTTP/1.1\r\n\r\n", "400"},
      {"GET / HTTP/3.0\r\nHost: h\r\n\r\n", "505"},
      {"GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(2000, 'x') + "\r\n\r\n", "431"},
      {"GET /" + std::string(3000, 'x'), "431"},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\nhello world", "413"},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0",
       "400"},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n",
       "413"},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", "501"},
      {"POST / HTTP/1.1\r\nHost: h\r\nExpect: 200-ok\r\n\r\n", "417"},
  };
  for (const Row& row : table) {
    const std::string answer = exchange(row.bytes);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + row.status)) << row.bytes;
    EXPECT_THAT(answer, AllOf(HasSubstr("Connection: close\r\n"),
                              HasSubstr("Content-Type: text/plain\r\n")));
  }
  EXPECT_EQ(server_->stats().refused, table.size());
}

TEST_F(HttpServerTest, TruncatedRequestsGetNoAnswerAndLeakNothing) {
  start();
  for (const std::string_view bytes :
       {"", "G", "GET / HTTP/1.1\r\nHost",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nx",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
    RawClient client(loop_.executor(), port_);
    loop_.run(client.send(std::string(bytes)));
    client.shutdown_send();
    EXPECT_EQ(loop_.run(client.read_to_end()), "") << bytes;
  }
  EXPECT_EQ(server_->stats().connections, 1u);
}

TEST_F(HttpServerTest, SlowHeadersAndBodiesRunIntoTheDeadline) {
  HttpServer::Options options;
  options.limits.header_timeout = milliseconds(30);
  options.limits.body_timeout = milliseconds(30);
  options.limits.idle_timeout = milliseconds(30);
  start(std::move(options));
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nHo"), StartsWith("HTTP/1.1 408 Request Timeout"));
  EXPECT_THAT(exchange("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab"),
              StartsWith("HTTP/1.1 408 "));
  // Idle connections just close.
  EXPECT_EQ(exchange(""), "");
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), EndsWith("GET / []"));
}

TEST_F(HttpServerTest, RefusalsAfterTheHeaderMayBeShaped) {
  HttpServer::Options options;
  options.limits.body_bytes = 10;
  options.refusal = [](const HttpRequest& head, int status) -> std::optional<HttpResponse> {
    if (head.path() == "/plain") return std::nullopt;
    HttpResponse response;
    response.status = 400;
    response.body = fmt::format("{} instead of {}", head.target, status);
    return response;
  };
  start(std::move(options));
  const std::string rest = " HTTP/1.1\r\nHost: h\r\nContent-Length: 20000\r\n\r\n";
  EXPECT_THAT(exchange("POST /x?y" + rest),
              AllOf(StartsWith("HTTP/1.1 400 "), EndsWith("/x?y instead of 413")));
  EXPECT_THAT(exchange("POST /plain" + rest), StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(exchange("POST nowhere" + rest), Not(HasSubstr("instead")));
}

TEST_F(HttpServerTest, PeerThatDoesNotReadIsClosed) {
  HttpServer::Options options;
  options.limits.body_timeout = milliseconds(30);
  start(std::move(options));
  send("GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
  // Not reading: the server gives up, and what it had sent is cut short.
  while (server_->stats().requests == 0 || server_->stats().connections > 0) {
    loop_.run(core::sleep_for(milliseconds(1)));
  }
  EXPECT_LT(to_end().size(), 8u * 1024 * 1024);
}

TEST_F(HttpServerTest, LargeAnswersArriveWhole) {
  start();
  EXPECT_GT(exchange("GET /big HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").size(),
            8u * 1024 * 1024);
}

TEST_F(HttpServerTest, StopLetsRequestsFinishWithinTheGrace) {
  core::Timer gate(loop_.executor(), core::kNever);
  start({}, [&](HttpRequest request) { return echo_behind(&gate, std::move(request)); });
  RawClient idle(loop_.executor(), port_);
  send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  while (server_->stats().requests == 0 || server_->stats().connections < 2) {
    loop_.run(core::sleep_for(milliseconds(1)));
  }
  loop_.run(stop_then_open(&*server_, &gate));
  EXPECT_THAT(to_end(), AllOf(HasSubstr("GET / []"), HasSubstr("Connection: close")));
  EXPECT_EQ(loop_.run(idle.read_to_end()), "");
  EXPECT_EQ(server_->stats().connections, 0u);
  EXPECT_THROW(RawClient(loop_.executor(), port_), boost::system::system_error);
}

TEST_F(HttpServerTest, AddressInUseIsReported) {
  start();
  HttpServer other(loop_.executor(), {}, echo);
  try {
    other.listen("127.0.0.1", port_);
    FAIL();
  } catch (const boost::system::system_error& error) {
    EXPECT_EQ(error.code(), asio::error::address_in_use);
  }
}

}  // namespace
}  // namespace tandem::net
