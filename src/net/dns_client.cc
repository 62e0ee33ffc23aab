#include "net/dns_client.h"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <memory>
#include <optional>

namespace tandem::net {
namespace {

using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;

constexpr unsigned kMaxCnames = 8;

/// Closes the socket when the time is up, which ends what waits on it.
template <class Socket>
void close_after(core::Timer& timer, std::shared_ptr<Socket> socket,
                 std::chrono::milliseconds timeout) {
  timer.expires_after(timeout);
  // The handler may run after its coroutine has ended, hence the share.
  timer.async_wait([socket](error_code cancelled) {
    error_code ignored;
    if (!cancelled) socket->close(ignored);
  });
}

/// An answer to this question, or nothing: late, forged and foreign packets are not it.
std::optional<dns::Answer> accept(std::span<const std::byte> message, std::uint16_t id,
                                  std::string_view name, dns::Type type) {
  auto parsed = dns::parse_answer(message);
  if (!parsed || parsed.value().id != id) return std::nullopt;
  if (parsed.value().question != name || parsed.value().question_type != type) return std::nullopt;
  return std::move(parsed).value();
}

struct Question {
  std::uint16_t id;
  std::string name;  ///< wire form
  dns::Type type;
};

Task<std::optional<dns::Answer>> ask_udp(Question question, DnsClient::Options options) {
  const auto executor = co_await asio::this_coro::executor;
  const udp::endpoint server(asio::ip::make_address(options.address), options.port);
  const auto socket = std::make_shared<udp::socket>(executor);
  socket->open(server.protocol());
  core::Timer timer(executor);
  close_after(timer, socket, options.timeout);
  error_code failed;
  socket->connect(server, failed);
  const std::string query =
      dns::encode_query(question.id, question.name, question.type, dns::Edns::kYes);
  co_await socket->async_send(asio::buffer(query),
                              asio::redirect_error(asio::use_awaitable, failed));
  std::vector<std::byte> buffer(dns::kEdnsUdpBytes);
  while (!failed) {
    const std::size_t got = co_await socket->async_receive(
        asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, failed));
    if (failed) break;
    auto answer = accept(std::span(buffer).first(got), question.id, question.name, question.type);
    if (answer) co_return answer;
  }
  co_return std::nullopt;
}

Task<std::optional<dns::Answer>> ask_tcp(Question question, DnsClient::Options options) {
  const auto executor = co_await asio::this_coro::executor;
  const auto socket = std::make_shared<tcp::socket>(executor);
  const tcp::endpoint server(asio::ip::make_address(options.address), options.port);
  socket->open(server.protocol());
  core::Timer timer(executor);
  close_after(timer, socket, options.timeout);
  error_code failed;
  co_await socket->async_connect(server, asio::redirect_error(asio::use_awaitable, failed));
  if (failed) co_return std::nullopt;
  const std::string query =
      dns::encode_query(question.id, question.name, question.type, dns::Edns::kYes);
  std::string framed{static_cast<char>(query.size() >> 8), static_cast<char>(query.size())};
  framed += query;
  co_await asio::async_write(*socket, asio::buffer(framed),
                             asio::redirect_error(asio::use_awaitable, failed));
  if (failed) co_return std::nullopt;
  std::array<std::uint8_t, 2> length{};
  co_await asio::async_read(*socket, asio::buffer(length),
                            asio::redirect_error(asio::use_awaitable, failed));
  if (failed) co_return std::nullopt;
  std::vector<std::byte> buffer(static_cast<std::size_t>(length[0]) << 8 | length[1]);
  co_await asio::async_read(*socket, asio::buffer(buffer),
                            asio::redirect_error(asio::use_awaitable, failed));
  if (failed) co_return std::nullopt;
  co_return accept(buffer, question.id, question.name, question.type);
}

std::string dotted_quad(std::string_view rdata) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(rdata[i]); };
  return fmt::format("{}.{}.{}.{}", at(0), at(1), at(2), at(3));
}

}  // namespace

Task<dns::Answer> DnsClient::query(std::string name, dns::Type type) {
  const auto wire = dns::name_from_text(name);
  if (!wire) throw DnsError(name + " is not a domain name");
  for (unsigned attempt = 0; attempt < options_.attempts; ++attempt) {
    Question question{static_cast<std::uint16_t>(random_.below(65536)), *wire, type};
    auto answer = co_await ask_udp(question, options_);
    if (answer && answer->truncated) {
      auto whole = co_await ask_tcp(question, options_);
      answer = std::move(whole);
    }
    if (answer) co_return std::move(*answer);
  }
  throw DnsError(
      fmt::format("no answer from {} port {} for {}", options_.address, options_.port, name));
}

Task<DnsClient::Addresses> DnsClient::resolve_a(std::string name) {
  Addresses found;
  found.ttl = UINT32_MAX;
  std::string asked = name;
  for (unsigned hops = 0; hops <= kMaxCnames; ++hops) {
    const dns::Answer answer = co_await query(asked, dns::Type::kA);
    if (answer.rcode != dns::Rcode::kNoError) {
      throw DnsError(fmt::format("{}: {}", asked, dns::rcode_text(answer.rcode)));
    }
    // The records come in the order of the chain (RFC 1034 §4.3.2).
    std::string owner = answer.question;
    for (const dns::Record& record : answer.answers) {
      if (record.owner != owner) continue;
      found.ttl = std::min(found.ttl, record.ttl);
      if (record.type == dns::Type::kCname) owner = record.rdata;
      if (record.type == dns::Type::kA && record.rdata.size() == 4) {
        found.addresses.push_back(dotted_quad(record.rdata));
      }
    }
    if (!found.addresses.empty()) co_return found;
    if (owner == answer.question) break;
    asked = dns::name_to_text(owner);
  }
  throw DnsError(name + " has no address");
}

}  // namespace tandem::net
