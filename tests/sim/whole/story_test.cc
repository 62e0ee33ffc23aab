// The product's own story, in simulated time: two regions are deployed, answer by weight, lose one,
// fail over, heal; the tables are equal and nothing that was acknowledged is lost.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/whole/load.h"

namespace tandem::sim {
namespace {

/// The addresses that answers for the application's name named.
std::map<std::string, int> answers(Cloud& cloud, int count) {
  std::map<std::string, int> seen;
  for (int at = 0; at < count; ++at) {
    const auto resolved = cloud.as_operator("a DNS query", cloud.resolve(), 1min);
    if (!resolved) continue;
    for (const std::string& address : resolved->addresses) ++seen[address];
  }
  return seen;
}

/// What global says of its health checks: GET /_tandem/dns.
std::string dns_document(Cloud& cloud) {
  net::HttpRequest request;
  request.method = "GET";
  request.target = "/_tandem/dns";
  const net::HttpResponse answer = cloud.as_operator(
      "reading the health checks",
      cloud.http().send(
          {.address = cloud.config().global_address, .port = cloud.config().ports.endpoint},
          std::move(request)),
      1min);
  return answer.body;
}

TEST(Story, DeploysAnswersByWeightFailsOverAndHeals) {
  Cloud cloud(42, {});
  cloud.run_for(1s);
  cloud.deploy();
  cloud.run_for(2min);
  Machine& east = cloud.machine("us-east-1");
  Machine& west = cloud.machine("us-west-2");
  EXPECT_THAT(dns_document(cloud), testing::Not(testing::HasSubstr("no member is eligible")));
  const auto both = answers(cloud, 200);
  EXPECT_GT(both.at(east.host().address), 60);
  EXPECT_GT(both.at(west.host().address), 60);

  Load load(cloud, 8);
  load.start();
  cloud.run_for(2min);
  EXPECT_EQ(load.failed, 0U);
  EXPECT_GT(load.by_region["us-east-1"], 100U);
  EXPECT_GT(load.by_region["us-west-2"], 100U);

  east.kill();
  const core::TimePoint killed = cloud.time().now();
  // Three checks of ten seconds, and a look that had just begun; then a client's cached answer.
  cloud.run_for(45s);
  EXPECT_FALSE(answers(cloud, 20).contains(east.host().address));
  cloud.run_for(75s);
  const core::TimePoint settled = cloud.time().now();
  cloud.run_for(2min);
  EXPECT_GT(load.last_failure, killed);
  EXPECT_LT(load.last_failure, settled);

  east.start();
  cloud.run_for(2min);
  EXPECT_TRUE(answers(cloud, 50).contains(east.host().address));
  load.stop();
  cloud.run_for(10s);
  EXPECT_EQ(verdict(cloud, load), "");
  EXPECT_GT(load.promised().size(), 500U);
  fmt::print("{} answered, {} failed, {:.0f} simulated seconds\n", load.answered, load.failed,
             cloud.seconds());
}

TEST(Story, ARegionJoinsAndLeavesWhileTheOthersServe) {
  Cloud cloud(43, {});
  cloud.run_for(1s);
  cloud.deploy();
  cloud.run_for(2min);
  // A client keeps an address for its TTL: so many that each region is drawn by some.
  Load load(cloud, 8);
  load.start();
  cloud.run_for(30s);
  cloud.join("eu-west-1");
  cloud.run_for(2min);
  EXPECT_EQ(load.failed, 0U);
  EXPECT_GT(load.by_region["eu-west-1"], 20U);
  for (const char* region : {"us-east-1", "us-west-2", "eu-west-1"}) {
    EXPECT_EQ(cloud.machine(region).node()->config().regions.size(), 3U);
    EXPECT_EQ(cloud.machine(region).rebirths(), 0);
  }
  // A failure now, so that what was told while the process ran is what it starts with again.
  cloud.machine("us-west-2").kill();
  cloud.run_for(1min);
  cloud.machine("us-west-2").start();
  cloud.run_for(2min);

  cloud.leave("eu-west-1");
  const core::TimePoint left = cloud.time().now();
  // A client may hold an answer for its TTL.
  cloud.run_for(2min);
  EXPECT_LT(load.last_failure, left + 1min);
  load.stop();
  cloud.run_for(10s);
  EXPECT_EQ(verdict(cloud, load), "");
  EXPECT_GT(load.promised().size(), 200U);
}

TEST(Story, FiveRegionsLoseTwoAndHeal) {
  Cloud cloud(
      44, {.regions = {"us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-2"}});
  cloud.run_for(1s);
  cloud.deploy();
  cloud.run_for(2min);
  Load load(cloud, 12);
  load.start();
  cloud.run_for(2min);
  EXPECT_EQ(load.failed, 0U);
  EXPECT_EQ(load.by_region.size(), 5U);
  cloud.machine("us-east-1").kill();
  cloud.machine("eu-west-1").kill();
  cloud.run_for(2min);
  const core::TimePoint settled = cloud.time().now();
  cloud.run_for(1min);
  EXPECT_LT(load.last_failure, settled);
  cloud.machine("us-east-1").start();
  cloud.machine("eu-west-1").start();
  cloud.run_for(2min);
  load.stop();
  cloud.run_for(10s);
  EXPECT_EQ(verdict(cloud, load), "");
  EXPECT_GT(load.promised().size(), 200U);
}

}  // namespace
}  // namespace tandem::sim
