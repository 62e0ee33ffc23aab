#include "net/relay.h"

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <sys/socket.h>
#include <utility>
#include <vector>

#include "core/gate.h"
#include "core/log.h"
#include "core/text.h"
#include "core/timer.h"
#include "net/client_hello.h"
#include "net/tls_impl.h"

namespace tandem::net {
namespace {

using asio::ip::tcp;
using boost::system::error_code;
using Tls = asio::ssl::stream<tcp::socket>;

constexpr std::size_t kPiece = 32 * 1024;
/// When sockets run out: until some come back.
constexpr std::chrono::milliseconds kPause{100};
/// For the orderly end of TLS.
constexpr std::chrono::milliseconds kGoodbye{1'000};

auto failing_into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

/// Cancels what waits on a socket when the time is up. To be destroyed before the socket.
class Deadline {
 public:
  Deadline(tcp::socket& socket, std::chrono::milliseconds after)
      : timer_(socket.get_executor(), after), ended_(std::make_shared<bool>(false)) {
    timer_.async_wait([&socket, ended = ended_](error_code cancelled) {
      error_code ignored;
      if (!cancelled && !*ended) socket.close(ignored);
    });
  }
  ~Deadline() { *ended_ = true; }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  core::Timer timer_;
  std::shared_ptr<bool> ended_;
};

/// Looked at and left where it is: whoever handles the connection reads it.
Task<std::string> peek_server_name(tcp::socket* client) {
  std::string bytes;
  for (;;) {
    const std::size_t missing = missing_of_client_hello(bytes);
    if (missing == 0) co_return server_name_in(bytes);
    const std::size_t before = bytes.size();
    std::string seen(before + missing, '\0');
    // Readable it is as long as anything lies there, so that more is waited for by its amount.
    const int lowest = static_cast<int>(seen.size());
    ::setsockopt(client->native_handle(), SOL_SOCKET, SO_RCVLOWAT, &lowest, sizeof lowest);
    error_code failed;
    co_await client->async_wait(tcp::socket::wait_read, failing_into(failed));
    if (failed) co_return std::string();
    const std::size_t got = client->receive(asio::buffer(seen), tcp::socket::message_peek, failed);
    const int one = 1;
    ::setsockopt(client->native_handle(), SOL_SOCKET, SO_RCVLOWAT, &one, sizeof one);
    // Its sender has ended in the middle of it.
    if (failed || got <= before) co_return std::string();
    seen.resize(got);
    bytes = std::move(seen);
  }
}

/// Both ends of a connection that is carried on, shared by its two directions.
template <class Client>
struct Pair {
  Pair(Client near, tcp::socket far) : client(std::move(near)), target(std::move(far)) {}
  Client client;
  tcp::socket target;
  int directions = 2;
  /// Held as long as the connection is open.
  core::Gate::Place place;
};

tcp::socket& socket_of(tcp::socket& socket) { return socket; }
tcp::socket& socket_of(Tls& stream) { return stream.next_layer(); }

/// False when it broke off instead of coming to its end.
template <class From, class To>
Task<bool> copy(From* from, To* to) {
  std::array<char, kPiece> piece;
  for (;;) {
    error_code failed;
    const std::size_t got =
        co_await from->async_read_some(asio::buffer(piece), failing_into(failed));
    if (got > 0) {
      error_code refused;
      co_await asio::async_write(*to, asio::buffer(piece, got), failing_into(refused));
      if (refused) co_return false;
    }
    if (failed) co_return failed == asio::error::eof;
  }
}

Task<void> say_goodbye(Tls* client) {
  const Deadline deadline(client->next_layer(), kGoodbye);
  error_code ignored;
  co_await client->async_shutdown(failing_into(ignored));
}
Task<void> say_goodbye(tcp::socket*) { co_return; }

template <class Client>
Task<void> end_direction(std::shared_ptr<Pair<Client>> pair, bool orderly) {
  error_code ignored;
  if (!orderly) {
    socket_of(pair->client).close(ignored);
    pair->target.close(ignored);
  }
  if (--pair->directions == 0 && pair->target.is_open()) co_await say_goodbye(&pair->client);
}

template <class Client>
Task<void> to_target(std::shared_ptr<Pair<Client>> pair) {
  bool orderly = co_await copy(&pair->client, &pair->target);
  error_code ignored;
  // TLS has no half: whoever has ended it here waits for nothing more, or was told to end.
  if constexpr (std::is_same_v<Client, Tls>) {
    orderly = orderly || pair->directions == 1;
  }
  pair->target.shutdown(tcp::socket::shutdown_send, ignored);
  co_await end_direction(std::move(pair), orderly);
}

template <class Client>
Task<void> to_client(std::shared_ptr<Pair<Client>> pair) {
  const bool orderly = co_await copy(&pair->target, &pair->client);
  error_code ignored;
  if constexpr (std::is_same_v<Client, Tls>) {
    // There is nothing more to say, and no way to say so but by ending the whole.
    if (pair->directions == 2) pair->client.next_layer().cancel(ignored);
  } else {
    pair->client.shutdown(tcp::socket::shutdown_send, ignored);
  }
  co_await end_direction(std::move(pair), orderly);
}

}  // namespace

struct Relay::State {
  struct Door {
    tcp::acceptor acceptor;
    Speaks speaks;
  };

