#include "net/client_connection.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <iterator>
#include <limits>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "core/text.h"

namespace tandem::net {
namespace {

constexpr std::size_t kReadStep = 16 * 1024;
constexpr std::size_t kMaxHead = 64 * 1024;
// 1xx answers before the real one.
constexpr int kMaxInterim = 8;
// Answers up to this size are not worth a source.
constexpr std::uint64_t kSmallAnswer = 64 * 1024;
constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

/// RFC 9110 §7.6.1: they concern one connection, so they are the client's.
bool is_hop_by_hop(std::string_view name) {
  for (const std::string_view own :
       {"connection", "keep-alive", "content-length", "transfer-encoding", "expect", "upgrade",
        "proxy-connection", "te", "trailer"}) {
    if (core::equals_ignoring_case(name, own)) return true;
  }
  return false;
}

std::string host_of(const HttpTarget& target) {
  std::string host = target.server_name.empty() ? target.address : target.server_name;
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  const std::uint16_t usual = target.tls ? 443 : 80;
  return target.port == usual ? host : fmt::format("{}:{}", host, target.port);
}

std::string render(const HttpRequest& request, const HttpTarget& target) {
  const bool valid_target = !request.target.empty() && is_field_value(request.target) &&
                            request.target.find_first_of(" \t") == std::string::npos;
  if (!is_token(request.method) || !valid_target) {
    throw NetError(NetError::Kind::kProtocol, "the request line cannot be sent");
  }
  std::string head = request.method + ' ' + request.target + " HTTP/1.1\r\n";
  if (!request.headers.contains("Host")) head += "Host: " + host_of(target) + "\r\n";
  for (const auto& [name, value] : request.headers) {
    if (is_hop_by_hop(name)) continue;
    if (!is_token(name) || !is_field_value(value)) {
      throw NetError(NetError::Kind::kProtocol, "a header field cannot be sent");
    }
    head.append(name).append(": ").append(value).append("\r\n");
  }
  // RFC 9110 §8.6: not for methods that give an empty body no meaning.
  const bool bodyless = request.method == "GET" || request.method == "HEAD" ||
                        request.method == "DELETE" || request.method == "OPTIONS";
  if (request.source) {
    const auto length = request.source->length();
    head += length ? fmt::format("Content-Length: {}\r\n", *length)
                   : std::string("Transfer-Encoding: chunked\r\n");
    head += "Expect: 100-continue\r\n";
  } else if (!request.body.empty() || !bodyless) {
    fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", request.body.size());
  }
  return head + "\r\n";
}

}  // namespace

ClientConnection::ClientConnection(const asio::any_io_executor& executor)
    : socket_(executor), timer_(executor) {}

void ClientConnection::expire_at(TimePoint when) {
  timer_.expires_at(when);
  timer_.async_wait(
      [weak = weak_from_this(), round = ++timer_round_](const boost::system::error_code& error) {
        const auto self = weak.lock();
        // A timer that had already fired when it was relaxed has an old round.
        if (error || !self || self->timer_round_ != round) return;
        self->timed_out_ = true;
        boost::system::error_code ignored;
        self->socket_.close(ignored);
      });
}

void ClientConnection::relax() {
  ++timer_round_;
  timer_.cancel();
}

void ClientConnection::fail(NetError::Kind otherwise, const std::string& doing,
                            const boost::system::error_code& error) const {
  if (timed_out_) {
    const auto kind = connected_ ? NetError::Kind::kTimeout : NetError::Kind::kConnectTimeout;
    throw NetError(kind, doing + ": timed out");
  }
  // The caller was cancelled: that is no finding about the network.
  if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
  throw NetError(otherwise, doing + ": " + error.message());
}

Task<void> ClientConnection::connect(HttpTarget target, asio::ssl::context* tls) {
  boost::system::error_code error;
  const asio::ip::address address = asio::ip::make_address(target.address, error);
  if (error) throw NetError(NetError::Kind::kConnect, "not an IP address: " + target.address);
  co_await socket_.async_connect({address, target.port},
                                 asio::redirect_error(asio::use_awaitable, error));
  if (error || timed_out_) fail(NetError::Kind::kConnect, "connect", error);
  socket_.set_option(asio::ip::tcp::no_delay(true), error);
  if (target.tls) co_await handshake(std::move(target), tls);
  connected_ = true;
}

Task<void> ClientConnection::handshake(HttpTarget target, asio::ssl::context* tls) {
  tls_.emplace(socket_, *tls);
  SSL* ssl = tls_->native_handle();
  const bool verify = target.verify == HttpTarget::Verify::kYes;
  SSL_set_verify(ssl, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (!target.server_name.empty()) {
    SSL_set_tlsext_host_name(ssl, target.server_name.c_str());
    SSL_set1_host(ssl, target.server_name.c_str());
  } else {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), target.address.c_str());
  }
  boost::system::error_code error;
  co_await tls_->async_handshake(asio::ssl::stream_base::client,
                                 asio::redirect_error(asio::use_awaitable, error));
  if (error || timed_out_) fail(NetError::Kind::kTls, "TLS handshake", error);
}

