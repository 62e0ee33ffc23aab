#include "services/autoscaling/service.h"

#include <gmock/gmock.h>

#include "services/autoscaling/autoscaling_testing.h"

namespace tandem::autoscaling {
namespace {

using ::testing::HasSubstr;

class AutoscalingTest : public ServiceTest {};

TEST_F(AutoscalingTest, CapacityIsBroughtWithinItsBoundsAtOnce) {
  aws_.tables["books"] = {.read = 1, .write = 20};
  const auto made =
      call("RegisterScalableTarget", target({{"MinCapacity", 5}, {"MaxCapacity", 10}}));
  EXPECT_THAT(json::string_or(made, "ScalableTargetARN"),
              ::testing::MatchesRegex(
                  "arn:aws:application-autoscaling:us-east-1:123456789012:scalable-target/"
                  "[0-9a-f]{36}"));
  settle();
  EXPECT_EQ(aws_.tables["books"].write, 10);
  EXPECT_EQ(aws_.tables["books"].read, 1);
  const json::array activities = list("DescribeScalingActivities", "ScalingActivities");
  ASSERT_EQ(activities.size(), 1u);
  const json::object& only = activities.at(0).as_object();
  EXPECT_EQ(only.at("Description"), "Setting write capacity units to 10.");
  EXPECT_EQ(only.at("Cause"), "maximum capacity was set to 10");
  EXPECT_EQ(only.at("StatusCode"), "Successful");
  EXPECT_EQ(only.at("StatusMessage"),
            "Successfully set write capacity units to 10. Change successfully fulfilled by "
            "dynamodb.");
  EXPECT_FALSE(only.contains("units"));
  // Again without bounds: somebody had changed the capacity by hand.
  aws_.tables["books"].write = 3;
  call("RegisterScalableTarget", target());
  settle();
  EXPECT_EQ(aws_.tables["books"].write, 5);
  EXPECT_EQ(list("DescribeScalingActivities", "ScalingActivities").at(0).at("Cause"),
            "minimum capacity was set to 5");
}

TEST_F(AutoscalingTest, RefusesInAwsWords) {
  aws_.tables["books"] = {};
  EXPECT_EQ(refusal("RegisterScalableTarget", target({{"MinCapacity", 2}, {"MaxCapacity", 1}})),
            "ValidationException: Maximum capacity cannot be less than minimum capacity");
  EXPECT_EQ(refusal("RegisterScalableTarget", target({{"MinCapacity", 0}, {"MaxCapacity", 1}})),
            "ValidationException: Minimum capacity cannot be less than 1");
  EXPECT_EQ(
      refusal("RegisterScalableTarget",
              target({{"MinCapacity", 1}, {"MaxCapacity", 1}, {"ResourceId", "table/absent"}})),
      "ValidationException: DynamoDB table does not exist: table/absent");
  EXPECT_EQ(refusal("RegisterScalableTarget",
                    target({{"MinCapacity", 1},
                            {"MaxCapacity", 1},
                            {"ResourceId", "table/books/index/absent"},
                            {"ScalableDimension", "dynamodb:index:WriteCapacityUnits"}})),
            "ValidationException: DynamoDB table does not exist: table/books/index/absent");
  const std::string unsupported =
      "ValidationException: Unsupported service namespace, resource type or scalable dimension";
  EXPECT_EQ(refusal("RegisterScalableTarget",
                    target({{"ScalableDimension", "dynamodb:index:WriteCapacityUnits"}})),
            unsupported);
  EXPECT_EQ(refusal("RegisterScalableTarget", target({{"ResourceId", "books"}})), unsupported);
  EXPECT_EQ(refusal("RegisterScalableTarget", target({{"ServiceNamespace", "ecs"}})), unsupported);
  EXPECT_THAT(refusal("RegisterScalableTarget",
                      target({{"ServiceNamespace", "ecs"},
                              {"ScalableDimension", "ecs:service:DesiredCount"}})),
              HasSubstr("ServiceNamespace"));
  EXPECT_EQ(refusal("DeregisterScalableTarget", target()),
            "ObjectNotFoundException: No scalable target found for service namespace: dynamodb, "
            "resource ID: table/books, scalable dimension: dynamodb:table:WriteCapacityUnits");
  EXPECT_EQ(refusal("DescribeScalableTargets",
                    {{"ServiceNamespace", "dynamodb"}, {"NextToken", "nonsense"}}),
            "InvalidNextTokenException: The next token supplied is invalid");
  EXPECT_THAT(aws_.calls, ::testing::Not(::testing::Contains("dynamodb UpdateTable")));
}

TEST_F(AutoscalingTest, ATargetKeepsWhatIsNotGivenAgain) {
  make_target(1, 9);
  call("RegisterScalableTarget",
       target({{"MaxCapacity", 7},
               {"SuspendedState", json::object{{"ScheduledScalingSuspended", true}}}}));
  restart();
  const json::array targets = list("DescribeScalableTargets", "ScalableTargets");
  ASSERT_EQ(targets.size(), 1u);
  const json::object& shown = targets.at(0).as_object();
  EXPECT_EQ(shown.at("MinCapacity"), 1);
  EXPECT_EQ(shown.at("MaxCapacity"), 7);
  EXPECT_EQ(json::to_text(shown.at("SuspendedState")),
            R"({"DynamicScalingInSuspended":false,"DynamicScalingOutSuspended":false,)"
            R"("ScheduledScalingSuspended":true})");
  EXPECT_EQ(shown.at("RoleARN"),
            "arn:aws:iam::123456789012:role/aws-service-role/dynamodb.application-autoscaling."
            "amazonaws.com/AWSServiceRoleForApplicationAutoScaling_DynamoDBTable");
  EXPECT_FALSE(shown.contains("correct"));
  EXPECT_EQ(refusal("RegisterScalableTarget", target({{"Tags", json::object{{"a", "1"}}}})),
            "ValidationException: The scalable target that you tried to tag already exists. To "
            "update tags on an existing scalable target, use the TagResource API.");
}

TEST_F(AutoscalingTest, TagsBelongToTargets) {
  aws_.tables["books"] = {};
  const auto made =
      call("RegisterScalableTarget", target({{"MinCapacity", 1},
                                             {"MaxCapacity", 9},
                                             {"Tags", json::object{{"a", "1"}, {"b", "2"}}}}));
  const json::value& arn = made.at("ScalableTargetARN");
  call("TagResource", {{"ResourceARN", arn}, {"Tags", json::object{{"b", "3"}}}});
  call("UntagResource", {{"ResourceARN", arn}, {"TagKeys", json::array{"a"}}});
  restart();
  EXPECT_EQ(json::to_text(call("ListTagsForResource", {{"ResourceARN", arn}})),
            R"({"Tags":{"b":"3"}})");
  EXPECT_THAT(refusal("ListTagsForResource", {{"ResourceARN", "arn:aws:x"}}),
              HasSubstr("ResourceNotFoundException"));
}

TEST_F(AutoscalingTest, WhatDynamoDbRefusesIsAFailedActivity) {
  aws_.tables["books"] = {.write = 20};
  aws_.refuse_updates = "Subscriber limit exceeded: Provisioned throughput decreases are limited";
  call("RegisterScalableTarget", target({{"MinCapacity", 5}, {"MaxCapacity", 10}}));
  settle();
  const json::array activities = list("DescribeScalingActivities", "ScalingActivities");
  EXPECT_EQ(activities.at(0).at("StatusCode"), "Failed");
  EXPECT_EQ(activities.at(0).at("StatusMessage"),
            "Failed to set write capacity units to 10. Reason: Failed updating table: Subscriber "
            "limit exceeded: Provisioned throughput decreases are limited");
}

TEST_F(AutoscalingTest, ATableBilledByTheRequestIsLeftAlone) {
  aws_.tables["books"] = {.read = 0, .write = 0, .on_demand = true};
  call("RegisterScalableTarget", target({{"MinCapacity", 5}, {"MaxCapacity", 10}}));
  settle();
  EXPECT_TRUE(list("DescribeScalingActivities", "ScalingActivities").empty());
}

// INVARIANT(recorded-first)
TEST_F(AutoscalingTest, WhatWasBegunIsGoneOnWith) {
  aws_.tables["books"] = {.write = 20};
  aws_.freeze_updates = true;
  call("RegisterScalableTarget", target({{"MinCapacity", 5}, {"MaxCapacity", 10}}));
  run_until([&] { return aws_.frozen > 0; });
  EXPECT_EQ(aws_.tables["books"].write, 20);
  aws_.freeze_updates = false;
  restart();  // as after kill -9: nothing but the store is left
  settle();
  EXPECT_EQ(aws_.tables["books"].write, 10);
  const json::array activities = list("DescribeScalingActivities", "ScalingActivities");
  ASSERT_EQ(activities.size(), 1u);
  EXPECT_EQ(activities.at(0).at("StatusCode"), "Successful");
}

// INVARIANT(stored-first)
TEST_F(AutoscalingTest, MemoryStaysAsTheStoreIs) {
  make_target(1, 9);
  store_.fail_next_writes(1);
  EXPECT_EQ(refusal("RegisterScalableTarget", target({{"MaxCapacity", 7}})), "StoreError: ");
  EXPECT_EQ(list("DescribeScalableTargets", "ScalableTargets").at(0).at("MaxCapacity"), 9);
}

TEST_F(AutoscalingTest, DeregisteringTakesActionsAlong) {
  make_target(1, 9);
  call("PutScheduledAction", action({{"Schedule", "rate(1 hour)"}}));
  call("DeregisterScalableTarget", target());
  restart();
  EXPECT_TRUE(list("DescribeScalableTargets", "ScalableTargets").empty());
  EXPECT_TRUE(list("DescribeScheduledActions", "ScheduledActions").empty());
}

TEST_F(AutoscalingTest, ScheduledActionsAreRefusedInAwsWords) {
  EXPECT_EQ(refusal("PutScheduledAction", action({{"Schedule", "rate(1 hour)"}})),
            "ObjectNotFoundException: No scalable target registered for service namespace: "
            "dynamodb, resource ID: table/books, scalable dimension: "
            "dynamodb:table:WriteCapacityUnits");
  make_target(1, 9);
  EXPECT_THAT(refusal("PutScheduledAction", action({{"Schedule", "rate(1 week)"}})),
              HasSubstr("Schedule expressions must have the following syntax: "
                        "rate(<number>\\s?(minutes?|hours?|days?)), cron(<cron_expression>) or "
                        "at(yyyy-MM-dd'T'HH:mm:ss)"));
  EXPECT_THAT(refusal("PutScheduledAction", action({{"Schedule", "at(tomorrow)"}})),
              HasSubstr("Invalid schedule at DateTime expression"));
  EXPECT_THAT(refusal("PutScheduledAction",
                      action({{"Schedule", "rate(1 hour)"}, {"Timezone", "Mars/Olympus"}})),
              HasSubstr("Mars/Olympus"));
  json::object without = action({{"Schedule", "rate(1 hour)"}});
  without.erase("ScalableTargetAction");
  EXPECT_EQ(refusal("PutScheduledAction", without),
            "ValidationException: ScalableTargetAction must be set");
  without["ScalableTargetAction"] = json::object();
  EXPECT_EQ(refusal("PutScheduledAction", without),
            "ValidationException: At least one of minimum capacity and maximum capacity should be "
            "provided");
  EXPECT_EQ(refusal("PutScheduledAction",
                    action({{"Schedule", "rate(1 hour)"}, {"StartTime", 20}, {"EndTime", 10}})),
            "ValidationException: StartTime must be before EndTime");
  EXPECT_EQ(refusal("DeleteScheduledAction", target({{"ScheduledActionName", "night"}})),
            "ObjectNotFoundException: No scheduled action found for service namespace: dynamodb, "
            "resource ID: table/books, scalable dimension: dynamodb:table:WriteCapacityUnits, "
            "scheduled action name: night");
}

TEST_F(AutoscalingTest, AScheduledActionSetsBoundsAndCapacity) {
  make_target(1, 20);
  aws_.tables["books"].write = 15;
  call("PutScheduledAction", action({{"Schedule", "rate(1 hour)"}}));
  clock_.advance_ms(3'599'000);
  restart();
  settle();
  EXPECT_EQ(aws_.tables["books"].write, 15);
  clock_.advance_ms(1'000);
  restart();
  run_until([&] { return aws_.tables["books"].write == 10; });
  settle();
  const json::array activities = list("DescribeScalingActivities", "ScalingActivities");
  ASSERT_EQ(activities.size(), 2u);
  std::vector<std::string> causes, descriptions;
  for (const json::value& each : activities) {
    causes.push_back(json::string_or(each.as_object(), "Cause"));
    descriptions.push_back(json::string_or(each.as_object(), "Description"));
  }
  EXPECT_THAT(causes, ::testing::UnorderedElementsAre("scheduled action name night was triggered",
                                                      "maximum capacity was set to 10"));
  EXPECT_THAT(descriptions,
              ::testing::UnorderedElementsAre("Setting min capacity to 5 and max capacity to 10",
                                              "Setting write capacity units to 10."));
  const json::array targets = list("DescribeScalableTargets", "ScalableTargets");
  EXPECT_EQ(targets.at(0).at("MinCapacity"), 5);
  EXPECT_EQ(targets.at(0).at("MaxCapacity"), 10);
}

TEST_F(AutoscalingTest, ASuspendedTargetKeepsItsBounds) {
  make_target(1, 20);
  call("RegisterScalableTarget",
       target({{"SuspendedState", json::object{{"ScheduledScalingSuspended", true}}}}));
  call("PutScheduledAction", action({{"Schedule", "rate(1 hour)"}}));
  clock_.advance_ms(3'600'000);
  restart();
  settle();
  EXPECT_EQ(list("DescribeScalableTargets", "ScalableTargets").at(0).at("MaxCapacity"), 20);
}

TEST_F(AutoscalingTest, APutActionForgetsTimesThatAreNotGiven) {
  make_target(1, 20);
  call("PutScheduledAction",
       action(
           {{"Schedule", "cron(0 8 * * ? *)"}, {"StartTime", 1'800'000'000}, {"Timezone", "UTC"}}));
  json::object again = action();
  again.erase("ScalableTargetAction");
  call("PutScheduledAction", again);
  const json::array actions = list("DescribeScheduledActions", "ScheduledActions");
  ASSERT_EQ(actions.size(), 1u);
  const json::object& shown = actions.at(0).as_object();
  EXPECT_FALSE(shown.contains("StartTime"));
  EXPECT_FALSE(shown.contains("next_ms"));
  EXPECT_EQ(shown.at("Schedule"), "cron(0 8 * * ? *)");
  EXPECT_THAT(json::string_or(shown, "ScheduledActionARN"),
              HasSubstr(":resource/dynamodb/table/books:scheduledActionName/night"));
}

}  // namespace
}  // namespace tandem::autoscaling
