// The rules are those of the API reference of CreateHealthCheck, UpdateHealthCheck and the
// Developer Guide's "How Route 53 determines whether a health check is healthy".
#include "services/route53/model/health_check.h"

#include <array>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "aws/error.h"
#include "services/route53/model/health_state.h"

namespace tandem::route53 {
namespace {

const AllowedAddress kNone = [](std::string_view) { return false; };

HealthCheckConfig parse(std::string_view text) {
  return parse_health_check(json::parse_text(text).value().as_object(), kNone);
}
std::string refusal(std::string_view text) {
  try {
    parse(text);
  } catch (const aws::ApiError& error) {
    return error.message();
  }
  return "accepted";
}

TEST(HealthCheckConfig, HasAwsDefaults) {
  const HealthCheckConfig https =
      parse(R"({"Type":"HTTPS","FullyQualifiedDomainName":"a.example.com"})");
  EXPECT_EQ(https.port, 443);
  EXPECT_EQ(https.request_interval, 30);
  EXPECT_EQ(https.failure_threshold, 3);
  EXPECT_TRUE(https.enable_sni);
  const HealthCheckConfig http =
      parse(R"({"Type":"HTTP","FullyQualifiedDomainName":"a.example.com"})");
  EXPECT_EQ(http.port, 80);
  EXPECT_FALSE(http.enable_sni);
}

TEST(HealthCheckConfig, SurvivesItsDocument) {
  const HealthCheckConfig config = parse(R"({"Type":"HTTP_STR_MATCH","IPAddress":"54.1.2.3",
      "FullyQualifiedDomainName":"a.example.com","Port":8080,"ResourcePath":"/x?y=1",
      "SearchString":"ok","RequestInterval":10,"FailureThreshold":1,"Inverted":true,
      "Regions":["us-east-1","us-west-2","eu-west-1"]})");
  EXPECT_EQ(parse_health_check(to_document(config), kNone), config);
}

TEST(HealthCheckConfig, RefusesWhatCannotBeProbed) {
  EXPECT_NE(refusal(R"({"Type":"HTTP"})"), "accepted");
  EXPECT_NE(refusal(R"({"Type":"TCP","FullyQualifiedDomainName":"a.test"})"), "accepted");
  EXPECT_NE(refusal(R"({"Type":"HTTP","FullyQualifiedDomainName":"a.test",
                        "RequestInterval":20})"),
            "accepted");
  EXPECT_NE(refusal(R"({"Type":"HTTP_STR_MATCH","FullyQualifiedDomainName":"a.test"})"),
            "accepted");
  EXPECT_NE(refusal(R"({"Type":"HTTP","FullyQualifiedDomainName":"a.test","SearchString":"x"})"),
            "accepted");
  EXPECT_NE(refusal(R"({"Type":"HTTP","FullyQualifiedDomainName":"a.test",
                        "ResourcePath":"/a b"})"),
            "accepted");
  EXPECT_NE(refusal(R"({"Type":"HTTP","FullyQualifiedDomainName":"a.test",
                        "ResourcePath":"/\r\nX: y"})"),
            "accepted");
  for (const char* type : {"RECOVERY_CONTROL", "NEW"}) {
    EXPECT_NE(refusal(fmt::format(R"({{"Type":"{}"}})", type)).find(type), std::string::npos);
  }
  EXPECT_NE(refusal(R"({"Type":"HTTP","FullyQualifiedDomainName":"a.test",
                        "MeasureLatency":true})")
                .find("MeasureLatency"),
            std::string::npos);
}

TEST(HealthCheckConfig, ProbesPublicAddressesAndThoseAllowed) {
  const auto http = [](std::string_view address) {
    return fmt::format(R"({{"Type":"HTTP","IPAddress":"{}"}})", address);
  };
  for (const char* address : {"10.1.2.3", "127.0.10.1", "169.254.169.254", "172.31.0.1",
                              "192.168.1.1", "100.64.0.1", "224.0.0.1", "fe80::1", "::1"}) {
    EXPECT_NE(refusal(http(address)), "accepted") << address;
  }
  EXPECT_EQ(refusal(http("54.1.2.3")), "accepted");
  EXPECT_EQ(refusal(http("2600:1f18::1")), "accepted");
  const json::object document{{"Type", "HTTP"}, {"IPAddress", "127.0.10.1"}};
  EXPECT_NO_THROW(parse_health_check(
      document, [](std::string_view address) { return address == "127.0.10.1"; }));
}

