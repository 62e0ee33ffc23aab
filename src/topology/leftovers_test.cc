#include "topology/leftovers.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tandem::topology {
namespace {

constexpr const char* kStage = "AWS::ApiGateway::Stage";
constexpr const char* kApi = "AWS::ApiGateway::RestApi";
constexpr const char* kDeployment = "AWS::ApiGateway::Deployment";

json::object event(const char* type, const char* id, const char* status, const char* api = "a") {
  return {{"LogicalResourceId", "Logical"},
          {"ResourceType", type},
          {"PhysicalResourceId", id},
          {"ResourceStatus", status},
          {"ResourceProperties", json::to_text(json::object{{"RestApiId", api}})},
          {"Timestamp", 1000.5}};
}

std::vector<std::string> ids(const json::array& events,
                             const std::vector<ResourceState>& present = {}) {
  std::vector<std::string> found;
  for (const Leftover& one : leftovers_in(events, present)) found.push_back(one.physical_id);
  return found;
}

TEST(Leftovers, AreWhatAnUpdateCouldNotDeleteInTheOrderInWhichTheyCanGo) {
  const json::array events{event(kApi, "a", "DELETE_FAILED", ""),
                           event(kDeployment, "d1", "DELETE_FAILED"),
                           event(kStage, "prod", "DELETE_FAILED"),
                           event(kStage, "dev", "CREATE_COMPLETE"),
                           event("AWS::IAM::Role", "role", "DELETE_FAILED"),
                           event(kStage, "prod", "CREATE_COMPLETE")};
  EXPECT_THAT(ids(events), testing::ElementsAre("prod", "d1", "a"));
  const Leftover stage = leftovers_in(events, {}).front();
  EXPECT_EQ(stage.api_id, "a");
  EXPECT_EQ(stage.since_s, 1000.5);
}

TEST(Leftovers, AreNotWhatWasDeletedKeptOrMadeAgainSince) {
  const auto after = [](const char* status) {
    return ids({event(kStage, "prod", status), event(kStage, "prod", "DELETE_FAILED")});
  };
  EXPECT_THAT(after("DELETE_COMPLETE"), testing::IsEmpty());
  EXPECT_THAT(after("DELETE_SKIPPED"), testing::IsEmpty());
  EXPECT_THAT(after("UPDATE_COMPLETE"), testing::IsEmpty());
  const json::array events{event(kStage, "prod", "DELETE_FAILED")};
  EXPECT_THAT(ids(events, {{"Stage", kStage, "prod"}}), testing::IsEmpty());
}

TEST(Leftovers, OfTwoApisAreToldApart) {
  const json::array events{event(kStage, "prod", "CREATE_COMPLETE", "b"),
                           event(kStage, "prod", "DELETE_FAILED", "a")};
  EXPECT_THAT(ids(events), testing::ElementsAre("prod"));
}

/// An API Gateway with one stage, "prod".
class Gateway final : public aws::Api {
 public:
  explicit Gateway(double created_s) : created_s_(created_s) {}
  Task<aws::ApiResult> call(aws::ApiCall call) override {
    calls.push_back(call.operation + ' ' + json::to_text(call.input));
    if (call.operation.starts_with("Delete") && !refusal.empty()) {
      throw aws::ApiError(400, "BadRequestException", refusal);
    }
    aws::ApiResult result;
    if (call.operation == "GetStage") result.output["createdDate"] = created_s_;
    co_return result;
  }
  std::string removing(const Leftover& leftover) {
    asio::io_context loop;
    std::string reason = "not ended";
    asio::co_spawn(loop, remove_leftover(Cloud(*this), "us-east-1", leftover),
                   [&](const std::exception_ptr& escaped, std::string answer) {
                     if (escaped) std::rethrow_exception(escaped);
                     reason = std::move(answer);
                   });
    loop.run();
    return reason;
  }

  std::vector<std::string> calls;
  std::string refusal;

 private:
  double created_s_;
};

const Leftover kOldStage{"Stage", kStage, "prod", "a", 1000.5};
constexpr const char* kDeletion = R"(DeleteStage {"restApiId":"a","stageName":"prod"})";

TEST(Leftovers, AreDeletedAndAStageThatIsYoungerIsSomebodyElses) {
  Gateway old(900);
  EXPECT_EQ(old.removing(kOldStage), "");
  EXPECT_THAT(old.calls, testing::Contains(kDeletion));
  Gateway another(1002);
  EXPECT_EQ(another.removing(kOldStage), "");
  EXPECT_THAT(another.calls, testing::Not(testing::Contains(kDeletion)));
}

TEST(Leftovers, ThatAreStillInUseAreSaid) {
  Gateway used(900);
  used.refusal = "Please remove all base path mappings";
  EXPECT_EQ(used.removing(kOldStage), used.refusal);
}

}  // namespace
}  // namespace tandem::topology
