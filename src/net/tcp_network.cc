#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include "net/network.h"
#include "net/tcp_http_client.h"

namespace tandem::net {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

class TcpStream final : public Stream {
 public:
  explicit TcpStream(tcp::socket socket) : socket_(std::move(socket)) {
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
  }

  Task<Got> read(asio::mutable_buffer to) override {
    Got got;
    got.bytes =
        co_await socket_.async_read_some(to, asio::redirect_error(asio::use_awaitable, got.error));
    co_return got;
  }

  Task<error_code> write(asio::const_buffer bytes) override {
    error_code failed;
    co_await asio::async_write(socket_, bytes, asio::redirect_error(asio::use_awaitable, failed));
    co_return failed;
  }

  void close() override {
    error_code ignored;
    socket_.close(ignored);
  }

 private:
  tcp::socket socket_;
};

class TcpListener final : public StreamListener {
 public:
  TcpListener(const asio::any_io_executor& executor, const tcp::endpoint& endpoint)
      : acceptor_(executor) {
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(endpoint);
    acceptor_.listen();
  }

  Task<Accepted> accept() override {
    Accepted accepted;
    tcp::socket socket =
        co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, accepted.error));
    if (!accepted.error) accepted.stream = std::make_unique<TcpStream>(std::move(socket));
    co_return accepted;
  }

  void close() override {
    error_code ignored;
    acceptor_.close(ignored);
  }

  std::uint16_t port() const override { return acceptor_.local_endpoint().port(); }

 private:
  tcp::acceptor acceptor_;
};

tcp::endpoint endpoint_of(const std::string& address, std::uint16_t port) {
  return {asio::ip::make_address(address), port};
}

}  // namespace

std::unique_ptr<HttpClient> TcpNetwork::http_client(HttpClient::Options options) {
  return std::make_unique<TcpHttpClient>(executor_, std::move(options));
}

std::unique_ptr<EndpointProber> TcpNetwork::prober() {
  return std::make_unique<TcpEndpointProber>(executor_);
}

std::unique_ptr<StreamListener> TcpNetwork::listen(const std::string& address, std::uint16_t port) {
  return std::make_unique<TcpListener>(executor_, endpoint_of(address, port));
}

Task<Network::Connected> TcpNetwork::connect(std::string address, std::uint16_t port) {
  Connected connected;
  tcp::socket socket(executor_);
  co_await socket.async_connect(endpoint_of(address, port),
                                asio::redirect_error(asio::use_awaitable, connected.error));
  if (!connected.error) connected.stream = std::make_unique<TcpStream>(std::move(socket));
  co_return connected;
}

}  // namespace tandem::net
