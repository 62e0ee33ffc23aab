#include "topology/topology.h"

#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>

#include "topology/drain_stacks.h"
#include "topology/losses.h"
#include "topology/obstacles.h"
#include "topology/pipelines.h"
#include "topology/stacks.h"

namespace tandem::topology {
namespace {

class TopologyFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / "topology_test";
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "template.yaml") << kTemplate;
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

  static constexpr const char* kTemplate =
      "Parameters: {TableName: {Type: String}, StageName: {Type: String},\n"
      "  CodeBucket: {Type: String}, CodeKey: {Type: String}}\n"
      "Resources: {}\n";
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

TEST_F(TopologyFile, MayDeclareNoApplication) {
  const std::string bare = "name: notes\nregions: {us-east-1: , us-west-2: }\n";
  const Topology topology = parse(bare + "functions: {root: strict}\n");
  EXPECT_FALSE(topology.declares_application());
  EXPECT_TRUE(parse(kGood).declares_application());
  EXPECT_EQ(topology.home, "us-east-1");
  EXPECT_EQ(failure("name: notes\nregions:\n  us-east-1: {weight: 1}\n  us-west-2:\n"),
            "tandem.yaml:3: 'weight' is of an application's records, and this file declares none; "
            "leave it out");
  // One of its keys asks for all of them.
  EXPECT_NE(failure(bare + "table: {name: todos, hash_key: id}\n").find("'domain' is missing"),
            std::string::npos);
}

TEST_F(TopologyFile, FunctionsHaveANetworkOfThreeKinds) {
  EXPECT_EQ(parse(kGood).settings.function_network, sandbox::Network::kIsolated);
  const auto network = [&](const std::string& kind) {
    return parse(std::string(kGood) + "functions: {network: " + kind + "}\n")
        .settings.function_network;
  };
  EXPECT_EQ(network("isolated"), sandbox::Network::kIsolated);
  EXPECT_EQ(network("outbound"), sandbox::Network::kOutbound);
  EXPECT_EQ(network("host"), sandbox::Network::kHost);
  EXPECT_EQ(failure(std::string(kGood) + "functions: {network: outbond}\n"),
            "tandem.yaml:10: 'network' is 'outbond'; did you mean 'outbound'?");
  EXPECT_EQ(failure(std::string(kGood) + "functions: {network: internet}\n"),
            "tandem.yaml:10: 'network' is 'internet'; it can be isolated, outbound, host");
  EXPECT_EQ(failure(std::string(kGood) + "functions: {netwrk: host}\n"),
            "tandem.yaml:10: unknown key 'netwrk' in functions; did you mean 'network'?");
  EXPECT_EQ(failure(std::string(kGood) + "functions: host\n"),
            "tandem.yaml:10: functions must be a mapping of keys to values");
}

TEST_F(TopologyFile, FunctionsHaveARootInterpretersAndModules) {
  const auto settings = [&](const std::string& text) {
    return parse(std::string(kGood) + "functions: " + text + "\n").settings;
  };
  EXPECT_EQ(settings("{root: strict}").function_root, sandbox::Root::kStrict);
  const auto given =
      settings("{runtimes: {nodejs: /opt/node, python3.9: py/bin/python3}, modules: {nodejs: m}}");
  EXPECT_EQ(given.runtimes.at("nodejs"), "/opt/node");
  EXPECT_TRUE(given.runtimes.at("python3.9").ends_with("/py/bin/python3"));
  EXPECT_TRUE(given.runtimes.at("python3.9").starts_with("/"));
  EXPECT_TRUE(given.modules.at("nodejs").ends_with("/m"));
  EXPECT_EQ(failure(std::string(kGood) + "functions: {runtimes: {java21: /usr/bin/java}}\n"),
            "tandem.yaml:10: functions.runtimes names runtimes or languages: nodejs, python, "
            "nodejs22.x, python3.12 …, not java21");
  EXPECT_EQ(failure(std::string(kGood) + "functions: {modules: {ruby: x}}\n"),
            "tandem.yaml:10: unknown key 'ruby' in functions.modules; the keys here are nodejs, "
            "python");
}

TEST_F(TopologyFile, NamesLineAndRemedyOfAMistypedKey) {
  std::string text = kGood;
  text.replace(text.find("weight: 90"), 6, "wieght");
  EXPECT_EQ(failure(text),
            "tandem.yaml:4: unknown key 'wieght' in regions.us-east-1; did you mean 'weight'?");
}

TEST_F(TopologyFile, NamesAParameterThatTheTemplateHasNot) {
  const std::string text = kGood;
  EXPECT_EQ(
      failure(text + "parameters: {\n  Nope: 1}\n"),
      "tandem.yaml:11: template.yaml has no parameter 'Nope'; it has none to be given a value "
      "here");
  const std::string body(kTemplate);
  std::ofstream(folder_ / "template.yaml")
      << body.substr(0, body.find("}}"))
      << "}, Size: {Type: String, Default: small}, Count: !If {}}\n";
  EXPECT_EQ(failure(text + "parameters:\n  Sise: big\n  Count: 1\n"),
            "tandem.yaml:11: template.yaml has no parameter 'Sise'; did you mean 'Size'?");
  EXPECT_EQ(
      failure(text),
      "tandem.yaml:6: template.yaml has a parameter Count without a default; give it a value, "
      "as in 'parameters: {Count: value}'");
  EXPECT_EQ(failure(text + "parameters: {Size: big, Count: 1}\n"), "");
}

TEST_F(TopologyFile, NamesAParameterThatEveryTemplateIsGiven) {
  std::ofstream(folder_ / "template.yaml") << R"({"Parameters": {"TableName": {}, "StageName": {},
      "CodeBucket": {}}})";
  EXPECT_EQ(failure(kGood),
            "tandem.yaml:6: template.yaml has no parameter CodeKey, which every template is given; "
            "add it there: 'CodeKey: {Type: String}'");
  // What is no YAML is CloudFormation's to name; who only asks needs no template.
  std::ofstream(folder_ / "template.yaml") << "Resources: [";
  EXPECT_EQ(failure(kGood), "");
}

