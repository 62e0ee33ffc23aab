#include "net/dns_relay.h"

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <list>
#include <span>
#include <utility>

#include "core/gate.h"
#include "core/timer.h"
#include "net/dns_message.h"
#include "net/dns_name.h"

namespace tandem::net {
namespace {

using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;

constexpr std::uint32_t kTtl_s = 1;  ///< who is dead is not to be remembered
constexpr std::size_t kMostTcp = 65'535;
constexpr std::size_t kFlags = 2;     ///< of RFC 1035 §4.1.1, where they begin
constexpr unsigned kResponse = 0x80;  ///< QR, in the first of them
constexpr unsigned kRcodeMask = 0x0F;
constexpr unsigned kRecursion = 0x80;  ///< RA, in the second
constexpr std::chrono::milliseconds kPause{100};

auto failing_into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// Ends what waits on a socket when the time is up.
template <class Socket>
void close_after(core::Timer& timer, std::shared_ptr<Socket> socket,
                 std::chrono::milliseconds patience) {
  timer.expires_after(patience);
  timer.async_wait([socket](error_code cancelled) {
    error_code ignored;
    if (!cancelled) socket->close(ignored);
  });
}

bool answers(const std::string& answer, const std::string& question) {
  return answer.size() >= dns::kHeaderBytes && answer[0] == question[0] &&
         answer[1] == question[1] && (static_cast<unsigned char>(answer[kFlags]) & kResponse) != 0;
}

bool refuses(const std::string& answer) {
  return (static_cast<unsigned char>(answer[kFlags + 1]) & kRcodeMask) ==
         static_cast<unsigned>(dns::Rcode::kRefused);
}

/// Empty: none came. A socket of its own for each question, so that nothing else can be its answer.
Task<std::string> ask_udp(std::string question, DnsRelay::Server server,
                          std::chrono::milliseconds patience) {
  const auto executor = co_await asio::this_coro::executor;
  error_code failed;
  const udp::endpoint there(asio::ip::make_address(server.address, failed), server.port);
  if (failed) co_return std::string();
  const auto socket = std::make_shared<udp::socket>(executor);
  socket->open(there.protocol(), failed);
  if (!failed) socket->connect(there, failed);
  if (failed) co_return std::string();
  core::Timer timer(executor);
  close_after(timer, socket, patience);
  co_await socket->async_send(asio::buffer(question), failing_into(failed));
  std::string answer;
  while (!failed) {
    answer.resize(kMostTcp);
    const std::size_t got =
        co_await socket->async_receive(asio::buffer(answer), failing_into(failed));
    answer.resize(got);
    if (!failed && answers(answer, question)) co_return answer;
  }
  co_return std::string();
}

std::string framed(const std::string& message) {
  std::string bytes{static_cast<char>(message.size() >> 8), static_cast<char>(message.size())};
  return bytes + message;
}

/// Empty at the connection's end.
Task<std::string> read_framed(tcp::socket* from) {
  std::array<std::uint8_t, 2> length{};
  error_code failed;
  co_await asio::async_read(*from, asio::buffer(length), failing_into(failed));
  std::string message;
  if (failed) co_return message;
  message.resize(static_cast<std::size_t>(length[0]) << 8 | length[1]);
  co_await asio::async_read(*from, asio::buffer(message), failing_into(failed));
  if (failed) message.clear();
  co_return message;
}

Task<std::string> ask_tcp(std::string question, DnsRelay::Server server,
                          std::chrono::milliseconds patience) {
  const auto executor = co_await asio::this_coro::executor;
  error_code failed;
  const tcp::endpoint there(asio::ip::make_address(server.address, failed), server.port);
  if (failed) co_return std::string();
  const auto socket = std::make_shared<tcp::socket>(executor);
  socket->open(there.protocol(), failed);
  core::Timer timer(executor);
  close_after(timer, socket, patience);
  if (!failed) co_await socket->async_connect(there, failing_into(failed));
  const std::string sent = framed(question);
  if (!failed) co_await asio::async_write(*socket, asio::buffer(sent), failing_into(failed));
  if (failed) co_return std::string();
  std::string answer = co_await read_framed(socket.get());
  co_return answers(answer, question) ? answer : std::string();
}

/// The name's address, or that there is nothing else.
std::string own_answer(const std::string& message, const dns::Query& query,
                       const std::string& address, std::size_t room) {
  std::string out(room, '\0');
  dns::AnswerWriter writer(std::as_writable_bytes(std::span(out.data(), out.size())),
                           bytes_of(message), query);
  writer.set_authoritative(false);
  if (query.type == static_cast<std::uint16_t>(dns::Type::kA) && query.rrclass == dns::kClassIn) {
    const auto quad = asio::ip::make_address_v4(address).to_bytes();
    const std::string rdata(quad.begin(), quad.end());
    writer.add(dns::Section::kAnswer, query.name.view(), dns::Type::kA, kTtl_s, rdata);
  }
  out.resize(writer.finish());
  return out;
}

std::string failure(const std::string& message, const dns::Query& query, dns::Rcode rcode) {
  std::string out(dns::kPlainUdpBytes, '\0');
  dns::AnswerWriter writer(std::as_writable_bytes(std::span(out.data(), out.size())),
                           bytes_of(message), query);
  writer.set_rcode(rcode);
  out.resize(writer.finish());
  return out;
}

/// RFC 1035 §4.1.1: whoever asks here may ask for any name, whoever has answered.
std::string with_recursion(std::string answer) {
  char& flags = answer[kFlags + 1];
  flags = static_cast<char>(static_cast<unsigned char>(flags) | kRecursion);
  return answer;
}

}  // namespace

struct DnsRelay::State {
  enum class By { kUdp, kTcp };

