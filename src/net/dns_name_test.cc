#include "net/dns_name.h"

#include <gtest/gtest.h>

namespace tandem::net::dns {
namespace {

using namespace std::string_literals;

std::span<const std::byte> bytes(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

const std::string kHeader(kHeaderBytes, '\0');

TEST(DnsName, TextBecomesLowerCaseWire) {
  EXPECT_EQ(name_from_text("WWW.Example.com"), "\3www\7example\3com\0"s);
  EXPECT_EQ(name_from_text("www.example.com."), "\3www\7example\3com\0"s);
  EXPECT_EQ(name_from_text("."), "\0"s);
}

TEST(DnsName, EscapesAreDecimalAsInMasterFiles) {  // RFC 1035 §5.1
  EXPECT_EQ(name_from_text("a\\.b.c"), "\3a.b\1c\0"s);
  EXPECT_EQ(name_from_text("\\042.c"), "\1*\1c\0"s);
  EXPECT_EQ(name_to_text("\3a.b\1\7\0"s), "a\\.b.\\007.");
}

TEST(DnsName, RefusesEmptyAndLongLabelsAndNames) {  // RFC 1035 §2.3.4
  EXPECT_FALSE(name_from_text(""));
  EXPECT_FALSE(name_from_text("a..b"));
  EXPECT_FALSE(name_from_text(".a"));
  EXPECT_FALSE(name_from_text(std::string(64, 'a')));
  EXPECT_TRUE(name_from_text(std::string(63, 'a')));
  std::string longest;
  for (int i = 0; i < 127; ++i) longest += "a.";
  EXPECT_EQ(name_from_text(longest)->size(), 255u);
  EXPECT_FALSE(name_from_text(longest + "a."));
  EXPECT_FALSE(name_from_text("a\\"));
  EXPECT_FALSE(name_from_text("a\\99"));
  EXPECT_FALSE(name_from_text("a\\999"));
}

TEST(DnsName, PointersLeadBackwardsOnly) {
  NameBuffer name;
  const std::string message = kHeader + "\3com\0\3www\xC0\x0C"s;
  EXPECT_EQ(read_name(bytes(message), 17, name), message.size());
  EXPECT_EQ(name.view(), "\3www\3com\0"s);
  EXPECT_FALSE(read_name(bytes(kHeader + "\xC0\x0C"s), 12, name)) << "to itself";
  EXPECT_FALSE(read_name(bytes(kHeader + "\xC0\x0E\0"s), 12, name)) << "forwards";
  EXPECT_FALSE(read_name(bytes(kHeader + "\1a\xC0\x0C"s), 12, name)) << "loop";
  EXPECT_FALSE(read_name(bytes(kHeader + "\1a\0\xC0\x02"s), 15, name)) << "into the header";
  EXPECT_FALSE(read_name(bytes(kHeader + "\xC0"s), 12, name)) << "half a pointer";
}

TEST(DnsName, RefusesReservedLabelTypesAndTruncatedNames) {
  NameBuffer name;
  EXPECT_FALSE(read_name(bytes(kHeader + "\x41"s + std::string(70, 'a')), 12, name));
  EXPECT_FALSE(read_name(bytes(kHeader + "\x80"s + std::string(200, 'a')), 12, name));
  EXPECT_FALSE(read_name(bytes(kHeader + "\3ww"s), 12, name));
  EXPECT_FALSE(read_name(bytes(kHeader + "\3www"s), 12, name));
  EXPECT_FALSE(read_name(bytes(kHeader), 12, name));
}

TEST(DnsName, RefusesNamesThatCompressionMakesTooLong) {
  std::string message = kHeader;
  for (int i = 0; i < 4; ++i) message += '\x3F' + std::string(62 - (i == 3), 'b') + "a"s;
  message[12 + 3 * 64] = '\x3D';
  NameBuffer name;
  EXPECT_FALSE(read_name(bytes(message + "\0"s), 12, name));
}

TEST(DnsName, KnowsWhatLiesWithinAZone) {
  const std::string zone = *name_from_text("example.com");
  EXPECT_TRUE(lies_within(zone, zone));
  EXPECT_TRUE(lies_within(*name_from_text("a.b.example.com"), zone));
  EXPECT_FALSE(lies_within(*name_from_text("badexample.com"), zone));
  EXPECT_FALSE(lies_within(*name_from_text("com"), zone));
  EXPECT_TRUE(lies_within(*name_from_text("com"), *name_from_text(".")));
}

}  // namespace
}  // namespace tandem::net::dns
