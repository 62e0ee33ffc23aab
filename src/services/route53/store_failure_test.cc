// Zones, records and checks over a store that refuses writes: what is answered is what is written.
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "services/route53/service.h"
#include "store/faulty_store.h"

namespace tandem::route53 {
namespace {

class NoProber final : public Prober {
 public:
  Task<ProbeResult> probe(ProbeRequest) override { co_return ProbeResult{true, "Success"}; }
};

class Route53StoreFailureTest : public testing::Test {
 protected:
  Route53StoreFailureTest() {
    config_.regions = {{"us-east-1", "127.0.10.1"}};
    restart();
  }
  void restart() {
    service_ = std::make_unique<Route53Service>(
        service::Environment{
            loop_.get_executor(), pool_, clock_, random_, store_, {}, config_, "us-east-1"},
        Route53Ports{prober_});
  }

  /// Nothing when the store refused.
  std::optional<json::object> call(std::string_view operation, json::object input) {
    std::optional<json::object> output;
    for (const service::Operation& row : service_->operations()) {
      if (row.name != operation) continue;
      service::RequestContext context;
      std::exception_ptr escaped;
      asio::co_spawn(loop_, row.handler(context, std::move(input)),
                     [&](const std::exception_ptr& error, service::Reply reply) {
                       escaped = error;
                       if (!error) output = std::move(reply.output);
                     });
      loop_.restart();
      loop_.run();
      try {
        if (escaped) std::rethrow_exception(escaped);
      } catch (const store::StoreError&) {
        return std::nullopt;
      }
    }
    return output;
  }
  std::string shown(const std::string& zone) {
    return json::to_text(call("ListHostedZones", {}).value()) +
           json::to_text(call("ListHealthChecks", {}).value()) +
           json::to_text(call("ListResourceRecordSets", {{"HostedZoneId", zone}}).value());
  }

  asio::io_context loop_;
  core::WorkerThreads pool_{1};
  core::ManualClock clock_;
  core::SeededRandom random_{3};
  store::FaultyStore store_;
  service::Config config_;
  NoProber prober_;
  std::unique_ptr<Route53Service> service_;
};

TEST_F(Route53StoreFailureTest, NothingMovesInMemoryThatIsNotWritten) {
  const json::object made =
      call("CreateHostedZone", {{"Name", "example.com"}, {"CallerReference", "one"}}).value();
  const std::string zone =
      json::string_or(made.at("HostedZone").as_object(), "Id").substr(sizeof("/hostedzone/") - 1);
  const json::object record = {
      {"Name", "www.example.com"},
      {"Type", "A"},
      {"TTL", 60},
      {"ResourceRecords", json::array{json::object{{"Value", "10.0.0.1"}}}}};
  const json::array changes{json::object{{"Action", "CREATE"}, {"ResourceRecordSet", record}}};
  const std::vector<std::pair<std::string, json::object>> requests = {
      {"CreateHostedZone", {{"Name", "example.org"}, {"CallerReference", "two"}}},
      {"ChangeResourceRecordSets",
       {{"HostedZoneId", zone}, {"ChangeBatch", json::object{{"Changes", changes}}}}},
      {"UpdateHostedZoneComment", {{"Id", zone}, {"Comment", "new"}}},
      {"CreateHealthCheck",
       {{"CallerReference", "check"},
        {"HealthCheckConfig",
         json::object{{"Type", "TCP"}, {"IPAddress", "127.0.10.1"}, {"Port", 80}}}}},
      {"DeleteHostedZone", {{"Id", zone}}},
  };
  for (const auto& [operation, input] : requests) {
    SCOPED_TRACE(operation);
    const std::string before = shown(zone);
    store_.fail_next_writes(1);
    EXPECT_FALSE(call(operation, input).has_value());
    EXPECT_EQ(shown(zone), before);
    restart();
    EXPECT_EQ(shown(zone), before);
  }
}

}  // namespace
}  // namespace tandem::route53
