// A service that answers as AWS's do, as far as handlers read it, and a world whose stacks call it.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "services/cloudformation/engine/test_world.h"
#include "services/cloudformation/resources/table.h"

namespace tandem::cloudformation {

// Answers as the services do, as far as handlers read it.
class FakeAws final : public aws::Api {
 public:
  Task<aws::ApiResult> call(aws::ApiCall call) override {
    calls.push_back(call.operation + ' ' + json::to_text(call.input));
    payloads[call.operation] = call.payload;
    regions.push_back(call.region);
    if (!is_there(call.operation)) throw aws::ApiError(404, "NotFoundException", "Not Found");
    if (call.operation == fail) throw aws::ApiError(400, "BadRequestException", "told to fail");
    made_.insert(call.operation);
    aws::ApiResult result;
    result.output = answer(call);
    co_return result;
  }

  /// The calls' operations only.
  std::vector<std::string> operations() const {
    std::vector<std::string> names;
    for (const std::string& one : calls) names.push_back(one.substr(0, one.find(' ')));
    return names;
  }
  std::string request(std::string_view operation) const {
    for (const std::string& one : calls) {
      if (one.starts_with(operation) && one[operation.size()] == ' ') {
        return one.substr(operation.size() + 1);
      }
    }
    return "";
  }

  std::vector<std::string> calls;
  std::map<std::string, std::string> payloads;  ///< of the last call of each operation
  std::vector<std::string> regions;
  std::string fail;
  std::vector<std::string> replicas;
  std::string refusing;  ///< a region that takes no replica
  bool issued_at_once = false;
  std::string listed_version = "arn:function:$LATEST";

 private:
  // What is read is there once it was made.
  bool is_there(const std::string& operation) const {
    static const std::map<std::string, std::string> kMadeBy = {
        {"DescribeTable", "CreateTable"},
        {"GetRole", "CreateRole"},
        {"GetFunctionConfiguration", "CreateFunction"},
        {"GetFunctionEventInvokeConfig", "PutFunctionEventInvokeConfig"},
        {"GetDomainName", "CreateDomainName"},
        {"GetStage", "CreateStage"},
        {"GetMethod", "PutMethod"},
        {"GetModel", "CreateModel"},
        {"GetBasePathMapping", "CreateBasePathMapping"},
        {"GetUsagePlanKey", "CreateUsagePlanKey"},
        {"GetBucketPolicy", "PutBucketPolicy"},
        {"DescribeRule", "PutRule"},
        {"HeadBucket", "CreateBucket"},
        {"GetPipeline", "CreatePipeline"}};
    const auto maker = kMadeBy.find(operation);
    return maker == kMadeBy.end() || made_.contains(maker->second);
  }

