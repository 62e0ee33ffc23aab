#include "aws/cbor.h"

#include <cmath>
#include <gtest/gtest.h>

#include "core/bytes.h"

namespace tandem::aws {
namespace {

std::string hex(std::string_view digits) {
  std::string bytes;
  for (std::size_t at = 0; at + 1 < digits.size(); at += 2) {
    bytes += static_cast<char>(std::stoi(std::string(digits.substr(at, 2)), nullptr, 16));
  }
  return bytes;
}
std::string text_of(std::string_view digits) { return json::to_text(decode_cbor(hex(digits))); }
double number(std::string_view digits) { return decode_cbor(hex(digits)).to_number<double>(); }
std::string why(std::string_view digits) {
  try {
    decode_cbor(hex(digits));
    return "";
  } catch (const CborError& error) {
    return error.what();
  }
}

// RFC 8949, appendix A.
TEST(Cbor, ReadsTheExamplesOfTheRfc) {
  const std::pair<const char*, const char*> cases[] = {
      {"00", "0"},
      {"17", "23"},
      {"1818", "24"},
      {"1903e8", "1000"},
      {"1a000f4240", "1000000"},
      {"1bffffffffffffffff", "18446744073709551615"},
      {"20", "-1"},
      {"3903e7", "-1000"},
      {"3b7fffffffffffffff", "-9223372036854775808"},
      {"f4", "false"},
      {"f5", "true"},
      {"f6", "null"},
      {"f7", "null"},
      {"c11a514b67b0", "1363896240"},
      {"4401020304", "\"AQIDBA==\""},
      {"6449455446", "\"IETF\""},
      {"62c3bc", "\"ü\""},
      {"80", "[]"},
      {"8301820203820405", "[1,[2,3],[4,5]]"},
      {"a26161016162820203", "{\"a\":1,\"b\":[2,3]}"},
      {"5f42010243030405ff", "\"AQIDBAU=\""},
      {"7f657374726561646d696e67ff", "\"streaming\""},
      {"9fff", "[]"},
      {"9f018202039f0405ffff", "[1,[2,3],[4,5]]"},
      {"bf61610161629f0203ffff", "{\"a\":1,\"b\":[2,3]}"},
  };
  for (const auto& [bytes, wanted] : cases) EXPECT_EQ(text_of(bytes), wanted) << bytes;
  EXPECT_EQ(number("f93c00"), 1.0);
  EXPECT_EQ(number("f97bff"), 65504.0);
  EXPECT_EQ(number("f90001"), 5.960464477539063e-8);
  EXPECT_EQ(number("f9c400"), -4.0);
  EXPECT_EQ(number("fa47c35000"), 100000.0);
  EXPECT_EQ(number("fb3ff199999999999a"), 1.1);
  EXPECT_EQ(number("c1fb41d452d9ec200000"), 1363896240.5);
  EXPECT_TRUE(std::isinf(number("f97c00")));
  EXPECT_TRUE(number("f9fc00") < 0);
  EXPECT_TRUE(std::isnan(number("f97e00")));
}

// RFC 8949, appendix F, and what the protocol does not have.
TEST(Cbor, RefusesWhatIsNotWellFormed) {
  for (const char* cut : {"",
                          "18",
                          "19ff",
                          "41",
                          "61",
                          "5f",
                          "5f41",
                          "81",
                          "8200",
                          "a1",
                          "a16161",
                          "9f",
                          "9f00",
                          "bf",
                          "bf6161",
                          "c1",
                          "f9",
                          "fb0000",
                          "1b00000000",
                          "9bffffffffffffffff",
                          "7bffffffffffffffff61",
                          "bbffffffffffffffff"}) {
    EXPECT_EQ(why(cut), "The end is missing.") << cut;
  }
  for (const char* bad :
       {"1c", "1f", "3f", "5f00ff", "5f6100ff", "5f5f4100ffff", "7f4100ff", "df00", "e0", "f800",
        "f820", "fc", "ff", "81ff", "8200ff", "c16161", "c1f6"}) {
    EXPECT_EQ(why(bad), "It is not well-formed.") << bad;
  }
  EXPECT_EQ(why("0000"), "There is something behind the end.");
  EXPECT_EQ(why("61ff"), "A text is not UTF-8.");
  EXPECT_EQ(why("a10000"), "A map's key is no text.");
  EXPECT_EQ(why("c249010000000000000000"), "It has a tag that this protocol has not.");
}

TEST(Cbor, NestingHasALimit) {
  const auto nested = [](int depth, const char* open) {
    std::string bytes;
    for (int i = 0; i < depth; ++i) bytes += open;
    return bytes + "00";
  };
  EXPECT_EQ(why(nested(128, "81")), "");
  EXPECT_EQ(why(nested(129, "81")), "It is nested too deep.");
  EXPECT_EQ(why(nested(100'000, "c1")), "It is nested too deep.");
  EXPECT_EQ(why(nested(100'000, "9f")), "It is nested too deep.");
}

TEST(Cbor, AMemberHasItsLastValue) { EXPECT_EQ(text_of("a2616101616102"), "{\"a\":2}"); }

TEST(Cbor, WritesMapsAndListsWithoutLengths) {
  const json::object document = {{"a", 1},
                                 {"b", json::array{true, -1, 1.5, "x"}},
                                 {"gone", nullptr},
                                 {"n", json::object{{"z", 1'000'000'000'000}}}};
  const std::string bytes = encode_cbor(document);
  EXPECT_EQ(core::hex_encode(bytes),
            "bf"
            "616101"
            "61629ff520fb3ff80000000000006178ff"
            "616ebf617a1b000000e8d4a51000ff"
            "ff");
  json::object read = decode_cbor(bytes).as_object();
  EXPECT_EQ(read.at("n").at("z").to_number<std::int64_t>(), 1'000'000'000'000);
}

}  // namespace
}  // namespace tandem::aws
