#include "net/http_server.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <openssl/ssl.h>
#include <tuple>
#include <utility>

#include "core/check.h"
#include "core/log.h"
#include "net/http_connection.h"
#include "net/tls_impl.h"

namespace tandem::net {
namespace {

using asio::ip::tcp;

// How long accepting pauses when the process is out of descriptors or memory.
constexpr std::chrono::milliseconds kAcceptPause{50};
constexpr std::chrono::milliseconds kFastestSweep{5};
constexpr std::chrono::milliseconds kSlowestSweep{500};

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

  State(asio::any_io_executor executor, Options options, HttpHandler handler)
      : executor(executor), roots(executor), sweep_timer(executor), drained(executor) {
    shared.options = std::move(options);
    shared.handler = std::move(handler);
  }

  std::uint16_t listen(const std::string& address, std::uint16_t port, ServerTls* tls);
  void serve(TcpSocket socket, ServerTls* tls);
  void opened();
  void closed();
  void arm_sweep();
  void sweep();

  asio::any_io_executor executor;
  ServerShared shared;
  std::list<Listener> listeners;
  core::TaskGroup roots;
  asio::steady_timer sweep_timer;
  asio::steady_timer drained;
  std::size_t open = 0;
};

namespace {

/// The handshake's part in the sweep.
class Handshake final : public Supervised {
 public:
  Handshake(ServerShared& shared, TcpSocket& socket) : shared_(shared), socket_(socket) {
    phase = Phase::kTransfer;
    shared_.add(*this);
    shared_.progress(*this, shared.options.limits.header_timeout);
  }
  ~Handshake() override { shared_.remove(*this); }
  void abort() override {
    boost::system::error_code ignored;
    socket_.cancel(ignored);
  }

 private:
  ServerShared& shared_;
  TcpSocket& socket_;
};

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
  TlsStream stream(std::move(socket), tls->impl().base);
  boost::system::error_code error;
  {
    Handshake supervised(state->shared, stream.next_layer());
    co_await stream.async_handshake(asio::ssl::stream_base::server,
                                    asio::redirect_error(asio::use_awaitable, error));
    if (error || supervised.expired || supervised.evicted) co_return;
  }
  connection.server_name = server_name_of(stream.native_handle());
  HttpConnection<TlsStream> served(state->shared, stream, connection);
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
  if (open == 1) arm_sweep();
}

void HttpServer::State::closed() {
  --open;
  if (open > 0) return;
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
  arm_sweep();
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
