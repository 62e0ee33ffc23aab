// A blocking HTTP/1.1 client over one kept connection, plain or TLS. Small on purpose: it is part
// of every function's start.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::lambda_runtime {

struct Endpoint {
  bool tls = false;
  std::string host;
  std::uint16_t port = 80;

  /// "http://host[:port]" or "https://host[:port]". Throws std::runtime_error.
  static Endpoint parse(std::string_view url);
  /// As the Host field wants it: the port only when it is not the scheme's own.
  std::string authority() const;
};

struct HttpAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string body;
  std::string_view header(std::string_view lower_case_name) const;
};

class Connection {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr Clock::time_point kForever = Clock::time_point::max();

  explicit Connection(Endpoint endpoint);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// head is the request line and fields, each ended by CRLF, without the empty line. A kept
  /// connection that turns out to be closed is replaced once. Throws TransportError.
  HttpAnswer send(std::string_view head, std::string_view body, Clock::time_point deadline);
  void close();
  const Endpoint& endpoint() const { return endpoint_; }

 private:
  struct Tls;
  void connect(Clock::time_point deadline);
  bool write_request(std::string_view head, std::string_view body, Clock::time_point deadline);
  HttpAnswer read_answer(Clock::time_point deadline);
  void read_chunked(std::string& body, Clock::time_point deadline);
  std::string read_line(Clock::time_point deadline);
  void read_exactly(std::string& out, std::size_t size, Clock::time_point deadline);
  /// At least one more byte into buffer_; false at the end of the stream.
  bool fill(Clock::time_point deadline);
  long receive(char* data, std::size_t size, Clock::time_point deadline);
  long transmit(const char* data, std::size_t size, Clock::time_point deadline);
  void wait(short events, Clock::time_point deadline);

  Endpoint endpoint_;
  int socket_ = -1;
  std::unique_ptr<Tls> tls_;
  std::string buffer_;
  std::size_t used_ = 0;  ///< bytes of buffer_ that are consumed
};

}  // namespace tandem::lambda_runtime