TEST(HealthCheckConfig, UpdatesAllButWhatIsImmutable) {
  const HealthCheckConfig config = parse(R"({"Type":"HTTPS","FullyQualifiedDomainName":"a.test",
      "ResourcePath":"/x","RequestInterval":10,"Regions":["us-east-1","us-west-2","eu-west-1"]})");
  const auto update = [&](std::string_view text) {
    return update_health_check(config, json::parse_text(text).value().as_object(), kNone);
  };
  const HealthCheckConfig changed =
      update(R"({"FailureThreshold":5,"Port":8443,"ResetElements":["ResourcePath","Regions"]})");
  EXPECT_EQ(changed.failure_threshold, 5);
  EXPECT_EQ(changed.port, 8443);
  EXPECT_EQ(changed.resource_path, "");
  EXPECT_TRUE(changed.regions.empty());
  EXPECT_EQ(changed.request_interval, 10);
  EXPECT_EQ(update(R"({"ResetElements":["ResourcePath"],"ResourcePath":"/z"})").resource_path,
            "/z");
  EXPECT_THROW(update(R"({"IPAddress":"54.1.2.3"})"), aws::ApiError);
  EXPECT_THROW(update(R"({"ResetElements":["FullyQualifiedDomainName"]})"), aws::ApiError);
  EXPECT_THROW(update(R"({"SearchString":"x"})"), aws::ApiError);
}

TEST(HealthCheckConfig, NamesThePortInHostUnlessItIsUsual) {
  EXPECT_EQ(host_header(parse(R"({"Type":"HTTPS","FullyQualifiedDomainName":"a.test"})")),
            "a.test");
  EXPECT_EQ(host_header(parse(R"({"Type":"HTTP","FullyQualifiedDomainName":"a.test",
                                  "Port":443})")),
            "a.test:443");
  EXPECT_EQ(host_header(parse(R"({"Type":"HTTP","IPAddress":"54.1.2.3","Port":8080})")),
            "54.1.2.3");
}

TEST(HealthState, MoreThanEighteenPercentMustAgree) {
  EXPECT_TRUE(enough_healthy(3, 16));
  EXPECT_FALSE(enough_healthy(2, 16));
  EXPECT_FALSE(enough_healthy(18, 100));
  EXPECT_TRUE(enough_healthy(19, 100));
  EXPECT_FALSE(enough_healthy(0, 1));
}

TEST(HealthState, OpinionsTurnAfterThresholdLooksInARow) {
  CheckerOpinion opinion;
  EXPECT_TRUE(opinion.healthy()) << "new checks are healthy until there are data";
  const auto look = [&](bool success) { opinion.add({success, "", 0}, 3); };
  look(false);
  look(false);
  look(true);
  look(false);
  look(false);
  EXPECT_TRUE(opinion.healthy());
  look(false);
  EXPECT_FALSE(opinion.healthy());
  look(true);
  look(true);
  EXPECT_FALSE(opinion.healthy()) << "the same count brings it back";
  look(true);
  EXPECT_TRUE(opinion.healthy());
}

TEST(HealthState, DisabledIsHealthyAndInvertedTurnsItRound) {
  HealthCheckConfig config;
  EXPECT_FALSE(is_healthy(config, 0, 16));
  config.inverted = true;
  EXPECT_TRUE(is_healthy(config, 0, 16));
  EXPECT_FALSE(is_healthy(config, 16, 16));
  config.disabled = true;
  EXPECT_FALSE(is_healthy(config, 0, 16));
  config.inverted = false;
  EXPECT_TRUE(is_healthy(config, 0, 16));
}