bool ClientConnection::quiet() {
  char byte;
  const ssize_t count = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  // TLS 1.3 tickets arrive unasked, so bytes on a TLS connection prove nothing.
  return count < 0 ? errno == EAGAIN || errno == EWOULDBLOCK : count > 0 && tls_.has_value();
}

Task<bool> ClientConnection::write(std::array<asio::const_buffer, 3> parts) {
  boost::system::error_code error;
  // A cancelled or failed write tells how much of it went out; what TLS did with it, it does not.
  sent_ = true;
  if (tls_) {
    co_await asio::async_write(*tls_, parts, asio::redirect_error(asio::use_awaitable, error));
  } else {
    const std::size_t count = co_await asio::async_write(
        socket_, parts, asio::redirect_error(asio::use_awaitable, error));
    sent_ = count > 0 || pulled_;
  }
  // A peer that refuses a request early stops reading: its answer says more than this failure, and
  // if there is none, reading will fail, too.
  // Nothing at all went out: no answer can be meant for this request.
  if (timed_out_ || error == asio::error::operation_aborted || !sent_) {
    fail(NetError::Kind::kClosed, "send", error);
  }
  co_return !error;
}

Task<bool> ClientConnection::read_more() {
  const std::size_t had = buffer_.size();
  buffer_.resize(had + kReadStep);
  const std::size_t count = co_await read_some(asio::buffer(buffer_.data() + had, kReadStep));
  buffer_.resize(had + count);
  co_return count > 0;
}

Task<std::size_t> ClientConnection::read_some(asio::mutable_buffer room) {
  boost::system::error_code error;
  std::size_t count = 0;
  if (tls_) {
    count = co_await tls_->async_read_some(room, asio::redirect_error(asio::use_awaitable, error));
  } else {
    count =
        co_await socket_.async_read_some(room, asio::redirect_error(asio::use_awaitable, error));
  }
  if (count > 0) answered_ = true;
  if (timed_out_) fail(NetError::Kind::kTimeout, "receive", error);
  if (error == asio::error::eof) co_return 0;
  if (error) fail(NetError::Kind::kClosed, "receive", error);
  co_return count;
}

Task<ResponseHead> ClientConnection::read_head(std::size_t limit, Interim interim) {
  for (int skipped = 0; skipped <= kMaxInterim; ++skipped) {
    HeadScanner scanner;
    for (;;) {
      const HeadScanner::Result result = scanner.scan(buffer_);
      if (result == HeadScanner::Result::kFound) break;
      if (result == HeadScanner::Result::kBad || buffer_.size() > std::min(limit, kMaxHead)) {
        throw NetError(NetError::Kind::kProtocol, "malformed answer");
      }
      const bool more = co_await read_more();
      if (!more) throw NetError(NetError::Kind::kClosed, "closed before the answer");
    }
    auto parsed = parse_response_head(std::string_view(buffer_).substr(0, scanner.size()));
    buffer_.erase(0, scanner.size());
    if (auto* error = std::get_if<HttpSyntaxError>(&parsed)) {
      throw NetError(NetError::Kind::kProtocol, std::move(error->why));
    }
    ResponseHead& head = std::get<ResponseHead>(parsed);
    const bool wanted = head.status == 100 && interim == Interim::kStopAtContinue;
    if (head.status >= 200 || wanted) co_return std::move(head);
    if (head.status == 101) break;
  }
  throw NetError(NetError::Kind::kProtocol, "no final answer");
}