TEST_F(TopologyFile, NamesTheRegionThatWasMeant) {
  const auto misspelt = [&](const std::string& name) {
    std::string text = kGood;
    text.replace(text.find("us-west-2"), 9, name);
    return failure(text);
  };
  EXPECT_EQ(misspelt("us-weird-2"),
            "tandem.yaml:5: 'us-weird-2' is not a region of AWS; did you mean 'us-west-2'?");
  EXPECT_EQ(misspelt("us-wset-2"),
            "tandem.yaml:5: 'us-wset-2' is not a region of AWS; did you mean 'us-west-2'?");
  EXPECT_EQ(misspelt("nowhere"),
            "tandem.yaml:5: 'nowhere' is not a region of AWS; use one such as us-east-1");
  EXPECT_EQ(misspelt("ap-southeast-7"), "");
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
  std::string open = kGood;
  open.replace(open.find("90}"), 3, "90");
  EXPECT_EQ(failure(open).substr(0, 14), "tandem.yaml:5:");
  EXPECT_NE(failure(open).find("look for a missing '}'"), std::string::npos) << failure(open);
  std::string indented = kGood;
  indented.replace(indented.find("domain:"), 7, " domain:");
  EXPECT_EQ(failure(indented).substr(0, 14), "tandem.yaml:2:");
  EXPECT_NE(failure(indented).find("a key stands on a line of its own"), std::string::npos)
      << failure(indented);
}

TEST_F(TopologyFile, ReadsNestedAliasesWithoutExpandingThem) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 40; ++i) bomb += fmt::format("a{0}: &a{0} [*a{1}, *a{1}, *a{1}]\n", i, i - 1);
  EXPECT_NE(failure(bomb).find("unknown key 'a39'"), std::string::npos);
}

TEST_F(TopologyFile, TakesAmpersandsAndStarsInCommentsAndValues) {
  std::string text = std::string(kGood) + "# R&D: 2 * 3\n";
  text.replace(text.find("/todos/health"), 13, "'/health?a=1&b=*'");
  EXPECT_EQ(failure(text), "");
}

TEST_F(TopologyFile, RefusesAKeyWrittenTwice) {
  EXPECT_EQ(failure(std::string(kGood) + "name: other\n"),
            "tandem.yaml:10: 'name' is written twice in the topology; keep one");
  EXPECT_EQ(failure(std::string(kGood) + "parameters: {A: 1, A: 2}\n"),
            "tandem.yaml:10: 'A' is written twice in parameters; keep one");
}

TEST_F(TopologyFile, RefusesASecondDocument) {
  EXPECT_EQ(failure(std::string(kGood) + "---\nname: other\n"),
            "tandem.yaml: holds 2 YAML documents; keep one (without a '---' line between)");
}

