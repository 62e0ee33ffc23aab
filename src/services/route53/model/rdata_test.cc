#include "services/route53/model/rdata.h"

#include <gtest/gtest.h>

namespace tandem::route53 {
namespace {

using net::dns::Type;

TEST(Rdata, TextAndBytesGoBothWays) {
  const std::pair<Type, std::string_view> kCases[] = {
      {Type::kA, "192.0.2.1"},
      {Type::kAaaa, "2001:db8::1"},
      {Type::kCname, "www.example.com."},
      {Type::kMx, "10 mail.example.com."},
      {Type::kMx, "0 ."},
      {Type::kTxt, R"("v=spf1 -all" "a \"quoted\" \\ \001")"},
      {Type::kSrv, "1 2 443 host.example.com."},
      {Type::kSrv, "0 0 0 ."},
      {Type::kSoa, "ns-1.awsdns-00.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"},
      {Type::kCaa, R"(0 issue "amazonaws.com")"},
      {Type::kNaptr, R"(100 50 "u" "E2U+sip" "!^.*$!sip:a@b!" .)"},
      {Type::kDs, "12345 13 2 0123456789ABCDEF"},
  };
  for (const auto& [type, value] : kCases) {
    const auto rdata = parse_rdata(type, value);
    ASSERT_TRUE(rdata.ok()) << value << ": " << rdata.error().message;
    EXPECT_EQ(rdata_text(type, rdata.value()), value);
  }
}

TEST(Rdata, NamesItsProblem) {
  const auto problem = [](Type type, std::string_view value) {
    return parse_rdata(type, value).error().message;
  };
  EXPECT_EQ(problem(Type::kA, "300.1.1.1"),
            "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)");
  EXPECT_EQ(problem(Type::kAaaa, "1.2.3.4"),
            "AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)");
  EXPECT_EQ(problem(Type::kTxt, "bare"),
            "InvalidCharacterString (Value should be enclosed in quotation marks)");
  EXPECT_EQ(problem(Type::kTxt, '"' + std::string(256, 'a') + '"'),
            "CharacterStringTooLong (Value is too long)");
  EXPECT_EQ(problem(Type::kCname, ""), "DomainNameEmpty (Domain name is empty)");
  EXPECT_FALSE(parse_rdata(Type::kMx, "10").ok());
  EXPECT_FALSE(parse_rdata(Type::kMx, "99999 a.test").ok());
  EXPECT_FALSE(parse_rdata(Type::kSrv, "1 2 a.test").ok());
  EXPECT_FALSE(parse_rdata(Type::kCaa, "0 issue amazon.com").ok());
  EXPECT_FALSE(parse_rdata(Type::kTxt, "\"open").ok());
}

}  // namespace
}  // namespace tandem::route53