Task<void> ClientConnection::read_sized(std::string* body, std::uint64_t length) {
  for (;;) {
    const std::size_t count = std::min<std::uint64_t>(buffer_.size(), length - body->size());
    if (body->empty() && count == buffer_.size()) {
      body->swap(buffer_);
    } else {
      body->append(buffer_, 0, count);
      buffer_.erase(0, count);
    }
    if (body->size() == length) co_return;
    const bool more = co_await read_more();
    if (!more) throw NetError(NetError::Kind::kClosed, "closed within the answer");
  }
}

Task<void> ClientConnection::read_chunked(std::string* body, std::size_t limit) {
  ChunkDecoder decoder(limit);
  for (;;) {
    std::string_view input = buffer_;
    const ChunkDecoder::Result result = decoder.feed(input, *body);
    buffer_.erase(0, buffer_.size() - input.size());
    if (result == ChunkDecoder::Result::kDone) co_return;
    if (result != ChunkDecoder::Result::kMore) {
      throw NetError(NetError::Kind::kProtocol, result == ChunkDecoder::Result::kBad
                                                    ? "malformed chunk in the answer"
                                                    : "the answer is too large");
    }
    const bool more = co_await read_more();
    if (!more) throw NetError(NetError::Kind::kClosed, "closed within the answer");
  }
}

Task<void> ClientConnection::read_to_end(std::string* body, std::size_t limit) {
  for (;;) {
    if (buffer_.size() > limit - body->size()) {
      throw NetError(NetError::Kind::kProtocol, "the answer is too large");
    }
    *body += buffer_;
    buffer_.clear();
    const bool more = co_await read_more();
    if (!more) co_return;
  }
}

Task<HttpResponse> ClientConnection::exchange(const HttpRequest* request, const HttpTarget* target,
                                              std::size_t response_limit) {
  reusable_ = answered_ = sent_ = pulled_ = false;
  buffer_.clear();
  const std::string head_text = render(*request, *target);
  const std::array<asio::const_buffer, 3> parts = {asio::buffer(head_text),
                                                   asio::buffer(request->body)};
  co_await write(parts);
  ResponseHead head = co_await read_head(response_limit);
  HttpResponse response;
  response.status = head.status;
  response.headers = std::move(head.headers);
  const std::uint64_t length = head.framing.content_length.value_or(0);
  // RFC 9112 §6.3: what the body is, first rule that applies.
  if (request->method == "HEAD" || head.status == 204 || head.status == 304) {
    reusable_ = head.keep_alive;
  } else if (head.framing.chunked) {
    co_await read_chunked(&response.body, response_limit);
    reusable_ = head.keep_alive;
  } else if (head.framing.content_length) {
    if (length > response_limit) {
      throw NetError(NetError::Kind::kProtocol, "the answer is too large");
    }
    co_await read_sized(&response.body, length);
    reusable_ = head.keep_alive;
  } else {
    co_await read_to_end(&response.body, response_limit);
  }
  // Bytes beyond the answer belong to no request.
  if (!buffer_.empty()) reusable_ = false;
  co_return response;
}

Task<HttpResponse> ClientConnection::begin(const HttpRequest* request, const HttpTarget* target,
                                           Patience patience) {
  reusable_ = answered_ = sent_ = pulled_ = false;
  buffer_.clear();
  slice_timeout_ = patience.slice;
  sent_whole_ = !request->source;
  expire_at(core::TimerClock::now() + patience.answer);
  const std::string head_text = render(*request, *target);
  const std::array<asio::const_buffer, 3> parts = {asio::buffer(head_text),
                                                   asio::buffer(request->body)};
  co_await write(parts);
  ResponseHead head;
  if (request->source) {
    head = co_await read_head(kMaxHead, Interim::kStopAtContinue);
    if (head.status == 100) {
      co_await send_source(request->source, patience.slice);
      expire_at(core::TimerClock::now() + patience.answer);
      head = co_await read_head(kMaxHead);
    }
  } else {
    head = co_await read_head(kMaxHead);
  }
  // Whoever was refused early is in the middle of a request.
  if (!sent_whole_) head.keep_alive = false;
  frame_answer(head, request->method);
  if (!remaining_) slice_timeout_ = std::max(patience.slice, patience.answer);
  HttpResponse response;
  response.status = head.status;
  response.headers = std::move(head.headers);
  if (remaining_ && *remaining_ <= kSmallAnswer) {
    co_await read_sized(&response.body, *remaining_);
    remaining_.reset();
    reusable_ = keep_alive_ && buffer_.empty();
  }
  relax();
  co_return response;
}

