// Bodies as sources, at the server and through the client: whole, slow, broken and unwanted ones.
#include "net/body.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http_server.h"
#include "net/loopback_testing.h"
#include "net/tcp_http_client.h"

namespace tandem::net {
namespace {

using asio::ip::tcp;
using std::chrono::milliseconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::Loop;
using ::testing::Not;
using testing::RawClient;
using ::testing::StartsWith;

constexpr std::size_t kMiB = 1024 * 1024;

/// Gives count slices of size bytes each, then its end or a failure.
class Slices final : public BodySource {
 public:
  enum class End { kOrderly, kBroken };
  enum class Length { kKnown, kUnknown };
  Slices(std::size_t size, std::size_t count, Length length = Length::kKnown,
         End end = End::kOrderly)
      : size_(size), count_(count), length_(length), end_(end) {}

  Task<std::string> next() override {
    if (given_ == count_) {
      if (end_ == End::kBroken) throw BodyError("on purpose");
      co_return std::string();
    }
    ++given_;
    co_return std::string(size_, static_cast<char>('a' + given_ % 26));
  }
  std::optional<std::uint64_t> length() const override {
    if (length_ == Length::kUnknown) return std::nullopt;
    return (count_ + (end_ == End::kBroken ? 1 : 0)) * size_;
  }
  std::size_t given() const { return given_; }

 private:
  std::size_t size_;
  std::size_t count_;
  Length length_;
  End end_;
  std::size_t given_ = 0;
};

class BodyTest : public ::testing::Test {
 protected:
  void start(HttpServer::Options options = {}) {
    options.as_source = [](const HttpRequest& head) { return head.path() != "/whole"; };
    if (!options.body_limit) {
      options.body_limit = [](const HttpRequest&) { return 1024 * kMiB; };
    }
    server_.emplace(loop_.executor(), std::move(options),
                    [this](HttpRequest request) { return handle(std::move(request)); });
    target_.address = "127.0.0.1";
    target_.port = server_->listen("127.0.0.1", 0);
    server_->start();
    client_.emplace(loop_.executor(), HttpClient::Options{});
  }
  void TearDown() override {
    client_.reset();
    gate_.cancel();
    if (server_) loop_.run(server_->stop());
  }