// API reference, HealthCheckConfig: HealthThreshold, Inverted and Disabled. A row holds for a
// calculated check with so many children of which so many are healthy.
TEST(HealthState, CalculatedInvertedAndDisabledChecksByTheTable) {
  struct Case {
    std::int64_t threshold;
    std::size_t healthy;
    std::size_t children;
    bool plain;  ///< neither disabled nor inverted
  };
  constexpr std::array<Case, 12> kCases{{{0, 0, 0, true},
                                         {0, 0, 3, true},
                                         {1, 0, 0, false},
                                         {1, 0, 3, false},
                                         {1, 1, 3, true},
                                         {2, 1, 3, false},
                                         {2, 2, 3, true},
                                         {3, 2, 3, false},
                                         {3, 3, 3, true},
                                         {4, 3, 3, false},
                                         {255, 255, 255, true},
                                         {256, 255, 255, false}}};
  for (const Case& one : kCases) {
    SCOPED_TRACE(fmt::format("{} of {} with {}", one.healthy, one.children, one.threshold));
    HealthCheckConfig config;
    config.type = CheckType::kCalculated;
    config.health_threshold = one.threshold;
    EXPECT_EQ(is_healthy(config, one.healthy, one.children), one.plain);
    config.inverted = true;
    EXPECT_EQ(is_healthy(config, one.healthy, one.children), !one.plain);
    config.disabled = true;
    EXPECT_FALSE(is_healthy(config, one.healthy, one.children));
    config.inverted = false;
    EXPECT_TRUE(is_healthy(config, one.healthy, one.children));
  }
}

