// Documents in and out through the operations.
#include "services/apigateway/api/draft.h"
#include "services/apigateway/testing.h"

namespace tandem::apigateway {
namespace {

struct Imports : testing::Harness {
  json::object with_body(std::string_view name, json::object input, std::string body) {
    service::RequestContext context;
    context.payload = std::move(body);
    return run(operation(name).handler(context, std::move(input))).output;
  }
  testing::Failure fail_with_body(std::string_view name, json::object input, std::string body) {
    try {
      with_body(name, std::move(input), std::move(body));
    } catch (const aws::ApiError& error) {
      return {error.status(), error.code(), error.message()};
    }
    ADD_FAILURE() << name << " succeeded";
    return {};
  }
  std::string document(std::string_view paths, std::string_view more = "") {
    return R"({"openapi":"3.0.1","info":{"title":"todos","version":"7"},"paths":{)" +
           std::string(paths) + "}" + std::string(more) + "}";
  }
  std::string proxy(std::string_view more = "") {
    return R"("x-amazon-apigateway-integration":{"type":"aws_proxy","httpMethod":"POST","uri":")" +
           lambda_uri() + "\"}" + std::string(more);
  }
  std::vector<std::string> paths_of(const std::string& api) {
    std::vector<std::string> paths;
    const json::object resources = call("GetResources", {{"restApiId", api}});
    for (const json::value& each : resources.at("items").as_array()) {
      const json::object& one = each.as_object();
      if (one.contains("resourceMethods")) paths.push_back(text(one, "path"));
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }
};

TEST_F(Imports, AnApiIsMadeAndServed) {
  const json::object made = with_body(
      "ImportRestApi", {},
      document(R"("/todos/{id}":{"post":{"requestBody":{"content":{"application/json":{"schema":)"
               R"({"$ref":"#/components/schemas/Todo"}}}},)" +
                   proxy() + "}}",
               R"(,"x-amazon-apigateway-request-validators":{"b":{"validateRequestBody":true}},)"
               R"("x-amazon-apigateway-request-validator":"b",)"
               R"("components":{"schemas":{"Todo":{"type":"object","required":["a"]}}})"));
  const std::string api = text(made, "id");
  EXPECT_EQ(text(made, "name"), "todos");
  EXPECT_EQ(text(made, "version"), "7");
  deploy(api);
  EXPECT_EQ(send("POST", host_of(api), "/dev/todos/1", {}, R"({"a":1})").status, 200);
  EXPECT_EQ(send("POST", host_of(api), "/dev/todos/1", {}, "{}").status, 400);
}

TEST_F(Imports, MergingReplacesMethodsAndKeepsTheRest) {
  const std::string api = make_api();
  make_method(api, make_resource(api, root, "old"), "GET");
  make_method(api, make_resource(api, root, "both"), "GET", Key::kYes);
  const std::string two =
      document(R"("/both":{"get":{)" + proxy() + R"(}},"/new":{"get":{)" + proxy() + "}}");
  with_body("PutRestApi", {{"restApiId", api}}, two);
  EXPECT_EQ(paths_of(api), (std::vector<std::string>{"/both", "/new", "/old"}));
  with_body("PutRestApi", {{"restApiId", api}, {"mode", "overwrite"}}, two);
  EXPECT_EQ(paths_of(api), (std::vector<std::string>{"/both", "/new"}));
  restart(Stop::kCrash);
  EXPECT_EQ(paths_of(api), (std::vector<std::string>{"/both", "/new"}));
}

TEST_F(Imports, WhatFailsLeavesNothingBehind) {
  const std::string api = make_api();
  const std::string wrong =
      document(R"("/new":{"get":{)" + proxy() + R"(},"put":{"x-amazon-apigateway-integration":)" +
               R"({"type":"aws_proxy","httpMethod":"POST","uri":"x"}}})");
  EXPECT_EQ(fail_with_body("PutRestApi", {{"restApiId", api}}, wrong).message,
            "Errors found during import:\n\tUnable to put integration on 'PUT' for resource at "
            "path '/new': Invalid ARN specified in the request");
  EXPECT_TRUE(paths_of(api).empty());
  EXPECT_EQ(fail_with_body("ImportRestApi", {}, wrong).status, 400);
  EXPECT_EQ(call("GetRestApis", {}).at("items").as_array().size(), 1U);
  EXPECT_EQ(fail_with_body("PutRestApi", {{"restApiId", "none"}}, "{").message,
            "Invalid OpenAPI input.");
  const std::string warns =
      document(R"("/new":{"get":{"responses":{"default":{}},)" + proxy() + "}}");
  EXPECT_EQ(
      fail_with_body("PutRestApi", {{"restApiId", api}, {"failOnWarnings", true}}, warns).message,
      "Warnings found during import:\n\tResponse 'default' of method GET for resource '/new' has "
      "no status code. Ignoring.");
  EXPECT_TRUE(paths_of(api).empty());
  EXPECT_EQ(with_body("PutRestApi", {{"restApiId", api}}, warns).at("warnings").as_array().size(),
            1U);
}

TEST_F(Imports, WhatIsExportedCanBeImported) {
  const std::string api = text(
      with_body(
          "ImportRestApi", {{"parameters", {{"endpointConfigurationTypes", "REGIONAL"}}}},
          document(
              R"("/todos/{id}":{"get":{"security":[{"guard":[]}],"parameters":[{"in":"query",)"
              R"("name":"q","required":true}],"responses":{"200":{"headers":{"A":{}},"content":)"
              R"({"application/json":{"schema":{"$ref":"#/components/schemas/Todo"}}}}},)" +
                  proxy() + "}}",
              R"(,"components":{"schemas":{"Todo":{"type":"object"}},"securitySchemes":{"guard":)"
              R"({"type":"apiKey","name":"Auth","in":"header","x-amazon-apigateway-authorizer":)"
              R"({"type":"token","authorizerUri":")" +
                  lambda_uri() + R"("}}}})")),
      "id");
  deploy(api);
  for (const char* type : {"oas30", "swagger"}) {
    service::RequestContext context;
    const json::object input{{"restApiId", api},
                             {"stageName", "dev"},
                             {"exportType", type},
                             {"parameters", {{"extensions", "apigateway"}}}};
    const service::Reply first = run(operation("GetExport").handler(context, input));
    EXPECT_EQ(text(first.output, "contentDisposition"),
              std::string("attachment; filename=\"") + type + "_7.json\"");
    const json::object again = with_body("ImportRestApi", {}, first.payload);
    EXPECT_FALSE(again.contains("warnings")) << first.payload;
    const std::string copy = text(again, "id");
    deploy(copy);
    json::object second_input = input;
    second_input["restApiId"] = copy;
    const service::Reply second = run(operation("GetExport").handler(context, second_input));
    std::string expected = first.payload;
    for (auto at = expected.find(api); at != std::string::npos; at = expected.find(api)) {
      expected.replace(at, api.size(), copy);
    }
    EXPECT_EQ(second.payload, expected);
  }
}

/// While a document is read and made others have their turn; on AWS, too, edits meet.
TEST_F(Imports, WhatHasChangedMeanwhileIsNotOverwritten) {
  const std::string api = make_api();
  State state(service::Environment{io.get_executor(), pool, clock, random, *store, "/nonexistent",
                                   config, "us-east-1"},
              ApiGatewayPorts{functions, certificates, tls, endpoints, services});
  Draft unchanged(state);
  unchanged.copy(api, Draft::Copy::kWhole);
  EXPECT_NO_THROW(unchanged.commit(api));
  Draft draft(state);
  draft.copy(api, Draft::Copy::kWhole);
  make_resource(api, root, "meanwhile");
  try {
    draft.commit(api);
    ADD_FAILURE() << "committed";
  } catch (const aws::ApiError& error) {
    EXPECT_EQ(error.code(), "ConflictException");
    EXPECT_EQ(error.status(), 409);
  }
  Draft gone(state);
  gone.copy(api, Draft::Copy::kWhole);
  call("DeleteRestApi", {{"restApiId", api}});
  EXPECT_THROW(gone.commit(api), aws::ApiError);
}

}  // namespace
}  // namespace tandem::apigateway
