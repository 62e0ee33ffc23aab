#include <boost/asio/bind_cancellation_slot.hpp>
#include <filesystem>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http_server.h"
#include "net/loopback_testing.h"
#include "net/tcp_http_client.h"
#include "net/tls.h"

namespace tandem::net {
namespace {

using asio::ip::tcp;
using std::chrono::milliseconds;
using testing::Loop;

Task<HttpResponse> echo(HttpRequest request) {
  if (request.path() == "/slow") co_await core::sleep_for(milliseconds(60'000));
  HttpResponse response;
  response.headers.add("X-Port", std::to_string(request.connection.remote_port));
  response.headers.add("X-Host", request.headers.get_or("Host"));
  response.headers.add("X-Name", request.connection.server_name);
  if (request.path() == "/close") response.headers.add("Connection", "close");
  response.body = request.method + " " + request.target + " [" + request.body + "]";
  co_return response;
}

/// Accepts one connection after the other, reads a head and answers with these bytes.
Task<void> serve_bytes(tcp::acceptor* acceptor, std::vector<std::string> answers) {
  for (std::string& answer : answers) {
    tcp::socket socket = co_await acceptor->async_accept(asio::use_awaitable);
    char piece[4096];
    std::size_t count = co_await socket.async_read_some(asio::buffer(piece), asio::use_awaitable);
    (void)count;
    co_await asio::async_write(socket, asio::buffer(answer), asio::use_awaitable);
  }
}

class HttpClientTest : public ::testing::Test {
 protected:
  void SetUp() override {
    server_.emplace(loop_.executor(), HttpServer::Options{}, echo);
    target_.address = "127.0.0.1";
    target_.port = server_->listen("127.0.0.1", 0);
    server_->start();
    make_client({});
  }
  void TearDown() override {
    client_.reset();
    loop_.run(server_->stop());
  }
  void make_client(HttpClient::Options options) {
    client_.emplace(loop_.executor(), std::move(options));
  }
  HttpResponse send(std::string method, std::string path, std::string body = "",
                    milliseconds timeout = milliseconds(10'000)) {
    HttpRequest request;
    request.method = std::move(method);
    request.target = std::move(path);
    request.body = std::move(body);
    return loop_.run(client_->send(target_, std::move(request), timeout));
  }
  std::optional<NetError::Kind> failure(std::string path, milliseconds timeout) {
    try {
      send("GET", std::move(path), "", timeout);
      return std::nullopt;
    } catch (const NetError& error) {
      return error.kind;
    }
  }
  /// What the client makes of these answers, one a connection.
  HttpResponse receive(std::vector<std::string> answers, std::string method = "GET") {
    tcp::acceptor acceptor(loop_.executor(), {asio::ip::make_address("127.0.0.1"), 0});
    target_.port = acceptor.local_endpoint().port();
    core::TaskGroup group(loop_.executor());
    group.spawn("server", serve_bytes(&acceptor, std::move(answers)));
    std::exception_ptr escaped;
    HttpResponse response;
    try {
      response = send(std::move(method), "/");
    } catch (...) {
      escaped = std::current_exception();
    }
    loop_.run(group.stop());
    if (escaped) std::rethrow_exception(escaped);
    return response;
  }
  NetError::Kind refusal(std::string answer) {
    try {
      receive({std::move(answer)});
    } catch (const NetError& error) {
      return error.kind;
    }
    ADD_FAILURE() << "accepted";
    return NetError::Kind::kConnect;
  }

  Loop loop_;
  std::optional<HttpServer> server_;
  core::SystemClock clock_;
  OpenSslKeys keys_;
  std::optional<TcpHttpClient> client_;
  HttpTarget target_;
};

TEST_F(HttpClientTest, ReusesTheConnection) {
  const HttpResponse first = send("POST", "/a?b", "hello");
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.body, "POST /a?b [hello]");
  EXPECT_EQ(first.headers.get("X-Host"), "127.0.0.1:" + std::to_string(target_.port));
  const HttpResponse second = send("HEAD", "/");
  EXPECT_EQ(second.body, "");
  const HttpResponse third = send("GET", "/close");
  EXPECT_EQ(first.headers.get("X-Port"), second.headers.get("X-Port"));
  EXPECT_EQ(first.headers.get("X-Port"), third.headers.get("X-Port"));
  EXPECT_NE(send("GET", "/").headers.get("X-Port"), first.headers.get("X-Port"));
}

TEST_F(HttpClientTest, ReplacesAConnectionThatWasClosedWhileIdle) {
  send("GET", "/");
  loop_.run(server_->stop());
  const std::uint16_t port = target_.port;
  server_.emplace(loop_.executor(), HttpServer::Options{}, echo);
  server_->listen("127.0.0.1", port);
  server_->start();
  EXPECT_EQ(send("POST", "/", "x").status, 200);
}

/// Answers the first request of the first connection; reads the second there and closes without a
/// word. Whatever comes over further connections is answered.
Task<void> answer_once_then_hang_up(tcp::acceptor* acceptor, std::vector<std::string>* received) {
  for (;;) {
    tcp::socket socket = co_await acceptor->async_accept(asio::use_awaitable);
    for (const bool answered : {true, false}) {
      char piece[4096];
      boost::system::error_code error;
      const std::size_t count = co_await socket.async_read_some(
          asio::buffer(piece), asio::redirect_error(asio::use_awaitable, error));
      if (error) break;
      received->emplace_back(piece, count);
      const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
      if (answered) co_await asio::async_write(socket, asio::buffer(answer), asio::use_awaitable);
    }
  }
}

// RFC 9110 §9.2.2: a client should not repeat a request with a method that is not idempotent unless
// it knows that the request is, or that it was never applied.
TEST_F(HttpClientTest, RepeatsOnlyWhatMayHappenTwice) {
  using Repeat = HttpClient::Repeat;
  const auto outcome = [&](std::string method, Repeat repeat) {
    tcp::acceptor acceptor(loop_.executor(), {asio::ip::make_address("127.0.0.1"), 0});
    target_.port = acceptor.local_endpoint().port();
    std::vector<std::string> received;
    core::TaskGroup group(loop_.executor());
    group.spawn("server", answer_once_then_hang_up(&acceptor, &received));
    HttpRequest request;
    request.method = std::move(method);
    request.target = "/";
    std::string result = "answered";
    loop_.run(client_->send(target_, request));
    try {
      loop_.run(client_->send(target_, request, milliseconds(5'000), repeat));
    } catch (const NetError& error) {
      EXPECT_EQ(error.kind, NetError::Kind::kClosed);
      result = error.sent ? "sent" : "never sent";
    }
    loop_.run(group.stop());
    return fmt::format("{} after {}", result, received.size());
  };
  EXPECT_EQ(outcome("POST", Repeat::kByMethod), "sent after 2");
  EXPECT_EQ(outcome("PATCH", Repeat::kByMethod), "sent after 2");
  EXPECT_EQ(outcome("GET", Repeat::kByMethod), "answered after 3");
  EXPECT_EQ(outcome("PUT", Repeat::kByMethod), "answered after 3");
  EXPECT_EQ(outcome("GET", Repeat::kNo), "sent after 2");
  EXPECT_EQ(outcome("POST", Repeat::kYes), "answered after 3");
}

TEST_F(HttpClientTest, TellsFailuresApart) {
  EXPECT_EQ(failure("/slow", milliseconds(30)), NetError::Kind::kTimeout);
  EXPECT_EQ(failure("bad target", milliseconds(1000)), NetError::Kind::kProtocol);
  tcp::acceptor closed(loop_.executor(), {asio::ip::make_address("127.0.0.1"), 0});
  target_.port = closed.local_endpoint().port();
  closed.close();
  EXPECT_EQ(failure("/", milliseconds(1000)), NetError::Kind::kConnect);
  target_.address = "localhost";
  EXPECT_EQ(failure("/", milliseconds(1000)), NetError::Kind::kConnect);
}

TEST_F(HttpClientTest, SilentTlsServerIsAConnectTimeout) {
  HttpClient::Options options;
  options.connect_timeout = milliseconds(30);
  make_client(options);
  tcp::acceptor silent(loop_.executor(), {asio::ip::make_address("127.0.0.1"), 0});
  target_.port = silent.local_endpoint().port();
  target_.tls = true;
  EXPECT_EQ(failure("/", milliseconds(10'000)), NetError::Kind::kConnectTimeout);
}

TEST_F(HttpClientTest, ReadsEveryKindOfBody) {
  EXPECT_EQ(receive({"HTTP/1.1 200 OK\r\n\r\nto the end"}).body, "to the end");
  EXPECT_EQ(
      receive({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"}).body,
      "ab");
  EXPECT_EQ(receive({"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"}).status, 204);
  EXPECT_EQ(receive({"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"}, "HEAD").status, 200);
}

TEST_F(HttpClientTest, RefusesNonsenseTruncationAndExcess) {
  HttpClient::Options options;
  options.response_bytes = 100;
  make_client(options);
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  EXPECT_EQ(refusal("SSH-2.0-OpenSSH\r\n\r\n"), NetError::Kind::kProtocol);
  EXPECT_EQ(refusal("HTTP/1.1 101 Switching Protocols\r\n\r\n"), NetError::Kind::kProtocol);
  EXPECT_EQ(refusal(ok + "Content-Length: 101\r\n\r\n"), NetError::Kind::kProtocol);
  EXPECT_EQ(refusal(ok + "\r\n" + std::string(101, 'x')), NetError::Kind::kProtocol);
  EXPECT_EQ(refusal(ok + "Transfer-Encoding: chunked\r\n\r\n65\r\n"), NetError::Kind::kProtocol);
  EXPECT_EQ(refusal(ok + "Transfer-Encoding: chunked\r\n\r\nx\r\n"), NetError::Kind::kProtocol);
  EXPECT_EQ(refusal(ok + "Content-Length: 9\r\n\r\nabc"), NetError::Kind::kClosed);
  EXPECT_EQ(refusal(ok), NetError::Kind::kClosed);
  EXPECT_EQ(refusal(""), NetError::Kind::kClosed);
}

TEST_F(HttpClientTest, CancellationEndsTheCallAndTheConnection) {
  asio::cancellation_signal cancel;
  std::exception_ptr escaped;
  HttpRequest request;
  request.method = "GET";
  request.target = "/slow";
  bool ended = false;
  asio::co_spawn(loop_.executor(), client_->send(target_, std::move(request)),
                 asio::bind_cancellation_slot(
                     cancel.slot(), [&](const std::exception_ptr& error, const HttpResponse&) {
                       escaped = error;
                       ended = true;
                     }));
  while (server_->stats().requests == 0) loop_.run(core::sleep_for(milliseconds(1)));
  cancel.emit(asio::cancellation_type::terminal);
  while (!ended) loop_.run(core::sleep_for(milliseconds(1)));
  ASSERT_TRUE(escaped);
  EXPECT_THROW(std::rethrow_exception(escaped), boost::system::system_error);
  EXPECT_EQ(send("GET", "/").status, 200);
}

class HttpsTest : public HttpClientTest {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ("tandem-https-" + std::to_string(::getpid()));
    std::filesystem::remove_all(folder_);
    ca_ = LocalCa::load_or_create(folder_, {&clock_, &keys_});
    HttpClientTest::SetUp();
    loop_.run(server_->stop());
    server_.emplace(loop_.executor(), HttpServer::Options{}, echo);
    target_.port = server_->listen_tls("127.0.0.1", 0, tls_);
    target_.tls = true;
    server_->start();
    tls_.set_default(ca_->issue({"127.0.0.1"}));
    tls_.set("Api.Example", ca_->issue({"api.example"}));
    tls_.set("*.wild.example", ca_->issue({"*.wild.example"}));
    HttpClient::Options options;
    options.trusted_ca_pem = ca_->certificate_pem();
    make_client(options);
  }
  void TearDown() override {
    HttpClientTest::TearDown();
    std::filesystem::remove_all(folder_);
  }

  std::filesystem::path folder_;
  std::optional<LocalCa> ca_;
  ServerTls tls_;
};

TEST_F(HttpsTest, PicksTheCertificateByServerName) {
  // Each is verified against the name, so an answer means the right certificate.
  for (const std::string name : {"", "api.example", "API.example", "a.wild.example"}) {
    target_.server_name = name;
    const HttpResponse response = send("POST", "/", std::string(100'000, 'x'));
    EXPECT_EQ(response.body.size(), 100'000u + 9) << name;
    EXPECT_EQ(response.headers.get("X-Name"), name);
  }
  EXPECT_EQ(send("GET", "/").headers.get("X-Port"), send("GET", "/").headers.get("X-Port"));
}

TEST_F(HttpsTest, WildcardCoversOneLabel) {
  target_.server_name = "a.b.wild.example";
  EXPECT_EQ(failure("/", milliseconds(5000)), NetError::Kind::kTls);
  target_.server_name = "wild.example";
  EXPECT_EQ(failure("/", milliseconds(5000)), NetError::Kind::kTls);
  target_.verify = HttpTarget::Verify::kNo;
  EXPECT_EQ(send("GET", "/").status, 200);
}

TEST_F(HttpsTest, ChangesApplyToTheNextHandshake) {
  target_.server_name = "new.example";
  EXPECT_EQ(failure("/", milliseconds(5000)), NetError::Kind::kTls);
  tls_.set("new.example", ca_->issue({"new.example"}));
  EXPECT_EQ(send("GET", "/").status, 200);
  client_->close();
  tls_.erase("new.example");
  EXPECT_EQ(failure("/", milliseconds(5000)), NetError::Kind::kTls);
}

TEST_F(HttpsTest, TrustsOnlyTheGivenRoot) {
  make_client({});
  EXPECT_EQ(failure("/", milliseconds(5000)), NetError::Kind::kTls);
  target_.verify = HttpTarget::Verify::kNo;
  EXPECT_EQ(send("GET", "/").status, 200);
}

TEST_F(HttpsTest, PlainHttpToATlsPortIsRefusedNotHung) {
  target_.tls = false;
  EXPECT_EQ(failure("/", milliseconds(5000)), NetError::Kind::kClosed);
  EXPECT_EQ(server_->stats().connections, 0u);
}

}  // namespace
}  // namespace tandem::net