TEST_F(TopologyFile, RefusesParametersThatTandemSets) {
  EXPECT_EQ(failure(std::string(kGood) + "parameters: {TableName: mine}\n"),
            "tandem.yaml:10: parameter 'TableName' is set by Tandem; leave it out");
}

TEST_F(TopologyFile, RefusesAddressesThatCannotBe) {
  const auto refused = [&](const std::string& addresses) {
    return failure(std::string(kGood) + "network: {addresses: " + addresses + "}\n");
  };
  EXPECT_EQ(refused("[127.0.0.9]"),
            "tandem.yaml:10: network.addresses must be a mapping of keys to values");
  EXPECT_EQ(refused("{us-east-1: 127.0.300.1}"),
            "tandem.yaml:10: '127.0.300.1' is not a loopback address (127.x.y.z)");
  EXPECT_EQ(refused("{us-east-1: 127.0.9.1, us-west-2: 127.0.9.1}"),
            "tandem.yaml:10: 127.0.9.1 is given twice; every process needs an address of its own");
}

TEST_F(TopologyFile, RefusesOnePortForTwoUses) {
  EXPECT_EQ(failure(std::string(kGood) + "network: {ports: {http: 8000, https: 8000}}\n"),
            "tandem.yaml:10: port 8000 is given to both http and https; choose two");
}

TEST_F(TopologyFile, RefusesATtlWhereNoCnameCanBe) {
  std::string text = std::string(kGood) + "ttl: 5\n";
  text.replace(text.find("todos.tandem.test"), 17, "todos.test");
  EXPECT_EQ(
      failure(text),
      "tandem.yaml:10: 'ttl' makes CNAME records, and the zone's own name todos.test can have "
      "none; leave 'ttl' out or use a name below the zone");
}

TEST_F(TopologyFile, RefusesNamesWhoseBucketsWouldBeTooLong) {
  std::string text = kGood;
  text.replace(text.find("name: todo"), 10, "name: a234567890123456789012345678901");
  EXPECT_EQ(failure(text), "");
  text.replace(text.find("us-west-2"), 9, "ap-southeast-1");
  EXPECT_EQ(
      failure(text),
      "tandem.yaml:1: 'name' is too long for the bucket name of ap-southeast-1; use at most 28 "
      "characters");
}

TEST_F(TopologyFile, RefusesKeysATableCannotHave) {
  const auto refused = [&](const std::string& keys) {
    std::string text = kGood;
    text.replace(text.find("hash_key: id"), 12, keys);
    return failure(text);
  };
  EXPECT_EQ(refused("hash_key: ''"),
            "tandem.yaml:8: a key's name has 1 to 255 characters, as in 'hash_key: id'");
  EXPECT_EQ(refused("hash_key: id, range_key: id"),
            "tandem.yaml:8: 'range_key' must differ from 'hash_key'");
}

TEST_F(TopologyFile, RefusesAHealthPathThatIsNone) {
  for (const std::string path : {"todos", "/a b", "/${AWS::Region}"}) {
    std::string text = kGood;
    text.replace(text.find("{path: /todos/health}"), 21, "{path: '" + path + "'}");
    EXPECT_EQ(failure(text).substr(0, 21), "tandem.yaml:9: 'path'") << path;
  }
}

TEST_F(TopologyFile, RefusesARateThatIsNoNumber) {
  for (const char* rate : {".inf", ".nan", "-1", "fast"}) {
    EXPECT_EQ(
        failure(std::string(kGood) + "usage_plan: {burst: 5, rate: " + rate + "}\n"),
        fmt::format("tandem.yaml:10: 'rate' is '{}'; it must be a number of at least 0", rate));
  }
}

TEST_F(TopologyFile, RefusesWhatIsNoOrdinaryFile) {
  EXPECT_THROW(load_topology(folder_), TopologyError);
  EXPECT_THROW(load_topology("/dev/zero"), TopologyError);
  EXPECT_THROW(load_topology(folder_ / "none.yaml"), TopologyError);
}

TEST_F(TopologyFile, MissingFilesMatterOnlyToWhoDeploys) {
  std::string text = kGood;
  text.replace(text.find("app.zip"), 7, "not.zip");
  EXPECT_NE(failure(text).find("build the application first"), std::string::npos);
  EXPECT_EQ(parse_topology(text, folder_ / "tandem.yaml", Files::kMayBeMissing).name, "todo");
}

