#include <algorithm>
#include <gmock/gmock.h>

#include "services/autoscaling/autoscaling_testing.h"

namespace tandem::autoscaling {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PoliciesTest : public ServiceTest {
 protected:
  void make_policy(json::object configuration = {}, std::int64_t least = 5,
                   std::int64_t most = 500) {
    make_target(least, most);
    const json::object made = call("PutScalingPolicy", policy(std::move(configuration)));
    EXPECT_EQ(made.at("Alarms").as_array().size(), 4u);
    settle();
  }

  /// Of the newest activity, those of what was not scaled among them.
  std::string newest(std::string_view member) {
    const json::array all = list("DescribeScalingActivities", "ScalingActivities",
                                 {{"IncludeNotScaledActivities", true}});
    if (all.empty()) return "";
    const json::value* value = json::find(all.at(0).as_object(), member);
    return value == nullptr ? "" : json::to_text(*value);
  }
};

TEST_F(PoliciesTest, FourAlarmsBelongToAPolicy) {
  make_policy();
  const json::array policies = list("DescribeScalingPolicies", "ScalingPolicies");
  ASSERT_EQ(policies.size(), 1u);
  const json::object& shown = policies.at(0).as_object();
  const std::string arn = json::string_or(shown, "PolicyARN");
  EXPECT_THAT(arn, ::testing::MatchesRegex(
                       "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:[0-9a-f-]{36}:"
                       "resource/dynamodb/table/books:policyName/p"));
  EXPECT_TRUE(service_->scales_writes("books"));
  EXPECT_FALSE(service_->scales_writes("book"));
  for (const char* member : {"stale", "coming", "created_by"}) EXPECT_FALSE(shown.contains(member));
  ASSERT_EQ(aws_.alarms.size(), 4u);
  EXPECT_DOUBLE_EQ(threshold("AlarmHigh"), 210);
  EXPECT_DOUBLE_EQ(threshold("AlarmLow"), 150);
  EXPECT_DOUBLE_EQ(threshold("ProvisionedCapacityHigh"), 5);
  EXPECT_DOUBLE_EQ(threshold("ProvisionedCapacityLow"), 5);
  json::object high = aws_.alarms.at(alarm("AlarmHigh"));
  EXPECT_THAT(json::string_or(high, "AlarmName"),
              ::testing::MatchesRegex("TargetTracking-table/books-AlarmHigh-[0-9a-f-]{36}"));
  EXPECT_THAT(json::string_or(high, "AlarmDescription"),
              ::testing::MatchesRegex("DO NOT EDIT OR DELETE. For TargetTrackingScaling policy .*:"
                                      "policyName/p:createdBy/[0-9a-f-]{36}\\."));
  EXPECT_EQ(high.at("MetricName"), "ConsumedWriteCapacityUnits");
  EXPECT_EQ(high.at("Statistic"), "Sum");
  EXPECT_EQ(high.at("ComparisonOperator"), "GreaterThanThreshold");
  EXPECT_EQ(high.at("EvaluationPeriods"), 2);
  EXPECT_EQ(json::to_text(high.at("Dimensions")), R"([{"Name":"TableName","Value":"books"}])");
  const json::object& low = aws_.alarms.at(alarm("ProvisionedCapacityLow"));
  EXPECT_EQ(low.at("MetricName"), "ProvisionedWriteCapacityUnits");
  EXPECT_EQ(low.at("Period"), 300);
  EXPECT_FALSE(low.contains("TreatMissingData"));
}

TEST_F(PoliciesTest, PoliciesAreRefusedInAwsWords) {
  EXPECT_EQ(refusal("PutScalingPolicy", policy()),
            "ObjectNotFoundException: No scalable target registered for service namespace: "
            "dynamodb, resource ID: table/books, scalable dimension: "
            "dynamodb:table:WriteCapacityUnits");
  make_target(5, 500);
  EXPECT_EQ(refusal("PutScalingPolicy", policy({{"TargetValue", 90.1}})),
            "ValidationException: For predefined metric type DynamoDBWriteCapacityUtilization, "
            "target value must be between '10.0' and '90.0', but was '90.1'.");
  EXPECT_THAT(refusal("PutScalingPolicy", policy({{"TargetValue", 9.0}})), HasSubstr("'9.0'"));
  json::object other = policy();
  other.erase("TargetTrackingScalingPolicyConfiguration");
  EXPECT_EQ(refusal("PutScalingPolicy", other),
            "ValidationException: TargetTrackingScaling policy configuration must be specified");
  other["TargetTrackingScalingPolicyConfiguration"] = json::object{{"TargetValue", 50.0}};
  EXPECT_EQ(refusal("PutScalingPolicy", other),
            "ValidationException: PredefinedMetricSpecification or CustomizedMetricSpecification "
            "must be set for target tracking scaling.");
  EXPECT_EQ(
      refusal("PutScalingPolicy", policy({{"CustomizedMetricSpecification", json::object()}})),
      "ValidationException: Scalable dimension dynamodb:table:WriteCapacityUnits does not "
      "support CustomizedMetricSpecification.");
  other = target({{"PolicyName", "p"}, {"PolicyType", "StepScaling"}});
  EXPECT_EQ(refusal("PutScalingPolicy", other),
            "ValidationException: Adjustment type must be specified");
  EXPECT_EQ(refusal("DeleteScalingPolicy", target({{"PolicyName", "p"}})),
            "ObjectNotFoundException: No scaling policy found for service namespace: dynamodb, "
            "resource ID: table/books, scalable dimension: dynamodb:table:WriteCapacityUnits, "
            "policy name: p");
  call("PutScalingPolicy", policy());
  other = policy();
  other["PolicyName"] = "q";
  EXPECT_EQ(refusal("PutScalingPolicy", other),
            "ValidationException: Only one TargetTrackingScaling policy for a given metric "
            "specification is allowed.");
}

TEST_F(PoliciesTest, AlarmsFollowTheCapacity) {
  make_policy();
  const std::string before = alarm("AlarmHigh");
  EXPECT_EQ(fire(before, {420.0, 420.0}), "");
  settle();
  EXPECT_EQ(aws_.tables["books"].write, 10);
  EXPECT_EQ(newest("Cause"),
            fmt::format("\"monitor alarm {} in state ALARM triggered policy p\"", before));
  EXPECT_EQ(newest("Description"), "\"Setting write capacity units to 10.\"");
  ASSERT_EQ(aws_.alarms.size(), 4u);
  EXPECT_NE(alarm("AlarmHigh"), before);
  EXPECT_DOUBLE_EQ(threshold("AlarmHigh"), 420);
  EXPECT_DOUBLE_EQ(threshold("ProvisionedCapacityLow"), 10);
  // Somebody changes it by hand.
  aws_.tables["books"].write = 50;
  EXPECT_EQ(fire(alarm("ProvisionedCapacityHigh"), {50.0, 50.0, 50.0}), "");
  settle();
  EXPECT_DOUBLE_EQ(threshold("AlarmHigh"), 2100);
  EXPECT_EQ(aws_.tables["books"].write, 50);
}

TEST_F(PoliciesTest, WhatIsNotScaledSaysWhy) {
  make_policy({}, 5, 8);
  EXPECT_EQ(fire(alarm("AlarmLow"), json::array(15, 0.0)), "");
  EXPECT_EQ(newest("NotScaledReasons"), R"([{"Code":"AlreadyAtMinCapacity","MinCapacity":5}])");
  EXPECT_EQ(newest("StatusCode"), "\"Failed\"");
  EXPECT_EQ(newest("Description"), "\"Attempting to scale due to alarm triggered\"");
  EXPECT_TRUE(list("DescribeScalingActivities", "ScalingActivities").empty());
  clock_.advance_ms(60'000);
  fire(alarm("AlarmHigh"), {4200.0, 4200.0});
  settle();
  EXPECT_EQ(aws_.tables["books"].write, 8);
  clock_.advance_ms(60'000);
  fire(alarm("AlarmHigh"), {4200.0, 4200.0});
  EXPECT_EQ(newest("NotScaledReasons"), R"([{"Code":"AlreadyAtMaxCapacity","MaxCapacity":8}])");
  aws_.tables["books"].on_demand = true;
  clock_.advance_ms(60'000);
  fire(alarm("AlarmHigh"), {4200.0, 4200.0});
  EXPECT_EQ(newest("NotScaledReasons"), R"([{"Code":"TargetServicePutResourceAsUnscalable"}])");
}

TEST_F(PoliciesTest, SuspendedTargetsAndForeignAlarmsScaleNothing) {
  make_policy();
  call("RegisterScalableTarget",
       target({{"SuspendedState", json::object{{"DynamicScalingOutSuspended", true}}}}));
  settle();
  EXPECT_EQ(fire(alarm("AlarmHigh"), {420.0, 420.0}), "");
  settle();
  EXPECT_EQ(aws_.tables["books"].write, 5);
  EXPECT_EQ(fire(alarm("AlarmHigh"), {}), "Metric data points must be provided");
  json::object mine = aws_.alarms.at(alarm("AlarmHigh"));
  aws_.alarms["mine"] = mine;
  EXPECT_EQ(fire("mine", {420.0, 420.0}), "");
  mine["AlarmActions"] = json::array{"arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:x"};
  aws_.alarms["mine"] = mine;
  EXPECT_THAT(fire("mine", {420.0, 420.0}), HasSubstr("No scaling policy found"));
  EXPECT_EQ(newest("Cause"), "");
}

TEST_F(PoliciesTest, CooldownsAreKeptByTheTarget) {
  make_policy({{"ScaleOutCooldown", 300}, {"ScaleInCooldown", 600}});
  fire(alarm("AlarmHigh"), {420.0, 420.0});
  settle();
  aws_.tables["books"].write = 8;
  restart();
  settle();
  clock_.advance_ms(299'000);
  fire(alarm("AlarmHigh"), {420.0, 420.0});
  settle();
  EXPECT_EQ(aws_.tables["books"].write, 8);
  clock_.advance_ms(2'000);
  fire(alarm("AlarmHigh"), {420.0, 420.0});
  settle();
  EXPECT_EQ(aws_.tables["books"].write, 10);
  fire(alarm("AlarmLow"), json::array(15, 300.0));
  settle();
  EXPECT_EQ(aws_.tables["books"].write, 8);
  clock_.advance_ms(599'000);
  fire(alarm("AlarmLow"), json::array(15, 0.0));
  settle();
  EXPECT_EQ(aws_.tables["books"].write, 8);
}

// INVARIANT(named-first)
TEST_F(PoliciesTest, NoAlarmIsLeftBehind) {
  make_target(5, 500);
  aws_.refuse_alarms = "CloudWatch is away";
  EXPECT_THAT(refusal("PutScalingPolicy", policy()),
              HasSubstr("FailedResourceAccessException: Unable to retrieve alarms for scaling "
                        "policy arn:aws:autoscaling:"));
  EXPECT_TRUE(list("DescribeScalingPolicies", "ScalingPolicies").empty());
  aws_.refuse_alarms.clear();
  call("PutScalingPolicy", policy());
  settle();
  aws_.refuse_alarms = "CloudWatch is away";
  call("DeleteScalingPolicy", target({{"PolicyName", "p"}}));
  EXPECT_TRUE(list("DescribeScalingPolicies", "ScalingPolicies").empty());
  EXPECT_EQ(aws_.alarms.size(), 4u);
  aws_.refuse_alarms.clear();
  restart();
  settle();
  EXPECT_TRUE(aws_.alarms.empty());
  call("PutScalingPolicy", policy());
  call("DeregisterScalableTarget", target());
  settle();
  EXPECT_TRUE(aws_.alarms.empty());
}

TEST_F(PoliciesTest, ACapacityThatChangesWhileCloudWatchIsAwayIsFollowedLater) {
  make_policy();
  aws_.refuse_alarms = "CloudWatch is away";
  fire(alarm("AlarmHigh"), {420.0, 420.0});
  run_until([&] { return aws_.tables["books"].write == 10; });
  run_until([&] { return newest("StatusCode") == "\"Successful\""; });
  restart();
  EXPECT_DOUBLE_EQ(threshold("AlarmHigh"), 210);
  aws_.refuse_alarms.clear();
  restart();
  settle();
  EXPECT_DOUBLE_EQ(threshold("AlarmHigh"), 420);
  EXPECT_EQ(aws_.alarms.size(), 4u);
}

/// A table's day, minute by minute: its load, CloudWatch as far as target tracking goes, and what
/// capacity it has.
class ADay : public PoliciesTest {
 protected:
  /// Runs to this minute with so many writes a second.
  void load(double units, int until) {
    for (; minute_ < until; ++minute_) {
      clock_.advance_ms(60'000);
      const auto provisioned = static_cast<double>(aws_.tables["books"].write);
      served_.push_back(std::min(units, provisioned) * 60);
      throttled_ += units > provisioned ? 1 : 0;
      for (const char* kind : {"AlarmHigh", "AlarmLow"}) evaluate(kind);
      const std::int64_t now = aws_.tables["books"].write;
      if (steps_.empty() || steps_.back().second != now) steps_.emplace_back(minute_, now);
    }
  }

  void evaluate(std::string_view kind) {
    const json::object alarm_now = aws_.alarms.at(alarm(kind));
    const auto periods =
        static_cast<std::size_t>(alarm_now.at("EvaluationPeriods").to_number<int>());
    if (served_.size() < periods) return;
    json::array recent;
    const double limit = alarm_now.at("Threshold").as_double();
    for (std::size_t i = served_.size() - periods; i < served_.size(); ++i) {
      const bool breach =
          kind == std::string_view("AlarmHigh") ? served_[i] > limit : served_[i] < limit;
      if (!breach) return;
      recent.emplace_back(served_[i]);
    }
    fire(json::string_or(alarm_now, "AlarmName"), std::move(recent));
    turn();
  }

  int minute_ = 0;
  std::vector<double> served_;
  int throttled_ = 0;  ///< minutes in which not all was served
  std::vector<std::pair<int, std::int64_t>> steps_;
};

using Steps = std::vector<std::pair<int, std::int64_t>>;

TEST_F(ADay, CapacityFollowsLoadOutAndIn) {
  make_policy();
  aws_.quick = true;
  load(3, 60);    // below the target
  load(6, 120);   // doubled: more than there is, and what is served is all that is seen
  load(60, 180);  // the other region is gone
  load(60, 300);
  load(3, 480);  // and back
  // Two minutes above 70 % and the capacity rises, as often as it must: each time by what was
  // served, 1/0.7 of it. Fifteen minutes below 50 %, and it falls to what the load needs.
  EXPECT_EQ(steps_, (Steps{{0, 5},
                           {61, 8},
                           {63, 9},
                           {121, 13},
                           {123, 19},
                           {125, 28},
                           {127, 40},
                           {129, 58},
                           {131, 83},
                           {133, 86},
                           {314, 5}}));
}

}  // namespace
}  // namespace tandem::autoscaling
