#include "net/dns_server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <list>
#include <sys/socket.h>
#include <vector>

#include "core/check.h"
#include "core/log.h"
#include "core/supervise.h"

namespace tandem::net {
namespace {

using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;
using SteadyTime = core::TimePoint;

constexpr std::size_t kBatch = 64;
constexpr std::size_t kBatchesPerTurn = 8;
constexpr std::size_t kUdpQueryBytes = 4096;
constexpr std::size_t kUdpAnswerBytes = 4096;
constexpr std::size_t kTcpMessageBytes = 65535;
constexpr int kSocketBufferBytes = 4 * 1024 * 1024;
constexpr unsigned kBindAttempts = 32;

DnsPeer peer_of(const sockaddr_storage& from) {
  DnsPeer peer;
  if (from.ss_family == AF_INET6) {
    const auto& address = reinterpret_cast<const sockaddr_in6&>(from);
    peer.v6 = true;
    peer.port = ntohs(address.sin6_port);
    std::memcpy(peer.address.data(), &address.sin6_addr, 16);
  } else {
    const auto& address = reinterpret_cast<const sockaddr_in&>(from);
    peer.port = ntohs(address.sin_port);
    std::memcpy(peer.address.data(), &address.sin_addr, 4);
  }
  return peer;
}

/// The arrays that recvmmsg and sendmmsg work on, set up once.
class UdpBatch {
 public:
  UdpBatch() : queries_(kBatch * kUdpQueryBytes), answers_(kBatch * kUdpAnswerBytes) {
    for (std::size_t i = 0; i < kBatch; ++i) {
      in_pieces_[i] = {queries_.data() + i * kUdpQueryBytes, kUdpQueryBytes};
      received_[i].msg_hdr.msg_iov = &in_pieces_[i];
      received_[i].msg_hdr.msg_iovlen = 1;
      received_[i].msg_hdr.msg_name = &from_[i];
      sent_[i].msg_hdr.msg_iov = &out_pieces_[i];
      sent_[i].msg_hdr.msg_iovlen = 1;
    }
  }

  /// Receives, handles and answers up to kBatch queries. Returns how many came.
  std::size_t turn(int socket, const DnsHandler& handler, DnsServer::Stats& stats) {
    for (std::size_t i = 0; i < kBatch; ++i) {
      received_[i].msg_hdr.msg_namelen = sizeof(from_[i]);
    }
    const int got = recvmmsg(socket, received_.data(), kBatch, MSG_DONTWAIT, nullptr);
    if (got <= 0) return 0;
    const std::size_t answers = answer_all(static_cast<std::size_t>(got), handler);
    stats.udp_queries += static_cast<std::uint64_t>(got);
    for (std::size_t done = 0; done < answers;) {
      const int put = sendmmsg(socket, sent_.data() + done, static_cast<unsigned>(answers - done),
                               MSG_DONTWAIT);
      if (put > 0) {
        done += static_cast<std::size_t>(put);
      } else {
        // The first one cannot go: a full buffer or an unreachable client. A resolver asks again.
        ++stats.udp_dropped;
        ++done;
      }
    }
    return static_cast<std::size_t>(got);
  }

 private:
  std::size_t answer_all(std::size_t count, const DnsHandler& handler) {
    std::size_t answers = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if ((received_[i].msg_hdr.msg_flags & MSG_TRUNC) != 0) continue;
      const std::span<const std::byte> query(queries_.data() + i * kUdpQueryBytes,
                                             received_[i].msg_len);
      const std::span<std::byte> out(answers_.data() + i * kUdpAnswerBytes, kUdpAnswerBytes);
      const std::size_t size = handler(query, out, peer_of(from_[i]));
      if (size == 0) continue;
      out_pieces_[answers] = {out.data(), size};
      sent_[answers].msg_hdr.msg_name = &from_[i];
      sent_[answers].msg_hdr.msg_namelen = received_[i].msg_hdr.msg_namelen;
      ++answers;
    }
    return answers;
  }

