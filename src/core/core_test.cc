#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/bytes.h"
#include "core/clock.h"
#include "core/files.h"
#include "core/ids.h"
#include "core/json.h"
#include "core/text.h"

namespace tandem::core {
namespace {

// RFC 4648 §10.
TEST(Base64, MatchesThePublishedVectors) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(base64_encode(plain), encoded);
    EXPECT_EQ(base64_decode(encoded), plain);
  }
}

TEST(Base64, RefusesWhatIsNotCanonical) {
  for (const char* bad : {"Zg=", "Zg", "Zh==", "Z===", "====", "Zg==Zg==", "Z g=", "Zm9v\n"}) {
    EXPECT_EQ(base64_decode(bad), std::nullopt) << bad;
  }
}

// FIPS 180-2 appendix B, RFC 4231 case 2, RFC 1321 appendix A.5.
TEST(Digests, MatchThePublishedVectors) {
  EXPECT_EQ(hex_encode(sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex_encode(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex_encode(md5("abc")), "900150983cd24fb0d6963f7d28e17f72");
}

TEST(Text, PercentCodingRoundTrips) {
  EXPECT_EQ(percent_encode("a b/ü~"), "a%20b%2F%C3%BC~");
  EXPECT_EQ(percent_encode("a/b", Slash::kKeep), "a/b");
  EXPECT_EQ(percent_decode("a%20b%2f+%zz%4"), "a b/+%zz%4");
  EXPECT_EQ(percent_decode("a+b", Plus::kSpace), "a b");
}

TEST(Text, KnowsWellFormedUtf8) {
  EXPECT_TRUE(is_utf8("aé€😀"));
  for (const char* bad : {"\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

TEST(Text, NumbersMustBeWhole) {
  EXPECT_EQ(parse_uint("42"), 42U);
  for (const char* bad : {"", "4 2", "-1", "+1", "1.0", "99999999999999999999"}) {
    EXPECT_EQ(parse_uint(bad), std::nullopt) << bad;
  }
}

TEST(Ids, UuidsHaveVersionAndVariant) {
  SeededRandom random(7);
  for (int i = 0; i < 100; ++i) {
    const std::string id = uuid4(random);
    ASSERT_EQ(id.size(), 36U);
    EXPECT_EQ(id[14], '4');
    EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos) << id;
  }
}

TEST(Json, RefusesTooDeepAndTrailingText) {
  EXPECT_FALSE(json::parse_text(std::string(100, '['), 64).ok());
  EXPECT_FALSE(json::parse_text("{} x").ok());
  EXPECT_FALSE(json::parse_text("{\"a\":").ok());
  EXPECT_TRUE(json::parse_text(" {} \n").ok());
}

TEST(Dates, ComeInTheFormsAwsUses) {
  EXPECT_EQ(iso8601_ms(1'700'000'000'123), "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(iso8601_s(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(http_date(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(Files, WhatIsNoFileIsNamedAndNotWaitedFor) {
  const auto folder =
      std::filesystem::path(::testing::TempDir()) / ("pipes-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const auto path = folder / "pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(find_file(path), std::nullopt);
  EXPECT_EQ(kind_of(path), "a pipe");
  EXPECT_EQ(kind_of(folder), "a folder");
  EXPECT_EQ(kind_of("/dev/zero"), "a device");
  EXPECT_EQ(kind_of(folder / "none"), "missing");
  try {
    read_file(path);
    ADD_FAILURE() << "read";
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string(error.what()).find(path.string() + " is a pipe, not a file"),
              std::string::npos)
        << error.what();
  }
  write_file_atomically(path, "in its place", 0600);
  EXPECT_EQ(find_file(path), "in its place");
  // The kernel's own files say no size.
  EXPECT_NE(find_file("/proc/self/status").value_or("").find("Name:"), std::string::npos);
  std::filesystem::remove_all(folder);
}

TEST(Files, AreWrittenWholeAndNoMorePermissiveThanAsked) {
  const auto folder =
      std::filesystem::path(::testing::TempDir()) / ("files-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const auto path = folder / "secret";
  EXPECT_EQ(find_file(path), std::nullopt);
  EXPECT_THROW(read_file(path), std::system_error);
  // What an interrupted write left behind neither shows through nor lends its permissions.
  std::ofstream(path.string() + ".new") << "left behind, and longer than what comes";
  std::filesystem::permissions(path.string() + ".new", std::filesystem::perms::all);
  write_file_atomically(path, "first", kSecretMode);
  write_file_atomically(path, std::string("se\0cond", 7), kSecretMode);
  EXPECT_EQ(read_file(path), std::string("se\0cond", 7));
  EXPECT_EQ(std::filesystem::status(path).permissions() & std::filesystem::perms::mask,
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_FALSE(std::filesystem::exists(path.string() + ".new"));
  EXPECT_THROW(write_file_atomically(folder / "no" / "such", "", 0644), std::system_error);
  std::filesystem::remove_all(folder);
}

// Every text of two letters up to a length, in every other: as std::string_view finds them.
TEST(Text, IsFoundAsTheStandardFindsIt) {
  std::vector<std::string> all{""};
  for (std::size_t at = 0; at < all.size() && all[at].size() < 6; ++at) {
    const std::string grown = all[at];
    for (const char letter : {'a', 'b'}) all.push_back(grown + letter);
  }
  for (const std::string_view whole : all) {
    for (const std::string_view part : all) {
      ASSERT_EQ(find_text(whole, part), whole.find(part)) << whole << " " << part;
      ASSERT_EQ(rfind_text(whole, part), whole.rfind(part)) << whole << " " << part;
      for (const std::size_t from : {0U, 1U, 3U, 6U, 7U}) {
        ASSERT_EQ(find_text(whole, part, from), whole.find(part, from)) << whole << " " << part;
        ASSERT_EQ(rfind_text(whole, part, from), whole.rfind(part, from)) << whole << " " << part;
      }
    }
  }
}

}  // namespace
}  // namespace tandem::core
