#include "services/route53/service.h"

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/dns_answer.h"
#include "services/route53/model/rdata.h"
#include "store/engines.h"

namespace tandem::route53 {
namespace {

namespace dns = net::dns;
using testing::HasSubstr;

/// Answers as told, by address.
class FakeProber final : public Prober {
 public:
  Task<ProbeResult> probe(ProbeRequest request) override {
    requests.push_back(request);
    const bool up = !down.contains(request.address);
    co_return ProbeResult{up, up ? "Success: HTTP Status Code 200, OK" : "Failure: down"};
  }
  std::set<std::string> down;
  std::vector<ProbeRequest> requests;
};

class FakeAlarms final : public Alarms {
 public:
  Task<std::optional<bool>> is_ok(std::string region, std::string name) override {
    asked = region + '/' + name;
    co_return now;
  }
  std::optional<bool> now = true;
  std::string asked;
};

class Route53ServiceTest : public testing::Test {
 public:
  Route53ServiceTest() : store_(store::make_memory_store()) {
    config_.regions = {{"us-east-1", "127.0.10.1"}, {"us-west-2", "127.0.11.1"}};
    config_.clock_speed = 1000;
    restart();
  }

  void restart() {
    service_ = std::make_unique<Route53Service>(
        service::Environment{
            loop_.get_executor(), pool_, clock_, random_, *store_, {}, config_, "us-east-1"},
        Route53Ports{prober_, alarms_});
  }

  json::object call(std::string_view operation, std::string_view input) {
    json::object output;
    constexpr auto body = [](Route53ServiceTest* self, std::string name, json::object document,
                             json::object* out) -> Task<void> {
      service::RequestContext context;
      for (const service::Operation& row : self->service_->operations()) {
        if (row.name != name) continue;
        service::Reply reply = co_await row.handler(context, std::move(document));
        *out = std::move(reply.output);
        co_return;
      }
      ADD_FAILURE() << name;
    };
    std::exception_ptr escaped;
    asio::co_spawn(
        loop_,
        body(this, std::string(operation), json::parse_text(input).value().as_object(), &output),
        [&](std::exception_ptr error) { escaped = error; });
    loop_.restart();
    loop_.run();
    if (escaped) std::rethrow_exception(escaped);
    return output;
  }
  std::string refusal(std::string_view operation, std::string_view input) {
    try {
      call(operation, input);
    } catch (const aws::ApiError& error) {
      return error.code() + ": " + error.message();
    }
    return "accepted";
  }
  std::string make_zone(std::string_view name, std::string_view reference = "r1") {
    const json::object made =
        call("CreateHostedZone",
             fmt::format(R"({{"Name":"{}","CallerReference":"{}"}})", name, reference));
    const std::string id = json::string_or(*json::find_object(made, "HostedZone"), "Id");
    EXPECT_TRUE(id.starts_with("/hostedzone/Z"));
    return id.substr(12);
  }
  void change(std::string_view zone, std::string_view changes) {
    const json::object made = call(
        "ChangeResourceRecordSets",
        fmt::format(R"({{"HostedZoneId":"{}","ChangeBatch":{{"Changes":[{}]}}}})", zone, changes));
    const std::string id = json::string_or(*json::find_object(made, "ChangeInfo"), "Id");
    const json::object seen = call("GetChange", fmt::format(R"({{"Id":"{}"}})", id));
    EXPECT_EQ(json::string_or(*json::find_object(seen, "ChangeInfo"), "Status"), "INSYNC");
  }
  static std::string weighted(std::string_view name, std::string_view id, int weight,
                              std::string_view zone, std::string_view target,
                              std::string_view more = "") {
    return fmt::format(R"({{"Action":"UPSERT","ResourceRecordSet":{{"Name":"{}","Type":"A",
      "SetIdentifier":"{}","Weight":{},"AliasTarget":{{"HostedZoneId":"{}","DNSName":"{}",
      "EvaluateTargetHealth":true}}{}}}}})",
                       name, id, weight, zone, target, more);
  }
  std::vector<std::string> ask(std::string_view name) {
    const std::string query =
        dns::encode_query(1, *dns::name_from_text(name), dns::Type::kA, dns::Edns::kNo);
    std::vector<std::byte> out(4096);
    const std::size_t size = service_->answer(std::as_bytes(std::span(query)), out, net::DnsPeer{});
    const auto answer = dns::parse_answer(std::span(out).first(size));
    EXPECT_TRUE(answer.ok());
    std::vector<std::string> addresses;
    for (const dns::Record& record : answer.value().answers) {
      addresses.push_back(rdata_text(record.type, record.rdata));
    }
    return addresses;
  }
  std::set<std::string> draws(std::string_view name) {
    std::set<std::string> seen;
    for (int i = 0; i < 60; ++i) {
      for (std::string& address : ask(name)) seen.insert(std::move(address));
    }
    return seen;
  }
  /// Lets the checkers run until the condition holds, then stops the service.
  void run_until(std::function<bool()> condition) {
    service_->start();
    constexpr auto body = [](Route53Service* service, std::function<bool()> holds) -> Task<void> {
      for (int i = 0; i < 5'000 && !holds(); ++i) {
        co_await core::sleep_for(std::chrono::milliseconds(2));
      }
      EXPECT_TRUE(holds());
      co_await service->stop();
    };
    asio::co_spawn(loop_, body(service_.get(), std::move(condition)), [](std::exception_ptr) {});
    loop_.restart();
    loop_.run();
  }

  asio::io_context loop_;
  core::WorkerThreads pool_{1};
  core::SystemClock clock_;
  core::SystemRandom random_;
  std::unique_ptr<store::Store> store_;
  service::Config config_;
  FakeProber prober_;
  Alarms* alarms_ = nullptr;
  std::unique_ptr<Route53Service> service_;
};