  std::vector<std::byte> queries_;
  std::vector<std::byte> answers_;
  std::array<mmsghdr, kBatch> received_{};
  std::array<mmsghdr, kBatch> sent_{};
  std::array<iovec, kBatch> in_pieces_{};
  std::array<iovec, kBatch> out_pieces_{};
  std::array<sockaddr_storage, kBatch> from_{};
};

struct TcpConnection {
  explicit TcpConnection(tcp::socket accepted) : socket(std::move(accepted)) {}
  tcp::socket socket;
  SteadyTime deadline;
  DnsPeer peer;
  std::vector<std::byte> input;   ///< from the first byte not yet taken
  std::vector<std::byte> output;  ///< framed answers
};

void close_quietly(tcp::socket& socket) {
  error_code ignored;
  socket.close(ignored);
}

}  // namespace

struct DnsServer::State {
  State(asio::any_io_executor on, Options with, DnsHandler handle)
      : executor(on),
        options(with),
        handler(std::move(handle)),
        tasks(on),
        udp_socket(on),
        acceptor(on) {}

  asio::any_io_executor executor;
  Options options;
  DnsHandler handler;
  core::TaskGroup tasks;
  udp::socket udp_socket;
  tcp::acceptor acceptor;
  std::unique_ptr<UdpBatch> batch;
  std::list<TcpConnection> connections;
  std::vector<std::byte> answer = std::vector<std::byte>(kTcpMessageBytes);
  Stats stats;

  void bind(const asio::ip::address& address, std::uint16_t port);
  void close();
  Task<void> serve_udp();
  Task<void> accept();
  Task<void> serve_tcp(std::list<TcpConnection>::iterator connection);
  Task<void> converse(TcpConnection& connection);
  std::size_t take_queries(TcpConnection& connection);
  Task<void> close_late_ones();
};

void DnsServer::State::bind(const asio::ip::address& address, std::uint16_t port) {
  const tcp::endpoint at(address, port);
  acceptor.open(at.protocol());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  acceptor.bind(at);
  acceptor.listen(128);
  acceptor.non_blocking(true);
  const udp::endpoint same(address, acceptor.local_endpoint().port());
  udp_socket.open(same.protocol());
  error_code ignored;
  udp_socket.set_option(udp::socket::receive_buffer_size(kSocketBufferBytes), ignored);
  udp_socket.set_option(udp::socket::send_buffer_size(kSocketBufferBytes), ignored);
  udp_socket.bind(same);
  udp_socket.non_blocking(true);
}

void DnsServer::State::close() {
  error_code ignored;
  acceptor.close(ignored);
  udp_socket.close(ignored);
  for (TcpConnection& connection : connections) close_quietly(connection.socket);
}

Task<void> DnsServer::State::serve_udp() {
  while (udp_socket.is_open()) {
    error_code failed;
    co_await udp_socket.async_wait(udp::socket::wait_read,
                                   asio::redirect_error(asio::use_awaitable, failed));
    if (failed) co_return;
    // Under load more has come meanwhile, and asking again is cheaper than being told.
    for (std::size_t i = 0; i < kBatchesPerTurn; ++i) {
      if (batch->turn(udp_socket.native_handle(), handler, stats) == 0) break;
    }
  }
}

Task<void> DnsServer::State::accept() {
  while (acceptor.is_open()) {
    error_code failed;
    auto socket = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, failed));
    if (failed == asio::error::operation_aborted || !acceptor.is_open()) co_return;
    if (failed) {
      // Out of descriptors, mostly: give others time to end.
      co_await core::sleep_for(std::chrono::milliseconds(50));
      continue;
    }
    if (connections.size() >= options.tcp_connections) {
      ++stats.tcp_refused;
      close_quietly(socket);
      continue;
    }
    const auto connection = connections.emplace(connections.end(), std::move(socket));
    tasks.spawn("dns tcp connection", serve_tcp(connection));
  }
}

Task<void> DnsServer::State::serve_tcp(std::list<TcpConnection>::iterator connection) {
  error_code gone;
  const tcp::endpoint from = connection->socket.remote_endpoint(gone);
  if (!gone) {
    sockaddr_storage storage{};
    std::memcpy(&storage, from.data(), from.size());
    connection->peer = peer_of(storage);
    connection->peer.transport = DnsTransport::kTcp;
    connection->socket.set_option(tcp::no_delay(true), gone);
    co_await converse(*connection);
  }
  connections.erase(connection);
}

