#include "net/dns_relay.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include "core/random.h"
#include "net/dns_client.h"
#include "net/dns_message.h"
#include "net/dns_server.h"
#include "net/loopback_testing.h"

namespace tandem::net {
namespace {

using asio::ip::tcp;
using asio::ip::udp;

/// Answers every A question with one address, or with a code.
DnsHandler says(std::string rdata, dns::Rcode rcode) {
  return [rdata, rcode](std::span<const std::byte> message, std::span<std::byte> out,
                        const DnsPeer&) -> std::size_t {
    dns::Query query;
    if (dns::parse_query(message, query) != dns::QueryStatus::kOk) return 0;
    dns::AnswerWriter writer(out, message, query);
    writer.set_rcode(rcode);
    if (!rdata.empty()) {
      writer.add(dns::Section::kAnswer, query.name.view(), dns::Type::kA, 7, rdata);
    }
    return writer.finish();
  };
}

class DnsRelayTest : public ::testing::Test {
 protected:
  void SetUp() override {
    refusing_.emplace(loop_.executor(), DnsServer::Options{}, says("", dns::Rcode::kRefused));
    world_.emplace(loop_.executor(), DnsServer::Options{},
                   says("\x0a\x01\x02\x03", dns::Rcode::kNoError));
    const std::uint16_t refusing = refusing_->listen("127.0.0.1", 0);
    const std::uint16_t world = world_->listen("127.0.0.1", 0);
    refusing_->start();
    world_->start();
    relay_.emplace(loop_.executor(), DnsRelay::Limits{.patience = std::chrono::milliseconds(200)},
                   [refusing, world](std::string_view name) {
                     DnsRelay::Choice choice;
                     if (name == "ours.example") choice.address = "127.0.10.1";
                     if (name == "refused.example") choice.servers = {{"127.0.0.1", refusing}};
                     if (name == "world.example") {
                       choice.servers = {{"no address", 53},
                                         {"127.0.0.1", 1},
                                         {"127.0.0.1", refusing},
                                         {"127.0.0.1", world}};
                     }
                     return choice;
                   });
    tcp::acceptor listening(loop_.executor(), {asio::ip::make_address("127.0.0.1"), 0});
    port_ = listening.local_endpoint().port();
    udp::socket bound(loop_.executor(), {asio::ip::make_address("127.0.0.1"), port_});
    relay_->adopt_tcp(Descriptor(::dup(listening.native_handle())));
    relay_->adopt_udp(Descriptor(::dup(bound.native_handle())));
    relay_->start();
  }
  void TearDown() override {
    loop_.run(relay_->stop());
    loop_.run(refusing_->stop());
    loop_.run(world_->stop());
  }

  dns::Answer ask(std::string name, dns::Type type = dns::Type::kA) {
    DnsClient client(random_, {.address = "127.0.0.1", .port = port_});
    return loop_.run(client.query(std::move(name), type));
  }

  static Task<std::string> by_tcp(std::uint16_t port, std::string bytes) {
    tcp::socket socket(co_await asio::this_coro::executor);
    co_await socket.async_connect({asio::ip::make_address("127.0.0.1"), port}, asio::use_awaitable);
    co_await asio::async_write(socket, asio::buffer(bytes), asio::use_awaitable);
    std::string answer(2, '\0');
    boost::system::error_code ended;
    co_await asio::async_read(socket, asio::buffer(answer),
                              asio::redirect_error(asio::use_awaitable, ended));
    if (ended) co_return std::string();
    answer.resize(static_cast<std::size_t>(static_cast<std::uint8_t>(answer[0])) << 8 |
                  static_cast<std::uint8_t>(answer[1]));
    co_await asio::async_read(socket, asio::buffer(answer), asio::use_awaitable);
    co_return answer;
  }

  testing::Loop loop_;
  core::SeededRandom random_{7};
  std::optional<DnsServer> refusing_;
  std::optional<DnsServer> world_;
  std::optional<DnsRelay> relay_;
  std::uint16_t port_ = 0;
};

TEST_F(DnsRelayTest, SaysWhereOurNamesLead) {
  const dns::Answer answer = ask("Ours.Example");
  ASSERT_EQ(answer.answers.size(), 1U);
  EXPECT_EQ(answer.answers[0].rdata, std::string("\x7f\x00\x0a\x01", 4));
  // There is nothing else of that name (RFC 2308 §2.2), so that nobody asks elsewhere.
  const dns::Answer none = ask("ours.example", dns::Type::kAaaa);
  EXPECT_EQ(none.rcode, dns::Rcode::kNoError);
  EXPECT_TRUE(none.answers.empty());
}

TEST_F(DnsRelayTest, AsksOneAfterTheOtherUntilOneAnswers) {
  const dns::Answer answer = ask("world.example");
  ASSERT_EQ(answer.answers.size(), 1U);
  EXPECT_EQ(answer.answers[0].ttl, 7U);
  EXPECT_EQ(ask("refused.example").rcode, dns::Rcode::kRefused);
  EXPECT_EQ(ask("nobody.example").rcode, dns::Rcode::kServFail);
}

TEST_F(DnsRelayTest, TakesQuestionsByTcp) {
  for (const char* name : {"ours.example", "world.example"}) {
    const std::string query =
        dns::encode_query(77, *dns::name_from_text(name), dns::Type::kA, dns::Edns::kNo);
    const std::string framed = std::string{'\0', static_cast<char>(query.size())} + query;
    const std::string answer = loop_.run(by_tcp(port_, framed));
    const auto parsed = dns::parse_answer(std::as_bytes(std::span(answer)));
    ASSERT_TRUE(parsed) << name;
    EXPECT_EQ(parsed.value().id, 77);
    EXPECT_EQ(parsed.value().answers.size(), 1U);
  }
}

// RFC 1035 §4.1.1: or resolvers say that recursion is not available.
TEST_F(DnsRelayTest, SaysThatRecursionIsAvailable) {
  for (const char* name : {"ours.example", "world.example", "refused.example", "nobody.example"}) {
    const std::string query =
        dns::encode_query(77, *dns::name_from_text(name), dns::Type::kA, dns::Edns::kNo);
    const std::string framed = std::string{'\0', static_cast<char>(query.size())} + query;
    const std::string answer = loop_.run(by_tcp(port_, framed));
    ASSERT_GE(answer.size(), dns::kHeaderBytes) << name;
    EXPECT_EQ(static_cast<unsigned char>(answer[3]) & 0x80, 0x80) << name;
  }
}

TEST_F(DnsRelayTest, WhatIsNoQuestionGetsNoAnswer) {
  EXPECT_EQ(loop_.run(by_tcp(port_, std::string("\0\x03xyz", 5))), "");
  EXPECT_EQ(loop_.run(by_tcp(port_, std::string("\0\0", 2))), "");
}

}  // namespace
}  // namespace tandem::net