TEST_F(TopologyFile, TheFolderIsTheSameBySeveralWays) {
  std::filesystem::create_directories(folder_ / "below");
  EXPECT_EQ(folder_of(folder_ / "below" / ".." / "tandem.yaml"),
            folder_of(folder_ / "tandem.yaml"));
  std::filesystem::remove(folder_ / "link");
  std::filesystem::create_directory_symlink(folder_, folder_ / "link");
  EXPECT_EQ(folder_of(folder_ / "link" / "tandem.yaml"), folder_of(folder_ / "tandem.yaml"));
}

TEST_F(TopologyFile, RoutingWeighsEachRegionWithItsOwnHealthCheck) {
  const json::object routing = routing_template(parse(kGood));
  const json::object& record =
      routing.at("Resources").at("Records").at("Properties").at("RecordSets").at(0).as_object();
  EXPECT_EQ(record.at("Weight"), 90);
  EXPECT_EQ(record.at("SetIdentifier"), "us-east-1");
  EXPECT_EQ(record.at("Type"), "A");
  EXPECT_EQ(record.at("HealthCheckId").at("Ref"), "InServiceUsEast1");
  const auto& check = routing.at("Resources").at("HealthCheckUsWest2").at("Properties");
  EXPECT_EQ(check.at("HealthCheckConfig").at("FullyQualifiedDomainName").at("Fn::Sub"),
            "${ApiUsWest2}.execute-api.us-west-2.amazonaws.com");
}

// AWS, "Creating Disaster Recovery Mechanisms Using Amazon Route 53": the standby region takes over
// by an object of its own, which an inverted health check watches.
TEST_F(TopologyFile, ARegionIsInServiceUnlessAnotherOnesSwitchSaysOtherwise) {
  const Topology topology = parse(kGood);
  const json::object routing = routing_template(topology);
  const auto& resources = routing.at("Resources");
  const auto& in_service =
      resources.at("InServiceUsEast1").at("Properties").at("HealthCheckConfig");
  EXPECT_EQ(json::to_text(in_service.as_object()),
            R"({"Type":"CALCULATED","HealthThreshold":2,"ChildHealthChecks":)"
            R"([{"Ref":"HealthCheckUsEast1"},{"Ref":"SwitchUsEast1InUsWest2"}]})");
  const auto& look =
      resources.at("SwitchUsEast1InUsWest2").at("Properties").at("HealthCheckConfig");
  EXPECT_TRUE(look.at("Inverted").as_bool());
  EXPECT_EQ(look.at("FullyQualifiedDomainName").at("Fn::Sub"),
            "${SwitchUsWest2}.execute-api.us-west-2.amazonaws.com");
  EXPECT_EQ(look.at("ResourcePath"), "/drained/us-east-1");
  const json::object front = front_template(topology);
  EXPECT_TRUE(front.at("Outputs").as_object().contains(kSwitchOutput));
  EXPECT_NE(json::to_text(front).find("s3:path/tandem-todo-123456789012-${AWS::Region}/drained/"),
            std::string::npos);
}

TEST_F(TopologyFile, OneRegionAloneHasNoSwitches) {
  Topology topology = parse(kGood);
  topology.regions.resize(1);
  const json::object routing = routing_template(topology);
  const auto& resources = routing.at("Resources").as_object();
  EXPECT_FALSE(resources.contains("InServiceUsEast1"));
  EXPECT_EQ(
      resources.at("Records").at("Properties").at("RecordSets").at(0).at("HealthCheckId").at("Ref"),
      "HealthCheckUsEast1");
  EXPECT_FALSE(front_template(topology).at("Resources").as_object().contains("SwitchApi"));
}

TEST_F(TopologyFile, RegionsThatLeaveKeepTheirReplicaUntilTheyAreGone) {
  const json::object data = data_template(parse(kGood), {"eu-west-1"});
  const auto& replicas =
      data.at("Resources").at("Table").at("Properties").at("Replicas").as_array();
  ASSERT_EQ(replicas.size(), 3U);
  EXPECT_EQ(replicas[2].at("Region"), "eu-west-1");
}

TEST_F(TopologyFile, ARecordGroupChangesAtOnce) {
  const Topology alias = parse(kGood);
  for (const char* more : {"", "ttl: 5\n", "routing: latency\n", "routing: failover\n"}) {
    const Topology after = parse(std::string(kGood) + more);
    EXPECT_FALSE(has_records_that_clash(routing_template(alias), after)) << more;
    EXPECT_EQ(form_after(routing_template(alias), after), RecordForm::kGroup) << more;
    EXPECT_EQ(form_after({}, after), RecordForm::kGroup) << more;
    EXPECT_EQ(routing_of(routing_template(after)), after.routing) << more;
  }
  EXPECT_EQ(routing_of(without_records(routing_template(alias))), std::nullopt);
}

