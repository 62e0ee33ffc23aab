#include "net/relay.h"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http_server.h"
#include "net/loopback_testing.h"
#include "net/tcp_http_client.h"

namespace tandem::net {
namespace {

using asio::ip::tcp;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using testing::Loop;
using testing::RawClient;

Task<HttpResponse> echo(HttpRequest request) {
  HttpResponse response;
  response.body = request.method + " [" + request.body + "] " + request.connection.server_name;
  co_return response;
}

/// A server behind a relay, which has a door for TLS and one for anything.
class RelayTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("tandem-relay-" + std::to_string(getpid()));
    ca_ = LocalCa::load_or_create(folder_, {&clock_, &keys_});
    server_tls_.set_default(ca_.issue({"behind.example"}));
    relay_tls_.set("ends.example", ca_.issue({"ends.example"}));
    server_.emplace(loop_.executor(), HttpServer::Options{}, echo);
    plain_ = server_->listen("127.0.0.1", 0);
    secure_ = server_->listen_tls("127.0.0.1", 0, server_tls_);
    server_->start();
    make_relay({});
  }
  void make_relay(Relay::Limits limits) {
    relay_.emplace(loop_.executor(), limits, &relay_tls_,
                   [this](const Relay::Arrival& arrival) { return route(arrival); });
    anything_ = door(Relay::Speaks::kAnything);
    names_ = door(Relay::Speaks::kTls);
    relay_->start();
  }
  void TearDown() override {
    client_.reset();
    loop_.run(relay_->stop());
    loop_.run(server_->stop());
    std::filesystem::remove_all(folder_);
  }

  std::uint16_t door(Relay::Speaks speaks) {
    tcp::acceptor listening(loop_.executor(), {asio::ip::make_address("127.0.0.1"), 0});
    const std::uint16_t port = listening.local_endpoint().port();
    relay_->adopt(Descriptor(::dup(listening.native_handle())), speaks);
    return port;
  }

  std::optional<Relay::Target> route(const Relay::Arrival& arrival) {
    asked_ = arrival.server_name;
    if (arrival.server_name == "nowhere.example") return std::nullopt;
    if (arrival.server_name == "dead.example") return Relay::Target{"127.0.0.1", 1};
    if (arrival.server_name == "ends.example") return Relay::Target{"127.0.0.1", plain_, true};
    return Relay::Target{"127.0.0.1", arrival.port == names_ ? secure_ : plain_};
  }

  HttpResponse ask(std::string name, std::string body = "") {
    if (!client_) {
      client_.emplace(loop_.executor(),
                      HttpClient::Options{.trusted_ca_pem = ca_.certificate_pem()});
    }
    HttpTarget target{.address = "127.0.0.1", .port = name.empty() ? anything_ : names_};
    target.tls = !name.empty();
    target.server_name = std::move(name);
    HttpRequest request;
    request.method = "POST";
    request.target = "/";
    request.headers.set("Host", "h");
    request.body = std::move(body);
    return loop_.run(client_->send(std::move(target), std::move(request), milliseconds(20'000)));
  }

  Loop loop_;
  std::filesystem::path folder_;
  core::SystemClock clock_;
  OpenSslKeys keys_;
  LocalCa ca_;
  ServerTls server_tls_;
  ServerTls relay_tls_;
  std::optional<HttpServer> server_;
  std::optional<Relay> relay_;
  std::optional<TcpHttpClient> client_;
  std::uint16_t plain_ = 0;
  std::uint16_t secure_ = 0;
  std::uint16_t anything_ = 0;
  std::uint16_t names_ = 0;
  std::string asked_;
};

TEST_F(RelayTest, CarriesBytesBothWays) {
  const std::string large(3'000'000, 'x');
  EXPECT_EQ(ask("", large).body, "POST [" + large + "] ");
  EXPECT_EQ(ask("", "again").body, "POST [again] ");
}

TEST_F(RelayTest, TlsPassesAsItIs) {
  // The certificate is the server's own, and so is the name it is asked by.
  EXPECT_EQ(ask("behind.example", "x").body, "POST [x] behind.example");
  EXPECT_EQ(asked_, "behind.example");
}

TEST_F(RelayTest, TlsEndsHereWhereItIsToldTo) {
  const std::string large(3'000'000, 'x');
  EXPECT_EQ(ask("ends.example", large).body, "POST [" + large + "] ");
}

TEST_F(RelayTest, WhatLeadsNowhereIsClosed) {
  EXPECT_THROW(ask("nowhere.example"), NetError);
  EXPECT_THROW(ask("dead.example"), NetError);
  EXPECT_EQ(ask("").body, "POST [] ");
}

TEST_F(RelayTest, AnEndIsCarriedOn) {
  RawClient client(loop_.executor(), anything_);
  loop_.run(client.send("GET / HTTP/1.0\r\n\r\n"));
  client.shutdown_send();
  EXPECT_THAT(loop_.run(client.read_to_end()), HasSubstr("GET []"));
}

TEST_F(RelayTest, WhoeverSaysNothingIsClosedInTheEnd) {
  loop_.run(relay_->stop());
  make_relay({.opening = milliseconds(50)});
  RawClient silent(loop_.executor(), names_);
  EXPECT_EQ(loop_.run(silent.read_to_end()), "");
  RawClient half(loop_.executor(), names_);
  loop_.run(half.send("\x16\x03\x01"));
  EXPECT_EQ(loop_.run(half.read_to_end()), "");
}

}  // namespace
}  // namespace tandem::net