  State(asio::any_io_executor on, Limits most, ServerTls* certificates, Route choose)
      : executor(std::move(on)),
        limits(most),
        tls(certificates),
        route(std::move(choose)),
        gate(most.connections),
        roots(executor) {}

  void open(std::shared_ptr<Door> door) {
    roots.spawn("a relay's door", accept_all(this, std::move(door)));
  }
  static Task<void> accept_all(State* self, std::shared_ptr<Door> door);
  static Task<void> carry(State* self, tcp::socket client, Speaks speaks, core::Gate::Place place);

  template <class Client>
  void run(Client client, tcp::socket target, core::Gate::Place place) {
    auto pair = std::make_shared<Pair<Client>>(std::move(client), std::move(target));
    pair->place = std::move(place);
    roots.spawn("a relayed connection", to_target(pair));
    roots.spawn("a relayed connection", to_client(std::move(pair)));
  }

  asio::any_io_executor executor;
  Limits limits;
  ServerTls* tls;
  Route route;
  core::Gate gate;
  std::vector<std::shared_ptr<Door>> doors;
  bool started = false;
  core::TaskGroup roots;
};

Task<void> Relay::State::accept_all(State* self, std::shared_ptr<Door> door) {
  for (;;) {
    core::Gate::Place place = co_await self->gate.enter();
    error_code failed;
    tcp::socket client = co_await door->acceptor.async_accept(failing_into(failed));
    if (failed == asio::error::operation_aborted || !door->acceptor.is_open()) co_return;
    if (failed) {
      co_await core::sleep_for(kPause);
      continue;
    }
    self->roots.spawn("a relayed connection",
                      carry(self, std::move(client), door->speaks, std::move(place)));
  }
}

/// Until both sides are connected; then each direction goes by itself.
Task<void> Relay::State::carry(State* self, tcp::socket client, Speaks speaks,
                               core::Gate::Place place) {
  error_code failed;
  const tcp::endpoint local = client.local_endpoint(failed);
  if (failed) co_return;
  Arrival arrival{local.address().to_string(), local.port(), ""};
  tcp::socket target(self->executor);
  std::optional<Target> where;
  {
    const Deadline deadline(client, self->limits.opening);
    if (speaks == Speaks::kTls) arrival.server_name = co_await peek_server_name(&client);
    if (!client.is_open()) co_return;
    where = self->route(arrival);
    if (!where) co_return;
    const Deadline patience(target, self->limits.opening);
    const tcp::endpoint there(asio::ip::make_address(where->address), where->port);
    co_await target.async_connect(there, failing_into(failed));
    if (!client.is_open()) co_return;
    if (failed) {
      // The client sees what it would see without us: nobody listens there.
      client.set_option(tcp::socket::linger(true, 0), failed);
      co_return;
    }
  }
  target.set_option(tcp::no_delay(true), failed);
  client.set_option(tcp::no_delay(true), failed);
  if (!where->ends_tls || self->tls == nullptr) {
    self->run(std::move(client), std::move(target), std::move(place));
    co_return;
  }
  Tls stream(std::move(client), self->tls->impl().base);
  {
    const Deadline deadline(stream.next_layer(), self->limits.opening);
    co_await stream.async_handshake(asio::ssl::stream_base::server, failing_into(failed));
  }
  if (!failed) self->run(std::move(stream), std::move(target), std::move(place));
}

Relay::Relay(asio::any_io_executor executor, Limits limits, ServerTls* tls, Route route)
    : state_(std::make_unique<State>(std::move(executor), limits, tls, std::move(route))) {}
Relay::~Relay() = default;

void Relay::adopt(Descriptor socket, Speaks speaks) {
  tcp::acceptor acceptor(state_->executor);
  sockaddr_storage at{};
  socklen_t size = sizeof at;
  const bool six = ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&at), &size) == 0 &&
                   at.ss_family == AF_INET6;
  acceptor.assign(six ? tcp::v6() : tcp::v4(), socket.get());
  std::ignore = socket.release();
  const auto door = std::make_shared<State::Door>(State::Door{std::move(acceptor), speaks});
  state_->doors.push_back(door);
  if (state_->started) state_->open(door);
}

void Relay::close_door(const std::string& address, std::uint16_t port) {
  std::erase_if(state_->doors, [&](const std::shared_ptr<State::Door>& door) {
    error_code failed;
    const tcp::endpoint at = door->acceptor.local_endpoint(failed);
    const bool meant = !failed && at.port() == port && at.address().to_string() == address;
    if (meant) door->acceptor.close(failed);
    return meant;
  });
}

void Relay::start() {
  state_->started = true;
  for (const auto& door : state_->doors) state_->open(door);
}

Task<void> Relay::stop() { co_await state_->roots.stop(); }

}  // namespace tandem::net