TEST_F(Route53ServiceTest, ANewZoneHasItsServersAndItsSoa) {
  const std::string zone = make_zone("Tandem.test");
  const json::object listed =
      call("ListResourceRecordSets", fmt::format(R"({{"HostedZoneId":"{}"}})", zone));
  const json::array& records = *json::find_array(listed, "ResourceRecordSets");
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(json::string_or(records[0].as_object(), "Type"), "NS");
  EXPECT_EQ(json::int_or(records[0].as_object(), "TTL", 0), 172'800);
  EXPECT_EQ(json::string_or(records[1].as_object(), "Type"), "SOA");
  EXPECT_EQ(
      refusal("CreateHostedZone", R"({"Name":"other.test","CallerReference":"r1"})").substr(0, 23),
      "HostedZoneAlreadyExists");
}

TEST_F(Route53ServiceTest, ChangesAreServedAtOnceAndSurviveARestart) {
  const std::string zone = make_zone("tandem.test");
  change(zone, R"({"Action":"CREATE","ResourceRecordSet":{"Name":"a.tandem.test","Type":"A",
                   "TTL":60,"ResourceRecords":[{"Value":"192.0.2.1"}]}})");
  EXPECT_EQ(ask("a.tandem.test"), std::vector<std::string>{"192.0.2.1"});
  restart();
  EXPECT_EQ(ask("a.tandem.test"), std::vector<std::string>{"192.0.2.1"});
  EXPECT_EQ(refusal("DeleteHostedZone", fmt::format(R"({{"Id":"{}"}})", zone)).substr(0, 18),
            "HostedZoneNotEmpty");
  change(zone, R"({"Action":"DELETE","ResourceRecordSet":{"Name":"a.tandem.test","Type":"A",
                   "TTL":60,"ResourceRecords":[{"Value":"192.0.2.1"}]}})");
  call("DeleteHostedZone", fmt::format(R"({{"Id":"/hostedzone/{}"}})", zone));
  restart();
  EXPECT_EQ(refusal("GetHostedZone", fmt::format(R"({{"Id":"{}"}})", zone)),
            "NoSuchHostedZone: No hosted zone found with ID: " + zone);
}

TEST_F(Route53ServiceTest, HealthSteersWeightedAliases) {
  const std::string zone = make_zone("tandem.test");
  std::map<std::string, std::string> checks;
  for (const char* region : {"us-east-1", "us-west-2"}) {
    const json::object made = call(
        "CreateHealthCheck",
        fmt::format(
            R"({{"CallerReference":"{0}","HealthCheckConfig":{{"Type":"HTTPS","RequestInterval":10,
             "FullyQualifiedDomainName":"api.execute-api.{0}.amazonaws.com",
             "ResourcePath":"todos/health"}}}})",
            region));
    checks[region] = json::string_or(*json::find_object(made, "HealthCheck"), "Id");
  }
  const auto more = [&](std::string region) {
    return R"(,"HealthCheckId":")" + checks[region] + '"';
  };
  change(zone, weighted("todos.tandem.test", "east", 50, "Z1UJRXOUMOOFQ8",
                        "d-a.execute-api.us-east-1.amazonaws.com", more("us-east-1")) +
                   ',' +
                   weighted("todos.tandem.test", "west", 50, "Z2OJLYMUO9EFXC",
                            "d-b.execute-api.us-west-2.amazonaws.com", more("us-west-2")));
  EXPECT_EQ(draws("todos.tandem.test"), (std::set<std::string>{"127.0.10.1", "127.0.11.1"}));

  prober_.down = {"127.0.10.1"};
  std::set<std::string> seen;
  run_until([&] {
    seen = draws("todos.tandem.test");
    return seen == std::set<std::string>{"127.0.11.1"};
  });
  const auto https = std::ranges::find_if(prober_.requests, &ProbeRequest::tls);
  ASSERT_NE(https, prober_.requests.end());
  EXPECT_EQ(https->port, config_.ports.https) << "443 of a region is its local port";
  EXPECT_EQ(https->path, "/todos/health");
  EXPECT_EQ(https->host, https->server_name);
  EXPECT_THAT(https->user_agent, HasSubstr("Amazon-Route53-Health-Check-Service (ref "));
}

