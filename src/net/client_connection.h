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

#include "net/body.h"
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
  struct Patience {
    std::chrono::milliseconds answer;  ///< for the peer to answer
    std::chrono::milliseconds slice;   ///< for each slice of a body
  };
  /// The same for a body that is a source, which is pulled here. Unless the answer's body is small,
  /// it is left to read_slice(). Sees to its own deadlines. Throws NetError, and what the source
  /// throws.
  Task<HttpResponse> begin(const HttpRequest* request, const HttpTarget* target, Patience patience);
  /// Whether begin() left a body; its length, if that is known.
  bool has_more() const { return remaining_ || chunks_ || to_end_; }
  std::optional<std::uint64_t> length_left() const { return remaining_; }
  /// The answer's next slice, empty at its end. Throws NetError.
  Task<std::string> read_slice();

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
  /// The present request's source has given something.
  bool pulled() const { return pulled_; }

  TimePoint idle_since;

 private:
  Task<void> handshake(HttpTarget target, asio::ssl::context* tls);
  enum class Interim { kSkip, kStopAtContinue };
  /// kStopAtContinue: also gives the head of a 100.
  Task<ResponseHead> read_head(std::size_t limit, Interim interim = Interim::kSkip);
  /// Sets sent_whole_, unless the peer did not want the body to its end.
  Task<void> send_source(std::shared_ptr<BodySource> source, std::chrono::milliseconds for_slice);
  Task<std::string> read_slice_sized();
  Task<std::string> read_slice_chunked();
  void frame_answer(const ResponseHead& head, std::string_view method);
  Task<void> read_sized(std::string* body, std::uint64_t length);
  Task<void> read_chunked(std::string* body, std::size_t limit);
  Task<void> read_to_end(std::string* body, std::size_t limit);
  /// Appends to buffer_; false at the stream's orderly end.
  Task<bool> read_more();
  /// The count; 0 at the stream's orderly end.
  Task<std::size_t> read_some(asio::mutable_buffer room);
  /// False when not everything went out.
  Task<bool> write(std::array<asio::const_buffer, 3> parts);
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
  bool pulled_ = false;
  bool sent_whole_ = true;  ///< the source of the present request
  bool keep_alive_ = false;
  // What is still to come of an answer whose body is left to read_slice().
  std::optional<std::uint64_t> remaining_;
  std::optional<ChunkDecoder> chunks_;
  bool chunks_done_ = false;
  bool to_end_ = false;
  std::chrono::milliseconds slice_timeout_{0};
  std::string buffer_;  ///< bytes read and not yet used
};

}  // namespace tandem::net