TEST(HealthCheckConfig, CalculatedOnesHaveAThresholdAndChildrenAndNothingElse) {
  const HealthCheckConfig config =
      parse(R"({"Type":"CALCULATED","HealthThreshold":2,"ChildHealthChecks":["b","a","b"]})");
  EXPECT_EQ(config.child_health_checks, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(parse_health_check(to_document(config), kNone), config);
  EXPECT_EQ(json::to_text(to_document(config)),
            R"({"Type":"CALCULATED","Inverted":false,"Disabled":false,"HealthThreshold":2,)"
            R"("ChildHealthChecks":["a","b"]})");
  EXPECT_EQ(refusal(R"({"Type":"CALCULATED"})"),
            "Invalid parameter : Calculated health checks must have a health threshold specified.");
  EXPECT_EQ(refusal(R"({"Type":"CALCULATED","HealthThreshold":1,"FailureThreshold":3})"),
            "Invalid parameter : Calculated health checks must not have a failure threshold "
            "specified.");
  for (const char* member :
       {R"("IPAddress":"54.1.2.3")", R"("Port":80)", R"("RequestInterval":30)",
        R"("EnableSNI":true)", R"("Regions":["us-east-1","us-west-2","eu-west-1"])",
        R"("ResourcePath":"/")", R"("InsufficientDataHealthStatus":"Healthy")",
        R"("RoutingControlArn":"arn")"}) {
    EXPECT_NE(refusal(fmt::format(R"({{"Type":"CALCULATED","HealthThreshold":1,{}}})", member)),
              "accepted")
        << member;
  }
  for (const char* member : {R"("HealthThreshold":1)", R"("ChildHealthChecks":["a"])"}) {
    EXPECT_NE(
        refusal(fmt::format(R"({{"Type":"HTTP","FullyQualifiedDomainName":"a.test",{}}})", member)),
        "accepted")
        << member;
  }
  json::array many;
  for (std::size_t i = 0; i <= kMaxChildren; ++i) many.emplace_back(std::to_string(i));
  json::object document{
      {"Type", "CALCULATED"}, {"HealthThreshold", 1}, {"ChildHealthChecks", std::move(many)}};
  EXPECT_THROW(parse_health_check(document, kNone), aws::ApiError);
  document["ChildHealthChecks"].as_array().pop_back();
  EXPECT_EQ(parse_health_check(document, kNone).child_health_checks.size(), kMaxChildren);
}

TEST(HealthCheckConfig, UpdatesOfCalculatedOnesReplaceOrResetTheChildren) {
  const HealthCheckConfig config =
      parse(R"({"Type":"CALCULATED","HealthThreshold":1,"ChildHealthChecks":["a","b"]})");
  const auto update = [&](std::string_view text) {
    return update_health_check(config, json::parse_text(text).value().as_object(), kNone);
  };
  EXPECT_EQ(update(R"({"ChildHealthChecks":["c"],"HealthThreshold":0})").child_health_checks,
            std::vector<std::string>{"c"});
  EXPECT_EQ(update(R"({"HealthThreshold":0})").health_threshold, 0);
  EXPECT_EQ(update(R"({"HealthThreshold":0})").child_health_checks.size(), 2u);
  EXPECT_TRUE(update(R"({"ResetElements":["ChildHealthChecks"]})").child_health_checks.empty());
  EXPECT_TRUE(update(R"({"Inverted":true,"Disabled":true})").inverted);
  EXPECT_THROW(update(R"({"FailureThreshold":3})"), aws::ApiError);
  EXPECT_THROW(update(R"({"FullyQualifiedDomainName":"a.test"})"), aws::ApiError);
}

// API reference, HealthCheckConfig: AlarmIdentifier and InsufficientDataHealthStatus.
TEST(HealthState, AlarmsByTheTable) {
  struct Case {
    std::optional<bool> ok;
    NoData no_data;
    std::optional<bool> verdict;
  };
  const std::array<Case, 9> cases{{{true, NoData::kHealthy, true},
                                   {true, NoData::kUnhealthy, true},
                                   {true, NoData::kLastKnown, true},
                                   {false, NoData::kHealthy, false},
                                   {false, NoData::kUnhealthy, false},
                                   {false, NoData::kLastKnown, false},
                                   {{}, NoData::kHealthy, true},
                                   {{}, NoData::kUnhealthy, false},
                                   {{}, NoData::kLastKnown, {}}}};
  for (const Case& one : cases) {
    HealthCheckConfig config;
    config.type = CheckType::kCloudWatchMetric;
    config.no_data = one.no_data;
    EXPECT_EQ(alarm_verdict(config, one.ok), one.verdict);
  }
}

TEST(HealthCheckConfig, AlarmsAreNamedWithTheirRegion) {
  const HealthCheckConfig config = parse(R"({"Type":"CLOUDWATCH_METRIC","Inverted":true,
      "AlarmIdentifier":{"Region":"us-west-2","Name":"lag"}})");
  EXPECT_EQ(config.alarm_region, "us-west-2");
  EXPECT_EQ(parse_health_check(to_document(config), kNone), config);
  EXPECT_EQ(
      json::to_text(to_document(config)),
      R"({"Type":"CLOUDWATCH_METRIC","Inverted":true,"Disabled":false,"AlarmIdentifier":)"
      R"({"Region":"us-west-2","Name":"lag"},"InsufficientDataHealthStatus":"LastKnownStatus"})");
  const auto changed = update_health_check(
      config,
      json::parse_text(R"({"InsufficientDataHealthStatus":"Unhealthy"})").value().as_object(),
      kNone);
  EXPECT_EQ(changed.no_data, NoData::kUnhealthy);
  EXPECT_EQ(changed.alarm_name, "lag");
  EXPECT_NE(refusal(R"({"Type":"CLOUDWATCH_METRIC"})"), "accepted");
  EXPECT_NE(refusal(R"({"Type":"CLOUDWATCH_METRIC","AlarmIdentifier":{"Region":"us-west-2",
      "Name":"lag"},"FailureThreshold":3})"),
            "accepted");
  EXPECT_NE(refusal(R"({"Type":"HTTP","FullyQualifiedDomainName":"a.test",
      "InsufficientDataHealthStatus":"Healthy"})"),
            "accepted");
}

TEST(HealthState, CheckersSpreadOverTheRegions) {
  const auto checkers = checker_population(16);
  std::map<std::string_view, int> regions;
  std::set<std::string> addresses;
  for (const Checker& checker : checkers) {
    ++regions[checker.region];
    addresses.insert(checker.address);
  }
  EXPECT_EQ(regions.size(), 8u);
  for (const auto& [region, count] : regions) EXPECT_EQ(count, 2) << region;
  EXPECT_EQ(addresses.size(), 16u);
  EXPECT_EQ(checker_population(256).size(), 256u);
}

}  // namespace
}  // namespace tandem::route53