  State(asio::any_io_executor on, Limits most, Choose decide)
      : executor(std::move(on)),
        limits(most),
        choose(std::move(decide)),
        gate(most.questions),
        roots(executor) {}

  Task<std::string> answer(std::string message, By by);
  static Task<void> read_udp(State* self, udp::socket* socket);
  static Task<void> answer_udp(State* self, udp::socket* socket, udp::endpoint client,
                               std::string message, core::Gate::Place place);
  static Task<void> accept_tcp(State* self, tcp::acceptor* acceptor);
  static Task<void> serve_tcp(State* self, std::shared_ptr<tcp::socket> socket,
                              core::Gate::Place place);

  asio::any_io_executor executor;
  Limits limits;
  Choose choose;
  core::Gate gate;
  std::list<udp::socket> udp_sockets;
  std::list<tcp::acceptor> acceptors;
  core::TaskGroup roots;
};

/// Empty: there is none to be given.
Task<std::string> DnsRelay::State::answer(std::string message, By by) {
  dns::Query query;
  const dns::QueryStatus status = dns::parse_query(bytes_of(message), query);
  if (status == dns::QueryStatus::kDrop) co_return std::string();
  if (status == dns::QueryStatus::kFormErr) {
    co_return failure(message, query, dns::Rcode::kFormErr);
  }
  Choice choice;
  if (status == dns::QueryStatus::kOk) {
    std::string name = dns::name_to_text(query.name.view());
    if (name.ends_with('.')) name.pop_back();
    choice = choose(name);
  }
  const std::size_t room = by == By::kTcp ? kMostTcp : query.udp_bytes;
  if (!choice.address.empty()) co_return own_answer(message, query, choice.address, room);
  std::string refusal;
  for (const Server& server : choice.servers) {
    Task<std::string> asking = by == By::kTcp ? ask_tcp(message, server, limits.patience)
                                              : ask_udp(message, server, limits.patience);
    std::string found = co_await std::move(asking);
    if (found.empty()) continue;
    if (!refuses(found)) co_return found;
    refusal = std::move(found);
  }
  if (!refusal.empty()) co_return refusal;
  co_return failure(message, query, dns::Rcode::kServFail);
}

Task<void> DnsRelay::State::read_udp(State* self, udp::socket* socket) {
  for (;;) {
    core::Gate::Place place = co_await self->gate.enter();
    std::string message(dns::kEdnsUdpBytes, '\0');
    udp::endpoint client;
    error_code failed;
    const std::size_t got =
        co_await socket->async_receive_from(asio::buffer(message), client, failing_into(failed));
    if (failed == asio::error::operation_aborted) co_return;
    if (failed) {
      co_await core::sleep_for(kPause);
      continue;
    }
    message.resize(got);
    self->roots.spawn("a DNS question",
                      answer_udp(self, socket, client, std::move(message), std::move(place)));
  }
}

Task<void> DnsRelay::State::answer_udp(State* self, udp::socket* socket, udp::endpoint client,
                                       std::string message, core::Gate::Place place) {
  const core::Gate::Place held = std::move(place);
  std::string answer = co_await self->answer(std::move(message), By::kUdp);
  if (answer.empty()) co_return;
  answer = with_recursion(std::move(answer));
  error_code ignored;
  co_await socket->async_send_to(asio::buffer(answer), client, failing_into(ignored));
}

Task<void> DnsRelay::State::accept_tcp(State* self, tcp::acceptor* acceptor) {
  for (;;) {
    core::Gate::Place place = co_await self->gate.enter();
    error_code failed;
    auto socket = std::make_shared<tcp::socket>(self->executor);
    co_await acceptor->async_accept(*socket, failing_into(failed));
    if (failed == asio::error::operation_aborted) co_return;
    if (failed) {
      co_await core::sleep_for(kPause);
      continue;
    }
    self->roots.spawn("a DNS connection", serve_tcp(self, std::move(socket), std::move(place)));
  }
}

Task<void> DnsRelay::State::serve_tcp(State* self, std::shared_ptr<tcp::socket> socket,
                                      core::Gate::Place place) {
  const core::Gate::Place held = std::move(place);
  core::Timer timer(self->executor);
  for (;;) {
    close_after(timer, socket, self->limits.idle);
    std::string message = co_await read_framed(socket.get());
    if (message.empty()) co_return;
    // Longer than all servers together may take.
    timer.cancel();
    std::string answer = co_await self->answer(std::move(message), By::kTcp);
    if (answer.empty()) co_return;
    close_after(timer, socket, self->limits.idle);
    error_code failed;
    const std::string sent = framed(with_recursion(std::move(answer)));
    co_await asio::async_write(*socket, asio::buffer(sent), failing_into(failed));
    if (failed) co_return;
  }
}

DnsRelay::DnsRelay(asio::any_io_executor executor, Limits limits, Choose choose)
    : state_(std::make_unique<State>(std::move(executor), limits, std::move(choose))) {}
DnsRelay::~DnsRelay() = default;

void DnsRelay::adopt_udp(Descriptor socket) {
  udp::socket adopted(state_->executor);
  adopted.assign(udp::v4(), socket.get());
  std::ignore = socket.release();
  state_->udp_sockets.push_back(std::move(adopted));
}

void DnsRelay::adopt_tcp(Descriptor socket) {
  tcp::acceptor adopted(state_->executor);
  adopted.assign(tcp::v4(), socket.get());
  std::ignore = socket.release();
  state_->acceptors.push_back(std::move(adopted));
}

void DnsRelay::start() {
  for (udp::socket& socket : state_->udp_sockets) {
    state_->roots.spawn("DNS by UDP", State::read_udp(state_.get(), &socket));
  }
  for (tcp::acceptor& acceptor : state_->acceptors) {
    state_->roots.spawn("DNS by TCP", State::accept_tcp(state_.get(), &acceptor));
  }
}

Task<void> DnsRelay::stop() { co_await state_->roots.stop(); }

}  // namespace tandem::net