TEST_F(Route53ServiceTest, EvaluateTargetHealthFollowsTheRegionsGateway) {
  const std::string zone = make_zone("tandem.test");
  change(zone, weighted("todos.tandem.test", "east", 1, "Z1UJRXOUMOOFQ8",
                        "d-a.execute-api.us-east-1.amazonaws.com") +
                   ',' +
                   weighted("todos.tandem.test", "west", 1, "Z2OJLYMUO9EFXC",
                            "d-b.execute-api.us-west-2.amazonaws.com"));
  prober_.down = {"127.0.11.1"};
  run_until([&] { return draws("todos.tandem.test") == std::set<std::string>{"127.0.10.1"}; });
}

TEST_F(Route53ServiceTest, ANameThatDoesNotResolveIsUnhealthy) {
  const json::object made = call("CreateHealthCheck", R"({"CallerReference":"x",
      "HealthCheckConfig":{"Type":"HTTP","FullyQualifiedDomainName":"nowhere.test",
                           "RequestInterval":10}})");
  EXPECT_TRUE(service_->health().at(0).healthy);
  run_until([&] { return !service_->health().at(0).healthy; });
  (void)made;
}

TEST_F(Route53ServiceTest, CalculatedChecksSteerAndSurviveARestart) {
  const auto create = [&](std::string_view reference, std::string_view config) {
    const json::object made = call(
        "CreateHealthCheck",
        fmt::format(R"({{"CallerReference":"{}","HealthCheckConfig":{}}})", reference, config));
    return json::string_or(*json::find_object(made, "HealthCheck"), "Id");
  };
  const std::string child =
      create("child", R"({"Type":"HTTP","IPAddress":"127.0.10.1","RequestInterval":10})");
  const std::string parent = create(
      "parent",
      fmt::format(R"({{"Type":"CALCULATED","HealthThreshold":1,"ChildHealthChecks":["{}"]}})",
                  child));
  const auto healthy = [&](const std::string& id) {
    const auto all = service_->health();
    return std::ranges::find(all, id, &Route53Service::Health::id)->healthy;
  };
  EXPECT_TRUE(healthy(parent));
  for (const char* operation : {"GetHealthCheckStatus", "GetHealthCheckLastFailureReason"}) {
    EXPECT_THAT(refusal(operation, fmt::format(R"({{"HealthCheckId":"{}"}})", parent)),
                testing::StartsWith("InvalidInput: "));
  }
  const auto refused_child = [&](const std::string& id) {
    return refusal("CreateHealthCheck", fmt::format(R"({{"CallerReference":"x","HealthCheckConfig":
        {{"Type":"CALCULATED","HealthThreshold":1,"ChildHealthChecks":["{}"]}}}})",
                                                    id));
  };
  EXPECT_THAT(refused_child("nobody"), testing::StartsWith("InvalidInput: "));
  EXPECT_THAT(refused_child(parent), testing::StartsWith("InvalidInput: ")) << "no cycles";
  prober_.down = {"127.0.10.1"};
  run_until([&] { return !healthy(parent); });
  restart();
  EXPECT_FALSE(healthy(child)) << "what was found is remembered";
  EXPECT_FALSE(healthy(parent));
  call("DeleteHealthCheck", fmt::format(R"({{"HealthCheckId":"{}"}})", child));
  EXPECT_TRUE(healthy(parent));
  restart();
  EXPECT_TRUE(healthy(parent));
}

