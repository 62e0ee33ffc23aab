// Strangers who begin TLS handshakes and do not go on: they take no memory worth speaking of, and
// whoever goes on is served.
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "net/handshake_room.h"
#include "net/http_server.h"
#include "net/loopback_testing.h"
#include "net/openssl.h"
#include "net/process.h"
#include "net/tcp_http_client.h"
#include "net/tls_impl.h"

namespace tandem::net {
namespace {

using std::chrono::milliseconds;
using testing::Loop;
using testing::RawClient;

/// What a client of OpenSSL's sends first.
std::string client_hello() {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL* ssl = SSL_new(context);
  BIO* out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl, BIO_new(BIO_s_mem()), out);
  SSL_set_connect_state(ssl);
  SSL_do_handshake(ssl);
  std::string bytes = bio_text(out);
  SSL_free(ssl);
  SSL_CTX_free(context);
  return bytes;
}

class TlsOverloadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    raise_descriptor_limit();
    std::filesystem::remove_all(folder_);
    ca_ = LocalCa::load_or_create(folder_, {&clock_, &keys_});
    tls_.set_default(ca_->issue({"127.0.0.1"}));
    HttpServer::Options options;
    options.limits.header_timeout = std::chrono::minutes(10);
    server_.emplace(loop_.executor(), std::move(options), answer);
    port_ = server_->listen_tls("127.0.0.1", 0, tls_);
    server_->start();
    client_.emplace(loop_.executor(),
                    HttpClient::Options{.trusted_ca_pem = ca_->certificate_pem()});
  }
  void TearDown() override {
    strangers_.clear();
    client_->close();
    loop_.run(server_->stop());
    std::filesystem::remove_all(folder_);
  }

  static Task<HttpResponse> answer(HttpRequest) {
    HttpResponse response;
    response.body = "served";
    co_return response;
  }
  Task<HttpResponse> ask() {
    HttpRequest request;
    request.method = "GET";
    request.target = "/";
    HttpTarget target{.address = "127.0.0.1", .port = port_, .tls = true};
    co_return co_await client_->send(std::move(target), std::move(request));
  }
  static Task<void> count(Task<HttpResponse> asking, std::size_t* served, std::size_t* failed) {
    bool good = false;
    try {
      const HttpResponse response = co_await std::move(asking);
      good = response.body == "served";
    } catch (const NetError&) {
      good = false;
    }
    ++*(good ? served : failed);
  }

  RawClient& connect(std::string bytes) {
    auto& client = *strangers_.emplace_back(std::make_unique<RawClient>(loop_.executor(), port_));
    loop_.run(client.send(std::move(bytes)));
    return client;
  }
  void wait_for(const std::function<bool()>& condition) {
    while (!condition()) loop_.run(core::sleep_for(milliseconds(1)));
  }
  const HandshakeRoom& room() { return tls_.impl().room; }

  core::SystemClock clock_;
  OpenSslKeys keys_;
  const std::filesystem::path folder_ =
      std::filesystem::path(::testing::TempDir()) / ("tandem-tls-" + std::to_string(::getpid()));
  Loop loop_;
  ServerTls tls_;
  std::optional<LocalCa> ca_;
  std::optional<HttpServer> server_;
  std::optional<TcpHttpClient> client_;
  std::vector<std::unique_ptr<RawClient>> strangers_;
  std::uint16_t port_ = 0;
  const std::string hello_ = client_hello();
};

TEST_F(TlsOverloadTest, AHelloThatIsNotWholeTakesNoPlace) {
  for (std::size_t i = 0; i < 2 * HandshakeRoom::kPlaces; ++i) {
    connect(hello_.substr(0, i % 2 == 0 ? 5 : hello_.size() - 1));
  }
  EXPECT_EQ(loop_.run(ask()).body, "served");
  wait_for([&] { return server_->stats().accepted > strangers_.size(); });
  EXPECT_EQ(room().inside(), 0u);
  // The rest of it, and there is one.
  loop_.run(strangers_.back()->send(hello_.substr(hello_.size() - 1)));
  wait_for([&] { return room().inside() == 1; });
}

TEST_F(TlsOverloadTest, WhoGoesOnIsServedAmongThoseWhoDoNot) {
  constexpr std::size_t kMore = 40;
  for (std::size_t i = 0; i < HandshakeRoom::kPlaces + kMore; ++i) connect(hello_);
  wait_for([&] { return server_->stats().accepted == strangers_.size(); });
  EXPECT_LE(room().inside(), HandshakeRoom::kPlaces);
  EXPECT_EQ(loop_.run(ask()).body, "served");
  EXPECT_GT(server_->stats().evicted, 0u);
  EXPECT_LE(room().inside(), HandshakeRoom::kPlaces);
  // The first has gone.
  EXPECT_NE(loop_.run(strangers_.front()->read_to_end()), "");
}

TEST_F(TlsOverloadTest, ACrowdOfThoseWhoGoOnIsServedWhole) {
  constexpr std::size_t kCrowd = 2 * HandshakeRoom::kPlaces;
  std::size_t served = 0;
  std::size_t failed = 0;
  core::TaskGroup crowd(loop_.executor());
  for (std::size_t i = 0; i < kCrowd; ++i) crowd.spawn("client", count(ask(), &served, &failed));
  wait_for([&] { return served + failed == kCrowd; });
  EXPECT_EQ(failed, 0u);
  EXPECT_EQ(room().inside(), 0u);
  EXPECT_EQ(room().waiting(), 0u);
  loop_.run(crowd.stop());
}

TEST_F(TlsOverloadTest, WhoLeavesTheLineLeavesNothingBehind) {
  for (std::size_t i = 0; i < HandshakeRoom::kPlaces + 10; ++i) connect(hello_);
  wait_for([&] { return server_->stats().accepted == strangers_.size(); });
  strangers_.clear();
  wait_for([&] { return server_->stats().connections == 0; });
  EXPECT_EQ(room().inside(), 0u);
  EXPECT_EQ(room().waiting(), 0u);
  EXPECT_EQ(loop_.run(ask()).body, "served");
}

}  // namespace
}  // namespace tandem::net