TEST_F(TopologyFile, SingleRecordsThatClashAreSeen) {
  const auto single = [](const Topology& topology) {
    return routing_template(topology, ZoneOwner::kStack, RecordForm::kSingle);
  };
  const Topology alias = parse(kGood);
  const Topology cname = parse(std::string(kGood) + "ttl: 5\n");
  EXPECT_EQ(records_in(single(alias)).size(), 2u);
  EXPECT_EQ(form_after(single(alias), alias), RecordForm::kSingle);
  EXPECT_FALSE(has_records_that_clash(single(alias), alias));
  EXPECT_TRUE(has_records_that_clash(single(alias), cname));
  EXPECT_FALSE(has_records_that_clash(without_records(single(alias)), cname));
  // Route 53: the records of a weighted set have the same TTL.
  const Topology longer = parse(std::string(kGood) + "ttl: 6\n");
  EXPECT_TRUE(has_records_that_clash(single(cname), longer));
  EXPECT_FALSE(has_records_that_clash(single(longer), longer));
  // Another policy is a group's.
  const Topology latency = parse(std::string(kGood) + "routing: latency\n");
  EXPECT_EQ(form_after(single(alias), latency), RecordForm::kGroup);
  EXPECT_TRUE(has_records_that_clash(single(alias), latency));
}

TEST_F(TopologyFile, RoutingIsOneWord) {
  const auto sets = [&](std::string_view more) {
    const json::object routing = routing_template(parse(std::string(kGood) + std::string(more)));
    return json::to_text(routing.at("Resources").at("Records").at("Properties").at("RecordSets"));
  };
  EXPECT_NE(sets("routing: latency\n").find(R"("Region":"us-east-1")"), std::string::npos);
  EXPECT_EQ(sets("routing: latency\n").find("Weight"), std::string::npos);
  EXPECT_NE(sets("routing: weighted\n").find(R"("Weight":90)"), std::string::npos);
  const std::string failover = sets("routing: failover\n");
  EXPECT_LT(failover.find(R"("Failover":"PRIMARY")"), failover.find("SECONDARY")) << failover;
  Topology topology = parse(std::string(kGood) + "routing: failover\n");
  EXPECT_EQ(topology.primary().name, "us-east-1");
  topology.regions[0].weight = 1;
  topology.regions[1].weight = 2;
  EXPECT_EQ(topology.primary().name, "us-west-2") << "the one with the most weight";
  topology.regions[1].weight = 1;
  topology.home = "us-west-2";
  EXPECT_EQ(topology.primary().name, "us-west-2") << "home, where they weigh the same";
}

TEST_F(TopologyFile, ATtlOfOnesOwnMakesRecordsCnames) {
  const json::object routing = routing_template(parse(std::string(kGood) + "ttl: 5\n"));
  const auto& record =
      routing.at("Resources").at("Records").at("Properties").at("RecordSets").at(1);
  EXPECT_EQ(record.at("Type"), "CNAME");
  EXPECT_EQ(record.at("TTL"), "5");
}

TEST_F(TopologyFile, KnowsItsStacksByNameAndDescription) {
  const Topology topology = parse(kGood);
  const std::string text = json::string_or(data_template(topology), "Description");
  EXPECT_EQ(topology_of("todo-data", text), "todo");
  EXPECT_EQ(topology_of("todo-front", json::string_or(front_template(topology), "Description")),
            "todo");
  EXPECT_EQ(topology_of("other-data", text), std::nullopt);
  EXPECT_EQ(topology_of("todo-app", "Todo API"), std::nullopt);
}

TEST_F(TopologyFile, CapacityIsAWordOrASection) {
  EXPECT_EQ(parse(kGood).settings.capacity, service::CapacityMode::kOff);
  for (const std::string text : {"capacity: enforce\n", "capacity: {mode: enforce}\n"}) {
    EXPECT_EQ(parse(kGood + text).settings.capacity, service::CapacityMode::kEnforce);
  }
  EXPECT_NE(failure(kGood + std::string("capacity: enforced\n")).find("did you mean 'enforce'?"),
            std::string::npos);
  EXPECT_NE(failure(kGood + std::string("capacity: {}\n")).find("'mode' is missing"),
            std::string::npos);
}

