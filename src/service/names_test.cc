#include "service/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tandem::service {
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

  Config config_;
  Names names_{config_, "tandem.test", {"10.0.0.53"}};
};

TEST_F(NamesTest, RegionsNamesAreTheirAddresses) {
  EXPECT_EQ(address("dynamodb.us-west-2.amazonaws.com"), "127.0.11.1");
  EXPECT_EQ(address("bucket.s3.us-east-1.amazonaws.com"), "127.0.10.1");
  EXPECT_EQ(address("abc123.execute-api.us-east-1.amazonaws.com"), "127.0.10.1");
  EXPECT_EQ(address("abc.lambda-url.us-west-2.on.aws"), "127.0.11.1");
  EXPECT_EQ(address("dynamodb.us-west-2.api.aws"), "127.0.11.1");
  EXPECT_EQ(address("bucket.s3.dualstack.us-west-2.amazonaws.com"), "127.0.11.1");
}

TEST(NameSwitch, AsksFilesAndDnsAlone) {
  EXPECT_EQ(dns_only("passwd: files\nhosts: files mymachines resolve [!UNAVAIL=return] dns\nx: y"),
            "passwd: files\nhosts: files dns\nx: y\n");
  EXPECT_EQ(dns_only("passwd: files\n"), "passwd: files\nhosts: files dns\n");
  EXPECT_EQ(dns_only(""), "hosts: files dns\n");
}

TEST_F(NamesTest, WhatElseIsAwsNeverLeaves) {
  for (const char* name :
       {"sts.amazonaws.com", "iam.amazonaws.com", "s3.amazonaws.com",
        "dynamodb.eu-west-1.amazonaws.com", "nothing.amazonaws.com", "amazonaws.com",
        "xyz.lambda-url.us-east-1.on.aws", "s3.eu-west-1.api.aws", "us-east-1.signin.aws",
        "s3.eusc-de-east-1.amazonaws.eu"}) {
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
  EXPECT_EQ(way("127.0.10.1", 443, "a.lambda-url.us-east-1.on.aws"), "127.0.10.1:8443");
  EXPECT_EQ(way("127.255.0.1", 443, "sts.amazonaws.com"), "127.0.0.1:4566 tls");
  EXPECT_EQ(way("127.255.0.1", 80), "127.0.0.1:4566");
  EXPECT_EQ(way("127.0.11.1", 80), "127.0.11.1:8080");
  EXPECT_EQ(way("127.0.0.1", 22), "127.0.0.1:22");
}

/// Who is dead refuses connections inside as well, and what else listens is reached where it is.
TEST_F(NamesTest, DoorsAreOpenAsLongAsSomebodyIsBehindThem) {
  const auto wanted = [this](const Sockets& listening) {
    Sockets doors;
    for (const auto& door : names_.wanted(listening)) {
      EXPECT_TRUE(doors.emplace(door.address, door.port).second) << door.address << door.port;
    }
    return doors;
  };
  EXPECT_EQ(wanted({}), Sockets());
  const Sockets region = {
      {"127.0.11.1", 80}, {"127.0.11.1", 443}, {"127.0.11.1", 8080}, {"127.0.11.1", 8443}};
  EXPECT_EQ(wanted({{"127.0.11.1", 8080}, {"127.0.11.1", 8443}}), region);
  const Sockets global = {{"127.255.0.1", 80}, {"127.255.0.1", 443}, {"127.0.0.1", 4566}};
  EXPECT_EQ(wanted({{"127.0.0.1", 4566}, {"127.0.0.1", 5300}}), global);
  EXPECT_EQ(wanted({{"0.0.0.0", 22}, {"127.0.5.5", 3000}, {"192.0.2.1", 7}}),
            (Sockets{{"0.0.0.0", 22}, {"127.0.5.5", 3000}, {"192.0.2.1", 7}}));
  EXPECT_EQ(wanted({{"0.0.0.0", 22}, {"::1", 22}, {"::1", 23}}),
            (Sockets{{"0.0.0.0", 22}, {"::1", 22}, {"::1", 23}}));
  EXPECT_EQ(wanted({{"0.0.0.0", 443}, {"127.0.0.1", 443}}), (Sockets{{"127.0.0.1", 443}}));
}

TEST(NamesOfTheMachine, AreReadFromItsFiles) {
  EXPECT_THAT(resolvers_in("# x\nnameserver 10.0.0.1\nsearch a\n nameserver\t::1\nnameserver\n"),
              ElementsAre("10.0.0.1", "::1"));
  EXPECT_EQ(listening_in("  sl  local_address rem_address   st\n"
                         "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000\n"
                         "   1: 00000000:0016 00000000:0000 0A 00000000:00000000\n"
                         "   2: 0100007F:9999 0100007F:1F90 01 00000000:00000000\n"
                         "   3: 0B0A007F:0050 00000000:0000 0A 00000000:00000000\n   4: x:y z 0A\n"
                         "   5: 00000000000000000000000000000000:0BB8 0:0 0A 0\n"
                         "   6: 0000000000000000FFFF00000100007F:0BB9 0:0 0A 0\n"
                         "   7: 00000000000000000000000001000000:0BBA 0:0 0A 0\n"),
            (Sockets{{"127.0.0.1", 8080},
                     {"0.0.0.0", 22},
                     {"127.0.10.11", 80},
                     {"0.0.0.0", 3000},
                     {"::1", 3000},
                     {"127.0.0.1", 3001},
                     {"::1", 3002}}));
  const std::string heading = "  sl  local_address rem_address   st tx_queue rx_queue\n";
  const std::string listens = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000\n";
  const std::string waits = "   1: 0100007F:1F90 0100007F:9999 06 00000000:00000000\n";
  EXPECT_FALSE(has_connections(heading + listens + waits));
  EXPECT_TRUE(has_connections(heading + listens +
                              "   2: 0100007F:9999 0100007F:1F90 04 00000000:00000000\n"));
}

}  // namespace
}  // namespace tandem::service
