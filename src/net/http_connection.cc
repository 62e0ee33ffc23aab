#include "net/http_connection.h"

#include <algorithm>
#include <exception>
#include <utility>
#include <variant>

#include "core/log.h"
#include "core/text.h"
#include "core/what_of.h"

namespace tandem::net {
namespace {

// A body's memory follows what has arrived, not what was announced: it starts with a page and
// doubles, until a sender that has shown a megabyte gets address space for the whole, which costs
// nothing until it is written, and saves copying.
constexpr std::size_t kFirstStep = 4 * 1024;
constexpr std::size_t kTrusted = 1024 * 1024;
constexpr std::size_t kLongestStep = 256 * 1024;
// How much has to move for a deadline to be put off.
constexpr std::size_t kProgress = 16 * 1024;
// Heads up to this size are not worth counting.
constexpr std::size_t kCountedHead = 16 * 1024;
// Answers are written in pieces, each of which is progress.
constexpr std::size_t kSlice = 1024 * 1024;
// How much of a refused request is read over so that its sender sees the answer instead of a reset.
constexpr std::size_t kLingerBytes = 16 * 1024 * 1024;
constexpr std::chrono::milliseconds kLingerTime{2'000};
// Answers up to this size are copied behind their head; larger ones are gathered.
constexpr std::size_t kCopiedBody = 4 * 1024;

TcpSocket& tcp_of(TcpSocket& socket) { return socket; }
TcpSocket& tcp_of(TlsStream& stream) { return stream.next_layer(); }

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

template <class Stream>
HttpConnection<Stream>::HttpConnection(ServerShared& shared, Stream& stream,
                                       const Connection& connection)
    : shared_(shared), stream_(stream), connection_(connection) {
  shared_.add(*this);
  shared_.progress(*this, shared_.options.limits.header_timeout);
}

template <class Stream>
HttpConnection<Stream>::~HttpConnection() {
  shared_.remove(*this);
}

template <class Stream>
void HttpConnection<Stream>::abort() {
  boost::system::error_code ignored;
  tcp_of(stream_).cancel(ignored);
}

/// Counts bytes moved within a body. False when they are too many to hold.
template <class Stream>
bool HttpConnection<Stream>::got_on(std::size_t bytes) {
  since_progress_ += bytes;
  if (since_progress_ < kProgress) return true;
  since_progress_ = 0;
  shared_.progress(*this, shared_.options.limits.body_timeout);
  return shared_.hold(*this, request_.body.size());
}

template <class Stream>
typename HttpConnection<Stream>::Outcome HttpConnection<Stream>::refuse(int status,
                                                                        std::string why) {
  refused_ = {status, std::move(why)};
  return Outcome::kRefused;
}

/// A read failed in the middle of a message: the deadline deserves an answer, a lost peer none.
template <class Stream>
typename HttpConnection<Stream>::Outcome HttpConnection<Stream>::refuse_late(std::string_view why) {
  return expired ? refuse(408, std::string(why)) : Outcome::kClosed;
}

/// There is more under way than memory is meant for. An evicted connection gets no answer.
template <class Stream>
typename HttpConnection<Stream>::Outcome HttpConnection<Stream>::refuse_for_room() {
  shared_.hold(*this, 0);
  request_.body = std::string();
  return evicted ? Outcome::kClosed : refuse(503, "Too much is being sent at once; try again");
}

template <class Stream>
HttpResponse HttpConnection<Stream>::refusal_response() {
  if (not_admitted_) return std::move(*not_admitted_);
  const auto& shaped = shared_.options.refusal;
  if (shaped && !method_.empty()) {
    if (auto response = shaped(request_, refused_.status)) return std::move(*response);
  }
  return ServerShared::refusal(refused_.status, refused_.why);
}

template <class Stream>
Task<void> HttpConnection<Stream>::serve() {
  for (;;) {
    const Outcome outcome = co_await read_request();
    if (outcome == Outcome::kClosed) co_return;
    if (outcome == Outcome::kRefused) {
      ++shared_.stats.refused;
      HttpResponse refusal = refusal_response();
      const bool sent = co_await send(std::move(refusal), Persistence::kClose);
      if (!sent) co_return;
      break;
    }
    ++shared_.stats.requests;
    deadline_ns = kNever;
    phase = Phase::kBusy;
    HttpResponse response = co_await answer();
    phase = Phase::kTransfer;
    const bool close = !keep_alive_ || shared_.stopping ||
                       core::equals_ignoring_case(response.headers.get_or("Connection"), "close");
    const bool sent =
        co_await send(std::move(response), close ? Persistence::kClose : Persistence::kKeepAlive);
    if (!sent) co_return;
    if (close) break;
    shared_.hold(*this, 0);
    first_ = false;
  }
  co_await finish();
}

template <class Stream>
Task<bool> HttpConnection<Stream>::read_more() {
  boost::system::error_code error;
  const std::size_t count = co_await stream_.async_read_some(
      buffer_.prepare(), asio::redirect_error(asio::use_awaitable, error));
  buffer_.commit(count);
  co_return !error && !lost();
}

template <class Stream>
Task<typename HttpConnection<Stream>::Outcome> HttpConnection<Stream>::read_request() {
  Outcome outcome = co_await read_head();
  phase = Phase::kTransfer;
  if (outcome != Outcome::kRequest) co_return outcome;
  if (shared_.options.admit) {
    not_admitted_ = shared_.options.admit(request_);
    if (not_admitted_) co_return Outcome::kRefused;
  }
  if (framing_.chunked || framing_.content_length.value_or(0) > 0) {
    outcome = co_await read_body();
  }
  co_return outcome;
}

template <class Stream>
Task<typename HttpConnection<Stream>::Outcome> HttpConnection<Stream>::read_head() {
  const HttpLimits& limits = shared_.options.limits;
  scanner_.reset();
  method_.clear();
  phase = Phase::kIdle;
  if (!first_) {
    shared_.progress(*this, limits.idle_timeout);
    if (buffer_.data().empty()) buffer_.shrink();
  }
  for (;;) {
    const HeadScanner::Result result = scanner_.scan(buffer_.data());
    if (phase == Phase::kIdle && !buffer_.data().empty()) {
      phase = Phase::kTransfer;
      if (result == HeadScanner::Result::kMore) shared_.progress(*this, limits.header_timeout);
    }
    if (result == HeadScanner::Result::kBad) co_return refuse(400, "Line feed without return");
    if (result == HeadScanner::Result::kFound) {
      // RFC 9112 §2.2: empty lines before a request line are skipped.
      if (scanner_.size() > 2) break;
      buffer_.consume(2);
      scanner_.reset();
      continue;
    }
    if (buffer_.data().size() >= limits.header_bytes) co_return refuse(431, "Header is too large");
    const std::size_t size = buffer_.data().size();
    if (size > kCountedHead && !shared_.hold(*this, size)) co_return refuse_for_room();
    // Idle connections do not outlive the order to stop.
    const bool idle = phase == Phase::kIdle;
    if (idle && shared_.stopping) co_return Outcome::kClosed;
    const bool more = co_await read_more();
    if (!more) co_return idle ? Outcome::kClosed : refuse_late("The header did not arrive in time");
  }
  if (scanner_.size() > limits.header_bytes) co_return refuse(431, "Header is too large");
  auto parsed = parse_request_head(buffer_.data().substr(0, scanner_.size()));
  buffer_.consume(scanner_.size());
  if (auto* error = std::get_if<HttpSyntaxError>(&parsed)) {
    co_return refuse(error->status, std::move(error->why));
  }
  RequestHead& head = std::get<RequestHead>(parsed);
  request_.method = method_ = std::move(head.method);
  request_.target = std::move(head.target);
  request_.headers = std::move(head.headers);
  request_.body.clear();
  request_.connection = connection_;
  framing_ = head.framing;
  keep_alive_ = head.keep_alive;
  expect_continue_ = head.expect_continue;
  co_return Outcome::kRequest;
}

template <class Stream>
Task<bool> HttpConnection<Stream>::send_continue() {
  expect_continue_ = false;
  const bool sent = co_await write_all(kContinue, {});
  co_return sent;
}

template <class Stream>
Task<typename HttpConnection<Stream>::Outcome> HttpConnection<Stream>::read_body() {
  const HttpServer::Options& options = shared_.options;
  const std::uint64_t length = framing_.content_length.value_or(0);
  const bool small = !framing_.chunked && length <= HttpServer::kSmallBody;
  const std::size_t limit =
      options.body_limit && !small ? options.body_limit(request_) : options.limits.body_bytes;
  if (length > limit) co_return refuse(413, "Request body is too large");
  since_progress_ = 0;
  shared_.progress(*this, options.limits.body_timeout);
  // RFC 9110 §10.1.1: not when (part of) the content has come already.
  if (expect_continue_ && buffer_.data().empty()) {
    const bool sent = co_await send_continue();
    if (!sent) co_return Outcome::kClosed;
  }
  Outcome outcome = Outcome::kClosed;
  if (framing_.chunked) {
    outcome = co_await read_chunked_body(limit);
  } else {
    outcome = co_await read_sized_body(length);
  }
  co_return outcome;
}

template <class Stream>
Task<typename HttpConnection<Stream>::Outcome> HttpConnection<Stream>::read_sized_body(
    std::uint64_t length) {
  const std::string_view there = buffer_.data().substr(0, length);
  std::string& body = request_.body;
  body.assign(there);
  buffer_.consume(there.size());
  // The rest goes straight to its place.
  std::size_t filled = body.size();
  while (filled < length) {
    if (filled == body.size()) {
      if (filled >= kTrusted && body.capacity() < length) body.reserve(length);
      const std::size_t step = std::clamp(filled, kFirstStep, kLongestStep);
      body.resize(std::min<std::uint64_t>(length, filled + step));
    }
    boost::system::error_code error;
    const std::size_t count =
        co_await stream_.async_read_some(asio::buffer(body.data() + filled, body.size() - filled),
                                         asio::redirect_error(asio::use_awaitable, error));
    filled += count;
    if (error || lost()) co_return refuse_late("The body did not arrive in time");
    if (!got_on(count)) co_return refuse_for_room();
  }
  co_return Outcome::kRequest;
}

template <class Stream>
Task<typename HttpConnection<Stream>::Outcome> HttpConnection<Stream>::read_chunked_body(
    std::size_t limit) {
  ChunkDecoder decoder(limit);
  for (;;) {
    std::string_view input = buffer_.data();
    const std::size_t before = input.size();
    const ChunkDecoder::Result result = decoder.feed(input, request_.body);
    buffer_.consume(before - input.size());
    if (result == ChunkDecoder::Result::kDone) co_return Outcome::kRequest;
    if (result == ChunkDecoder::Result::kBad) co_return refuse(400, "Malformed chunk");
    if (result == ChunkDecoder::Result::kTooLarge) {
      co_return refuse(413, "Request body is too large");
    }
    if (!got_on(before - input.size())) co_return refuse_for_room();
    const bool more = co_await read_more();
    if (!more) co_return refuse_late("The body did not arrive in time");
  }
}

template <class Stream>
Task<HttpResponse> HttpConnection<Stream>::answer() {
  std::exception_ptr escaped;
  HttpResponse response;
  try {
    response = co_await shared_.handler(std::move(request_));
  } catch (...) {
    escaped = std::current_exception();
  }
  if (escaped) {
    if (!shared_.stopping) log::error("http handler: {}", core::what_of(escaped));
    response = ServerShared::refusal(500, "Internal server error");
  }
  co_return response;
}

template <class Stream>
Task<bool> HttpConnection<Stream>::send(HttpResponse response, Persistence persistence) {
  out_.clear();
  if (!render_head(response, method_, persistence, shared_.date(), out_)) {
    log::error("http handler: a status or header field that cannot be sent");
    response = ServerShared::refusal(500, "Internal server error");
    out_.clear();
    render_head(response, method_, persistence, shared_.date(), out_);
  }
  std::string_view body = response.body;
  if (method_ == "HEAD" || has_no_content(response.status)) body = {};
  if (body.size() <= kCopiedBody) {
    out_ += body;
    body = {};
  }
  expired = false;
  shared_.progress(*this, shared_.options.limits.body_timeout);
  const bool sent = co_await write_all(out_, body);
  co_return sent;
}

template <class Stream>
Task<bool> HttpConnection<Stream>::write_all(std::string_view head, std::string_view body) {
  if constexpr (std::is_same_v<Stream, TcpSocket>) {
    const std::array<asio::const_buffer, 2> parts = {asio::buffer(head), asio::buffer(body)};
    boost::system::error_code error;
    // The socket is non-blocking and its send buffer nearly always has room: no need to go through
    // the reactor.
    const std::size_t total = head.size() + body.size();
    const std::size_t sent =
        body.empty() ? stream_.write_some(parts[0], error) : stream_.write_some(parts, error);
    if (sent == total) co_return true;
    if (error && error != asio::error::would_block) co_return false;
    const std::size_t of_head = std::min(sent, head.size());
    head.remove_prefix(of_head);
    body.remove_prefix(sent - of_head);
  }
  const bool all = co_await write_slices(head, body);
  co_return all;
}

/// What the peer does not take at once: it is held for as long as that lasts.
template <class Stream>
Task<bool> HttpConnection<Stream>::write_slices(std::string_view head, std::string_view body) {
  if (!shared_.hold(*this, head.size() + body.size())) co_return false;
  while (!head.empty() || !body.empty()) {
    const std::array<asio::const_buffer, 2> parts = {asio::buffer(head),
                                                     asio::buffer(body.substr(0, kSlice))};
    boost::system::error_code error;
    co_await asio::async_write(stream_, parts, asio::redirect_error(asio::use_awaitable, error));
    if (error || lost()) co_return false;
    head = {};
    body.remove_prefix(std::min(body.size(), kSlice));
    shared_.progress(*this, shared_.options.limits.body_timeout);
  }
  co_return true;
}

/// An orderly end: the answer must reach a peer that may still be sending. Closing with unread
/// input would reset the connection and take the answer with it.
template <class Stream>
Task<void> HttpConnection<Stream>::finish() {
  phase = Phase::kIdle;
  expired = false;
  shared_.progress(*this, kLingerTime);
  boost::system::error_code error;
  if constexpr (std::is_same_v<Stream, TlsStream>) {
    co_await stream_.async_shutdown(asio::redirect_error(asio::use_awaitable, error));
    if (expired || shared_.stopping) co_return;
  }
  TcpSocket& socket = tcp_of(stream_);
  socket.shutdown(TcpSocket::shutdown_send, error);
  std::array<char, 16 * 1024> discarded;
  for (std::size_t total = 0; !error && !shared_.stopping && total < kLingerBytes;) {
    total += co_await socket.async_read_some(asio::buffer(discarded),
                                             asio::redirect_error(asio::use_awaitable, error));
  }
}

template class HttpConnection<TcpSocket>;
template class HttpConnection<TlsStream>;

}  // namespace tandem::net