  json::object answer(const aws::ApiCall& call) {
    if (call.operation == "PutScalingPolicy") return {{"PolicyARN", "arn:policy"}};
    const std::string& operation = call.operation;
    if (operation == "GetResources") {
      return {{"items", json::array{json::object{{"path", "/"}, {"id", "root1"}}}}};
    }
    if (operation == "CreateDomainName") {
      return {{"domainName", "api.test"},
              {"regionalDomainName", "d-1.execute-api.us-east-1.amazonaws.com"},
              {"regionalHostedZoneId", "Z1UJRXOUMOOFQ8"}};
    }
    if (operation == "CreateTable" || operation == "DescribeTable" || operation == "UpdateTable") {
      return table(call);
    }
    if (operation == "DeleteTable") deleted_ = true;
    if (operation == "RequestCertificate") return {{"CertificateArn", "arn:cert"}};
    if (operation == "DescribeCertificate") return certificate();
    if (operation == "CreateFunction") return {{"FunctionArn", "arn:function"}};
    if (operation == "PublishVersion") {
      return {{"FunctionArn", "arn:function:1"}, {"Version", "1"}};
    }
    if (operation == "PublishLayerVersion") return {{"LayerVersionArn", "arn:aws:layer:tools:3"}};
    if (operation == "CreateFunctionUrlConfig") {
      return {{"FunctionArn", "arn:function"}, {"FunctionUrl", "https://u.lambda-url/"}};
    }
    if (operation == "CreateAlias") return {{"AliasArn", "arn:function:live"}};
    if (operation == "ListVersionsByFunction") {
      return {{"Versions", json::array{json::object{{"FunctionArn", listed_version}}}}};
    }
    if (operation == "CreateRole" || operation == "GetRole") {
      return {{"Role", json::object{{"Arn", "arn:role"}, {"RoleId", "AROA1"}}}};
    }
    if (operation == "CreateHostedZone") {
      return {{"HostedZone", json::object{{"Id", "/hostedzone/Z123"}}},
              {"DelegationSet", json::object{{"NameServers", json::array{"ns-1.test"}}}}};
    }
    if (operation == "CreatePipeline" || operation == "UpdatePipeline") {
      return {{"pipeline", json::object{{"version", operation == "CreatePipeline" ? 1 : 2}}}};
    }
    if (operation == "CreateHealthCheck") {
      return {{"HealthCheck", json::object{{"Id", "check-1"}}}};
    }
    if (operation == "ChangeResourceRecordSets") {
      return {{"ChangeInfo", json::object{{"Id", "/change/C1"}, {"Status", "PENDING"}}}};
    }
    if (operation == "GetChange") {
      return {{"ChangeInfo", json::object{{"Id", "/change/C1"}, {"Status", "INSYNC"}}}};
    }
    return {{"id", operation.substr(6) + "1"}};  // API Gateway's Create operations
  }

  json::object table(const aws::ApiCall& call) {
    if (call.operation == "DescribeTable" && deleted_) {
      throw aws::ApiError(400, "ResourceNotFoundException", "Requested resource not found");
    }
    if (const auto* updates = json::find_array(call.input, "ReplicaUpdates")) {
      const json::object& update = updates->at(0).as_object();
      if (const auto* made = json::find_object(update, "Create")) {
        const std::string region = json::string_or(*made, "RegionName");
        if (region != refusing) replicas.push_back(region);
      } else {
        std::erase(replicas, json::string_or(update.at("Delete").as_object(), "RegionName"));
      }
    }
    json::array shown;
    for (const std::string& region : replicas) {
      shown.push_back(json::object{{"RegionName", region}, {"ReplicaStatus", "ACTIVE"}});
    }
    json::object description{{"TableArn", "arn:aws:dynamodb:us-east-1:123456789012:table/todos"},
                             {"TableStatus", "ACTIVE"},
                             {"LatestStreamArn", "arn:stream"},
                             {"TableId", "t1"},
                             {"Replicas", std::move(shown)}};
    return {
        {call.operation == "DescribeTable" ? "Table" : "TableDescription", std::move(description)}};
  }

  json::object certificate() {
    json::object record{{"Name", "_x.api.test."}, {"Type", "CNAME"}, {"Value", "_y.acm."}};
    json::object option{{"DomainName", "api.test"}, {"ResourceRecord", std::move(record)}};
    const bool issued = ++described_ > 1 || issued_at_once;
    return {
        {"Certificate", json::object{{"Status", issued ? "ISSUED" : "PENDING_VALIDATION"},
                                     {"DomainValidationOptions", json::array{std::move(option)}}}}};
  }

  std::set<std::string> made_;
  int described_ = 0;
  bool deleted_ = false;
};

class HandlersTest : public testing::Test {
 protected:
  json::object deploy(std::string_view body, std::string_view operation = "CreateStack") {
    json::object more{{"Capabilities", json::array{"CAPABILITY_NAMED_IAM"}}};
    json::object answer = world_.deploy(body, operation, std::move(more));
    EXPECT_EQ(json::string_or(answer, "Message"), "");
    return answer;
  }
  std::string attribute(std::string_view id, std::string_view name) {
    return json::string_or(
        world_.engine->stacks().find("shop")->resources.find(id)->second.attributes, name);
  }

  FakeAws aws_;
  TestWorld world_{&aws_, resource_types()};
};

}  // namespace tandem::cloudformation
