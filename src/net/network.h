// The network as a process sees it. There is one that is real, and the simulator's.
#pragma once

#include <memory>
#include <string>

#include "net/endpoint_probe.h"
#include "net/http_client.h"
#include "net/stream.h"

namespace tandem::net {

/// Outlives everything that it made. Loop thread only.
class Network {
 public:
  virtual ~Network() = default;
  virtual std::unique_ptr<HttpClient> http_client(HttpClient::Options options) = 0;
  virtual std::unique_ptr<EndpointProber> prober() = 0;

  /// Binds and listens; port 0 takes a free one. Throws boost::system::system_error.
  virtual std::unique_ptr<StreamListener> listen(const std::string& address,
                                                 std::uint16_t port) = 0;
  struct Connected {
    boost::system::error_code error;
    std::unique_ptr<Stream> stream;
  };
  virtual Task<Connected> connect(std::string address, std::uint16_t port) = 0;
};

class TcpNetwork final : public Network {
 public:
  explicit TcpNetwork(asio::any_io_executor executor) : executor_(std::move(executor)) {}
  std::unique_ptr<HttpClient> http_client(HttpClient::Options options) override;
  std::unique_ptr<EndpointProber> prober() override;
  std::unique_ptr<StreamListener> listen(const std::string& address, std::uint16_t port) override;
  Task<Connected> connect(std::string address, std::uint16_t port) override;

 private:
  asio::any_io_executor executor_;
};

}  // namespace tandem::net
