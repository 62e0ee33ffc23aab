#include "net/dns_message.h"

#include <gtest/gtest.h>

#include "core/bytes.h"
#include "core/random.h"
#include "net/dns_answer.h"

namespace tandem::net::dns {
namespace {

using namespace std::string_literals;

std::span<const std::byte> bytes(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string hex(std::string_view text) {
  std::string packed;
  for (const char c : text) {
    if (c != ' ') packed += c;
  }
  return core::hex_decode(packed).value();
}

// Queries as `dig` sends them: id abcd, RD; question; OPT with or without options.
const std::string kQuestion = hex("03 777777 07 6578616d706c65 03 636f6d 00 0001 0001");
const std::string kPlain = hex("abcd 0100 0001 0000 0000 0000") + kQuestion;
const std::string kWithEdns =
    hex("abcd 0120 0001 0000 0000 0001") + kQuestion + hex("00 0029 04d0 00 00 8000 0000");
const std::string kWithSubnet = hex("abcd 0120 0001 0000 0000 0001") + kQuestion +
                                hex("00 0029 1000 00 00 0000 000b 0008 0007 0001 18 00 c00002");

std::string answer_a(const std::string& message, std::size_t limit, int records) {
  Query query;
  EXPECT_EQ(parse_query(bytes(message), query), QueryStatus::kOk);
  std::string out(limit, '\xEE');
  AnswerWriter writer(std::as_writable_bytes(std::span(out)), bytes(message), query);
  writer.set_authoritative();
  for (int i = 0; i < records; ++i) {
    if (!writer.add(Section::kAnswer, query.name.view(), Type::kA, 60, "\xC0\0\2\x01"s)) {
      writer.set_truncated();
    }
  }
  out.resize(writer.finish());
  return out;
}

TEST(DnsQuery, ReadsAPlainQuestion) {
  Query query;
  ASSERT_EQ(parse_query(bytes(kPlain), query), QueryStatus::kOk);
  EXPECT_EQ(query.id, 0xABCD);
  EXPECT_TRUE(query.recursion_desired);
  EXPECT_EQ(name_to_text(query.name.view()), "www.example.com.");
  EXPECT_EQ(query.type, 1);
  EXPECT_EQ(query.rrclass, kClassIn);
  EXPECT_FALSE(query.edns);
  EXPECT_EQ(query.udp_bytes, 512);
}

TEST(DnsQuery, ReadsEdnsAndClientSubnet) {
  Query query;
  ASSERT_EQ(parse_query(bytes(kWithEdns), query), QueryStatus::kOk);
  EXPECT_TRUE(query.edns);
  EXPECT_TRUE(query.dnssec_ok);
  EXPECT_EQ(query.udp_bytes, 1232);
  ASSERT_EQ(parse_query(bytes(kWithSubnet), query), QueryStatus::kOk);
  ASSERT_TRUE(query.subnet);
  EXPECT_EQ(query.subnet->source_prefix, 24);
  EXPECT_EQ(query.subnet->address_size, 3);
}

TEST(DnsQuery, RefusesMalformedClientSubnets) {  // RFC 7871 §6, §7.1.1
  const std::string before = hex("abcd 0120 0001 0000 0000 0001") + kQuestion;
  Query query;
  for (const char* option : {
           "00 0029 1000 00 00 0000 0008 0008 0004 0001 1800",         // no address
           "00 0029 1000 00 00 0000 000b 0008 0007 0001 1801 c00002",  // scope in a query
           "00 0029 1000 00 00 0000 000b 0008 0007 0001 1400 c00002",  // bits beyond the prefix
           "00 0029 1000 00 00 0000 000b 0008 0007 0001 2100 c00002",  // /33
           "00 0029 1000 00 00 0000 0006 0008 0002 0001",              // cut off
           "00 0029 1000 00 00 0000 0004 0008 0007",                   // length beyond the option
       }) {
    EXPECT_EQ(parse_query(bytes(before + hex(option)), query), QueryStatus::kFormErr) << option;
  }
}

TEST(DnsQuery, TellsWhatItWillNotAnswerApart) {
  Query query;
  EXPECT_EQ(parse_query(bytes("short"s), query), QueryStatus::kDrop);
  std::string message = kPlain;
  message[2] = '\x81';
  EXPECT_EQ(parse_query(bytes(message), query), QueryStatus::kDrop) << "an answer";
  message[2] = '\x28';
  EXPECT_EQ(parse_query(bytes(message), query), QueryStatus::kNotImp) << "UPDATE";
  message = kPlain;
  message[5] = 0;
  EXPECT_EQ(parse_query(bytes(message), query), QueryStatus::kFormErr) << "no question";
  message[5] = 2;
  EXPECT_EQ(parse_query(bytes(message), query), QueryStatus::kFormErr) << "two questions";
  message = kWithEdns;
  message[message.size() - 5] = 1;
  EXPECT_EQ(parse_query(bytes(message), query), QueryStatus::kBadVers);
  message = kWithEdns + kWithEdns.substr(kWithEdns.size() - 11);
  message[11] = 2;
  EXPECT_EQ(parse_query(bytes(message), query), QueryStatus::kFormErr) << "two OPT records";
  message = kPlain;
  message[7] = '\xFF';
  EXPECT_EQ(parse_query(bytes(message), query), QueryStatus::kFormErr) << "missing records";
}

TEST(DnsQuery, AnyPrefixOfAQueryIsRefused) {
  Query query;
  for (std::size_t size = 0; size < kWithSubnet.size(); ++size) {
    EXPECT_NE(parse_query(bytes(kWithSubnet.substr(0, size)), query), QueryStatus::kOk) << size;
  }
}

TEST(DnsAnswer, IsCompressedAgainstTheQuestion) {
  EXPECT_EQ(core::hex_encode(answer_a(kPlain, 512, 1)),
            core::hex_encode(hex("abcd 8500 0001 0001 0000 0000") + kQuestion +
                             hex("c00c 0001 0001 0000003c 0004 c0000201")));
}

TEST(DnsAnswer, EchoesEdnsWithTheSubnetAndScopeZero) {  // RFC 7871 §7.2.1
  EXPECT_EQ(core::hex_encode(answer_a(kWithSubnet, 512, 0)),
            core::hex_encode(hex("abcd 8500 0001 0000 0000 0001") + kQuestion +
                             hex("00 0029 1000 00 00 0000 000b 0008 0007 0001 18 00 c00002")));
}

TEST(DnsAnswer, KeepsTheCaseOfTheQuestion) {
  std::string message = kPlain;
  message[13] = 'W';
  EXPECT_EQ(answer_a(message, 512, 1).substr(12, kQuestion.size()),
            message.substr(12, kQuestion.size()));
}

TEST(DnsAnswer, CompressesNamesInData) {
  Query query;
  ASSERT_EQ(parse_query(bytes(kPlain), query), QueryStatus::kOk);
  std::string out(512, '\0');
  AnswerWriter writer(std::as_writable_bytes(std::span(out)), bytes(kPlain), query);
  const std::string zone = *name_from_text("example.com");
  const std::string soa = *name_from_text("ns1.example.com") + *name_from_text("host.example.com") +
                          std::string(20, '\1');
  ASSERT_TRUE(writer.add(Section::kAnswer, query.name.view(), Type::kCname, 1,
                         *name_from_text("a.other.com")));
  ASSERT_TRUE(writer.add(Section::kAnswer, *name_from_text("a.other.com"), Type::kMx, 1,
                         "\0\x0A"s + *name_from_text("b.other.com")));
  ASSERT_TRUE(writer.add(Section::kAuthority, zone, Type::kSoa, 900, soa));
  out.resize(writer.finish());
  const auto parsed = parse_answer(bytes(out));
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed.value().answers[0].rdata, *name_from_text("a.other.com"));
  EXPECT_EQ(parsed.value().answers[1].rdata, "\0\x0A"s + *name_from_text("b.other.com"));
  EXPECT_EQ(parsed.value().authorities[0].rdata, soa);
  // header, question; 12 + "a.other"+pointer; 12 + preference + "b"+pointer; 12 + 2 names + numbers
  EXPECT_EQ(out.size(), 12 + 21 + (12 + 10) + (12 + 2 + 4) + (12 + 6 + 7 + 20));
}

TEST(DnsAnswer, NeverGrowsBeyondItsLimitAndKeepsRoomForOpt) {
  for (std::size_t limit = 64; limit < 300; ++limit) {
    const std::string out = answer_a(kWithEdns, limit, 40);
    EXPECT_LE(out.size(), limit);
    const auto parsed = parse_answer(bytes(out));
    ASSERT_TRUE(parsed.ok());
    EXPECT_TRUE(parsed.value().truncated);
    EXPECT_EQ(parsed.value().answers.size(), (limit - kWithEdns.size()) / 16);
  }
}

TEST(DnsAnswer, RollbackTakesBackRecordsAndNames) {
  Query query;
  ASSERT_EQ(parse_query(bytes(kPlain), query), QueryStatus::kOk);
  std::string out(512, '\0');
  AnswerWriter writer(std::as_writable_bytes(std::span(out)), bytes(kPlain), query);
  const auto mark = writer.mark();
  const std::string other = *name_from_text("a.b.net");
  ASSERT_TRUE(writer.add(Section::kAnswer, other, Type::kA, 1, "\1\2\3\4"s));
  writer.rollback(mark);
  ASSERT_TRUE(writer.add(Section::kAnswer, other, Type::kA, 1, "\1\2\3\4"s));
  out.resize(writer.finish());
  const auto parsed = parse_answer(bytes(out));
  ASSERT_TRUE(parsed.ok());
  ASSERT_EQ(parsed.value().answers.size(), 1u);
  EXPECT_EQ(parsed.value().answers[0].owner, other);
}

TEST(DnsAnswer, ParsingSurvivesRandomDamage) {
  const std::uint64_t seed = core::SystemRandom().next();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  core::SeededRandom random(seed);
  const std::string whole = answer_a(kWithSubnet, 512, 5);
  for (int round = 0; round < 20'000; ++round) {
    std::string damaged = whole;
    for (int i = 0; i < 3; ++i) {
      damaged[random.below(damaged.size())] = static_cast<char>(random.next());
    }
    damaged.resize(random.below(damaged.size()) + 1);
    (void)parse_answer(bytes(damaged));
    Query query;
    damaged[2 % damaged.size()] = 1;
    if (parse_query(bytes(damaged), query) == QueryStatus::kOk) {
      EXPECT_TRUE(is_wire_name(query.name.view()));
    }
  }
}

TEST(DnsClientMessages, AQueryReadsBackAsItWasAsked) {
  const std::string name = *name_from_text("todos.tandem.test");
  Query query;
  const std::string message = encode_query(7, name, Type::kA, Edns::kYes);
  ASSERT_EQ(parse_query(bytes(message), query), QueryStatus::kOk);
  EXPECT_EQ(query.name.view(), name);
  EXPECT_TRUE(query.edns);
  EXPECT_FALSE(query.recursion_desired);
}

}  // namespace
}  // namespace tandem::net::dns