  Task<HttpResponse> handle(HttpRequest request) {
    ++requests_;
    seen_error_.clear();
    HttpResponse response;
    response.headers.add("X-Port", std::to_string(request.connection.remote_port));
    if (request.path() == "/wait") {
      boost::system::error_code ignored;
      co_await gate_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    if (request.path() == "/refuse") {
      response.status = 403;
      response.body = "no";
      co_return response;
    }
    if (request.path() == "/first" && request.source) {
      std::string first = co_await request.source->next();
      response.body = fmt::format("{} and no more", first.empty() ? 0 : 1);
      co_return response;
    }
    if (request.path() == "/down") {
      response.source = down_;
      co_return response;
    }
    if (request.path() == "/fields") {
      response.body = co_await collect(request.source, kMiB);
      response.body += fmt::format(" {}", request.source->take_trailers().get_or("Why"));
      co_return response;
    }
    if (request.path() == "/echo") {
      response.source = request.source;
      response.body = request.body;
      if (request.source) {
        response.body = co_await collect(request.source, 1024 * kMiB);
        response.source.reset();
      }
      co_return response;
    }
    std::size_t total = request.body.size();
    while (request.source) {
      std::string slice;
      try {
        slice = co_await request.source->next();
      } catch (const BodyError& error) {
        seen_error_ = error.message;
      }
      if (!seen_error_.empty()) throw BodyError(seen_error_);
      if (slice.empty()) break;
      total += slice.size();
    }
    response.body = fmt::format("{} bytes", total);
    co_return response;
  }

  std::string exchange(std::string bytes) {
    RawClient client(loop_.executor(), target_.port);
    loop_.run(client.send(std::move(bytes)));
    return loop_.run(client.read_to_end());
  }
  void wait_for(const std::function<bool()>& condition) {
    while (!condition()) loop_.run(core::sleep_for(milliseconds(1)));
  }
  HttpResponse stream(std::string method, std::string path,
                      std::shared_ptr<BodySource> source = nullptr) {
    HttpRequest request;
    request.method = std::move(method);
    request.target = std::move(path);
    request.source = std::move(source);
    return loop_.run(client_->stream(target_, std::move(request), milliseconds(20'000),
                                     HttpClient::Repeat::kByMethod));
  }
  static std::string put(std::string_view path, std::size_t length, std::string_view more = "") {
    return fmt::format("PUT {} HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n{}\r\n", path, length,
                       more);
  }

  Loop loop_;
  core::Timer gate_{loop_.executor(), core::kNever};
  std::optional<HttpServer> server_;
  std::optional<TcpHttpClient> client_;
  HttpTarget target_;
  std::shared_ptr<BodySource> down_;
  std::string seen_error_;
  int requests_ = 0;
};

TEST_F(BodyTest, ARequestIsPulledAndTheConnectionGoesOn) {
  start();
  RawClient client(loop_.executor(), target_.port);
  loop_.run(client.send(put("/", 100'000) + std::string(100'000, 'x') + put("/", 3) + "abc" +
                        "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" +
                        "5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n" +
                        "GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
  const std::string answers = loop_.run(client.read_to_end());
  EXPECT_THAT(answers, HasSubstr("100000 bytes"));
  EXPECT_THAT(answers, HasSubstr("3 bytes"));
  EXPECT_THAT(answers, HasSubstr("6 bytes"));
  EXPECT_THAT(answers, EndsWith("0 bytes"));
}

TEST_F(BodyTest, NothingIsReadThatNobodyAskedFor) {
  start();
  tcp::socket socket(loop_.executor());
  socket.connect({asio::ip::make_address("127.0.0.1"), target_.port});
  asio::write(socket, asio::buffer(put("/wait", 900 * kMiB)));
  wait_for([&] { return requests_ == 1; });
  socket.non_blocking(true);
  // What the machine itself keeps under way between two sockets is some megabytes.
  const std::string piece(kMiB, 'x');
  std::size_t sent = 0;
  boost::system::error_code error;
  while (!error && sent < 900 * kMiB) {
    sent += socket.write_some(asio::buffer(piece), error);
    loop_.run(core::sleep_for(milliseconds(1)));
  }
  EXPECT_EQ(error, asio::error::would_block);
  EXPECT_LT(sent, 100 * kMiB);
  EXPECT_LE(server_->stats().held, kMiB);
}

TEST_F(BodyTest, ContinuesWhenTheHandlerPulls) {
  start();
  RawClient client(loop_.executor(), target_.port);
  loop_.run(client.send(put("/", 20'000, "Expect: 100-continue\r\n")));
  EXPECT_THAT(loop_.run(client.read_until("\r\n\r\n")), StartsWith("HTTP/1.1 100 Continue"));
  loop_.run(client.send(std::string(20'000, 'x')));
  EXPECT_THAT(loop_.run(client.read_until("20000 bytes")), EndsWith("20000 bytes"));
}

TEST_F(BodyTest, ARefusalComesBeforeTheBody) {
  start();
  const std::string answer = exchange(put("/refuse", 20'000, "Expect: 100-continue\r\n"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 403 Forbidden\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("100 Continue")));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
}

TEST_F(BodyTest, WhoeverSendsOnReadsTheRefusalAllTheSame) {
  start();
  const std::string answer = exchange(put("/refuse", 30 * kMiB) + std::string(30 * kMiB, 'x'));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 403 Forbidden\r\n"));
  EXPECT_THAT(answer, EndsWith("no"));
}

TEST_F(BodyTest, ALostSenderIsTheHandlersToKnow) {
  start();
  for (const std::string& sent :
       {put("/", 100'000), put("/", 100'000) + std::string(50'000, 'x'),
        std::string("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"),
        std::string("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe"),
        std::string("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n"),
        std::string("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")}) {
    seen_error_.clear();
    RawClient client(loop_.executor(), target_.port);
    loop_.run(client.send(sent));
    client.shutdown_send();
    EXPECT_EQ(loop_.run(client.read_to_end()), "");
    EXPECT_NE(seen_error_, "") << sent.size();
  }
  EXPECT_EQ(server_->stats().held, 0u);
}

TEST_F(BodyTest, WhatIsWrongWithTheBodyIsTheServersToSay) {
  HttpServer::Options options;
  options.body_limit = [](const HttpRequest&) { return 40'000; };
  options.refusal = [](const HttpRequest& head, int status) -> std::optional<HttpResponse> {
    HttpResponse shaped;
    shaped.status = status;
    shaped.body = "shaped for " + head.target;
    return shaped;
  };
  start(std::move(options));
  const std::string chunked = "PUT /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_THAT(exchange(chunked + "5\r\nhello\r\nx\r\n"), StartsWith("HTTP/1.1 400 "));
  const std::string piece = fmt::format("7530\r\n{}\r\n", std::string(30'000, 'x'));
  const std::string large = exchange(chunked + piece + piece);
  EXPECT_THAT(large, StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(large, EndsWith("shaped for /a"));
  EXPECT_THAT(exchange(put("/a", 40'001)), StartsWith("HTTP/1.1 413 "));
}

TEST_F(BodyTest, ASlowSenderIsThrownOut) {
  HttpServer::Options options;
  options.limits.body_timeout = milliseconds(20);
  start(std::move(options));
  EXPECT_THAT(exchange(put("/", 100'000) + "x"), StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(seen_error_, "The body did not arrive in time");
}

TEST_F(BodyTest, AHandlersTimeIsNotTheSenders) {
  HttpServer::Options options;
  options.limits.body_timeout = milliseconds(40);
  start(std::move(options));
  RawClient client(loop_.executor(), target_.port);
  loop_.run(client.send(put("/wait", 20'000) + std::string(10, 'x')));
  wait_for([&] { return requests_ == 1; });
  loop_.run(core::sleep_for(milliseconds(100)));
  loop_.run(client.send(std::string(19'990, 'x')));
  gate_.cancel();
  EXPECT_THAT(loop_.run(client.read_until("bytes")), EndsWith("20000 bytes"));
}

TEST_F(BodyTest, AnswersArePulledAsTheyAreTaken) {
  start();
  down_ = std::make_shared<Slices>(kBodySlice, 100);
  const std::string known = exchange("GET /down HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(known, HasSubstr(fmt::format("\r\nContent-Length: {}\r\n", 100 * kBodySlice)));
  EXPECT_EQ(known.size() - known.find("\r\n\r\n") - 4, 100 * kBodySlice);

  down_ = std::make_shared<Slices>(3, 2, Slices::Length::kUnknown);
  const std::string unknown =
      exchange("GET /down HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(unknown, HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
  EXPECT_THAT(unknown, EndsWith("\r\n\r\n3\r\nbbb\r\n3\r\nccc\r\n0\r\n\r\n"));

  down_ = std::make_shared<Slices>(3, 2, Slices::Length::kUnknown);
  const std::string old = exchange("GET /down HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(old, Not(HasSubstr("Transfer-Encoding")));
  EXPECT_THAT(old, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(old, EndsWith("\r\n\r\nbbbccc"));

  const auto untouched = std::make_shared<Slices>(3, 2);
  down_ = untouched;
  const std::string head = exchange("HEAD /down HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("\r\nContent-Length: 6\r\n"));
  EXPECT_EQ(untouched->given(), 0u);
}

TEST_F(BodyTest, AnAnswerThatBreaksOffIsSeenToBeIncomplete) {
  start();
  down_ = std::make_shared<Slices>(3, 2, Slices::Length::kKnown, Slices::End::kBroken);
  const std::string known = exchange("GET /down HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(known, HasSubstr("Content-Length: 9\r\n"));
  EXPECT_THAT(known, EndsWith("\r\n\r\nbbbccc"));
  down_ = std::make_shared<Slices>(3, 1, Slices::Length::kUnknown, Slices::End::kBroken);
  EXPECT_THAT(exchange("GET /down HTTP/1.1\r\nHost: h\r\n\r\n"), EndsWith("\r\n\r\n3\r\nbbb\r\n"));
}

TEST_F(BodyTest, AReaderThatStandsStillIsThrownOut) {
  HttpServer::Options options;
  options.limits.body_timeout = milliseconds(20);
  start(std::move(options));
  down_ = std::make_shared<Slices>(kBodySlice, 100'000);
  RawClient client(loop_.executor(), target_.port);
  loop_.run(client.send("GET /down HTTP/1.1\r\nHost: h\r\n\r\n"));
  wait_for([&] { return requests_ == 1; });
  wait_for([&] { return server_->stats().connections == 0; });
  EXPECT_EQ(server_->stats().held, 0u);
}

TEST_F(BodyTest, TheClientSendsAndReceivesSources) {
  start();
  for (const auto length : {Slices::Length::kKnown, Slices::Length::kUnknown}) {
    HttpResponse sent = stream("PUT", "/", std::make_shared<Slices>(50'000, 100, length));
    EXPECT_EQ(sent.body, "5000000 bytes");
    HttpResponse echoed = stream("PUT", "/echo", std::make_shared<Slices>(50'000, 100, length));
    ASSERT_TRUE(echoed.source);
    EXPECT_EQ(echoed.source->length(), 5'000'000u);
    const std::string same = loop_.run(collect(std::make_shared<Slices>(50'000, 100), 100 * kMiB));
    EXPECT_EQ(loop_.run(collect(echoed.source, 100 * kMiB)), same);
    down_ = std::make_shared<Slices>(50'000, 100, length);
    HttpResponse got = stream("GET", "/down");
    ASSERT_TRUE(got.source);
    EXPECT_EQ(loop_.run(collect(got.source, 100 * kMiB)), same);
    // All over one connection.
    EXPECT_EQ(got.headers.get("X-Port"), sent.headers.get("X-Port"));
  }
  EXPECT_EQ(stream("GET", "/").body, "0 bytes");
  EXPECT_EQ(server_->stats().accepted, 1u);
}

TEST_F(BodyTest, TheClientDoesNotPullWhatIsNotWanted) {
  start();
  const auto source = std::make_shared<Slices>(kBodySlice, 1'000);
  const HttpResponse refused = stream("PUT", "/refuse", source);
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.body, "no");
  EXPECT_EQ(source->given(), 0u);
}

TEST_F(BodyTest, TheClientStopsWhenThePeerHasHeardEnough) {
  start();
  const auto source = std::make_shared<Slices>(kBodySlice, 8'000);
  const HttpResponse answered = stream("PUT", "/first", source);
  EXPECT_EQ(answered.body, "1 and no more");
  EXPECT_LT(source->given(), 8'000u);
}

TEST_F(BodyTest, ASourceThatBreaksBreaksTheRequest) {
  start();
  const auto broken =
      std::make_shared<Slices>(50'000, 3, Slices::Length::kKnown, Slices::End::kBroken);
  EXPECT_THROW(stream("PUT", "/", broken), BodyError);
  wait_for([&] { return !seen_error_.empty(); });
  EXPECT_EQ(requests_, 1);
}

TEST_F(BodyTest, AnAnswerGivenUpClosesItsConnection) {
  start();
  down_ = std::make_shared<Slices>(kBodySlice, 1'000);
  HttpResponse got = stream("GET", "/down");
  loop_.run(got.source->next());
  got.source.reset();
  wait_for([&] { return server_->stats().connections == 0; });
  EXPECT_EQ(stream("GET", "/").body, "0 bytes");
}

TEST_F(BodyTest, AnAnswerThatBreaksOffFailsItsReader) {
  start();
  down_ = std::make_shared<Slices>(kBodySlice, 3, Slices::Length::kKnown, Slices::End::kBroken);
  HttpResponse got = stream("GET", "/down");
  ASSERT_TRUE(got.source);
  EXPECT_THROW(loop_.run(collect(got.source, 1024 * kMiB)), BodyError);
  EXPECT_THROW(loop_.run(got.source->next()), BodyError);
}

TEST_F(BodyTest, AnAnswerThatIsMadeWhileItIsSentIsGivenOnSo) {
  start();
  const auto ask = [&] {
    HttpRequest request;
    request.method = "POST";
    request.target = "/down";
    return loop_.run(client_->send_open(target_, std::move(request), milliseconds(20'000),
                                        HttpClient::Repeat::kNo));
  };
  down_ = std::make_shared<Slices>(kMiB, 3, Slices::Length::kUnknown);
  HttpResponse response = ask();
  ASSERT_NE(response.source, nullptr);
  EXPECT_EQ(loop_.run(collect(response.source, 3 * kMiB)).size(), 3 * kMiB);
  down_ = std::make_shared<Slices>(kMiB, 3);
  response = ask();
  EXPECT_EQ(response.source, nullptr);
  EXPECT_EQ(response.body.size(), 3 * kMiB);
  down_ = std::make_shared<Slices>(kMiB, 3, Slices::Length::kKnown, Slices::End::kBroken);
  try {
    ask();
    ADD_FAILURE() << "a part was taken for the whole";
  } catch (const NetError& error) {
    EXPECT_TRUE(error.sent);
  }
}

/// Gives its second slice when it is let.
class Waiting final : public BodySource {
 public:
  explicit Waiting(core::Timer& gate) : gate_(gate) {}
  Task<std::string> next() override {
    if (++given_ == 2) {
      boost::system::error_code ignored;
      co_await gate_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    co_return given_ > 2 ? "" : "slice";
  }
  std::optional<std::uint64_t> length() const override { return std::nullopt; }

 private:
  core::Timer& gate_;
  int given_ = 0;
};

TEST_F(BodyTest, ASliceIsThereBeforeTheNextIsMade) {
  start();
  HttpClient::Options impatient;
  impatient.slice_timeout = milliseconds(1);
  client_.emplace(loop_.executor(), impatient);
  down_ = std::make_shared<Waiting>(gate_);
  const HttpResponse response = stream("GET", "/down");
  ASSERT_NE(response.source, nullptr);
  EXPECT_EQ(loop_.run(response.source->next()), "slice");
  // Whoever makes an answer may take longer than whoever only sends one.
  std::string second;
  asio::co_spawn(loop_.executor(), response.source->next(),
                 [&](const std::exception_ptr&, std::string slice) { second = std::move(slice); });
  loop_.run(core::sleep_for(milliseconds(20)));
  gate_.cancel();
  wait_for([&] { return !second.empty(); });
  EXPECT_EQ(second, "slice");
  EXPECT_EQ(loop_.run(response.source->next()), "");
}

TEST_F(BodyTest, FieldsAfterASourceAreItsOwn) {
  HttpServer::Options options;
  options.keeps_trailers = true;
  start(std::move(options));
  const std::string answer = exchange(
      "PUT /fields HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n0\r\nWhy: because " +
      std::string(8'000, 'x') + "\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("hello because xxx"));
}

TEST_F(BodyTest, CollectsUpToALimit) {
  for (const auto length : {Slices::Length::kKnown, Slices::Length::kUnknown}) {
    EXPECT_EQ(loop_.run(collect(std::make_shared<Slices>(3, 2, length), 6)), "bbbccc");
    EXPECT_THROW(loop_.run(collect(std::make_shared<Slices>(3, 2, length), 5)), BodyError);
  }
  EXPECT_THROW(
      loop_.run(collect(
          std::make_shared<Slices>(3, 2, Slices::Length::kUnknown, Slices::End::kBroken), 100)),
      BodyError);
}

/// Answers with these bytes and closes, once for each connection that has sent something.
Task<void> answer_and_close(tcp::acceptor* acceptor, std::vector<std::string> answers) {
  for (std::string& answer : answers) {
    tcp::socket socket = co_await acceptor->async_accept(asio::use_awaitable);
    // One answer is kept alive, and the next request on that connection finds it closed.
    for (const bool first : {true, false}) {
      char piece[4096];
      boost::system::error_code ended;
      co_await socket.async_read_some(asio::buffer(piece),
                                      asio::redirect_error(asio::use_awaitable, ended));
      if (first) co_await asio::async_write(socket, asio::buffer(answer), asio::use_awaitable);
    }
  }
}

TEST_F(BodyTest, OnlyASourceThatWasNotTouchedIsSentAgain) {
  start();
  const auto source = std::make_shared<Slices>(10, 2);
  tcp::acceptor acceptor(loop_.executor(), {asio::ip::make_address("127.0.0.1"), 0});
  target_.port = acceptor.local_endpoint().port();
  core::TaskGroup group(loop_.executor());
  const std::string plain = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  group.spawn("server", answer_and_close(&acceptor, {plain,
                                                     "HTTP/1.1 403 Forbidden\r\nContent-Length: "
                                                     "0\r\n\r\n"}));
  EXPECT_EQ(stream("GET", "/").status, 200);
  // The pooled connection is closed when the head has come, so the request goes over another one.
  EXPECT_EQ(stream("PUT", "/", source).status, 403);
  EXPECT_EQ(source->given(), 0u);
  loop_.run(group.stop());

  tcp::acceptor second(loop_.executor(), {asio::ip::make_address("127.0.0.1"), 0});
  target_.port = second.local_endpoint().port();
  core::TaskGroup others(loop_.executor());
  others.spawn("server", answer_and_close(&second, {"HTTP/1.1 100 Continue\r\n\r\n", plain}));
  try {
    stream("PUT", "/", source);
    ADD_FAILURE() << "answered";
  } catch (const NetError& error) {
    EXPECT_TRUE(error.sent);
  }
  loop_.run(others.stop());
}

}  // namespace
}  // namespace tandem::net
