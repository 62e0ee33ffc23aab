#include "cli/health_rows.h"

#include <gtest/gtest.h>

namespace tandem::cli {
namespace {

using topology::DnsCheck;
using topology::Traffic;

/// Two regions, one of which (us-east-1) is what a case says.
class HealthRowsTest : public testing::Test {
 public:
  HealthRowsTest() {
    topology_.name = "todo";
    topology_.domain = "todos.test";
    topology_.regions = {{.name = "us-east-1"}, {.name = "us-west-2"}};
    for (const char* region : {"us-east-1", "us-west-2"}) {
      const std::string name = std::string("todo-") + region;
      const char* other = std::string_view(region) == "us-east-1" ? "us-west-2" : "us-east-1";
      view_.checks.push_back({.id = name, .name = name, .healthy = true, .children = {"a", "b"}});
      view_.checks.push_back({.id = name + "-endpoint",
                              .name = name + "-endpoint",
                              .healthy = true,
                              .healthy_checkers = 16,
                              .checkers = 16,
                              .looked = 16});
      view_.checks.push_back({.id = name + "-switch",
                              .name = name + "-switch-in-" + other,
                              .healthy = true,
                              .inverted = true,
                              .checkers = 16,
                              .looked = 16});
    }
  }

  /// Of us-east-1: the check DNS goes by, its endpoint's, its switch's.
  DnsCheck& deciding() { return view_.checks[0]; }
  DnsCheck& endpoint() { return view_.checks[1]; }
  DnsCheck& switch_check() { return view_.checks[2]; }
  HealthRow row(std::optional<bool> on) {
    const auto rows = health_rows(view_, topology_, {{"us-east-1", on}});
    EXPECT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[1].status, "healthy");
    return rows[0];
  }

  topology::Topology topology_;
  topology::DnsView view_;
};

TEST_F(HealthRowsTest, ARegionIsOneRowWithItsEndpointsCheckers) {
  const HealthRow shown = row(false);
  EXPECT_EQ(shown.check.name, "todo-us-east-1");
  EXPECT_EQ(shown.check.healthy_checkers, 16);
  EXPECT_EQ(shown.probed_id, "todo-us-east-1-endpoint");
  EXPECT_EQ(shown.status, "healthy");
  EXPECT_TRUE(traffic_by_region(view_, topology_, {}).empty());
}

TEST_F(HealthRowsTest, ADrainedRegionIsWellUnlessItsEndpointIsNot) {
  switch_check().healthy = deciding().healthy = false;
  EXPECT_EQ(row(true).status, "drained");
  EXPECT_TRUE(row(true).well);
  EXPECT_EQ(row(std::nullopt).status, "drained") << "where nobody says, DNS does";
  EXPECT_EQ(row(false).status, "restoring");
  EXPECT_EQ(traffic_by_region(view_, topology_, {{"us-east-1", true}}).at("us-east-1"),
            Traffic::kDrained);
  endpoint().healthy = false;
  EXPECT_EQ(row(true).status, "drained");
  EXPECT_FALSE(row(true).well);
  EXPECT_EQ(row(false).status, "unhealthy");
}

TEST_F(HealthRowsTest, WhatCheckersHaveNotSeenYetIsUnderWay) {
  EXPECT_EQ(row(true).status, "draining");
  switch_check().healthy = deciding().healthy = false;
  switch_check().looked = 3;
  EXPECT_EQ(row(false).status, "starting");
  EXPECT_TRUE(row(false).well);
}

TEST_F(HealthRowsTest, AnUnhealthyEndpointIsSaidToBe) {
  endpoint().healthy = deciding().healthy = false;
  EXPECT_EQ(row(false).status, "unhealthy");
  EXPECT_FALSE(row(false).well);
  endpoint().looked = 0;
  endpoint().healthy = deciding().healthy = true;
  EXPECT_EQ(row(false).status, "assumed healthy");
}

TEST_F(HealthRowsTest, OtherChecksHaveARowEach) {
  view_.checks = {{.id = "1", .name = "mine", .healthy = false, .looked = 1},
                  {.id = "2", .name = "both", .healthy = true, .looked = 1, .children = {"1"}}};
  const auto rows = health_rows(view_, topology_, {});
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].status, "unhealthy");
  EXPECT_EQ(rows[0].probed_id, "1");
  EXPECT_EQ(rows[1].probed_id, "") << "no checker reports on a calculated check";
}

}  // namespace
}  // namespace tandem::cli
