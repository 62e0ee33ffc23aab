#include "topology/settings.h"

#include <gtest/gtest.h>

namespace tandem::topology {
namespace {

TEST(Settings, AreNamedAsTheFileNamesThem) {
  service::Config before;
  before.regions = {{"us-east-1", "127.0.10.1"}, {"us-west-2", "127.0.11.1"}};
  EXPECT_TRUE(changed_settings(before, before).empty());
  service::Config after = before;
  after.clock_speed = 20;
  after.durability = service::Durability::kFsync;
  before.ports.https = 443;
  after.ports.https = 444;
  after.regions = {{"us-east-1", "127.0.12.1"}, {"eu-west-1", "127.0.13.1"}};
  EXPECT_EQ(changed_settings(before, after),
            (std::vector<std::string>{"clock", "durability",
                                      "network.addresses.us-east-1 (127.0.10.1 → 127.0.12.1)",
                                      "region eu-west-1 (new)", "region us-west-2 (removed)",
                                      "network.ports.https (443 → 444)"}));
}

}  // namespace
}  // namespace tandem::topology
