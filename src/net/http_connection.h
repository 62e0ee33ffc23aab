// One connection of the HTTP server: reads requests one after the other, has each answered, writes
// the answer. Plain and TLS streams share it. Private to the server.
#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <list>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "net/http_parser.h"
#include "net/http_server.h"

namespace tandem::net {

using TcpSocket = asio::ip::tcp::socket;
using TlsStream = asio::ssl::stream<TcpSocket>;

/// What the sweep sees of a connection. One timer sweeps them all: a timer for each read would cost
/// more than the read.
class Supervised {
 public:
  virtual ~Supervised() = default;
  /// Makes the I/O under way fail.
  virtual void abort() = 0;

  static constexpr std::int64_t kNever = INT64_MAX;
  std::int64_t deadline_ns = kNever;
  bool expired = false;
  bool idle = true;  ///< between requests
};

/// What the connections of a server share.
struct ServerShared {
  HttpServer::Options options;
  HttpHandler handler;
  core::SystemClock clock;
  HttpServer::Stats stats;
  std::list<Supervised*> open;
  bool stopping = false;

  /// The Date field's value, made once a second.
  const std::string& date();
  HttpResponse refusal(int status, std::string_view why);

 private:
  std::int64_t date_s_ = -1;
  std::string date_;
};

/// Bytes that were read and not yet used. Grows to what one head may take.
class ReadBuffer {
 public:
  std::string_view data() const { return {bytes_.data() + begin_, end_ - begin_}; }
  void consume(std::size_t count);
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

/// Status line, fields and empty line. Fields whose value could break out of its line make it
/// return false: the handler is at fault.
bool render_head(const HttpResponse& response, std::string_view method, Persistence persistence,
                 std::string_view date, std::string& out);
/// RFC 9110 §6.4.1: these never have content.
bool has_no_content(int status);

template <class Stream>
class HttpConnection final : public Supervised {
 public:
  HttpConnection(ServerShared& shared, Stream& stream, const Connection& connection);
  ~HttpConnection() override;

  Task<void> serve();
  void abort() override;

 private:
  enum class Outcome { kRequest, kRefused, kClosed };

  Task<Outcome> read_request();
  Task<Outcome> read_head();
  Task<Outcome> read_body();
  Task<Outcome> read_sized_body(std::uint64_t length);
  Task<Outcome> read_chunked_body(std::size_t limit);
  Task<bool> send_continue();
  /// False at the stream's end, an error or the deadline.
  Task<bool> read_more();
  Task<HttpResponse> answer();
  Task<bool> send(HttpResponse response, Persistence persistence);
  Task<bool> write_all(std::string_view head, std::string_view body);
  Task<void> finish();

  Outcome refuse(int status, std::string why);
  HttpResponse refusal_response();
  Outcome refuse_late(std::string_view why);
  void expire_after(std::chrono::milliseconds duration);

  ServerShared& shared_;
  Stream& stream_;
  const Connection& connection_;
  std::list<Supervised*>::iterator self_;
  ReadBuffer buffer_;
  HeadScanner scanner_;
  BodyFraming framing_;
  HttpRequest request_;
  std::string method_;  ///< outlives the request, which the handler takes
  bool keep_alive_ = true;
  bool expect_continue_ = false;
  bool first_ = true;
  HttpSyntaxError refused_;
  std::string out_;
};

extern template class HttpConnection<TcpSocket>;
extern template class HttpConnection<TlsStream>;

}  // namespace tandem::net
