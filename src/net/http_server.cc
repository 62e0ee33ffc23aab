#include "net/http_server.h"

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <malloc.h>
#include <openssl/ssl.h>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "core/check.h"
#include "core/log.h"
#include "net/client_hello.h"
#include "net/handshake_room.h"
#include "net/http_connection.h"
#include "net/tls_impl.h"

namespace tandem::net {
namespace {

using asio::ip::tcp;

// How long accepting pauses when the process is out of descriptors or memory.
constexpr std::chrono::milliseconds kAcceptPause{50};
constexpr std::chrono::milliseconds kFastestSweep{5};
constexpr std::chrono::milliseconds kSlowestSweep{500};
// So many connections leave megabytes behind when they go.
constexpr std::size_t kCrowd = 512;

Connection describe(const TcpSocket& socket, bool tls) {
  boost::system::error_code ignored;
  const tcp::endpoint local = socket.local_endpoint(ignored);
  const tcp::endpoint remote = socket.remote_endpoint(ignored);
  Connection connection;
  connection.local_address = local.address().to_string();
  connection.local_port = local.port();
  connection.remote_address = remote.address().to_string();
  connection.remote_port = remote.port();
  connection.tls = tls;
  return connection;
}

}  // namespace

struct HttpServer::State : std::enable_shared_from_this<State> {
  struct Listener {
    tcp::acceptor acceptor;
    ServerTls* tls = nullptr;
  };

  State(asio::any_io_executor given_executor, Options options, HttpHandler handler)
      : executor(given_executor),
        roots(given_executor),
        sweep_timer(given_executor),
        drained(given_executor) {
    shared.options = std::move(options);
    shared.handler = std::move(handler);
  }

  std::uint16_t listen(const std::string& address, std::uint16_t port, ServerTls* tls);
  void serve(TcpSocket socket, ServerTls* tls);
  void opened();
  void closed();
  void arm_sweep();
  void sweep();
  void give_back();

  asio::any_io_executor executor;
  ServerShared shared;
  std::list<Listener> listeners;
  core::TaskGroup roots;
  core::Timer sweep_timer;
  core::Timer drained;
  std::size_t open = 0;
  std::size_t crowd = 0;  ///< the most who were open since memory was given back
};

namespace {

/// The handshake's part in the sweep. Its one deadline is for all of it, the wait for a place too.
class Handshake final : public Supervised, public HandshakeRoom::Guest {
 public:
  Handshake(ServerShared& shared, TcpSocket& socket) : shared_(shared), socket_(&socket) {
    phase = Phase::kTransfer;
    shared_.add(*this);
    shared_.progress(*this, shared.options.limits.header_timeout);
  }
  ~Handshake() override { shared_.remove(*this); }
  void abort() override {
    boost::system::error_code ignored;
    socket_->cancel(ignored);
  }
  void turn_out() override { shared_.evict(*this); }
  bool lost() const override { return expired || evicted; }
  /// The socket has moved there.
  void follow(TcpSocket& socket) { socket_ = &socket; }

 private:
  ServerShared& shared_;
  TcpSocket* socket_;
};

/// The client's first message, or what is to be judged in its place (client_hello.h); empty when it
/// did not come.
Task<std::string> read_hello(TcpSocket* socket, const Handshake* handshake) {
  // Memory follows what has arrived, not what is announced.
  constexpr std::size_t kFirstStep = 1024;
  std::string hello;
  std::size_t size = 0;
  for (;;) {
    const std::size_t missing = missing_of_client_hello(std::string_view(hello).substr(0, size));
    if (missing == 0) break;
    hello.resize(size + std::min(missing, std::max(size, kFirstStep)));
    boost::system::error_code error;
    size += co_await socket->async_read_some(asio::buffer(hello.data() + size, hello.size() - size),
                                             asio::redirect_error(asio::use_awaitable, error));
    if (error || handshake->lost()) co_return std::string();
  }
  hello.resize(size);
  co_return hello;
}

/// Closing with unread input would reset the connection, and take the alert that says why with it.
void read_over(TcpSocket& socket) {
  std::array<char, 16 * 1024> discarded;
  boost::system::error_code error;
  socket.read_some(asio::buffer(discarded), error);
}

/// Tells the server when a connection's coroutine ends, whichever way.
template <class State>
class OpenGuard {
 public:
  explicit OpenGuard(State* state) : state_(state) {}
  ~OpenGuard() { state_->closed(); }
  OpenGuard(const OpenGuard&) = delete;
  OpenGuard& operator=(const OpenGuard&) = delete;

