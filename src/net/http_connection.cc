#include "net/http_connection.h"

#include <algorithm>
#include <exception>
#include <fmt/format.h>
#include <iterator>
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
constexpr std::uint64_t kLingerBytes = 16 * 1024 * 1024;
constexpr std::chrono::milliseconds kLingerTime{2'000};
// A body that a handler did not want is read over for as long as it comes this fast.
constexpr std::uint64_t kLingerStep = 1024 * 1024;
// Answers up to this size are copied behind their head; larger ones are gathered.
constexpr std::size_t kCopiedBody = 4 * 1024;

TcpSocket& tcp_of(TcpSocket& socket) { return socket; }
TcpSocket& tcp_of(TlsStream& stream) { return stream.next_layer(); }

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

/// What a handler has of the connection. Cut off when the request is answered.
template <class Stream>
class HttpConnection<Stream>::Tap final : public BodySource {
 public:
  Tap(HttpConnection* connection, std::optional<std::uint64_t> length)
      : connection_(connection), length_(length) {}

  Task<std::string> next() override {
    if (connection_ == nullptr) throw BodyError("the request has been answered");
    return connection_->pull();
  }
  std::optional<std::uint64_t> length() const override { return length_; }
  Headers take_trailers() override { return std::move(trailers); }
  void cut() { connection_ = nullptr; }
  Headers trailers;

 private:
  HttpConnection* connection_;
  std::optional<std::uint64_t> length_;
};

template <class Stream>
HttpConnection<Stream>::HttpConnection(ServerShared& shared, Stream& stream,
                                       const Connection& connection)
    : shared_(shared), stream_(stream), connection_(connection) {
  shared_.add(*this);
  shared_.progress(*this, shared_.options.limits.header_timeout);
}

template <class Stream>
HttpConnection<Stream>::~HttpConnection() {
  if (tap_) tap_->cut();
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
    if (tap_) settle_body(response);
    if (broken_ && refused_.status == 0) co_return;
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
  const std::uint64_t length = framing_.content_length.value_or(0);
  if (!framing_.chunked && length == 0) {
    // RFC 9110 §10.1.1 leaves it out only for a request that has no content to wait for; botocore
    // waits also before nothing, and takes a final answer that came instead for none.
    if (expect_continue_ && buffer_.data().empty()) {
      const bool sent = co_await send_continue();
      if (!sent) co_return Outcome::kClosed;
    }
    co_return outcome;
  }
  const bool small = !framing_.chunked && length <= HttpServer::kSmallBody;
  if (!small && shared_.options.as_source && shared_.options.as_source(request_)) {
    co_return open_body();
  }
  outcome = co_await read_body();
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
  http_1_0_ = head.http_1_0;
  whole_ = true;
  broken_ = false;
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
std::uint64_t HttpConnection<Stream>::limit_of_body() const {
  const HttpServer::Options& options = shared_.options;
  const std::uint64_t length = framing_.content_length.value_or(0);
  const bool small = !framing_.chunked && length <= HttpServer::kSmallBody;
  return options.body_limit && !small ? options.body_limit(request_) : options.limits.body_bytes;
}

template <class Stream>
Task<typename HttpConnection<Stream>::Outcome> HttpConnection<Stream>::read_body() {
  const HttpServer::Options& options = shared_.options;
  const std::uint64_t length = framing_.content_length.value_or(0);
  const std::size_t limit = limit_of_body();
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
    if (result == ChunkDecoder::Result::kDone) {
      if (shared_.options.keeps_trailers) {
        for (const auto& [name, value] : decoder.take_trailers()) request_.headers.add(name, value);
      }
      co_return Outcome::kRequest;
    }
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
typename HttpConnection<Stream>::Outcome HttpConnection<Stream>::open_body() {
  const std::uint64_t limit = limit_of_body();
  unread_ = framing_.content_length.value_or(0);
  if (unread_ > limit) return refuse(413, "Request body is too large");
  chunks_.reset();
  if (framing_.chunked) chunks_.emplace(limit);
  whole_ = false;
  since_progress_ = 0;
  allowance_ = shared_.options.limits.body_timeout;
  tap_ = std::make_shared<Tap>(this, framing_.content_length);
  request_.source = tap_;
  return Outcome::kRequest;
}

/// The body ends here for its handler, whose answer is not the one that the client gets.
template <class Stream>
void HttpConnection<Stream>::break_off(int status, std::string why) {
  broken_ = true;
  refused_ = {status, std::move(why)};
  throw BodyError(refused_.why);
}

/// Only while the sender is waited for does its time run, and may it have to go to make room.
template <class Stream>
Task<std::string> HttpConnection<Stream>::pull() {
  if (broken_) throw BodyError(refused_.why);
  if (whole_) co_return std::string();
  phase = Phase::kTransfer;
  shared_.progress(*this, allowance_);
  if (!shared_.hold(*this, kBodySlice)) {
    break_off(evicted ? 0 : 503, "Too much is being sent at once; try again");
  }
  // RFC 9110 §10.1.1: not when (part of) the content has come already.
  if (expect_continue_ && buffer_.data().empty()) {
    const bool sent = co_await send_continue();
    if (!sent) break_off(0, "the sender has gone");
  }
  expect_continue_ = false;
  Task<std::string> pulling = chunks_ ? pull_chunked() : pull_sized();
  std::string slice = co_await std::move(pulling);
  since_progress_ += slice.size();
  if (since_progress_ >= kProgress) {
    since_progress_ = 0;
    allowance_ = shared_.options.limits.body_timeout;
  } else {
    allowance_ = std::max(std::chrono::milliseconds(0),
                          std::chrono::duration_cast<std::chrono::milliseconds>(
                              std::chrono::nanoseconds(deadline_ns - shared_.clock.steady_ns())));
  }
  deadline_ns = kNever;
  phase = Phase::kBusy;
  co_return slice;
}

template <class Stream>
Task<std::string> HttpConnection<Stream>::pull_sized() {
  std::string slice(buffer_.data().substr(0, std::min<std::uint64_t>(unread_, kBodySlice)));
  buffer_.consume(slice.size());
  if (slice.empty()) {
    slice.resize(std::min<std::uint64_t>(unread_, kBodySlice));
    boost::system::error_code error;
    const std::size_t count = co_await stream_.async_read_some(
        asio::buffer(slice), asio::redirect_error(asio::use_awaitable, error));
    if (error || lost()) break_off(expired ? 408 : 0, "The body did not arrive in time");
    slice.resize(count);
  }
  unread_ -= slice.size();
  whole_ = unread_ == 0;
  co_return slice;
}

template <class Stream>
Task<std::string> HttpConnection<Stream>::pull_chunked() {
  std::string slice;
  for (;;) {
    std::string_view input = buffer_.data();
    const std::size_t before = input.size();
    const ChunkDecoder::Result result = chunks_->feed(input, slice);
    buffer_.consume(before - input.size());
    if (result == ChunkDecoder::Result::kBad) break_off(400, "Malformed chunk");
    if (result == ChunkDecoder::Result::kTooLarge) break_off(413, "Request body is too large");
    whole_ = result == ChunkDecoder::Result::kDone;
    if (whole_ && shared_.options.keeps_trailers) tap_->trailers = chunks_->take_trailers();
    if (whole_ || !slice.empty()) co_return slice;
    const bool more = co_await read_more();
    if (!more) break_off(expired ? 408 : 0, "The body did not arrive in time");
  }
}

/// A handler that had its body as a source has answered: what is left of the body belongs to
/// nobody.
template <class Stream>
void HttpConnection<Stream>::settle_body(HttpResponse& response) {
  tap_->cut();
  tap_.reset();
  shared_.hold(*this, 0);
  if (broken_ || !whole_) keep_alive_ = false;
  if (!broken_ || refused_.status == 0) return;
  ++shared_.stats.refused;
  response = refusal_response();
}

template <class Stream>
Task<HttpResponse> HttpConnection<Stream>::answer() {
  std::exception_ptr escaped;
  HttpResponse response;
  // What a refusal must name, should the body break off.
  HttpRequest head;
  if (tap_) head = request_;
  try {
    response = co_await shared_.handler(std::move(request_));
  } catch (...) {
    escaped = std::current_exception();
  }
  if (escaped) {
    if (!shared_.stopping && !broken_) log::error("http handler: {}", core::what_of(escaped));
    response = ServerShared::refusal(500, "Internal server error");
  }
  head.source.reset();
  if (tap_) request_ = std::move(head);
  co_return response;
}

template <class Stream>
Task<bool> HttpConnection<Stream>::send(HttpResponse response, Persistence persistence) {
  out_.clear();
  // HTTP/1.0 knows no chunks.
  if (http_1_0_ && response.source && !response.source->length()) persistence = Persistence::kClose;
  const OpenEnd open_end = http_1_0_ ? OpenEnd::kClose : OpenEnd::kChunked;
  if (!render_head(response, method_, persistence, open_end, shared_.date(), out_)) {
    log::error("http handler: a status or header field that cannot be sent");
    response = ServerShared::refusal(500, "Internal server error");
    out_.clear();
    render_head(response, method_, persistence, open_end, shared_.date(), out_);
  }
  std::string_view body = response.body;
  if (method_ == "HEAD" || has_no_content(response.status)) {
    body = {};
    response.source.reset();
  }
  if (body.size() <= kCopiedBody) {
    out_ += body;
    body = {};
  }
  expired = false;
  shared_.progress(*this, shared_.options.limits.body_timeout);
  bool sent = co_await write_all(out_, body);
  if (sent && response.source) {
    sent = co_await send_source(std::move(response.source), open_end);
  }
  co_return sent;
}

/// False when the answer has not been sent to its end: then the connection must end, too.
template <class Stream>
Task<bool> HttpConnection<Stream>::send_source(std::shared_ptr<BodySource> source,
                                               OpenEnd open_end) {
  const std::optional<std::uint64_t> length = source->length();
  const bool chunked = !length && open_end == OpenEnd::kChunked;
  std::uint64_t total = 0;
  for (;;) {
    // It is not the client who is waited for.
    deadline_ns = kNever;
    phase = Phase::kBusy;
    std::string slice;
    std::exception_ptr failed;
    try {
      slice = co_await source->next();
    } catch (...) {
      failed = std::current_exception();
    }
    phase = Phase::kTransfer;
    if (failed) {
      if (!shared_.stopping) log::warning("an answer breaks off: {}", core::what_of(failed));
      co_return false;
    }
    if (slice.empty()) break;
    total += slice.size();
    if (length && total > *length) break;
    out_.clear();
    if (chunked) {
      fmt::format_to(std::back_inserter(out_), "{:x}\r\n", slice.size());
      slice += "\r\n";
    }
    shared_.progress(*this, shared_.options.limits.body_timeout);
    const bool sent = co_await write_all(out_, slice);
    if (!sent) co_return false;
  }
  if (length && total != *length) {
    log::error("http handler: a body of another length than it said");
    co_return false;
  }
  bool ended = true;
  if (chunked) ended = co_await write_all("0\r\n\r\n", {});
  co_return ended && (length || chunked);
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
  const std::uint64_t most = std::max(kLingerBytes, whole_ ? 0 : unread_);
  std::uint64_t noted = 0;
  for (std::uint64_t total = 0; !error && !shared_.stopping && total < most;) {
    total += co_await socket.async_read_some(asio::buffer(discarded),
                                             asio::redirect_error(asio::use_awaitable, error));
    if (total - noted < kLingerStep) continue;
    noted = total;
    shared_.progress(*this, kLingerTime);
  }
}

template class HttpConnection<TcpSocket>;
template class HttpConnection<TlsStream>;

}  // namespace tandem::net
