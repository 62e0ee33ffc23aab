#include "services/route53/model/name.h"

#include <gtest/gtest.h>

namespace tandem::route53 {
namespace {

std::string text(std::string_view name) { return parse_name(name).value().text; }
std::string problem(std::string_view name) { return parse_name(name).error().message; }

// Amazon Route 53 Developer Guide, "DNS domain name format".
TEST(Route53Name, IsLowerCaseWithDotAndOctalEscapes) {
  EXPECT_EQ(text("WWW.Example.COM"), "www.example.com.");
  EXPECT_EQ(text("*.example.com."), "\\052.example.com.");
  EXPECT_EQ(text("\\052.example.com"), "\\052.example.com.");
  EXPECT_EQ(text("_dmarc.a-b.test"), "_dmarc.a-b.test.");
  EXPECT_EQ(text("a/b.test"), "a\\057b.test.");
  EXPECT_EQ(text("\\101.test"), "a.test.");
}

TEST(Route53Name, TextAndWireGoTogether) {
  const DomainName name = parse_name("*.a.test").value();
  EXPECT_EQ(name_from_wire(name.wire).text, name.text);
  EXPECT_TRUE(is_wildcard(name));
  EXPECT_FALSE(is_wildcard(parse_name("a.*.test").value()));
}

TEST(Route53Name, NamesItsProblem) {
  EXPECT_EQ(problem(""), "DomainNameEmpty (Domain name is empty)");
  EXPECT_EQ(problem("a..b"), "DomainLabelEmpty (Domain label is empty)");
  EXPECT_EQ(problem(".a"), "DomainLabelEmpty (Domain label is empty)");
  EXPECT_EQ(problem(std::string(64, 'a') + ".b"), "DomainLabelTooLong (Domain label is too long)");
  std::string longest;
  for (int i = 0; i < 128; ++i) longest += "a.";
  EXPECT_EQ(problem(longest), "DomainNameTooLong (Domain name is too long)");
  EXPECT_EQ(problem("a b.test"), "UnsupportedCharacter (Value contains unsupported characters)");
  EXPECT_EQ(problem("a\\9.test"), "UnsupportedCharacter (Value contains unsupported characters)");
}

// API reference of ListResourceRecordSets: labels reversed, last dot included in the comparison.
TEST(Route53Name, OrdersByLabelsFromTheRight) {
  EXPECT_EQ(reversed(parse_name("www.example.com").value()), "com.example.www.");
  EXPECT_LT(reversed(parse_name("b.a.test").value()), reversed(parse_name("a.b.test").value()));
  EXPECT_LT(reversed(parse_name("a.test").value()), reversed(parse_name("*.a.test").value()));
}

}  // namespace
}  // namespace tandem::route53
