#include "topology/topology.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

#include "topology/stacks.h"

namespace tandem::topology {
namespace {

class TopologyFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / "topology_test";
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "template.yaml") << "Resources: {}\n";
    std::ofstream(folder_ / "app.zip") << "zip";
  }
  Topology parse(const std::string& text) { return parse_topology(text, folder_ / "tandem.yaml"); }
  std::string failure(const std::string& text) {
    try {
      parse(text);
    } catch (const TopologyError& error) {
      return error.message;
    }
    return "";
  }

  static constexpr const char* kGood =
      "name: todo\n"
      "domain: todos.tandem.test\n"
      "regions:\n"
      "  us-east-1: {weight: 90}\n"
      "  us-west-2: {weight: 10}\n"
      "template: template.yaml\n"
      "artifact: app.zip\n"
      "table: {name: todos, hash_key: id}\n"
      "health_check: {path: /todos/health}\n";
  std::filesystem::path folder_;
};

TEST_F(TopologyFile, ReadsTheSmallestFileWithAwsDefaults) {
  const Topology topology = parse(kGood);
  EXPECT_EQ(topology.home, "us-east-1");
  EXPECT_EQ(topology.zone, "tandem.test");
  EXPECT_EQ(topology.find_region("us-west-2")->weight, 10);
  EXPECT_EQ(topology.health_check.interval_s, 10);
  EXPECT_EQ(topology.health_check.threshold, 3);
  EXPECT_EQ(topology.clock_speed, 1.0);
  EXPECT_EQ(topology.table.hash_key.type, "S");
}

TEST_F(TopologyFile, NamesLineAndRemedyOfAMistypedKey) {
  std::string text = kGood;
  text.replace(text.find("weight: 90"), 6, "wieght");
  EXPECT_EQ(failure(text),
            "tandem.yaml:4: unknown key 'wieght' in regions.us-east-1; did you mean 'weight'?");
}

TEST_F(TopologyFile, ReportsEveryMistakeAtOnce) {
  const std::string message = failure("name: Todo\ndomain: x\nclock: fast\n");
  EXPECT_NE(message.find("tandem.yaml:1: 'name' is 'Todo'"), std::string::npos) << message;
  EXPECT_NE(message.find("'domain' is 'x'"), std::string::npos) << message;
  EXPECT_NE(message.find("tandem.yaml:3: 'clock' is 'fast'"), std::string::npos) << message;
  EXPECT_NE(message.find("'regions' must name at least two"), std::string::npos) << message;
}

TEST_F(TopologyFile, RefusesAnIntervalRoute53DoesNotOffer) {
  std::string text = kGood;
  text += "ttl: 5\n";
  text.replace(text.find("{path: /todos/health}"), 21, "{path: /h, interval: 20}");
  EXPECT_EQ(failure(text), "tandem.yaml:9: 'interval' must be 10 or 30: Route 53 offers no other");
}

TEST_F(TopologyFile, SaysWhereTheYamlIsBroken) {
  EXPECT_EQ(failure("name: [todo\n").substr(0, 14), "tandem.yaml:2:");
}

TEST_F(TopologyFile, RefusesAliasesThatCouldExplode) {
  EXPECT_NE(failure("a: &a [x]\nb: *a\n").find("anchors and aliases"), std::string::npos);
}

TEST_F(TopologyFile, RoutingWeighsEachRegionWithItsOwnHealthCheck) {
  const json::object routing = routing_template(parse(kGood));
  const json::object& record =
      routing.at("Resources").at("RecordUsEast1").at("Properties").as_object();
  EXPECT_EQ(record.at("Weight"), 90);
  EXPECT_EQ(record.at("SetIdentifier"), "us-east-1");
  EXPECT_EQ(record.at("Type"), "A");
  EXPECT_EQ(record.at("HealthCheckId").at("Ref"), "HealthCheckUsEast1");
  const auto& check = routing.at("Resources").at("HealthCheckUsWest2").at("Properties");
  EXPECT_EQ(check.at("HealthCheckConfig").at("FullyQualifiedDomainName").at("Fn::Sub"),
            "${ApiUsWest2}.execute-api.us-west-2.amazonaws.com");
}

TEST_F(TopologyFile, ATtlOfOnesOwnMakesRecordsCnames) {
  const json::object routing = routing_template(parse(std::string(kGood) + "ttl: 5\n"));
  const auto& record = routing.at("Resources").at("RecordUsEast1").at("Properties");
  EXPECT_EQ(record.at("Type"), "CNAME");
  EXPECT_EQ(record.at("TTL"), "5");
}

}  // namespace
}  // namespace tandem::topology
