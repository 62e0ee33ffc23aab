#include <gmock/gmock.h>

#include "services/apigateway/testing.h"

namespace tandem::apigateway::testing {
namespace {

using ::testing::MatchesRegex;
using ::testing::StartsWith;

struct ControlPlane : Harness {};

// Ids and defaults: botocore's apigateway model and AWS's observed answers.
TEST_F(ControlPlane, RestApiHasAwsFormAndDefaults) {
  const json::object api = call("CreateRestApi", {{"name", "todos"}});
  EXPECT_THAT(text(api, "id"), MatchesRegex("[a-z0-9]{10}"));
  EXPECT_THAT(text(api, "rootResourceId"), MatchesRegex("[a-z0-9]{10}"));
  EXPECT_EQ(api.at("endpointConfiguration").at("types"), (json::array{"EDGE"}));
  EXPECT_EQ(api.at("apiKeySource"), "HEADER");
  EXPECT_EQ(api.at("disableExecuteApiEndpoint"), false);
  EXPECT_FALSE(api.contains("tags"));
  EXPECT_EQ(call("GetRestApi", {{"restApiId", text(api, "id")}}), api);
  const Failure failure = fail("GetRestApi", {{"restApiId", "nope"}});
  EXPECT_EQ(failure.status, 404);
  EXPECT_EQ(failure.code, "NotFoundException");
  EXPECT_EQ(failure.message, "Invalid API identifier specified 123456789012:nope");
}

TEST_F(ControlPlane, RestApiRefusesByNameWhatItDoesNotDo) {
  EXPECT_EQ(fail("CreateRestApi", {{"name", "a"}, {"policy", "{}"}}).message,
            "policy is not implemented");
  EXPECT_EQ(
      fail("CreateRestApi", {{"name", "a"}, {"endpointConfiguration", {{"types", {"PRIVATE"}}}}})
          .message,
      "Endpoint type PRIVATE is not implemented");
  EXPECT_EQ(fail("CreateRestApi", {{"name", "a"}, {"apiKeySource", "OTHER"}}).message,
            "API key source must be one of: [AUTHORIZER, HEADER]");
  call("CreateRestApi", {{"name", "a"}, {"policy", ""}});
}

TEST_F(ControlPlane, UpdateRestApiTakesAwsPatches) {
  const std::string id = make_api();
  const json::object api =
      call("UpdateRestApi", {{"restApiId", id},
                             {"patchOperations",
                              {patch("replace", "/name", "new"),
                               patch("replace", "/endpointConfiguration/types/EDGE", "REGIONAL"),
                               patch("add", "/binaryMediaTypes/image~1png")}}});
  EXPECT_EQ(api.at("name"), "new");
  EXPECT_EQ(api.at("endpointConfiguration").at("types"), (json::array{"REGIONAL"}));
  EXPECT_EQ(api.at("binaryMediaTypes"), (json::array{"image/png"}));
  EXPECT_EQ(fail("UpdateRestApi",
                 {{"restApiId", id}, {"patchOperations", {patch("replace", "/name", "")}}})
                .message,
            "No API name specified");
  EXPECT_THAT(
      fail("UpdateRestApi", {{"restApiId", id}, {"patchOperations", {patch("replace", "/x", "1")}}})
          .message,
      StartsWith("Invalid patch path  '/x' specified for op 'replace'. Must be one of: ["));
}

TEST_F(ControlPlane, ListsPageByPosition) {
  for (int i = 0; i < 7; ++i) make_api();
  std::vector<std::string> seen;
  std::string position;
  for (int page = 0; page < 4; ++page) {
    json::object input{{"limit", 3}};
    if (!position.empty()) input["position"] = position;
    const json::object output = call("GetRestApis", input);
    for (const json::value& api : output.at("items").as_array()) {
      seen.push_back(text(api.as_object(), "id"));
    }
    position = text(output, "position");
    if (position.empty()) break;
  }
  EXPECT_EQ(seen.size(), 7u);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_EQ(fail("GetRestApis", {{"limit", 501}}).code, "BadRequestException");
  EXPECT_EQ(fail("GetRestApis", {{"position", "%"}}).code, "BadRequestException");
}

TEST_F(ControlPlane, ResourcesFormATree) {
  const std::string api = make_api();
  const std::string todos = make_resource(api, root, "todos");
  const std::string id = make_resource(api, todos, "{id}");
  EXPECT_EQ(call("GetResource", {{"restApiId", api}, {"resourceId", id}}),
            (json::object{
                {"id", id}, {"parentId", todos}, {"pathPart", "{id}"}, {"path", "/todos/{id}"}}));
  Failure failure =
      fail("CreateResource", {{"restApiId", api}, {"parentId", root}, {"pathPart", "todos"}});
  EXPECT_EQ(failure.status, 409);
  EXPECT_EQ(failure.message, "Another resource with the same parent already has this name: todos");
  failure =
      fail("CreateResource", {{"restApiId", api}, {"parentId", todos}, {"pathPart", "{other}"}});
  EXPECT_EQ(failure.message,
            "A sibling ({id}) of this resource already has a variable path part -- only one is "
            "allowed");
  // A greedy variable counts as one too (serverless-nextjs/serverless-next.js#206 shows AWS saying
  // so).
  failure =
      fail("CreateResource", {{"restApiId", api}, {"parentId", todos}, {"pathPart", "{proxy+}"}});
  EXPECT_EQ(failure.message,
            "A sibling ({id}) of this resource already has a variable path part -- only one is "
            "allowed");
  const std::string proxy = make_resource(api, root, "{proxy+}");
  failure = fail("CreateResource", {{"restApiId", api}, {"parentId", proxy}, {"pathPart", "x"}});
  EXPECT_THAT(failure.message, StartsWith("Cannot create a child of a resource with a greedy"));
  failure = fail("CreateResource", {{"restApiId", api}, {"parentId", "zz"}, {"pathPart", "x"}});
  EXPECT_EQ(failure.message, "Invalid Resource identifier specified");
}

TEST_F(ControlPlane, MovingAResourceMovesWhatIsBelow) {
  const std::string api = make_api();
  const std::string a = make_resource(api, root, "a");
  const std::string b = make_resource(api, a, "b");
  call("UpdateResource", {{"restApiId", api},
                          {"resourceId", a},
                          {"patchOperations", {patch("replace", "/pathPart", "z")}}});
  EXPECT_EQ(call("GetResource", {{"restApiId", api}, {"resourceId", b}}).at("path"), "/z/b");
  EXPECT_EQ(fail("UpdateResource", {{"restApiId", api},
                                    {"resourceId", a},
                                    {"patchOperations", {patch("replace", "/parentId", b)}}})
                .code,
            "BadRequestException");
  call("DeleteResource", {{"restApiId", api}, {"resourceId", a}});
  EXPECT_EQ(fail("GetResource", {{"restApiId", api}, {"resourceId", b}}).status, 404);
  EXPECT_EQ(call("GetResources", {{"restApiId", api}}).at("items").as_array().size(), 1u);
}

TEST_F(ControlPlane, MethodsShowThemselvesOnDemand) {
  const std::string api = make_api();
  make_method(api, root, "GET", Key::kYes);
  EXPECT_EQ(fail("PutMethod", {{"restApiId", api},
                               {"resourceId", root},
                               {"httpMethod", "GET"},
                               {"authorizationType", "NONE"}})
                .status,
            409);
  EXPECT_EQ(fail("PutMethod", {{"restApiId", api},
                               {"resourceId", root},
                               {"httpMethod", "PUT"},
                               {"authorizationType", "AWS_IAM"}})
                .message,
            "authorizationType AWS_IAM is not implemented");
  const json::object plain = call("GetResource", {{"restApiId", api}, {"resourceId", root}});
  EXPECT_EQ(plain.at("resourceMethods"), (json::object{{"GET", json::object()}}));
  const json::object full =
      call("GetResource", {{"restApiId", api}, {"resourceId", root}, {"embed", {"methods"}}});
  const json::value& method = full.at("resourceMethods").at("GET");
  EXPECT_EQ(method.at("apiKeyRequired"), true);
  EXPECT_EQ(method.at("methodIntegration").at("timeoutInMillis"), 29'000);
  const json::object at{{"restApiId", api}, {"resourceId", root}, {"httpMethod", "GET"}};
  call("DeleteIntegration", at);
  EXPECT_EQ(fail("GetIntegration", at).message, "Invalid Integration identifier specified");
  call("DeleteMethod", at);
  EXPECT_EQ(fail("GetMethod", at).message, "Invalid Method identifier specified");
}

TEST_F(ControlPlane, IntegrationsAreChecked) {
  const std::string api = make_api();
  make_method(api, root, "GET");
  const auto refusal = [&](json::object more) {
    json::object input{{"restApiId", api},
                       {"resourceId", root},
                       {"httpMethod", "GET"},
                       {"type", "AWS_PROXY"},
                       {"integrationHttpMethod", "POST"},
                       {"uri", lambda_uri()}};
    for (const auto& [key, value] : more) input[key] = value;
    return fail("PutIntegration", input).message;
  };
  EXPECT_EQ(refusal({{"integrationHttpMethod", ""}}),
            "Enumeration value for HttpMethod must be non-empty");
  EXPECT_EQ(refusal({{"uri", "arn:aws:apigateway:us-east-1:s3:path/x"}}),
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose "
            "stream invocations.");
  EXPECT_EQ(refusal({{"timeoutInMillis", 49}}), "Timeout should be between 50 ms and 29000 ms");
  EXPECT_EQ(refusal({{"connectionType", "VPC_LINK"}}),
            "connectionType VPC_LINK is not implemented");
  EXPECT_EQ(refusal({{"credentials", "arn:aws:iam::*:user/*"}}),
            "Integration credentials of the caller is not implemented");
  EXPECT_EQ(refusal({{"tlsConfig", {{"insecureSkipVerification", true}}}}),
            "TLS configuration is only supported for HTTP and HTTP_PROXY");
}

TEST_F(ControlPlane, SelectionPatternsAreChecked) {
  const std::string api = make_api();
  make_method(api, root, "GET");
  const auto refusal = [&](std::string_view pattern) {
    return fail("PutIntegrationResponse", {{"restApiId", api},
                                           {"resourceId", root},
                                           {"httpMethod", "GET"},
                                           {"statusCode", "200"},
                                           {"selectionPattern", pattern}})
        .message;
  };
  EXPECT_THAT(refusal("("), StartsWith("Invalid selection pattern specified: "));
  EXPECT_EQ(refusal("^(?!ok).*"), "Look-around in a selectionPattern is not implemented");
}

// Recorded answers of API Gateway.
TEST_F(ControlPlane, WhatAnApiIsCalledIsChecked) {
  EXPECT_EQ(fail("CreateRestApi", {{"name", "a"}, {"description", ""}}).message,
            "Description cannot be an empty string");
  EXPECT_EQ(
      fail("CreateRestApi", {{"name", "a"}, {"endpointConfiguration", {{"types", json::array()}}}})
          .message,
      "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.");
  EXPECT_EQ(fail("CreateRestApi", {{"name", std::string(1'025, 'a')}}).status, 400);
}

// Recorded answers of API Gateway.
TEST_F(ControlPlane, ResourcesStayATree) {
  const std::string api = make_api();
  const std::string a = make_resource(api, root, "a");
  const std::string b = make_resource(api, a, "b");
  const auto refusal = [&](const std::string& resource, std::string_view op, std::string_view path,
                           std::string_view value) {
    return fail("UpdateResource", {{"restApiId", api},
                                   {"resourceId", resource},
                                   {"patchOperations", {patch(op, path, value)}}})
        .message;
  };
  EXPECT_EQ(refusal(a, "replace", "/parentId", b), "Resources cannot be cyclical.");
  EXPECT_EQ(refusal(root, "replace", "/pathPart", "x"),
            "Root resource cannot update its pathPart.");
  EXPECT_EQ(refusal(root, "replace", "/parentId", a), "Root resource cannot update its parentId.");
  EXPECT_EQ(refusal(a, "replace", "/x", "y"),
            "Invalid patch path  '/x' specified for op 'replace'. Must be one of: [/parentId, "
            "/pathPart]");
  EXPECT_EQ(refusal(a, "add", "/pathPart", "y"),
            "Invalid patch path  '/pathPart' specified for op 'add'. Please choose supported "
            "operations");
}

TEST_F(ControlPlane, ModelsOtherThanTheBuiltInOnesAreUnknown) {
  const std::string api = make_api();
  EXPECT_EQ(fail("PutMethod", {{"restApiId", api},
                               {"resourceId", root},
                               {"httpMethod", "POST"},
                               {"authorizationType", "NONE"},
                               {"requestModels", {{"application/json", "Todo"}}}})
                .message,
            "Invalid model identifier specified: Todo");
}

TEST_F(ControlPlane, MethodResponsesAreKept) {
  const std::string api = make_api();
  make_method(api, root, "GET");
  json::object at{
      {"restApiId", api}, {"resourceId", root}, {"httpMethod", "GET"}, {"statusCode", "200"}};
  json::object input = at;
  input["responseParameters"] = {{"method.response.header.X", true}};
  input["responseModels"] = {{"application/json", "Empty"}};
  call("PutMethodResponse", input);
  EXPECT_EQ(call("GetMethodResponse", at).at("responseModels").at("application/json"), "Empty");
  EXPECT_EQ(fail("PutMethodResponse", input).status, 409);
  call("DeleteMethodResponse", at);
  EXPECT_EQ(fail("GetMethodResponse", at).message, "Invalid Response status code specified");
}

TEST_F(ControlPlane, GatewayResponsesHaveDefaultsAndAreReplacedWhole) {
  const std::string api = make_api();
  const json::object key{{"restApiId", api}, {"responseType", "THROTTLED"}};
  const json::object by_default{
      {"responseType", "THROTTLED"},
      {"statusCode", "429"},
      {"responseParameters", json::object()},
      {"responseTemplates", {{"application/json", R"({"message":$context.error.messageString})"}}},
      {"defaultResponse", true}};
  EXPECT_EQ(call("GetGatewayResponse", key), by_default);
  EXPECT_EQ(fail("DeleteGatewayResponse", key).status, 404);
  json::object input = key;
  input["statusCode"] = "503";
  input["responseParameters"] = {{"gatewayresponse.header.Retry-After", "'1'"}};
  const json::object made = call("PutGatewayResponse", input);
  EXPECT_EQ(made.at("statusCode"), "503");
  EXPECT_EQ(made.at("defaultResponse"), false);
  EXPECT_EQ(call("GetGatewayResponse", key), made);
  const json::object all = call("GetGatewayResponses", {{"restApiId", api}});
  EXPECT_EQ(all.at("items").as_array().size(), 21u);
  EXPECT_EQ(call("PutGatewayResponse", key).at("responseParameters"), json::object());
  call("DeleteGatewayResponse", key);
  EXPECT_EQ(call("GetGatewayResponse", key), by_default);
}

TEST_F(ControlPlane, GatewayResponsesAreChecked) {
  const std::string api = make_api();
  const auto refusal = [&](json::object more) {
    more["restApiId"] = api;
    more["responseType"] = "DEFAULT_4XX";
    return fail("PutGatewayResponse", std::move(more)).message;
  };
  EXPECT_EQ(refusal({{"statusCode", "99"}}), "Invalid status code specified: 99");
  EXPECT_EQ(refusal({{"responseParameters", {{"header.X", "'1'"}}}}),
            "Invalid mapping expression parameter specified: header.X");
  EXPECT_EQ(refusal({{"responseParameters", {{"gatewayresponse.header.A B", "'1'"}}}}),
            "Invalid mapping expression parameter specified: gatewayresponse.header.A B");
  EXPECT_EQ(refusal({{"responseParameters", {{"gatewayresponse.header.X", "context.requestId"}}}}),
            "Gateway response parameter value context.requestId is not implemented");
  EXPECT_EQ(refusal({{"responseParameters", {{"gatewayresponse.header.X", "'a\r\nB: c'"}}}}),
            "Invalid mapping expression parameter specified: gatewayresponse.header.X");
  EXPECT_EQ(refusal({{"responseTemplates", {{"text/plain", "no"}}}}),
            "Gateway response template for text/plain is not implemented");
}

TEST_F(ControlPlane, DeploymentNeedsMethodsWithIntegrations) {
  const std::string api = make_api();
  EXPECT_EQ(fail("CreateDeployment", {{"restApiId", api}}).message,
            "The REST API doesn't contain any methods");
  call("PutMethod", {{"restApiId", api},
                     {"resourceId", root},
                     {"httpMethod", "GET"},
                     {"authorizationType", "NONE"}});
  EXPECT_EQ(fail("CreateDeployment", {{"restApiId", api}}).message,
            "No integration defined for method");
}

// terraform-provider-aws sends "" and {} for what is not set.
TEST_F(ControlPlane, ADeploymentWithoutAStageMaySayNothingOfOne) {
  const std::string api = make_api();
  make_method(api, root, "GET");
  call("CreateDeployment", {{"restApiId", api},
                            {"description", ""},
                            {"stageDescription", ""},
                            {"stageName", ""},
                            {"variables", json::object()}});
  EXPECT_EQ(call("GetStages", {{"restApiId", api}}).at("item"), json::array());
  EXPECT_EQ(fail("CreateDeployment", {{"restApiId", api}, {"variables", {{"a", "1"}}}}).message,
            "Stage name must be specified to set stage properties");
}

TEST_F(ControlPlane, DeploymentWithAStageCannotBeDeleted) {
  const std::string api = make_api();
  make_method(api, root, "GET");
  const std::string first = deploy(api);
  EXPECT_THAT(first, MatchesRegex("[a-z0-9]{6}"));
  EXPECT_EQ(
      call("GetDeployment",
           {{"restApiId", api}, {"deploymentId", first}, {"embed", {"apisummary"}}})
          .at("apiSummary"),
      (json::object{{"/", {{"GET", {{"authorizationType", "NONE"}, {"apiKeyRequired", false}}}}}}));
  EXPECT_EQ(fail("DeleteDeployment", {{"restApiId", api}, {"deploymentId", first}}).message,
            "Active stages pointing to this deployment must be moved or deleted");
  deploy(api);
  call("DeleteDeployment", {{"restApiId", api}, {"deploymentId", first}});
  EXPECT_EQ(fail("GetDeployment", {{"restApiId", api}, {"deploymentId", first}}).message,
            "Invalid Deployment identifier specified");
}

TEST_F(ControlPlane, StagesAreChecked) {
  const std::string api = make_api();
  make_method(api, root, "GET");
  const std::string deployment = deploy(api);
  const auto input = [&](std::string_view name) {
    return json::object{{"restApiId", api}, {"stageName", name}, {"deploymentId", deployment}};
  };
  EXPECT_EQ(fail("CreateStage", input("dev")).status, 409);
  EXPECT_EQ(fail("CreateStage", input("dev")).message, "Stage already exists");
  EXPECT_EQ(fail("CreateStage", input("a b")).message, "Stage name only allows a-zA-Z0-9_-");
  json::object tracing = input("traced");
  tracing["tracingEnabled"] = true;
  EXPECT_EQ(fail("CreateStage", tracing).message, "tracingEnabled is not implemented");
  for (int i = 0; i < 9; ++i) call("CreateStage", input("s" + std::to_string(i)));
  EXPECT_EQ(fail("CreateStage", input("more")).code, "LimitExceededException");
  EXPECT_EQ(call("GetStages", {{"restApiId", api}}).at("item").as_array().size(), 10u);
  EXPECT_EQ(fail("UpdateStage", {{"restApiId", api},
                                 {"stageName", "dev"},
                                 {"patchOperations", {patch("replace", "/deploymentId", "zz")}}})
                .message,
            "Invalid Deployment identifier specified");
  const json::object stage =
      call("UpdateStage", {{"restApiId", api},
                           {"stageName", "dev"},
                           {"patchOperations",
                            {patch("replace", "/variables/fn", "x"),
                             patch("replace", "/*/*/throttling/rateLimit", "3")}}});
  EXPECT_EQ(stage.at("variables"), (json::object{{"fn", "x"}}));
  EXPECT_EQ(stage.at("methodSettings").at("*/*").at("throttlingRateLimit"), 3.0);
  EXPECT_EQ(stage.at("methodSettings").at("*/*").at("loggingLevel"), "OFF");
}

TEST_F(ControlPlane, DeletingAnApiDeletesItsChildren) {
  const std::string api = make_api();
  make_method(api, root, "GET");
  deploy(api);
  call("DeleteRestApi", {{"restApiId", api}});
  EXPECT_EQ(fail("GetStage", {{"restApiId", api}, {"stageName", "dev"}}).status, 404);
  int left = 0;
  store::for_each(*store, "", [&](std::string_view, std::string_view) { return ++left, true; });
  EXPECT_EQ(left, 0);
}

TEST_F(ControlPlane, TagsGoByArn) {
  const std::string api = make_api({{"tags", {{"a", "1"}}}});
  const std::string arn = "arn:aws:apigateway:us-east-1::/restapis/" + api;
  call("TagResource", {{"resourceArn", arn}, {"tags", {{"b", "2"}}}});
  EXPECT_EQ(call("GetTags", {{"resourceArn", arn}}).at("tags"),
            (json::object{{"a", "1"}, {"b", "2"}}));
  call("UntagResource", {{"resourceArn", arn}, {"tagKeys", {"a", "b"}}});
  EXPECT_FALSE(call("GetRestApi", {{"restApiId", api}}).contains("tags"));
  EXPECT_EQ(fail("GetTags", {{"resourceArn", "arn:aws:s3:::x"}}).code, "BadRequestException");
  EXPECT_EQ(fail("GetTags", {{"resourceArn", arn + "x"}}).code, "NotFoundException");
}

TEST_F(ControlPlane, AccountHasTheRegionsThrottle) {
  EXPECT_EQ(call("GetAccount", {}).at("throttleSettings"),
            (json::object{{"burstLimit", 5'000}, {"rateLimit", 10'000.0}}));
}

/// The text as Terraform's provider, rain (#163) and others have it from AWS.
TEST_F(ControlPlane, AccountHasARoleThatTrustsTheGateway) {
  const auto role = [](std::string_view arn) {
    return json::object{
        {"patchOperations", {{{"op", "replace"}, {"path", "/cloudwatchRoleArn"}, {"value", arn}}}}};
  };
  EXPECT_EQ(text(call("UpdateAccount", role(services.trusting)), "cloudwatchRoleArn"),
            services.trusting);
  restart(Stop::kCrash);
  EXPECT_EQ(text(call("GetAccount", {}), "cloudwatchRoleArn"), services.trusting);
  EXPECT_EQ(fail("UpdateAccount", role("arn:aws:iam::123456789012:role/other")).message,
            "The role ARN does not have required permissions configured. Please grant trust "
            "permission for API Gateway and add the required role policy.");
  EXPECT_EQ(fail("UpdateAccount",
                 {{"patchOperations", {{{"op", "replace"}, {"path", "/apiKeyVersion"}}}}})
                .code,
            "BadRequestException");
  EXPECT_FALSE(call("UpdateAccount", role("")).contains("cloudwatchRoleArn"));
  EXPECT_FALSE(call("GetAccount", {}).contains("cloudwatchRoleArn"));
}

TEST_F(ControlPlane, ResetEmptiesEverything) {
  make_api();
  call("CreateApiKey", {{"name", "k"}});
  run(service->reset());
  EXPECT_TRUE(call("GetRestApis", {}).at("items").as_array().empty());
  EXPECT_TRUE(call("GetApiKeys", {}).at("items").as_array().empty());
}

}  // namespace
}  // namespace tandem::apigateway::testing
