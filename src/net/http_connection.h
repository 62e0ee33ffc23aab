// One connection of the HTTP server: reads requests one after the other, has each answered, writes
// the answer. Plain and TLS streams share it. Private to the server.
#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <string_view>

#include "net/body.h"
#include "net/http_parser.h"
#include "net/http_server.h"
#include "net/http_supervision.h"

namespace tandem::net {

using TcpSocket = asio::ip::tcp::socket;
using TlsStream = asio::ssl::stream<TcpSocket>;

/// Bytes that were read and not yet used. Grows to what one head may take.
class ReadBuffer {
 public:
  std::string_view data() const { return {bytes_.data() + begin_, end_ - begin_}; }
  void consume(std::size_t count);
  /// Gives back what an unusually large head took. Only when there is nothing in it.
  void shrink();
  /// Room for at least one more byte.
  asio::mutable_buffer prepare();
  void commit(std::size_t count) { end_ += count; }

 private:
  static constexpr std::size_t kInitial = 8 * 1024;
  std::string bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

enum class Persistence { kKeepAlive, kClose };
/// How the end of an answer shows whose length is not known.
enum class OpenEnd { kChunked, kClose };

/// Status line, fields and empty line. Fields whose value could break out of its line make it
/// return false: the handler is at fault.
bool render_head(const HttpResponse& response, std::string_view method, Persistence persistence,
                 OpenEnd open_end, std::string_view date, std::string& out);
/// RFC 9110 §6.4.1: these never have content.
bool has_no_content(int status);

template <class Stream>
class HttpConnection final : public Supervised {
 public:
  HttpConnection(ServerShared& shared, Stream& stream, const Connection& connection);
  ~HttpConnection() override;

  Task<void> serve();
  void abort() override;

  /// The next slice of a body that its handler takes as a source.
  Task<std::string> pull();

 private:
  class Tap;
  enum class Outcome { kRequest, kRefused, kClosed };

  Task<Outcome> read_request();
  Task<Outcome> read_head();
  Task<Outcome> read_body();
  Task<Outcome> read_sized_body(std::uint64_t length);
  Task<Outcome> read_chunked_body(std::size_t limit);
  /// Leaves the body where it is: the handler pulls it.
  Outcome open_body();
  Task<std::string> pull_sized();
  Task<std::string> pull_chunked();
  [[noreturn]] void break_off(int status, std::string why);
  void settle_body(HttpResponse& response);
  std::uint64_t limit_of_body() const;
  Task<bool> send_continue();
  /// False at the stream's end, an error or the deadline.
  Task<bool> read_more();
  Task<HttpResponse> answer();
  Task<bool> send(HttpResponse response, Persistence persistence);
  Task<bool> send_source(std::shared_ptr<BodySource> source, OpenEnd open_end);
  Task<bool> write_all(std::string_view head, std::string_view body);
  Task<bool> write_slices(std::string_view head, std::string_view body);
  Task<void> finish();

  Outcome refuse(int status, std::string why);
  HttpResponse refusal_response();
  Outcome refuse_late(std::string_view why);
  Outcome refuse_for_room();
  bool lost() const { return expired || evicted; }
  bool got_on(std::size_t bytes);

  ServerShared& shared_;
  Stream& stream_;
  const Connection& connection_;
  ReadBuffer buffer_;
  HeadScanner scanner_;
  BodyFraming framing_;
  HttpRequest request_;
  std::string method_;  ///< outlives the request, which the handler takes
  bool keep_alive_ = true;
  bool expect_continue_ = false;
  bool first_ = true;
  bool http_1_0_ = false;
  std::size_t since_progress_ = 0;  ///< bytes moved since the deadline was last put off
  std::shared_ptr<Tap> tap_;        ///< while a handler has the request and pulls its body
  std::optional<ChunkDecoder> chunks_;
  std::uint64_t unread_ = 0;  ///< of the body, as far as its length is known
  bool whole_ = true;         ///< the body has been read to its end
  bool broken_ = false;       ///< it will not be; refused_ says why, status 0: nobody is to be told
  std::chrono::milliseconds allowance_{0};  ///< what the sender has left to get on
  HttpSyntaxError refused_;
  std::optional<HttpResponse> not_admitted_;
  std::string out_;
};

extern template class HttpConnection<TcpSocket>;
extern template class HttpConnection<TlsStream>;

}  // namespace tandem::net