/// The source is waited for without a deadline: it has one of its own.
Task<void> ClientConnection::send_source(std::shared_ptr<BodySource> source,
                                         std::chrono::milliseconds for_slice) {
  const bool chunked = !source->length();
  for (;;) {
    relax();
    const std::string slice = co_await source->next();
    pulled_ = true;
    expire_at(core::TimerClock::now() + for_slice);
    if (slice.empty() && !chunked) break;
    // The peer has said something before the end: it wants no more.
    if (!tls_ && !quiet()) co_return;
    const std::string size = chunked ? fmt::format("{:x}\r\n", slice.size()) : std::string();
    const std::string_view end = chunked ? "\r\n" : "";
    const std::array<asio::const_buffer, 3> parts = {asio::buffer(size), asio::buffer(slice),
                                                     asio::buffer(end)};
    const bool all = co_await write(parts);
    if (!all) co_return;
    if (slice.empty()) break;
  }
  sent_whole_ = true;
}

/// RFC 9112 §6.3: what the body is, first rule that applies.
void ClientConnection::frame_answer(const ResponseHead& head, std::string_view method) {
  remaining_.reset();
  chunks_.reset();
  chunks_done_ = to_end_ = false;
  keep_alive_ = head.keep_alive;
  if (method == "HEAD" || head.status == 204 || head.status == 304) {
    reusable_ = keep_alive_ && buffer_.empty();
  } else if (head.framing.chunked) {
    chunks_.emplace(kNoLimit);
  } else if (head.framing.content_length) {
    remaining_ = *head.framing.content_length;
  } else {
    to_end_ = true;
  }
}

Task<std::string> ClientConnection::read_slice() {
  expire_at(core::TimerClock::now() + slice_timeout_);
  Task<std::string> reading = chunks_ ? read_slice_chunked() : read_slice_sized();
  std::string slice = co_await std::move(reading);
  relax();
  co_return slice;
}

Task<std::string> ClientConnection::read_slice_sized() {
  const std::uint64_t most = std::min<std::uint64_t>(remaining_.value_or(kBodySlice), kBodySlice);
  std::string slice = buffer_.substr(0, most);
  buffer_.erase(0, slice.size());
  if (slice.empty() && most > 0) {
    slice.resize(most);
    slice.resize(co_await read_some(asio::buffer(slice)));
    if (slice.empty() && remaining_) {
      throw NetError(NetError::Kind::kClosed, "closed within the answer");
    }
  }
  if (remaining_) {
    *remaining_ -= slice.size();
    if (*remaining_ == 0) reusable_ = keep_alive_ && buffer_.empty();
  }
  co_return slice;
}

Task<std::string> ClientConnection::read_slice_chunked() {
  std::string slice;
  while (!chunks_done_) {
    std::string_view input = buffer_;
    const ChunkDecoder::Result result = chunks_->feed(input, slice);
    buffer_.erase(0, buffer_.size() - input.size());
    chunks_done_ = result == ChunkDecoder::Result::kDone;
    if (!chunks_done_ && result != ChunkDecoder::Result::kMore) {
      throw NetError(NetError::Kind::kProtocol, "malformed chunk in the answer");
    }
    if (chunks_done_) reusable_ = keep_alive_ && buffer_.empty();
    if (chunks_done_ || !slice.empty()) break;
    const bool more = co_await read_more();
    if (!more) throw NetError(NetError::Kind::kClosed, "closed within the answer");
  }
  co_return slice;
}

}  // namespace tandem::net
