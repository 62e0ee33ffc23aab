// One connection of the HTTP client, plain or TLS, and one exchange of messages over it. Private to
// the client.
#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <memory>
#include <optional>
#include <string>

#include "net/http_client.h"
#include "net/http_parser.h"

namespace tandem::net {

class ClientConnection : public std::enable_shared_from_this<ClientConnection> {
 public:
  using TimePoint = core::TimePoint;
  explicit ClientConnection(const asio::any_io_executor& executor);

  /// TCP, then TLS when the target asks for it. Throws NetError.
  Task<void> connect(HttpTarget target, asio::ssl::context* tls);
  /// Sends the request (borrowed) and returns the whole answer. Throws NetError.
  Task<HttpResponse> exchange(const HttpRequest* request, const HttpTarget* target,
                              std::size_t response_limit);

  /// Until relaxed, closes the connection at that moment; what then fails is a timeout.
  void expire_at(TimePoint when);
  void relax();

  /// May serve another request.
  bool reusable() const { return reusable_; }
  /// The peer has neither closed it nor said anything unasked.
  bool quiet();
  /// Not one byte of an answer has come for the present request.
  bool unanswered() const { return !answered_; }
  /// Bytes of the present request may have left this machine's hands.
  bool sent() const { return sent_; }

  TimePoint idle_since;

 private:
  Task<void> handshake(HttpTarget target, asio::ssl::context* tls);
  Task<ResponseHead> read_head(std::size_t limit);
  Task<void> read_sized(std::string* body, std::uint64_t length);
  Task<void> read_chunked(std::string* body, std::size_t limit);
  Task<void> read_to_end(std::string* body, std::size_t limit);
  /// Appends to buffer_; false at the stream's orderly end.
  Task<bool> read_more();
  Task<void> write(std::array<asio::const_buffer, 2> parts);
  [[noreturn]] void fail(NetError::Kind otherwise, const std::string& doing,
                         const boost::system::error_code& error) const;

  asio::ip::tcp::socket socket_;
  std::optional<asio::ssl::stream<asio::ip::tcp::socket&>> tls_;
  core::Timer timer_;
  std::uint64_t timer_round_ = 0;
  bool connected_ = false;
  bool timed_out_ = false;
  bool reusable_ = false;
  bool answered_ = false;
  bool sent_ = false;
  std::string buffer_;  ///< bytes read and not yet used
};

}  // namespace tandem::net
