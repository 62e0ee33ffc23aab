// RFC 7871 on scopes; the rest is what places.txt says of itself.
#include "aws/places.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include "aws/model.h"

namespace tandem::aws {
namespace {

struct Asked {
  std::string place;
  unsigned scope;
};

class PlacesTest : public testing::Test {
 public:
  static Places with(std::string_view own) {
    auto read = Places::read(places_table(), own);
    EXPECT_TRUE(read.ok()) << read.error().message;
    return std::move(read).value();
  }
  static std::string refusal(std::string_view own) {
    const auto read = Places::read(places_table(), own);
    return read.ok() ? "accepted" : read.error().message;
  }
  static Places::Found find(const Places& places, const std::string& address, unsigned bits) {
    std::array<std::uint8_t, 16> bytes{};
    const bool v6 = address.find(':') != std::string::npos;
    EXPECT_EQ(inet_pton(v6 ? AF_INET6 : AF_INET, address.c_str(), bytes.data()), 1);
    return places.find(std::span(bytes).first(v6 ? 16 : 4), bits);
  }
  /// The region with the least latency.
  static std::string nearest(const Places& places, const Place& place) {
    std::string best;
    float least = 1e9F;
    for (const char* region : {"us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "sa-east-1",
                               "ap-northeast-1", "ap-southeast-2", "af-south-1", "ap-south-1"}) {
      const float ms = place.latencies_ms[*places.region(region)];
      if (ms < least) least = ms, best = region;
    }
    return best;
  }
  const Places places_ = Places::built_in();
};

TEST_F(PlacesTest, PlacesOfTheTable) {
  const struct {
    const char* address;
    GeoKey subdivision, country, continent;
    const char* nearest;
  } kCases[] = {
      {"198.18.54.7", 0, country_key("DE"), continent_key("EU"), "eu-central-1"},
      {"198.18.30.7", 0, country_key("BR"), continent_key("SA"), "sa-east-1"},
      {"198.19.74.7", subdivision_key("US", "WA"), country_key("US"), continent_key("NA"),
       "us-west-2"},
      {"198.19.78.7", subdivision_key("US", "VA"), country_key("US"), continent_key("NA"),
       "us-east-1"},
      {"203.0.113.1", 0, country_key("JP"), continent_key("AS"), "ap-northeast-1"},
      {"41.1.2.3", 0, 0, continent_key("AF"), "af-south-1"},
      {"2001:db8:36::1", 0, country_key("DE"), continent_key("EU"), "eu-central-1"},
  };
  for (const auto& one : kCases) {
    const Places::Found found = find(places_, one.address, one.address[4] == ':' ? 128 : 32);
    ASSERT_NE(found.place, nullptr) << one.address;
    EXPECT_EQ(found.place->subdivision, one.subdivision) << one.address;
    EXPECT_EQ(found.place->country, one.country) << one.address;
    EXPECT_EQ(found.place->continent, one.continent) << one.address;
    EXPECT_EQ(nearest(places_, *found.place), one.nearest) << one.address;
  }
  for (const char* address :
       {"127.0.0.1", "10.1.2.3", "192.168.1.1", "2001:4860::1", "240.0.0.1"}) {
    EXPECT_EQ(find(places_, address, 24).place, nullptr) << address;
  }
  EXPECT_EQ(nearest(places_, places_.fallback()), "us-east-1");
}

TEST_F(PlacesTest, ScopesAreTheBitsThatThePlaceDependsOn) {
  // Nothing longer lies within 3.0.0.0/8.
  EXPECT_EQ(find(places_, "3.1.2.0", 24).scope, 8);
  EXPECT_EQ(find(places_, "198.18.54.0", 24).scope, 24);
  // The place depends on bits that were not given.
  EXPECT_EQ(find(places_, "198.18.0.0", 15).scope, kLongestPrefix);
  EXPECT_EQ(find(places_, "2001:db8::", 32).scope, kLongestPrefixV6);
  // 41/8 is the only one of 40/7's halves with bits further on: nobody else is asked about.
  EXPECT_EQ(find(places_, "41.0.0.0", 8).scope, 8);
  // Nothing is known of 2000::/3 but below 2001:db8::/32.
  const Places::Found far = find(places_, "4000::", 48);
  EXPECT_EQ(far.place, nullptr);
  EXPECT_EQ(far.scope, 2);
  EXPECT_EQ(find(places_, "127.0.0.1", 32).scope, 8);
}

TEST_F(PlacesTest, ALongerPrefixCountsMore) {
  const Places places = with(
      "# mine\nprefix 198.18.0.0/16 country FR  # all of them\nprefix 127.0.5.0/24 subdivision US "
      "CA\r\n"
      "prefix 198.18.54.0/24 nowhere\ndefault country JP\n");
  EXPECT_EQ(find(places, "127.0.5.9", 32).place->subdivision, subdivision_key("US", "CA"));
  EXPECT_EQ(find(places, "127.0.6.9", 32).place, nullptr);
  EXPECT_EQ(find(places, "198.18.255.1", 32).place->country, country_key("FR"));
  EXPECT_EQ(find(places, "198.18.30.1", 32).place->country, country_key("BR"));
  EXPECT_EQ(find(places, "198.18.54.1", 32).place, nullptr);
  EXPECT_EQ(nearest(places, places.fallback()), "ap-northeast-1");
}

TEST_F(PlacesTest, LatenciesMayBeSaid) {
  const Places places = with("latency country DE us-west-2 1.5\n");
  EXPECT_EQ(nearest(places, *find(places, "198.18.54.1", 32).place), "us-west-2");
  const auto& computed = find(places_, "198.18.54.1", 32).place->latencies_ms;
  // Berlin to Frankfurt, 420 km; to Northern Virginia, 6,600 km.
  EXPECT_NEAR(computed[*places_.region("eu-central-1")], 8.4, 0.5);
  EXPECT_NEAR(computed[*places_.region("us-east-1")], 102, 3);
}

TEST_F(PlacesTest, WhatCannotBeReadIsRefusedByItsLine) {
  EXPECT_EQ(refusal("\nprefix 10.0.0.0/8 country XX"),
            "line 2: 'country XX' is no place; write country DE, subdivision US WA, continent AS, "
            "region us-east-1");
  EXPECT_EQ(refusal("prefix 10.0.0/8 country DE"),
            "line 1: '10.0.0/8' is no prefix; write 192.0.2.0/24 or 2001:db8::/48");
  EXPECT_EQ(refusal("prefix 10.0.0.0/25 country DE"),
            "line 1: 10.0.0.0/25 is longer than /24, the precision of answers");
  EXPECT_EQ(refusal("prefix 10.1.0.0/8 country DE"),
            "line 1: 10.1.0.0/8 has bits beyond its length");
  EXPECT_EQ(refusal("prefix 10.0.0.0/8"), "line 1: 'prefix' needs more words");
  EXPECT_EQ(refusal("latency country DE us-east-9 1"), "line 1: 'us-east-9' is no region");
  EXPECT_EQ(refusal("latency country DE us-east-1 fast"),
            "line 1: 'fast' is no latency in milliseconds, 0 to 10000");
  EXPECT_EQ(refusal("latency country DE us-east-1 nan"),
            "line 1: 'nan' is no latency in milliseconds, 0 to 10000");
  EXPECT_EQ(refusal("country ZZ EU 1 1 Nowhere"),
            "line 1: 'country' is not a word that is known here; lines begin with prefix, latency "
            "or default");
  std::string many;
  for (std::size_t i = 0; i <= Places::kMaxPrefixes; ++i) many += "prefix 10.0.0.0/8 country DE\n";
  EXPECT_TRUE(refusal(many).ends_with("more than 20000 prefixes"));
  EXPECT_EQ(refusal(std::string(Places::kMaxBytes + 1, '#')), "the file is larger than 4 MiB");
}

TEST_F(PlacesTest, EveryRegionOfLatencyRecordsHasAPlace) {
  const model::Shape regions = *model::find_service("route53")->shape("ResourceRecordSetRegion");
  ASSERT_GT(regions.enum_size(), 30u);
  for (std::size_t i = 0; i < regions.enum_size(); ++i) {
    EXPECT_TRUE(places_.region(regions.enum_value(i)).has_value()) << regions.enum_value(i);
  }
}

TEST_F(PlacesTest, LocationsAreInRoute53sOrder) {
  const auto& all = places_.locations();
  EXPECT_EQ(all.size(), 1u + 246 + 51 + 27 + 7);
  EXPECT_EQ(all[0].country, "*");
  EXPECT_EQ(all[1].country, "AD");
  EXPECT_EQ(all.back().continent, "SA");
  const GeoLocation* washington = places_.location("", "US", "WA");
  ASSERT_NE(washington, nullptr);
  EXPECT_EQ(washington->subdivision_name, "Washington");
  EXPECT_EQ(washington->name, "United States");
  EXPECT_EQ((washington - 1)->subdivision, "VT");
  EXPECT_EQ(places_.location("", "ZZ", ""), nullptr);
}

}  // namespace
}  // namespace tandem::aws
