#include "service/region_settings.h"

#include <gtest/gtest.h>

namespace tandem::service {
namespace {

TEST(RegionSettings, AreInTheConfigurationsText) {
  RegionSettings settings;
  settings.function_network = sandbox::Network::kOutbound;
  settings.function_root = sandbox::Root::kStrict;
  settings.runtimes = {{"nodejs", "/opt/node/bin/node"}};
  settings.modules = {{"python", "/srv/modules"}};
  settings.integration_network = sandbox::Network::kHost;
  settings.git_host = "http://127.0.0.1:3000";
  settings.capacity = CapacityMode::kEnforce;
  const std::string text = settings.add_to(R"({"account": "1"})");
  EXPECT_EQ(text,
            R"({"account":"1","functions":{"network":"outbound","root":"strict",)"
            R"("runtimes":{"nodejs":"/opt/node/bin/node"},"modules":{"python":"/srv/modules"}},)"
            R"("integrations":{"network":"host"},)"
            R"("git":{"host":"http://127.0.0.1:3000"},"capacity":"enforce"})");
  EXPECT_EQ(RegionSettings::from_json(text).value(), settings);
  EXPECT_EQ(RegionSettings::from_json(R"({"account": "1"})").value(), RegionSettings());
  EXPECT_FALSE(RegionSettings::from_json(R"({"functions": {"network": "none"}})"));
  EXPECT_FALSE(RegionSettings::from_json(R"({"integrations": {"network": "isolated"}})"));
  EXPECT_FALSE(RegionSettings::from_json(R"({"capacity": "autoscale"})"));
}

TEST(RegionSettings, NameTheKeysThatDiffer) {
  RegionSettings other;
  EXPECT_TRUE(RegionSettings().changed(other).empty());
  other.git_host = "/srv/git";
  other.capacity = CapacityMode::kEnforce;
  EXPECT_EQ(RegionSettings().changed(other), (std::vector<std::string>{"git.host", "capacity"}));
}

}  // namespace
}  // namespace tandem::service
