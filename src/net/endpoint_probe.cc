#include "net/endpoint_probe.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <openssl/ssl.h>
#include <optional>
#include <zlib.h>

#include "core/text.h"
#include "net/http_parser.h"

namespace tandem::net {
namespace {

using asio::ip::tcp;
using boost::system::error_code;
using Outcome = EndpointSight::Outcome;
using Steady = core::TimerClock;

constexpr std::size_t kReadStep = 4096;
/// Compressed content hardly ever grows; what is wanted lies within this much more.
constexpr std::size_t kBodySlack = 1024;
constexpr int kMaxInterim = 8;

std::chrono::microseconds since(Steady::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - start);
}

/// One connection and the deadline it stands under.
class Sighting : public std::enable_shared_from_this<Sighting> {
 public:
  Sighting(const asio::any_io_executor& executor, asio::ssl::context& tls, EndpointProbe probe)
      : probe_(std::move(probe)), context_(tls), socket_(executor), timer_(executor) {}

  Task<EndpointSight> run() {
    const bool connected = co_await connect();
    if (!connected) co_return sight_;
    const auto head_deadline = Steady::now() + probe_.head_timeout;
    if (probe_.tls) {
      const bool secured = co_await secure(head_deadline);
      if (!secured) co_return sight_;
    }
    if (probe_.request.empty()) {
      sight_.outcome = Outcome::kConnected;
    } else {
      co_await exchange(head_deadline);
    }
    release();
    co_return sight_;
  }

  /// Ends what waits; the timer's last handler may outlive the sighting's coroutine.
  void release() {
    ++round_;
    timer_.cancel();
    close();
  }

 private:
  void close() {
    error_code ignored;
    socket_.close(ignored);
  }

  void expire_at(Steady::time_point when) {
    expired_ = false;
    timer_.expires_at(when);
    timer_.async_wait([weak = weak_from_this(), round = ++round_](error_code cancelled) {
      const auto self = weak.lock();
      if (cancelled || !self || self->round_ != round) return;
      self->expired_ = true;
      self->close();
    });
  }

  bool fail(Outcome outcome, std::string detail) {
    sight_.outcome = outcome;
    sight_.detail = std::move(detail);
    release();
    return false;
  }

