#include "services/route53/probe/monitor.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "services/route53/probe/network_prober.h"

namespace tandem::route53 {
namespace {

/// Runs at 1,000 times the pace: a 10 s interval is 10 ms.
class MonitorTest : public testing::Test {
 public:
  MonitorTest() {
    HealthMonitor::Options options;
    options.pace = core::Pace(1000);
    options.looks_under_way = 8;
    monitor_ = std::make_unique<HealthMonitor>(
        loop_.get_executor(), clock_, random_, options,
        [this](std::string, HealthCheckConfig) { return look(this); },
        [this](const std::string& id, const HealthMonitor::Verdict& verdict) {
          verdicts_[id].push_back(verdict.healthy);
        });
    config_.request_interval = 10;
    config_.fully_qualified_domain_name = "a.test";
  }

  static Task<ProbeResult> look(MonitorTest* self) {
    ++self->under_way_;
    self->most_under_way_ = std::max(self->most_under_way_, self->under_way_);
    co_await core::sleep_for(std::chrono::milliseconds(1));
    --self->under_way_;
    ++self->looks_;
    const bool success = self->looks_ % 100 < self->succeed_percent_;
    co_return ProbeResult{success, success ? "Success: ok" : "Failure: no"};
  }

  /// Until the condition holds, at most 10 s.
  void run_until(std::function<bool()> condition) {
    monitor_->start();
    constexpr auto body = [](MonitorTest* self, std::function<bool()> holds) -> Task<void> {
      for (int i = 0; i < 5'000 && !holds(); ++i) {
        co_await core::sleep_for(std::chrono::milliseconds(2));
      }
      EXPECT_TRUE(holds());
      co_await self->monitor_->stop();
    };
    asio::co_spawn(loop_, body(this, std::move(condition)), [](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
    });
    loop_.run();
  }

  asio::io_context loop_;
  core::SystemClock clock_;
  core::SystemRandom random_;
  HealthCheckConfig config_;
  std::map<std::string, std::vector<bool>> verdicts_;
  std::unique_ptr<HealthMonitor> monitor_;
  int looks_ = 0;
  int succeed_percent_ = 100;
  std::size_t under_way_ = 0;
  std::size_t most_under_way_ = 0;
};

TEST_F(MonitorTest, AllCheckersLookAndReport) {
  monitor_->put("a", config_);
  EXPECT_TRUE(monitor_->verdict("a").healthy);
  std::vector<CheckerObservation> seen;
  run_until([&] {
    seen = monitor_->observations("a");
    return seen.size() == 16;
  });
  EXPECT_EQ(seen[0].observation.status, "Success: ok");
  EXPECT_LE(most_under_way_, 8u);
}

TEST_F(MonitorTest, VerdictsTurnAndComeBack) {
  monitor_->put("a", config_);
  succeed_percent_ = 0;
  run_until([&] {
    if (verdicts_["a"].size() == 2) succeed_percent_ = 100;
    return verdicts_["a"].size() == 3;
  });
  EXPECT_EQ(verdicts_["a"], (std::vector<bool>{true, false, true}));
}

TEST_F(MonitorTest, OnlyTheNamedRegionsLook) {
  config_.regions = {"eu-west-1", "sa-east-1", "us-west-2"};
  monitor_->put("a", config_);
  EXPECT_EQ(monitor_->verdict("a").checkers, 6u);
  std::set<std::string> regions;
  run_until([&] {
    for (const CheckerObservation& seen : monitor_->observations("a")) regions.insert(seen.region);
    return looks_ > 60;
  });
  EXPECT_EQ(regions, std::set<std::string>(config_.regions.begin(), config_.regions.end()));
}

TEST_F(MonitorTest, DisabledChecksAreLeftAlone) {
  config_.disabled = true;
  monitor_->put("off", config_);
  HealthCheckConfig on = config_;
  on.disabled = false;
  monitor_->put("on", on);
  succeed_percent_ = 0;
  run_until([&] { return verdicts_["on"].size() == 2; });
  EXPECT_EQ(verdicts_["off"], std::vector<bool>{true});
}

TEST_F(MonitorTest, CalculatedChecksFollowTheirChildren) {
  HealthCheckConfig inverted = config_;
  inverted.inverted = true;
  HealthCheckConfig both;
  both.type = CheckType::kCalculated;
  both.health_threshold = 2;
  both.child_health_checks = {"a", "b"};
  monitor_->put("a", config_);
  monitor_->put("b", inverted);
  monitor_->put("both", both);
  EXPECT_FALSE(monitor_->verdict("both").healthy) << "a new inverted check is unhealthy";
  EXPECT_EQ(monitor_->verdict("both").healthy_checkers, 1u);
  monitor_->remove("b");
  EXPECT_TRUE(monitor_->verdict("both").healthy) << "a child that is gone keeps nobody out";
  succeed_percent_ = 0;
  run_until([&] { return verdicts_["both"].size() == 3; });
  EXPECT_EQ(verdicts_["both"], (std::vector<bool>{false, true, false}));
  EXPECT_EQ(verdicts_["a"].size(), 2u);
}

TEST_F(MonitorTest, WhatIsRememberedIsGoneOnFrom) {
  monitor_->put("a", config_, RememberedVerdict{false, false, 7});
  EXPECT_FALSE(monitor_->verdict("a").healthy);
  EXPECT_EQ(monitor_->verdict("a").since_s, 7);
  EXPECT_TRUE(verdicts_["a"].empty()) << "nothing has turned";
  run_until([&] { return verdicts_["a"].size() == 1; });
  EXPECT_EQ(verdicts_["a"], std::vector<bool>{true});
}

TEST_F(MonitorTest, RemovedChecksEnd) {
  monitor_->put("a", config_);
  monitor_->put("b", config_);
  run_until([&] {
    if (looks_ > 40) monitor_->remove("a");
    return looks_ > 100;
  });
}

TEST(Judge, SaysWhatRoute53Says) {
  ProbeRequest request;
  net::EndpointSight seen;
  seen.outcome = net::EndpointSight::Outcome::kAnswered;
  seen.status = 200;
  EXPECT_EQ(judge(seen, request).status, "Success: HTTP Status Code 200, OK");
  seen.status = 302;
  EXPECT_TRUE(judge(seen, request).success);
  seen.status = 503;
  EXPECT_EQ(judge(seen, request).status, "Failure: HTTP Status Code 503, Service Unavailable");
  seen.status = 200;
  request.search_string = "ready";
  seen.body = "not Ready";
  EXPECT_FALSE(judge(seen, request).success) << "matching is case sensitive";
  seen.body = "is ready";
  EXPECT_TRUE(judge(seen, request).success);
  seen.outcome = net::EndpointSight::Outcome::kConnectTimeout;
  EXPECT_EQ(judge(seen, request).status,
            "Failure: Connection timed out. The endpoint or the internet connection is down, or "
            "requests are being blocked by your firewall.");
}

}  // namespace
}  // namespace tandem::route53
