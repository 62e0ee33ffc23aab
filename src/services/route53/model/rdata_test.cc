#include "services/route53/model/rdata.h"

#include <gtest/gtest.h>

#include "core/bytes.h"

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
      {kSshfp, "4 2 0123456789ABCDEF"},
      {kTlsa, "3 1 1 0123456789ABCDEF"},
      {kSvcb, "0 svc.example.com."},
      {kHttps, "1 ."},
      {kHttps,
       R"(1 . mandatory="alpn" alpn="h2,h3" no-default-alpn port="8443" ipv4hint="192.0.2.1,192.0.2.2" )"
       R"(ech="AAEC" ipv6hint="2001:db8::1" dohpath="/q{?dns}" key65000="x y")"},
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
  EXPECT_FALSE(parse_rdata(kTlsa, "3 1 1").ok());
  EXPECT_FALSE(parse_rdata(kTlsa, "3 256 1 00").ok());
  EXPECT_FALSE(parse_rdata(kSshfp, "1 1 xyz").ok());
}

// RFC 9460: sections 2.1 (presentation), 7.1.1 (no-default-alpn), 8 (mandatory); its bytes are
// those of the test vectors in appendix D.
TEST(Rdata, OfServiceBindings) {
  const auto bytes = [](std::string_view value) {
    const auto parsed = parse_svcb(value);
    return parsed ? core::hex_encode(parsed.value()) : "error: " + parsed.error().message;
  };
  EXPECT_EQ(bytes("0 foo.example.com."), "000003666f6f076578616d706c6503636f6d00");
  EXPECT_EQ(bytes("1 ."), "000100");
  EXPECT_EQ(bytes("16 foo.example.com. port=53"),
            "001003666f6f076578616d706c6503636f6d00000300020035");
  EXPECT_EQ(
      bytes(R"(16 foo.example.org. alpn="h2,h3-19" mandatory=ipv4hint,alpn ipv4hint=192.0.2.1)"),
      "001003666f6f076578616d706c65036f72670000000004000100040001000902683205"
      "68332d313900040004c0000201");
  for (const char* wrong : {"x .", "1", "1 . alpn=", "1 . port=70000", "1 . what=ever",
                            "1 . alpn=h2 alpn=h3", "1 . no-default-alpn", "1 . mandatory=alpn",
                            "1 . ipv4hint=::1", "0 . port=1", "1 . alpn=\"h2"}) {
    EXPECT_TRUE(bytes(wrong).starts_with("error")) << wrong;
  }
}

}  // namespace
}  // namespace tandem::route53