TEST_F(TopologyFile, AFolderOfRepositoriesEndsInNoSlashAndTakesNoToken) {
  const std::string pipeline = "pipeline: {template: template.yaml, repository: acme/shop}\n";
  const std::string body = "Parameters: {OAuthToken: {Type: String}}\nResources: {}\n";
  const Topology here = parse(kGood + ("git: {host: ../..}\n" + pipeline));
  EXPECT_EQ(here.settings.git_host,
            folder_.parent_path().parent_path().lexically_normal().string());
  EXPECT_FALSE(needs_token(here, body));
  for (const StackSpec& spec : pipeline_stacks(here, body, std::nullopt)) {
    // CodePipeline wants one of a GitHub action.
    EXPECT_FALSE(spec.parameters.at("OAuthToken").empty());
    EXPECT_TRUE(spec.kept.empty());
  }
  const Topology there = parse(kGood + pipeline);
  EXPECT_TRUE(needs_token(there, body));
  EXPECT_TRUE(pipeline_stacks(there, body, std::nullopt).front().kept.contains("OAuthToken"));
}

TEST(Loss, NamesEveryCopyOfATable) {
  Loss loss{
      Loss::Why::kReplaced, "us-west-2", "todo-data", "AWS::DynamoDB::GlobalTable", "todos", 3, {},
      "us-east-1"};
  EXPECT_EQ(text_of(loss),
            "us-west-2: its copy of table todos (3 items) would be replaced by an empty one");
  EXPECT_EQ(text_of_done(loss),
            "us-west-2: its copy of table todos (3 items) was replaced by an empty one");
}

TEST(Obstacles, AreReadFromWhatAProcessSaysOfItsTables) {
  const auto replicas =
      json::parse_text(R"({"todos":{"us-east-1":{"Joined":"2026-01-01T00:00:00.000Z",
      "SourceUntil":"2026-01-02T00:00:00.000Z"},"us-west-2":{"AddedBy":"us-east-1"}}})");
  const std::map<std::string, std::string> bound{{"us-east-1", "2026-01-02T00:00:00.000Z"}};
  EXPECT_EQ(read_bound_copies(replicas.value().as_object(), "todos"), bound);
  EXPECT_TRUE(read_bound_copies(replicas.value().as_object(), "others").empty());
}

TEST(Loss, SaysWhatWouldBeLostAndWhere) {
  Loss loss{
      Loss::Why::kReplaced, "us-east-1", "todo-data", "AWS::DynamoDB::GlobalTable", "todos", 1, {}};
  EXPECT_EQ(text_of(loss), "us-east-1: table todos (1 item) would be replaced by an empty one");
  loss.why = Loss::Why::kRegionLeaves;
  loss.copies = {"us-west-2"};
  EXPECT_EQ(text_of(loss),
            "us-east-1: its copy of table todos (1 item) would go with the region; us-west-2 keeps "
            "theirs");
  EXPECT_EQ(text_of_done(loss),
            "us-east-1: its copy of table todos (1 item) went with the region; us-west-2 keeps "
            "theirs");
  loss.copies.clear();
  loss.count.reset();
  EXPECT_EQ(text_of(loss), "us-east-1: table todos (not countable now) would go with the region");
}

/// AWS::ApiGateway::UsagePlan ApiStages: the key works at every stage that is listed.
TEST(Front, LetsTheKeyInAtBothStagesWhileTheDomainMoves) {
  const Topology topology{.name = "todo", .domain = "todos.tandem.test"};
  const auto stages_of = [](const json::object& body) {
    return json::to_text(body.at("Resources").at("Plan").at("Properties").at("ApiStages"));
  };
  EXPECT_EQ(stages_of(front_template(topology)),
            R"([{"ApiId":{"Ref":"ApiId"},"Stage":{"Ref":"StageName"}}])");
  const json::object moving = moving_front_template(topology);
  EXPECT_EQ(stages_of(moving),
            R"([{"ApiId":{"Ref":"ApiId"},"Stage":{"Ref":"StageName"}},)"
            R"({"ApiId":{"Ref":"OtherApiId"},"Stage":{"Ref":"OtherStageName"}}])");
  EXPECT_TRUE(moving.at("Parameters").as_object().contains("OtherStageName"));
}

}  // namespace
}  // namespace tandem::topology