Task<void> DnsServer::State::converse(TcpConnection& connection) {
  std::size_t filled = 0;
  connection.input.resize(1024);
  connection.deadline = core::TimerClock::now() + options.tcp_idle;
  for (;;) {
    error_code failed;
    const std::size_t got = co_await connection.socket.async_read_some(
        asio::buffer(connection.input.data() + filled, connection.input.size() - filled),
        asio::redirect_error(asio::use_awaitable, failed));
    if (failed) co_return;
    filled += got;
    connection.input.resize(filled);
    // Several queries may have come at once (RFC 7766 §6.2.1.1); their answers keep the order.
    for (;;) {
      const std::size_t taken = take_queries(connection);
      if (taken == 0) break;
      connection.deadline = core::TimerClock::now() + options.tcp_write;
      co_await asio::async_write(connection.socket, asio::buffer(connection.output),
                                 asio::redirect_error(asio::use_awaitable, failed));
      if (failed) co_return;
      connection.deadline = core::TimerClock::now() + options.tcp_idle;
    }
    filled = connection.input.size();
    // Room for the message under way, at most for one of the largest size and what follows it.
    const std::size_t wanted = filled < 2
                                   ? 0
                                   : 2 + (std::to_integer<std::size_t>(connection.input[0]) << 8 |
                                          std::to_integer<std::size_t>(connection.input[1]));
    connection.input.resize(std::max(filled + 1024, wanted));
  }
}

/// Answers the complete queries in the input until the output is full. Returns how many it took.
std::size_t DnsServer::State::take_queries(TcpConnection& connection) {
  std::size_t taken = 0;
  std::size_t at = 0;
  auto& input = connection.input;
  connection.output.clear();
  while (at + 2 <= input.size() && connection.output.size() < options.tcp_answer_bytes) {
    const std::size_t length =
        std::to_integer<std::size_t>(input[at]) << 8 | std::to_integer<std::size_t>(input[at + 1]);
    if (at + 2 + length > input.size()) break;
    const std::size_t size =
        handler(std::span(input).subspan(at + 2, length), answer, connection.peer);
    CHECK(size <= kTcpMessageBytes);
    if (size > 0) {
      connection.output.push_back(static_cast<std::byte>(size >> 8));
      connection.output.push_back(static_cast<std::byte>(size & 0xFF));
      connection.output.insert(connection.output.end(), answer.begin(),
                               answer.begin() + static_cast<std::ptrdiff_t>(size));
    }
    at += 2 + length;
    ++taken;
  }
  input.erase(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(at));
  stats.tcp_queries += taken;
  return taken;
}

/// One sweep for all connections is cheaper than a timer for each; it is late by a quarter at most.
Task<void> DnsServer::State::close_late_ones() {
  const auto pause =
      std::max(std::chrono::milliseconds(10), std::min(options.tcp_idle, options.tcp_write) / 4);
  while (acceptor.is_open()) {
    co_await core::sleep_for(pause);
    const SteadyTime now = core::TimerClock::now();
    for (TcpConnection& connection : connections) {
      if (connection.deadline < now) close_quietly(connection.socket);
    }
  }
}

DnsServer::DnsServer(asio::any_io_executor executor, Options options, DnsHandler handler)
    : state_(std::make_unique<State>(executor, options, std::move(handler))) {}

DnsServer::~DnsServer() = default;

std::uint16_t DnsServer::listen(const std::string& address, std::uint16_t port) {
  const auto ip = asio::ip::make_address(address);
  for (unsigned attempt = 1;; ++attempt) {
    try {
      state_->bind(ip, port);
      return state_->acceptor.local_endpoint().port();
    } catch (const boost::system::system_error& error) {
      state_->close();
      // The free TCP port may be taken for UDP; another one is drawn then.
      const bool again = port == 0 && error.code() == asio::error::address_in_use;
      if (!again || attempt == kBindAttempts) throw;
    }
  }
}

void DnsServer::start() {
  CHECK(state_->acceptor.is_open());
  state_->batch = std::make_unique<UdpBatch>();
  State* state = state_.get();
  core::supervise(state->tasks, "dns udp", [state] { return state->serve_udp(); });
  core::supervise(state->tasks, "dns tcp", [state] { return state->accept(); });
  core::supervise(state->tasks, "dns tcp deadlines", [state] { return state->close_late_ones(); });
}

Task<void> DnsServer::stop() {
  state_->close();
  co_await state_->tasks.stop();
}

DnsServer::Stats DnsServer::stats() const {
  Stats stats = state_->stats;
  stats.tcp_connections = state_->connections.size();
  return stats;
}

}  // namespace tandem::net
