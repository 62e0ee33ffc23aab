// The service in a test: a store, a clock, and DynamoDB and IAM as far as it asks them.
#pragma once

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aws/error.h"
#include "services/autoscaling/service.h"
#include "store/faulty_store.h"

namespace tandem::autoscaling {

class FakeAws final : public aws::Api {
 public:
  struct Table {
    std::int64_t read = 5;
    std::int64_t write = 5;
    bool on_demand = false;
  };

  Task<aws::ApiResult> call(aws::ApiCall call) override {
    const std::string name = call.service + " " + call.operation;
    calls.push_back(name);
    if (!quick) co_await core::sleep_for(std::chrono::milliseconds(1));
    if (!refuse_alarms.empty() && call.service == "cloudwatch") {
      throw aws::ApiError(503, "ServiceUnavailable", refuse_alarms);
    }
    if (freeze_updates && name == "dynamodb UpdateTable") {
      ++frozen;
      co_await core::sleep_for(std::chrono::hours(1));
    }
    aws::ApiResult result;
    result.output = answer(name, call.input);
    co_return result;
  }

  std::map<std::string, Table> tables;
  std::vector<std::string> calls;
  std::string refuse_updates;
  bool freeze_updates = false;
  int frozen = 0;
  bool quick = false;  ///< answers at once
  std::map<std::string, json::object> alarms;
  std::string refuse_alarms;

 private:
  json::object answer(const std::string& name, const json::object& input) {
    if (name == "iam CreateServiceLinkedRole") return {};
    if (name == "dynamodb DescribeTable") return {{"Table", describe(input)}};
    if (name == "dynamodb UpdateTable") return update(input);
    if (name == "cloudwatch PutMetricAlarm") {
      alarms[json::string_or(input, "AlarmName")] = input;
      return {};
    }
    if (name == "cloudwatch DeleteAlarms") {
      for (const json::value& each : input.at("AlarmNames").as_array()) {
        alarms.erase(json::to_std(each));
      }
      return {};
    }
    throw aws::ApiError(400, "InvalidAction", "the fake does not know " + name);
  }
  Table& find(const json::object& input) {
    const auto found = tables.find(json::string_or(input, "TableName"));
    if (found != tables.end()) return found->second;
    throw aws::ApiError(400, "ResourceNotFoundException", "Requested resource not found");
  }
  json::object describe(const json::object& input) {
    const Table& table = find(input);
    json::object shown{
        {"TableStatus", "ACTIVE"},
        {"ProvisionedThroughput",
         json::object{{"ReadCapacityUnits", table.read}, {"WriteCapacityUnits", table.write}}}};
    if (table.on_demand) {
      shown["BillingModeSummary"] = json::object{{"BillingMode", "PAY_PER_REQUEST"}};
    }
    return shown;
  }
  json::object update(const json::object& input) {
    Table& table = find(input);
    if (!refuse_updates.empty()) {
      throw aws::ApiError(400, "LimitExceededException", refuse_updates);
    }
    const json::object& units = input.at("ProvisionedThroughput").as_object();
    table.read = json::int_or(units, "ReadCapacityUnits", 0);
    table.write = json::int_or(units, "WriteCapacityUnits", 0);
    return {};
  }
};

class ServiceTest : public ::testing::Test {
 protected:
  ServiceTest() { restart(); }
  ~ServiceTest() override { stop(); }

  void restart() {
    if (service_) stop();
    service_ = std::make_unique<AutoscalingService>(
        service::Environment{loop_.get_executor(), pool_, clock_, random_, store_, "", config_,
                             "us-east-1"},
        AutoscalingPorts{.api = aws_});
    service_->start();
  }

  void stop() {
    bool stopped = false;
    asio::co_spawn(loop_, service_->stop(), [&](const std::exception_ptr&) { stopped = true; });
    run_until([&] { return stopped; });
    service_.reset();
  }

  void run_until(const std::function<bool()>& condition) {
    const auto end = core::TimerClock::now() + std::chrono::seconds(60);
    loop_.restart();
    while (!condition() && core::TimerClock::now() < end) {
      loop_.run_one_for(std::chrono::milliseconds(100));
    }
    EXPECT_TRUE(condition());
  }

  /// Until nothing of a target is left to be done.
  void settle() {
    run_until([&] {
      bool open = false;
      store::for_each(store_, "", [&](std::string_view key, std::string_view value) {
        open = open || (key.starts_with("target/") && value.find("\"correct\"") != value.npos) ||
               value.find("\"Pending\"") != value.npos ||
               value.find("\"InProgress\"") != value.npos ||
               (key.starts_with("policy/") && value.find("\"stale\"") != value.npos) ||
               (key.starts_with("old_alarm/") && aws_.refuse_alarms.empty());
        return true;
      });
      return !open;
    });
  }