TEST_F(Route53ServiceTest, ChecksFollowAlarmsWhereSomebodyKnowsThem) {
  constexpr std::string_view kCheck = R"({"CallerReference":"a","HealthCheckConfig":
      {"Type":"CLOUDWATCH_METRIC","AlarmIdentifier":{"Region":"us-west-2","Name":"lag"}}})";
  EXPECT_THAT(refusal("CreateHealthCheck", kCheck), HasSubstr("CLOUDWATCH_METRIC"));
  FakeAlarms alarms;
  alarms_ = &alarms;
  restart();
  const std::string id =
      json::string_or(*json::find_object(call("CreateHealthCheck", kCheck), "HealthCheck"), "Id");
  EXPECT_TRUE(service_->health().at(0).healthy);
  alarms.now = false;
  run_until([&] { return !service_->health().at(0).healthy; });
  EXPECT_EQ(alarms.asked, "us-west-2/lag");
  restart();
  alarms.now.reset();
  bool healthy = true;
  run_until([&] {
    healthy = service_->health().at(0).healthy;
    return service_->health().at(0).looked == 1;
  });
  EXPECT_FALSE(healthy) << "LastKnownStatus, which outlives the process";
  restart();
  call("UpdateHealthCheck",
       fmt::format(R"({{"HealthCheckId":"{}","InsufficientDataHealthStatus":"Healthy"}})", id));
  run_until([&] { return service_->health().at(0).healthy; });
}

TEST_F(Route53ServiceTest, HealthChecksKeepTheirReferences) {
  constexpr std::string_view kSame = R"({"CallerReference":"x","HealthCheckConfig":{"Type":"HTTP",
      "FullyQualifiedDomainName":"a.test"}})";
  const auto id_of = [](const json::object& made) {
    return json::string_or(*json::find_object(made, "HealthCheck"), "Id");
  };
  const std::string id = id_of(call("CreateHealthCheck", kSame));
  EXPECT_EQ(id_of(call("CreateHealthCheck", kSame)), id);
  EXPECT_THAT(refusal("CreateHealthCheck", R"({"CallerReference":"x","HealthCheckConfig":{
      "Type":"HTTP","FullyQualifiedDomainName":"b.test"}})"),
              testing::StartsWith("HealthCheckAlreadyExists"));
  EXPECT_THAT(
      refusal("UpdateHealthCheck",
              fmt::format(R"({{"HealthCheckId":"{}","HealthCheckVersion":9,"Port":81}})", id)),
      testing::StartsWith("HealthCheckVersionMismatch"));
  const json::object updated =
      call("UpdateHealthCheck",
           fmt::format(R"({{"HealthCheckId":"{}","HealthCheckVersion":1,"Port":81}})", id));
  EXPECT_EQ(json::int_or(*json::find_object(updated, "HealthCheck"), "HealthCheckVersion", 0), 2);
  restart();
  call("DeleteHealthCheck", fmt::format(R"({{"HealthCheckId":"{}"}})", id));
  EXPECT_THAT(refusal("CreateHealthCheck", kSame), testing::StartsWith("HealthCheckAlreadyExists"))
      << "a deleted check's reference is spent";
  EXPECT_EQ(refusal("GetHealthCheck", R"({"HealthCheckId":"nope"})"),
            "NoSuchHealthCheck: A health check with id nope does not exist.");
}

TEST_F(Route53ServiceTest, TagsAndNamesForStatus) {
  call("CreateHealthCheck", R"({"CallerReference":"x","HealthCheckConfig":{"Type":"HTTP",
      "FullyQualifiedDomainName":"a.test"}})");
  const std::string id = service_->health().at(0).id;
  call("ChangeTagsForResource", fmt::format(R"({{"ResourceType":"healthcheck","ResourceId":"{}",
      "AddTags":[{{"Key":"Name","Value":"east"}},{{"Key":"k","Value":"v"}}]}})",
                                            id));
  call("ChangeTagsForResource", fmt::format(R"({{"ResourceType":"healthcheck","ResourceId":"{}",
      "RemoveTagKeys":["k"]}})",
                                            id));
  EXPECT_EQ(service_->health().at(0).name, "east");
  core::MetricSet metrics;
  service_->describe_metrics(metrics);
  EXPECT_THAT(core::prometheus_text(metrics),
              HasSubstr("tandem_health_check_healthy{id=\"" + id + "\"} 1"));
}

