#include "services/route53/model/answerer.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

#include "net/dns_answer.h"
#include "services/route53/model/rdata.h"

namespace tandem::route53 {
namespace {

namespace dns = net::dns;
using dns::Rcode;
using dns::Type;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class AnswererTest : public testing::Test {
 public:
  AnswererTest() : random_(1) {
    service::Config config;
    config.regions = {{"us-east-1", "127.0.10.1"}, {"us-west-2", "127.0.11.1"}};
    endpoints_ = regional_endpoints(config);
    record("example.com", "NS", {"ns-1.awsdns-00.com.", "ns-2.awsdns-01.net."}, 172800);
    record("example.com", "SOA", {"ns-1.awsdns-00.com. h.amazon.com. 1 7200 900 1209600 86400"},
           900);
    build();
  }

  RecordSet& record(std::string_view name, std::string_view type, std::vector<std::string> values,
                    std::uint32_t ttl = 60) {
    RecordSet set;
    set.name = parse_name(name).value();
    set.type = *type_from_text(type);
    set.values = std::move(values);
    set.ttl = ttl;
    return records_[key_of(set)] = set;
  }
  void alias(std::string_view name, std::string_view zone, std::string_view target,
             std::string_view identifier = "", std::uint32_t weight = 1) {
    RecordSet set;
    set.name = parse_name(name).value();
    set.alias = AliasTarget{std::string(zone), parse_name(target).value(), true};
    set.set_identifier = identifier;
    if (!identifier.empty()) set.weight = weight;
    records_[key_of(set)] = set;
  }
  void build(double speed = 1.0) {
    CompileContext context{.pace = core::Pace(speed), .places = places_};
    context.slot_of_check = [this](std::string_view) { return check_; };
    context.aws_target =
        [this](const AliasTarget& target) -> std::optional<CompileContext::AwsTarget> {
      const auto region = region_of_alias_zone(target.hosted_zone_id);
      for (const RegionalEndpoint& endpoint : endpoints_) {
        if (endpoint.region == region) return {{endpoint.rdata, HealthBoard::kNone}};
      }
      return std::nullopt;
    };
    answerer_ = std::make_unique<Answerer>(board_, places_, random_, endpoints_, core::Pace(speed));
    answerer_->put_zone(
        std::make_shared<CompiledZone>("Z1", parse_name("example.com").value(), records_, context));
  }

  dns::Answer ask(std::string_view name, Type type = Type::kA,
                  Answerer::Transport transport = Answerer::Transport::kUdp,
                  dns::Edns edns = dns::Edns::kNo, const dns::ClientSubnet* subnet = nullptr) {
    const std::string query = dns::encode_query(77, *dns::name_from_text(name), type, edns, subnet);
    std::vector<std::byte> out(65535);
    const std::size_t size =
        answerer_->answer(std::as_bytes(std::span(query)), out, {transport, resolver_});
    auto answer = dns::parse_answer(std::span(out).first(size));
    EXPECT_TRUE(answer.ok());
    EXPECT_EQ(answer.value().id, 77);
    return std::move(answer).value();
  }
  static std::vector<std::string> texts(const std::vector<dns::Record>& records) {
    std::vector<std::string> texts;
    for (const dns::Record& record : records) {
      texts.push_back(fmt::format("{} {} {} {}", dns::name_to_text(record.owner), record.ttl,
                                  type_text(record.type), rdata_text(record.type, record.rdata)));
    }
    return texts;
  }
  static constexpr std::string_view kSoaText =
      "example.com. 900 SOA ns-1.awsdns-00.com. h.amazon.com. 1 7200 900 1209600 86400";

  core::SeededRandom random_;
  HealthBoard board_;
  const aws::Places places_ = aws::Places::built_in();
  std::vector<std::uint8_t> resolver_;
  HealthBoard::Slot check_ = HealthBoard::kNone;
  std::vector<RegionalEndpoint> endpoints_;
  Records records_;
  std::unique_ptr<Answerer> answerer_;
};

TEST_F(AnswererTest, PositiveAnswersAreAuthoritativeAndNameTheServers) {
  record("www.example.com", "A", {"192.0.2.1"});
  build();
  const dns::Answer answer = ask("WWW.example.com");
  EXPECT_TRUE(answer.authoritative);
  EXPECT_THAT(texts(answer.answers), ElementsAre("www.example.com. 60 A 192.0.2.1"));
  EXPECT_THAT(texts(answer.authorities),
              UnorderedElementsAre("example.com. 172800 NS ns-1.awsdns-00.com.",
                                   "example.com. 172800 NS ns-2.awsdns-01.net."));
}

TEST_F(AnswererTest, TellsMissingNamesFromMissingTypes) {  // RFC 2308
  record("a.b.example.com", "A", {"192.0.2.1"});
  build();
  dns::Answer answer = ask("nowhere.example.com");
  EXPECT_EQ(answer.rcode, Rcode::kNxDomain);
  EXPECT_THAT(texts(answer.authorities), ElementsAre(kSoaText));
  answer = ask("a.b.example.com", Type::kTxt);
  EXPECT_EQ(answer.rcode, Rcode::kNoError);
  EXPECT_THAT(answer.answers, IsEmpty());
  EXPECT_THAT(texts(answer.authorities), ElementsAre(kSoaText));
  answer = ask("b.example.com");
  EXPECT_EQ(answer.rcode, Rcode::kNoError) << "an empty non-terminal exists";
  EXPECT_THAT(texts(answer.authorities), ElementsAre(kSoaText));
}

TEST_F(AnswererTest, ServesTheApex) {
  EXPECT_THAT(ask("example.com", Type::kNs).answers, testing::SizeIs(2));
  EXPECT_THAT(ask("example.com", Type::kNs).authorities, IsEmpty());
  EXPECT_THAT(texts(ask("example.com", Type::kSoa).answers), ElementsAre(kSoaText));
}

TEST_F(AnswererTest, RefusesOtherNamesClassesAndTransfers) {
  EXPECT_EQ(ask("example.org").rcode, Rcode::kRefused);
  EXPECT_FALSE(ask("example.org").authoritative);
  EXPECT_EQ(ask("com").rcode, Rcode::kRefused);
  EXPECT_EQ(ask(".").rcode, Rcode::kRefused);
  EXPECT_EQ(ask("example.com", Type::kAxfr).rcode, Rcode::kRefused);
}

TEST_F(AnswererTest, WildcardsCoverWhatDoesNotExist) {  // RFC 4592
  record("*.example.com", "A", {"192.0.2.7"});
  record("x.sub.example.com", "A", {"192.0.2.8"});
  build();
  EXPECT_THAT(texts(ask("any.example.com").answers),
              ElementsAre("any.example.com. 60 A 192.0.2.7"));
  EXPECT_THAT(texts(ask("deep.er.example.com").answers),
              ElementsAre("deep.er.example.com. 60 A 192.0.2.7"));
  EXPECT_THAT(ask("sub.example.com").answers, IsEmpty()) << "it exists, if only as a non-terminal";
  EXPECT_EQ(ask("y.sub.example.com").rcode, Rcode::kNxDomain) << "sub is the closest encloser";
  EXPECT_THAT(ask("any.example.com", Type::kTxt).answers, IsEmpty());
}

TEST_F(AnswererTest, FollowsCnamesWithinTheZoneAndToRegionalNames) {
  record("a.example.com", "CNAME", {"b.example.com"}, 30);
  record("b.example.com", "A", {"192.0.2.1"});
  record("r.example.com", "CNAME", {"d-abc.execute-api.us-west-2.amazonaws.com"}, 30);
  record("o.example.com", "CNAME", {"www.example.org"}, 30);
  record("m.example.com", "CNAME", {"missing.example.com"}, 30);
  record("l.example.com", "CNAME", {"l2.example.com"}, 30);
  record("l2.example.com", "CNAME", {"l.example.com"}, 30);
  build();
  EXPECT_THAT(
      texts(ask("a.example.com").answers),
      ElementsAre("a.example.com. 30 CNAME b.example.com.", "b.example.com. 60 A 192.0.2.1"));
  EXPECT_THAT(texts(ask("a.example.com", Type::kCname).answers),
              ElementsAre("a.example.com. 30 CNAME b.example.com."));
  EXPECT_THAT(texts(ask("r.example.com").answers),
              ElementsAre("r.example.com. 30 CNAME d-abc.execute-api.us-west-2.amazonaws.com.",
                          "d-abc.execute-api.us-west-2.amazonaws.com. 60 A 127.0.11.1"));
  EXPECT_THAT(texts(ask("o.example.com").answers),
              ElementsAre("o.example.com. 30 CNAME www.example.org."));
  EXPECT_EQ(ask("o.example.com").rcode, Rcode::kNoError);
  EXPECT_EQ(ask("m.example.com").rcode, Rcode::kNxDomain);
  EXPECT_THAT(texts(ask("l.example.com").answers),
              ElementsAre("l.example.com. 30 CNAME l2.example.com.",
                          "l2.example.com. 30 CNAME l.example.com."));
}

TEST_F(AnswererTest, RegionalNamesLeadToTheirRegion) {
  EXPECT_THAT(texts(ask("d-abc.execute-api.us-east-1.amazonaws.com").answers),
              ElementsAre("d-abc.execute-api.us-east-1.amazonaws.com. 60 A 127.0.10.1"));
  EXPECT_TRUE(ask("abc123.execute-api.us-west-2.amazonaws.com").authoritative);
  const dns::Answer v6 = ask("abc.execute-api.us-east-1.amazonaws.com", Type::kAaaa);
  EXPECT_EQ(v6.rcode, Rcode::kNoError);
  EXPECT_THAT(v6.authorities, testing::SizeIs(1));
  EXPECT_EQ(ask("abc.execute-api.mars-1.amazonaws.com").rcode, Rcode::kNxDomain);
  EXPECT_EQ(ask("a.b.execute-api.us-east-1.amazonaws.com").rcode, Rcode::kNxDomain);
  EXPECT_EQ(ask("execute-api.us-east-1.amazonaws.com").rcode, Rcode::kNoError);
  // Functions' URLs.
  EXPECT_THAT(texts(ask("abc.lambda-url.us-west-2.on.aws").answers),
              ElementsAre("abc.lambda-url.us-west-2.on.aws. 60 A 127.0.11.1"));
  EXPECT_EQ(ask("abc.lambda-url.mars-1.on.aws").rcode, Rcode::kNxDomain);
  EXPECT_EQ(ask("other.us-west-2.on.aws").rcode, Rcode::kRefused);
  EXPECT_EQ(ask("dynamodb.us-east-1.amazonaws.com").rcode, Rcode::kRefused);
}

TEST_F(AnswererTest, AliasesAnswerWithAddressesOnly) {
  record("real.example.com", "A", {"192.0.2.9"}, 300);
  alias("one.example.com", "Z1", "real.example.com");
  alias("api.example.com", "Z1UJRXOUMOOFQ8", "d-a.execute-api.us-east-1.amazonaws.com", "east");
  alias("api.example.com", "Z2OJLYMUO9EFXC", "d-b.execute-api.us-west-2.amazonaws.com", "west");
  build();
  EXPECT_THAT(texts(ask("one.example.com").answers),
              ElementsAre("one.example.com. 300 A 192.0.2.9"));
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(texts(ask("api.example.com").answers).at(0));
  EXPECT_THAT(seen,
              ElementsAre("api.example.com. 60 A 127.0.10.1", "api.example.com. 60 A 127.0.11.1"));
}

TEST_F(AnswererTest, DelegationsAreReferred) {
  record("sub.example.com", "NS", {"ns.sub.example.com", "ns.elsewhere.net"});
  record("ns.sub.example.com", "A", {"192.0.2.53"});
  record("sub.example.com", "DS", {"1 13 2 AB"});
  build();
  const dns::Answer answer = ask("deep.sub.example.com");
  EXPECT_FALSE(answer.authoritative);
  EXPECT_THAT(answer.answers, IsEmpty());
  EXPECT_THAT(answer.authorities, testing::SizeIs(2));
  EXPECT_THAT(texts(answer.additionals), ElementsAre("ns.sub.example.com. 60 A 192.0.2.53"));
  EXPECT_TRUE(ask("sub.example.com", Type::kDs).authoritative) << "the parent answers for DS";
  EXPECT_THAT(ask("sub.example.com", Type::kDs).answers, testing::SizeIs(1));
}

TEST_F(AnswererTest, SeveralValuesComeInRandomOrder) {
  record("m.example.com", "A", {"192.0.2.1", "192.0.2.2", "192.0.2.3"});
  build();
  std::map<std::string, int> first;
  for (int i = 0; i < 3000; ++i) ++first[texts(ask("m.example.com").answers).at(0)];
  ASSERT_EQ(first.size(), 3u);
  for (const auto& [text, count] : first) EXPECT_NEAR(count, 1000, 120) << text;
}

TEST_F(AnswererTest, TooLargeForUdpIsTruncatedNotCut) {
  std::vector<std::string> values;
  for (int i = 0; i < 400; ++i) values.push_back(fmt::format("10.0.{}.{}", i / 256, i % 256));
  record("big.example.com", "A", values);
  build();
  EXPECT_TRUE(ask("big.example.com").truncated);
  EXPECT_THAT(ask("big.example.com").answers, IsEmpty());
  EXPECT_TRUE(
      ask("big.example.com", Type::kA, Answerer::Transport::kUdp, dns::Edns::kYes).truncated);
  EXPECT_THAT(ask("big.example.com", Type::kA, Answerer::Transport::kTcp).answers,
              testing::SizeIs(400));
}

TEST_F(AnswererTest, AnyGetsOneSmallRecord) {  // RFC 8482
  const dns::Answer answer = ask("example.com", Type::kAny);
  ASSERT_THAT(answer.answers, testing::SizeIs(1));
  EXPECT_EQ(answer.answers[0].type, Type::kHinfo);
}

TEST_F(AnswererTest, MailServersBringTheirAddresses) {
  record("example.com", "MX", {"10 mail.example.com", "20 mail.elsewhere.net"});
  record("mail.example.com", "A", {"192.0.2.25"});
  build();
  EXPECT_THAT(texts(ask("example.com", Type::kMx).additionals),
              ElementsAre("mail.example.com. 60 A 192.0.2.25"));
}

TEST_F(AnswererTest, TtlsRunAtThePaceOfTheClock) {
  record("www.example.com", "A", {"192.0.2.1"}, 60);
  record("zero.example.com", "A", {"192.0.2.1"}, 0);
  build(20);
  EXPECT_EQ(ask("www.example.com").answers.at(0).ttl, 3u);
  EXPECT_EQ(ask("zero.example.com").answers.at(0).ttl, 0u);
  EXPECT_EQ(ask("nowhere.example.com").authorities.at(0).ttl, 45u);
  EXPECT_EQ(scale_ttl(5, core::Pace(20)), 1u);
}

TEST_F(AnswererTest, ResolvesForHealthCheckers) {
  record("c.example.com", "CNAME", {"d-abc.execute-api.us-west-2.amazonaws.com"});
  build();
  const auto wire = [](std::string_view name) { return *dns::name_from_text(name); };
  EXPECT_EQ(rdata_text(Type::kA, answerer_->resolve(wire("c.example.com")).rdata), "127.0.11.1");
  EXPECT_EQ(answerer_->resolve(wire("no.example.com")).rcode, Rcode::kNxDomain);
  EXPECT_EQ(answerer_->resolve(wire("example.org")).rcode, Rcode::kRefused);
  EXPECT_EQ(answerer_->resolve(wire("example.com")).rdata, "");
}

TEST_F(AnswererTest, MalformedQueriesGetTheirCode) {
  std::vector<std::byte> out(512);
  const std::string bad("\0\1\1\0\0\2\0\0\0\0\0\0", 12);
  const std::size_t size =
      answerer_->answer(std::as_bytes(std::span(bad)), out, {Answerer::Transport::kUdp, {}});
  const auto answer = dns::parse_answer(std::span(out).first(size));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer.value().rcode, Rcode::kFormErr);
  EXPECT_EQ(
      answerer_->answer(std::as_bytes(std::span("x", 1)), out, {Answerer::Transport::kUdp, {}}),
      0u);
}

// RFC 7871, and the Developer Guide's "How Amazon Route 53 uses EDNS0 to estimate the location of a
// user": latency and geolocation go by the client's subnet where there is one.
class SubnetTest : public AnswererTest {
 public:
  SubnetTest() {
    latency("l.example.com", "us-east-1", "192.0.2.1");
    latency("l.example.com", "eu-central-1", "192.0.2.2");
    geo("g.example.com", {.country = "DE"}, "192.0.2.1");
    geo("g.example.com", {.continent = "NA"}, "192.0.2.2");
    record("w.example.com", "A", {"192.0.2.1"}).set_identifier = "a";
    build();
  }
  void latency(std::string_view name, std::string region, std::string value) {
    RecordSet& set = identified(name, region, std::move(value));
    set.region = std::move(region);
  }
  void geo(std::string_view name, const GeoLocation& location, std::string value) {
    identified(name, location.country + location.continent, std::move(value)).geo = location;
  }
  RecordSet& identified(std::string_view name, std::string_view identifier, std::string value) {
    RecordSet set;
    set.name = parse_name(name).value();
    set.values = {std::move(value)};
    set.ttl = 60;
    set.set_identifier = identifier;
    return records_[key_of(set)] = set;
  }
  dns::Answer from(std::string_view name, std::vector<std::uint8_t> address, unsigned prefix) {
    const auto subnet = dns::ClientSubnet::of(address, prefix);
    return ask(name, Type::kA, Answerer::Transport::kUdp, dns::Edns::kYes, &subnet);
  }
  static std::string first(const dns::Answer& answer) {
    return answer.answers.empty() ? "none"
                                  : rdata_text(answer.answers[0].type, answer.answers[0].rdata);
  }
  const std::vector<std::uint8_t> germany_{198, 18, 54, 9};
  const std::vector<std::uint8_t> virginia_{198, 19, 78, 9};
};

TEST_F(SubnetTest, ChoosesThePlaceAndSaysHowFarTheAnswerHolds) {
  dns::Answer answer = from("l.example.com", germany_, 24);
  EXPECT_EQ(first(answer), "192.0.2.2");
  EXPECT_EQ(answer.subnet_scope, 24);
  EXPECT_EQ(first(from("l.example.com", virginia_, 24)), "192.0.2.1");
  EXPECT_EQ(first(from("g.example.com", germany_, 32)), "192.0.2.1");
  answer = from("g.example.com", {3, 1, 2, 3}, 24);
  EXPECT_EQ(first(answer), "192.0.2.2");
  EXPECT_EQ(answer.subnet_scope, 8) << "all of 3.0.0.0/8 is in one place";
  std::vector<std::uint8_t> v6{0x20, 0x01, 0x0d, 0xb8, 0, 0x36};
  v6.resize(16);
  answer = from("l.example.com", v6, 56);
  EXPECT_EQ(first(answer), "192.0.2.2");
  EXPECT_EQ(answer.subnet_scope, 48);
}

TEST_F(SubnetTest, NoDataDependsOnThePlaceToo) {
  const dns::Answer answer = from("g.example.com", {198, 18, 30, 1}, 24);
  EXPECT_EQ(answer.rcode, dns::Rcode::kNoError);
  EXPECT_THAT(answer.answers, IsEmpty());
  EXPECT_THAT(answer.authorities, testing::SizeIs(1));
  EXPECT_EQ(answer.subnet_scope, 24);
}

TEST_F(SubnetTest, WhatDoesNotLookAtItHasNoScope) {
  EXPECT_EQ(from("w.example.com", germany_, 24).subnet_scope, 0);
  EXPECT_EQ(from("none.example.com", germany_, 24).subnet_scope, 0);
  EXPECT_FALSE(ask("l.example.com").subnet_scope.has_value());
}

TEST_F(SubnetTest, WithoutOneTheResolverIsTheClient) {
  EXPECT_EQ(first(ask("l.example.com")), "192.0.2.1") << "nobody known: us-east-1's latencies";
  EXPECT_EQ(first(ask("g.example.com")), "none");
  resolver_ = {127, 0, 0, 1};
  EXPECT_EQ(first(ask("l.example.com")), "192.0.2.1");
  resolver_ = germany_;
  EXPECT_EQ(first(ask("l.example.com")), "192.0.2.2");
  EXPECT_EQ(first(ask("g.example.com")), "192.0.2.1");
  // A source prefix of 0 tells nothing of the client (RFC 7871 §7.1.2).
  const dns::Answer hidden = from("l.example.com", virginia_, 0);
  EXPECT_EQ(first(hidden), "192.0.2.2");
  EXPECT_EQ(hidden.subnet_scope, 0);
}

TEST_F(SubnetTest, ATooShortOneIsAskedToBeLonger) {
  EXPECT_EQ(from("l.example.com", {198, 18, 0, 0}, 15).subnet_scope, 24);
}

TEST_F(AnswererTest, MultivalueAnswersHaveTheLeastTtl) {  // RFC 2181 §5.2
  for (int i = 0; i < 12; ++i) {
    RecordSet set;
    set.name = parse_name("m.example.com").value();
    set.values = {fmt::format("192.0.2.{}", i)};
    set.ttl = 60;
    set.set_identifier = std::to_string(i);
    set.multivalue = true;
    records_[key_of(set)] = set;
  }
  build();
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    const dns::Answer answer = ask("m.example.com");
    ASSERT_THAT(answer.answers, testing::SizeIs(8));
    std::set<std::string> once;
    for (const std::string& text : texts(answer.answers)) once.insert(text);
    ASSERT_EQ(once.size(), 8u);
    seen.insert(once.begin(), once.end());
  }
  EXPECT_EQ(seen.size(), 12u);
  for (auto& [key, record] : records_) {
    if (record.set_identifier == "3") record.ttl = 5;
  }
  std::erase_if(records_, [](const auto& entry) {
    const RecordSet& one = entry.second;
    return one.multivalue && one.set_identifier != "3" && one.set_identifier != "4";
  });
  build();
  EXPECT_THAT(texts(ask("m.example.com").answers),
              UnorderedElementsAre("m.example.com. 5 A 192.0.2.3", "m.example.com. 5 A 192.0.2.4"));
}

}  // namespace
}  // namespace tandem::route53