  json::object call(std::string_view name, json::object input) {
    for (const service::Operation& operation : service_->operations()) {
      if (operation.name != name) continue;
      service::RequestContext context;
      std::optional<json::object> output;
      asio::co_spawn(loop_, operation.handler(context, std::move(input)),
                     [&](const std::exception_ptr& escaped, service::Reply reply) {
                       output = std::move(reply.output);
                       try {
                         if (escaped) std::rethrow_exception(escaped);
                       } catch (const aws::ApiError& error) {
                         output = {{"error", error.code()}, {"message", error.message()}};
                       } catch (const store::StoreError&) {
                         output = {{"error", "StoreError"}};
                       }
                     });
      run_until([&] { return output.has_value(); });
      return *output;
    }
    ADD_FAILURE() << "no operation " << name;
    return {};
  }

  std::string refusal(std::string_view name, json::object input) {
    const json::object output = call(name, std::move(input));
    return json::string_or(output, "error") + ": " + json::string_or(output, "message");
  }

  /// Runs what there is to run, without waiting for anything.
  void turn() {
    loop_.restart();
    while (loop_.poll() > 0) {
    }
  }

  /// As CloudWatch does it. "": it could be executed.
  std::string fire(const std::string& alarm, json::array minutes) {
    const std::string action = json::to_std(aws_.alarms.at(alarm).at("AlarmActions").at(0));
    const json::object data{{"recentDatapoints", std::move(minutes)}};
    std::optional<std::string> error;
    bool done = false;
    asio::co_spawn(loop_, service_->alarm_fired(action, alarm, json::to_text(data)),
                   [&](const std::exception_ptr& escaped, std::optional<std::string> answer) {
                     EXPECT_EQ(escaped, nullptr);
                     error = std::move(answer);
                     done = true;
                   });
    run_until([&] { return done; });
    return error.value_or("");
  }

  json::array list(std::string_view operation, std::string_view member, json::object input = {}) {
    input["ServiceNamespace"] = "dynamodb";
    return call(operation, std::move(input)).at(member).as_array();
  }

  /// The writes of the table "books", and what is given beside or instead.
  static json::object target(json::object more = {}) {
    json::object made{{"ServiceNamespace", "dynamodb"},
                      {"ResourceId", "table/books"},
                      {"ScalableDimension", "dynamodb:table:WriteCapacityUnits"}};
    for (auto& member : more) made[member.key()] = member.value();
    return made;
  }

  static json::object action(json::object more = {}) {
    more["ScheduledActionName"] = "night";
    more["ScalableTargetAction"] = json::object{{"MinCapacity", 5}, {"MaxCapacity", 10}};
    return target(std::move(more));
  }

  void make_target(std::int64_t least, std::int64_t most) {
    aws_.tables["books"] = {};
    const json::object made =
        call("RegisterScalableTarget", target({{"MinCapacity", least}, {"MaxCapacity", most}}));
    EXPECT_TRUE(made.contains("ScalableTargetARN")) << made;
    settle();
  }

  static json::object policy(json::object configuration = {}) {
    if (!configuration.contains("TargetValue")) configuration["TargetValue"] = 70.0;
    configuration["PredefinedMetricSpecification"] =
        json::object{{"PredefinedMetricType", "DynamoDBWriteCapacityUtilization"}};
    json::object made = target({{"PolicyName", "p"}, {"PolicyType", "TargetTrackingScaling"}});
    made["TargetTrackingScalingPolicyConfiguration"] = std::move(configuration);
    return made;
  }

  /// The name of the alarm of a kind ("AlarmHigh"); the only one.
  std::string alarm(std::string_view kind) {
    std::vector<std::string> found;
    for (const auto& [name, alarm] : aws_.alarms) {
      if (name.find(fmt::format("-{}-", kind)) != name.npos) found.push_back(name);
    }
    EXPECT_EQ(found.size(), 1u) << kind;
    return found.empty() ? "" : found.front();
  }

  double threshold(std::string_view kind) {
    return aws_.alarms.at(alarm(kind)).at("Threshold").as_double();
  }

  asio::io_context loop_;
  core::WorkerThreads pool_{1};
  core::ManualClock clock_;
  core::SeededRandom random_{1};
  service::Config config_;
  store::FaultyStore store_;
  FakeAws aws_;
  std::unique_ptr<AutoscalingService> service_;
};

}  // namespace tandem::autoscaling
