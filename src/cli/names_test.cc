#include "cli/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tandem::cli {
namespace {

using ::testing::ElementsAre;

class NamesTest : public ::testing::Test {
 protected:
  NamesTest() {
    config_.global_address = "127.0.0.1";
    config_.regions = {{.name = "us-east-1", .address = "127.0.10.1"},
                       {.name = "us-west-2", .address = "127.0.11.1"}};
    config_.ports.http = 8080;
    config_.ports.https = 8443;
    config_.ports.dns = 5300;
    config_.ports.endpoint = 4566;
  }
  std::string address(std::string_view name) { return names_.choose(name).address; }
  /// "address:port", with "tls" when it ends here.
  std::string way(std::string address, std::uint16_t port, std::string name = "") {
    const auto target = names_.route({std::move(address), port, std::move(name)});
    return target->address + ":" + std::to_string(target->port) + (target->ends_tls ? " tls" : "");
  }

  service::Config config_;
  Names names_{config_, "tandem.test", {"10.0.0.53"}};
};

TEST_F(NamesTest, RegionsNamesAreTheirAddresses) {
  EXPECT_EQ(address("dynamodb.us-west-2.amazonaws.com"), "127.0.11.1");
  EXPECT_EQ(address("bucket.s3.us-east-1.amazonaws.com"), "127.0.10.1");
  EXPECT_EQ(address("abc123.execute-api.us-east-1.amazonaws.com"), "127.0.10.1");
}

TEST_F(NamesTest, WhatElseIsAwsNeverLeaves) {
  for (const char* name : {"sts.amazonaws.com", "iam.amazonaws.com", "s3.amazonaws.com",
                           "dynamodb.eu-west-1.amazonaws.com", "nothing.amazonaws.com",
                           "amazonaws.com", "xyz.lambda-url.us-east-1.on.aws", "s3.api.aws"}) {
    EXPECT_TRUE(names_.choose(name).servers.empty()) << name;
    EXPECT_TRUE(address(name).starts_with("127.")) << name;
  }
  EXPECT_EQ(address("amazonaws.com.example"), "");
  EXPECT_EQ(address("notamazonaws.com"), "");
}

TEST_F(NamesTest, TheApplicationsAreTandemsAndAllOthersTheMachines) {
  const auto own = names_.choose("todos.tandem.test").servers;
  ASSERT_EQ(own.size(), 1U);
  EXPECT_EQ(own[0].port, 5300);
  const auto others = names_.choose("example.com").servers;
  ASSERT_EQ(others.size(), 2U);
  EXPECT_EQ(others[0].port, 5300);
  EXPECT_EQ(others[1].address, "10.0.0.53");
}

TEST_F(NamesTest, TlsEndsHereForTheApisOfAwsAlone) {
  EXPECT_EQ(way("127.0.10.1", 443, "dynamodb.us-east-1.amazonaws.com"), "127.0.10.1:8080 tls");
  EXPECT_EQ(way("127.0.10.1", 443, "todos.tandem.test"), "127.0.10.1:8443");
  EXPECT_EQ(way("127.0.10.1", 8443, "a.execute-api.us-east-1.amazonaws.com"), "127.0.10.1:8443");
  EXPECT_EQ(way("127.255.0.1", 443, "sts.amazonaws.com"), "127.0.0.1:4566 tls");
  EXPECT_EQ(way("127.255.0.1", 80), "127.0.0.1:4566");
  EXPECT_EQ(way("127.0.11.1", 80), "127.0.11.1:8080");
  EXPECT_EQ(way("127.0.0.1", 22), "127.0.0.1:22");
}

TEST_F(NamesTest, EachDoorIsOnce) {
  std::set<std::pair<std::string, std::uint16_t>> seen;
  for (const auto& door : names_.tcp()) {
    EXPECT_TRUE(seen.emplace(door.address, door.port).second) << door.address << door.port;
  }
  EXPECT_TRUE(seen.contains({"127.0.11.1", 443}));
}

TEST(NamesOfTheMachine, AreReadFromItsFiles) {
  EXPECT_THAT(resolvers_in("# x\nnameserver 10.0.0.1\nsearch a\n nameserver\t::1\nnameserver\n"),
              ElementsAre("10.0.0.1", "::1"));
  EXPECT_THAT(
      loopback_ports_in("  sl  local_address rem_address   st\n"
                        "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000\n"
                        "   1: 00000000:0016 00000000:0000 0A 00000000:00000000\n"
                        "   2: 0100007F:9999 0100007F:1F90 01 00000000:00000000\n"
                        "   3: 0B0A007F:0050 00000000:0000 0A 00000000:00000000\n   4: x:y z 0A\n"),
      ElementsAre(22, 8080));
}

}  // namespace
}  // namespace tandem::cli