 private:
  State* state_;
};

template <class State>
Task<void> serve_plain(State* state, TcpSocket socket) {
  const OpenGuard<State> guard(state);
  const Connection connection = describe(socket, false);
  HttpConnection<TcpSocket> served(state->shared, socket, connection);
  co_await served.serve();
}

template <class State>
Task<void> serve_tls(State* state, TcpSocket socket, ServerTls* tls) {
  const OpenGuard<State> guard(state);
  Connection connection = describe(socket, true);
  // Not before there is a hello to answer, and a place: it takes a hundred kilobytes.
  std::optional<TlsStream> stream;
  {
    Handshake handshake(state->shared, socket);
    const std::string hello = co_await read_hello(&socket, &handshake);
    if (hello.empty()) co_return;
    HandshakeRoom::Place place(tls->impl().room, handshake);
    const bool entered = co_await place.enter();
    if (!entered || handshake.lost()) co_return;
    stream.emplace(std::move(socket), tls->impl().base);
    handshake.follow(stream->next_layer());
    boost::system::error_code error;
    co_await stream->async_handshake(asio::ssl::stream_base::server, asio::buffer(hello),
                                     asio::redirect_error(asio::use_awaitable, error));
    if (error) read_over(stream->next_layer());
    if (error || handshake.lost()) co_return;
  }
  connection.server_name = server_name_of(stream->native_handle());
  HttpConnection<TlsStream> served(state->shared, *stream, connection);
  co_await served.serve();
}

template <class State>
Task<void> accept_all(State* state, tcp::acceptor* acceptor, ServerTls* tls) {
  while (acceptor->is_open()) {
    boost::system::error_code error;
    TcpSocket socket =
        co_await acceptor->async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) co_return;
    if (error) {
      // Out of descriptors, mostly: an idle connection's will do.
      log::warning("accept: {}", error.message());
      state->shared.evict_one();
      co_await core::sleep_for(kAcceptPause);
      continue;
    }
    state->serve(std::move(socket), tls);
  }
}

}  // namespace

std::uint16_t HttpServer::State::listen(const std::string& address, std::uint16_t port,
                                        ServerTls* tls) {
  const tcp::endpoint endpoint(asio::ip::make_address(address), port);
  tcp::acceptor acceptor(executor);
  acceptor.open(endpoint.protocol());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  acceptor.bind(endpoint);
  acceptor.listen(asio::socket_base::max_listen_connections);
  listeners.push_back({std::move(acceptor), tls});
  return listeners.back().acceptor.local_endpoint().port();
}

void HttpServer::State::serve(TcpSocket socket, ServerTls* tls) {
  // The evicted one closes once its coroutine has run; until then both are open.
  if (open >= shared.options.limits.connections && !shared.evict_one()) {
    ++shared.stats.refused;
    return;  // The socket closes here.
  }
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.non_blocking(true, ignored);
  ++shared.stats.accepted;
  opened();
  if (tls != nullptr) {
    roots.spawn("https connection", serve_tls(this, std::move(socket), tls));
  } else {
    roots.spawn("http connection", serve_plain(this, std::move(socket)));
  }
}

void HttpServer::State::opened() {
  ++open;
  crowd = std::max(crowd, open);
  if (open == 1) arm_sweep();
}

void HttpServer::State::closed() {
  --open;
  if (open > 0) return;
  give_back();
  sweep_timer.cancel();
  drained.cancel();
}

void HttpServer::State::arm_sweep() {
  const HttpLimits& limits = shared.options.limits;
  const auto shortest = std::min({limits.header_timeout, limits.body_timeout, limits.idle_timeout});
  sweep_timer.expires_after(std::clamp(shortest / 4, kFastestSweep, kSlowestSweep));
  sweep_timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self && self->open > 0) self->sweep();
  });
}

void HttpServer::State::sweep() {
  const std::int64_t now_ns = shared.clock.steady_ns();
  for (Supervised* connection : shared.open) {
    if (connection->deadline_ns > now_ns) continue;
    // The deadline stays, so that an operation begun this very moment is caught by the next sweep.
    connection->expired = true;
    connection->abort();
  }
  give_back();
  arm_sweep();
}

/// What a crowd took lies between what stays, and would be kept for the next crowd.
void HttpServer::State::give_back() {
  if (crowd < kCrowd || open > crowd / 4) return;
  crowd = open;
  malloc_trim(0);
}

HttpServer::HttpServer(asio::any_io_executor executor, Options options, HttpHandler handler)
    : state_(std::make_shared<State>(std::move(executor), std::move(options), std::move(handler))) {
}

HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::listen(const std::string& address, std::uint16_t port) {
  return state_->listen(address, port, nullptr);
}

std::uint16_t HttpServer::listen_tls(const std::string& address, std::uint16_t port,
                                     ServerTls& tls) {
  return state_->listen(address, port, &tls);
}

void HttpServer::adopt(Descriptor socket, ServerTls* tls) {
  tcp::acceptor acceptor(state_->executor);
  acceptor.assign(tcp::v4(), socket.get());
  std::ignore = socket.release();
  state_->listeners.push_back({std::move(acceptor), tls});
}

void HttpServer::start() {
  for (State::Listener& listener : state_->listeners) {
    state_->roots.spawn("http listener",
                        accept_all(state_.get(), &listener.acceptor, listener.tls));
  }
}

Task<void> HttpServer::stop(std::chrono::milliseconds grace) {
  const std::shared_ptr<State> state = state_;
  state->shared.stopping = true;
  for (State::Listener& listener : state->listeners) {
    boost::system::error_code ignored;
    listener.acceptor.close(ignored);
  }
  for (Supervised* connection : state->shared.open) {
    if (connection->phase == Supervised::Phase::kIdle) connection->abort();
  }
  if (grace > grace.zero() && state->open > 0) {
    boost::system::error_code ignored;
    state->drained.expires_after(grace);
    co_await state->drained.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  co_await state->roots.stop();
}

HttpServer::Stats HttpServer::stats() const {
  Stats stats = state_->shared.stats;
  stats.connections = state_->open;
  stats.held = state_->shared.held();
  return stats;
}

}  // namespace tandem::net
