#include "service/config.h"

#include <gtest/gtest.h>

namespace tandem::service {
namespace {

TEST(Config, SurvivesTheWayThroughJson) {
  Config config;
  config.account = "210987654321";
  config.state_folder = "/tmp/x/.tandem";
  config.regions = {{"us-east-1", "127.0.10.1"}, {"us-west-2", "127.0.11.1"}};
  config.ports.dns = 53;
  config.clock_speed = 20;
  config.durability = Durability::kFsync;
  config.credentials = {"AKID", "secret"};
  const auto read = Config::from_json(config.to_json());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value().account, config.account);
  EXPECT_EQ(read.value().state_folder, config.state_folder);
  EXPECT_EQ(read.value().regions, config.regions);
  EXPECT_EQ(read.value().ports, config.ports);
  EXPECT_EQ(read.value().clock_speed, 20);
  EXPECT_EQ(read.value().durability, Durability::kFsync);
  EXPECT_EQ(read.value().credentials.secret_access_key, "secret");
  EXPECT_EQ(read.value().find_region("us-west-2")->address, "127.0.11.1");
  EXPECT_EQ(read.value().find_region("eu-west-1"), nullptr);
}

TEST(Config, RefusesNonsense) {
  for (const auto* text :
       {"", "[]", "{}", R"({"regions":[{"name":"a"}]})", R"({"regions":[],"clockSpeed":0})",
        R"({"regions":[],"clockSpeed":-2})", R"({"regions":[],"ports":{"http":70000}})",
        R"({"regions":[],"durability":"maybe"})", R"({"regions":[],"account":"12"})",
        R"({"regions":[],"globalAddress":"here"})",
        R"({"regions":[{"name":"../../etc","address":"127.0.0.1"}]})",
        R"({"regions":[],"ports":{"http":"80"}})", R"({"regions":[],"ports":[80]})",
        R"({"regions":[],"maxClockDriftMs":"x"})", R"({"regions":[],"clockSpeed":"1"})",
        R"({"regions":[{"name":"a","address":"127.0.0.1; rm"}]})"}) {
    EXPECT_FALSE(Config::from_json(text).ok()) << text;
  }
}

}  // namespace
}  // namespace tandem::service