  Task<bool> connect() {
    const auto start = Steady::now();
    expire_at(start + probe_.connect_timeout);
    error_code failed;
    const asio::ip::address address = asio::ip::make_address(probe_.address, failed);
    if (failed) co_return fail(Outcome::kConnectFailed, "not an IP address");
    const tcp::endpoint endpoint(address, probe_.port);
    co_await socket_.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, failed));
    if (expired_) co_return fail(Outcome::kConnectTimeout, "connect timed out");
    if (failed) co_return fail(Outcome::kConnectFailed, failed.message());
    sight_.connect_time = since(start);
    socket_.set_option(tcp::no_delay(true), failed);
    co_return true;
  }

  Task<bool> secure(Steady::time_point deadline) {
    for (int attempt = 0;; ++attempt) {
      const bool with_name = attempt == 0 && !probe_.server_name.empty();
      tls_.emplace(socket_, context_);
      if (with_name) {
        SSL_set_tlsext_host_name(tls_->native_handle(), probe_.server_name.c_str());
      }
      expire_at(deadline);
      error_code failed;
      co_await tls_->async_handshake(asio::ssl::stream_base::client,
                                     asio::redirect_error(asio::use_awaitable, failed));
      if (expired_) co_return fail(Outcome::kHeadTimeout, "TLS handshake timed out");
      if (!failed) co_return true;
      if (!with_name) co_return fail(Outcome::kTlsFailed, failed.message());
      tls_.reset();
      close();
      const bool again = co_await connect();
      if (!again) co_return false;
    }
  }

  Task<void> exchange(Steady::time_point deadline) {
    expire_at(deadline);
    const auto start = Steady::now();
    error_code failed;
    co_await write(&failed);
    ResponseHead head;
    const bool read = co_await read_head(&head, start);
    if (!read) co_return;
    sight_.status = head.status;
    sight_.outcome = Outcome::kAnswered;
    if (probe_.body_bytes == 0) co_return;
    expire_at(Steady::now() + probe_.body_timeout);
    co_await read_body(&head);
  }

  /// A failure to send shows when reading: an endpoint may answer early and stop listening.
  Task<void> write(error_code* failed) {
    if (tls_) {
      co_await asio::async_write(*tls_, asio::buffer(probe_.request),
                                 asio::redirect_error(asio::use_awaitable, *failed));
    } else {
      co_await asio::async_write(socket_, asio::buffer(probe_.request),
                                 asio::redirect_error(asio::use_awaitable, *failed));
    }
  }

  /// Appends to buffer_. False at the end of the stream, orderly or not.
  Task<bool> read_more() {
    const std::size_t had = buffer_.size();
    buffer_.resize(had + kReadStep);
    const asio::mutable_buffer room = asio::buffer(buffer_.data() + had, kReadStep);
    error_code failed;
    std::size_t got = 0;
    if (tls_) {
      got = co_await tls_->async_read_some(room, asio::redirect_error(asio::use_awaitable, failed));
    } else {
      got =
          co_await socket_.async_read_some(room, asio::redirect_error(asio::use_awaitable, failed));
    }
    buffer_.resize(had + got);
    co_return got > 0;
  }

  Task<bool> read_head(ResponseHead* head, Steady::time_point start) {
    HeadScanner scanner;
    for (int interim = 0; interim <= kMaxInterim;) {
      const HeadScanner::Result result = scanner.scan(buffer_);
      if (result == HeadScanner::Result::kBad) co_return fail(Outcome::kMalformed, "not HTTP");
      if (buffer_.size() > probe_.head_bytes && result != HeadScanner::Result::kFound) {
        co_return fail(Outcome::kMalformed, "the response headers are too large");
      }
      if (result == HeadScanner::Result::kFound) {
        if (scanner.size() > probe_.head_bytes) {
          co_return fail(Outcome::kMalformed, "the response headers are too large");
        }
        auto parsed = parse_response_head(std::string_view(buffer_).substr(0, scanner.size()));
        buffer_.erase(0, scanner.size());
        scanner.reset();
        if (const auto* wrong = std::get_if<HttpSyntaxError>(&parsed)) {
          co_return fail(Outcome::kMalformed, wrong->why);
        }
        *head = std::get<ResponseHead>(std::move(parsed));
        if (head->status >= 200) co_return true;
        ++interim;
        continue;
      }
      const bool more = co_await read_more();
      if (expired_) co_return fail(Outcome::kHeadTimeout, "response timed out");
      if (!more) co_return fail(Outcome::kClosed, "the connection was closed without an answer");
      if (sight_.first_byte_time.count() == 0) sight_.first_byte_time = since(start);
    }
    co_return fail(Outcome::kMalformed, "too many interim responses");
  }

  Task<void> read_body(const ResponseHead* head) {
    const std::size_t wanted = probe_.body_bytes + kBodySlack;
    ChunkDecoder chunks(wanted + kReadStep);
    std::string raw;
    for (;;) {
      bool complete = false;
      if (head->framing.chunked) {
        std::string_view input = buffer_;
        const ChunkDecoder::Result result = chunks.feed(input, raw);
        buffer_.erase(0, buffer_.size() - input.size());
        complete = result != ChunkDecoder::Result::kMore;
      } else {
        raw.append(buffer_);
        buffer_.clear();
        complete = head->framing.content_length && raw.size() >= *head->framing.content_length;
      }
      if (complete || raw.size() >= wanted) break;
      const bool more = co_await read_more();
      if (expired_) {
        fail(Outcome::kBodyTimeout, "the body timed out");
        co_return;
      }
      if (!more) break;
    }
    const std::string coding = core::to_lower(head->headers.get_or("Content-Encoding"));
    const bool packed = coding == "gzip" || coding == "x-gzip" || coding == "deflate";
    sight_.body = packed ? inflate_front(raw, probe_.body_bytes) : raw.substr(0, probe_.body_bytes);
  }

  EndpointProbe probe_;
  asio::ssl::context& context_;
  tcp::socket socket_;
  std::optional<asio::ssl::stream<tcp::socket&>> tls_;
  core::Timer timer_;
  std::uint64_t round_ = 0;
  bool expired_ = false;
  std::string buffer_;
  EndpointSight sight_;
};

/// 15 bits of window; +32 lets zlib tell gzip from zlib, negative means neither wrapper.
std::optional<std::string> inflate_with(int window, std::string_view bytes, std::size_t limit) {
  z_stream stream{};
  if (inflateInit2(&stream, window) != Z_OK) return std::nullopt;
  std::string out(limit, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(limit);
  const int result = inflate(&stream, Z_SYNC_FLUSH);
  out.resize(limit - stream.avail_out);
  inflateEnd(&stream);
  if (result == Z_DATA_ERROR && out.empty()) return std::nullopt;
  return out;
}

}  // namespace

std::string inflate_front(std::string_view bytes, std::size_t limit) {
  if (bytes.empty() || limit == 0) return "";
  // RFC 9110 §8.4.1.2: "deflate" means zlib's format, but some send it bare.
  if (auto out = inflate_with(15 + 32, bytes, limit)) return std::move(*out);
  return inflate_with(-15, bytes, limit).value_or("");
}

struct TcpEndpointProber::Shared {
  explicit Shared(asio::any_io_executor on) : executor(on), tls(asio::ssl::context::tls_client) {
    // Old and weak endpoints are looked at too; nothing secret is ever sent.
    SSL_CTX_set_security_level(tls.native_handle(), 0);
    SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_VERSION);
    SSL_CTX_set_session_cache_mode(tls.native_handle(), SSL_SESS_CACHE_OFF);
    tls.set_verify_mode(asio::ssl::verify_none);
  }
  asio::any_io_executor executor;
  asio::ssl::context tls;
};

TcpEndpointProber::TcpEndpointProber(asio::any_io_executor executor)
    : shared_(std::make_shared<Shared>(executor)) {}
TcpEndpointProber::~TcpEndpointProber() = default;

Task<EndpointSight> TcpEndpointProber::look(EndpointProbe probe) {
  const auto shared = shared_;
  const auto sighting = std::make_shared<Sighting>(shared->executor, shared->tls, std::move(probe));
  EndpointSight sight = co_await sighting->run();
  co_return sight;
}

}  // namespace tandem::net