TEST_F(Route53ServiceTest, ListsRecordsInPages) {
  const std::string zone = make_zone("tandem.test");
  std::string changes;
  for (int i = 0; i < 5; ++i) {
    changes += fmt::format(R"({}{{"Action":"CREATE","ResourceRecordSet":{{"Name":"n{}.tandem.test",
      "Type":"A","TTL":60,"ResourceRecords":[{{"Value":"192.0.2.1"}}]}}}})",
                           i == 0 ? "" : ",", i);
  }
  change(zone, changes);
  std::vector<std::string> names;
  std::string start;
  for (int page = 0; page < 10; ++page) {
    const json::object listed =
        call("ListResourceRecordSets",
             fmt::format(R"({{"HostedZoneId":"{}","MaxItems":"3"{}}})", zone, start));
    for (const json::value& record : *json::find_array(listed, "ResourceRecordSets")) {
      names.push_back(json::string_or(record.as_object(), "Name"));
    }
    if (!json::bool_or(listed, "IsTruncated", true)) break;
    start = fmt::format(R"(,"StartRecordName":"{}","StartRecordType":"{}")",
                        json::string_or(listed, "NextRecordName"),
                        json::string_or(listed, "NextRecordType"));
  }
  EXPECT_EQ(names, (std::vector<std::string>{"tandem.test.", "tandem.test.", "n0.tandem.test.",
                                             "n1.tandem.test.", "n2.tandem.test.",
                                             "n3.tandem.test.", "n4.tandem.test."}));
}

// API reference, ListHostedZones and ListHealthChecks: a marker is the id of the first one to come.
TEST_F(Route53ServiceTest, ListsTheRestWhenTheMarkedOneIsGone) {
  for (int i = 0; i < 3; ++i) make_zone(fmt::format("z{}.example", i), fmt::format("r{}", i));
  const json::object zones = call("ListHostedZones", R"({"MaxItems":"1"})");
  const std::string zone = json::string_or(zones, "NextMarker");
  call("DeleteHostedZone", fmt::format(R"({{"Id":"{}"}})", zone));
  const json::object rest = call("ListHostedZones", fmt::format(R"({{"Marker":"{}"}})", zone));
  EXPECT_EQ(rest.at("HostedZones").as_array().size(), 1u);

  for (int i = 0; i < 3; ++i) {
    call("CreateHealthCheck", fmt::format(R"({{"CallerReference":"{}","HealthCheckConfig":
        {{"Type":"TCP","IPAddress":"192.0.2.1","Port":80}}}})",
                                          i));
  }
  const json::object checks = call("ListHealthChecks", R"({"MaxItems":"1"})");
  const std::string check = json::string_or(checks, "NextMarker");
  call("DeleteHealthCheck", fmt::format(R"({{"HealthCheckId":"{}"}})", check));
  EXPECT_EQ(call("ListHealthChecks", fmt::format(R"({{"Marker":"{}"}})", check))
                .at("HealthChecks")
                .as_array()
                .size(),
            1u);
}

// create_hosted_zone gives ids out with their path, and Route 53 takes them back so.
TEST_F(Route53ServiceTest, IdsMayCarryTheirPath) {
  const std::string zone = make_zone("tandem.test");
  EXPECT_EQ(refusal("GetHostedZone", fmt::format(R"({{"Id":"/hostedzone/{}"}})", zone)),
            "accepted");
  change("/hostedzone/" + zone, R"({"Action":"CREATE","ResourceRecordSet":{"Name":"a.tandem.test",
      "Type":"A","TTL":60,"ResourceRecords":[{"Value":"192.0.2.7"}]}})");
  change(zone, fmt::format(R"({{"Action":"CREATE","ResourceRecordSet":{{"Name":"b.tandem.test",
      "Type":"A","AliasTarget":{{"HostedZoneId":"/hostedzone/{}","DNSName":"a.tandem.test",
      "EvaluateTargetHealth":false}}}}}})",
                           zone));
  EXPECT_THAT(ask("b.tandem.test"), testing::ElementsAre("192.0.2.7"));
  EXPECT_THAT(refusal("GetHostedZone", R"({"Id":"Z12345678901234567890123456789012"})"),
              HasSubstr("length less than or equal to 32"));
}

TEST_F(Route53ServiceTest, ResetForgetsEverything) {
  make_zone("tandem.test");
  constexpr auto body = [](Route53Service* service) -> Task<void> { co_await service->reset(); };
  asio::co_spawn(loop_, body(service_.get()), [](std::exception_ptr) {});
  loop_.restart();
  loop_.run();
  EXPECT_TRUE(ask("tandem.test").empty());
  restart();
  EXPECT_EQ(json::int_or(call("GetHostedZoneCount", "{}"), "HostedZoneCount", -1), 0);
  make_zone("tandem.test");
}

}  // namespace
}  // namespace tandem::route53
