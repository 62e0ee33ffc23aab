#include "services/apigateway/model/openapi.h"

#include <gtest/gtest.h>

#include "aws/error.h"
#include "services/apigateway/model/openapi_text.h"

namespace tandem::apigateway {
namespace {

constexpr std::string_view kVersion3 = R"(
openapi: 3.0.1
info: {title: todos, version: 1.0, description: d}
servers:
  - url: https://example.com/{basePath}
    variables: {basePath: {default: /v1/base}}
security: [{guard: []}]
x-amazon-apigateway-request-validators: {all: {validateRequestBody: true, validateRequestParameters: true}}
x-amazon-apigateway-request-validator: all
x-amazon-apigateway-binary-media-types: ['image/png']
paths:
  /todos/{id}:
    parameters: [{name: q, in: query, required: true}]
    post:
      operationId: change
      parameters: [{$ref: '#/components/parameters/Who'}]
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Todo'}}}}
      responses:
        200:
          description: ok
          headers: {X-A: {schema: {type: string}}}
          content: {application/json: {schema: {$ref: '#/components/schemas/Todo'}}}
        default: {description: none}
      x-amazon-apigateway-integration:
        type: aws_proxy
        httpMethod: post
        uri: arn
        passthroughBehavior: when_no_match
        requestParameters: {integration.request.header.nothing: true}
        responses: {default: {statusCode: 200}, '5\d\d': {statusCode: '500'}}
    x-amazon-apigateway-any-method:
      security: [{key: []}]
      responses: {}
components:
  parameters:
    Who: {name: X-Who, in: header}
  schemas:
    Todo:
      type: object
      properties: {text: {type: string, example: x}, next: {$ref: '#/components/schemas/Todo'}}
    bad_name: {type: object}
  securitySchemes:
    key: {type: apiKey, name: x-api-key, in: header}
    guard:
      type: apiKey
      name: Auth
      in: header
      x-amazon-apigateway-authtype: custom
      x-amazon-apigateway-authorizer: {type: token, authorizerUri: uri, authorizerResultTtlInSeconds: 5}
)";

std::string refusal(std::string_view text) {
  try {
    read_openapi(text, BasePath::kIgnore, "abc");
  } catch (const aws::ApiError& error) {
    return error.message();
  }
  return "";
}

TEST(OpenApi, Version3IsRead) {
  const OpenApi read = read_openapi(kVersion3, BasePath::kIgnore, "abc");
  EXPECT_EQ(
      json::to_text(read.api),
      R"({"name":"todos","description":"d","version":"1.0","binaryMediaTypes":["image/png"]})");
  ASSERT_EQ(read.models.size(), 1U);
  EXPECT_EQ(json::string_or(read.models[0], "schema"),
            R"({"type":"object","properties":{"text":{"type":"string"},"next":{"$ref":)"
            R"("https://apigateway.amazonaws.com/restapis/abc/models/Todo"}}})");
  ASSERT_EQ(read.authorizers.size(), 1U);
  EXPECT_EQ(json::to_text(read.authorizers[0]),
            R"({"name":"guard","type":"TOKEN","authType":"custom","authorizerUri":"uri",)"
            R"("authorizerResultTtlInSeconds":5,"identitySource":"method.request.header.Auth"})");
  ASSERT_EQ(read.methods.size(), 2U);
  const OpenApiMethod& post = read.methods[0];
  EXPECT_EQ(post.path, "/todos/{id}");
  EXPECT_EQ(post.http_method, "POST");
  EXPECT_EQ(post.authorizer, "guard");
  EXPECT_EQ(post.validator, "all");
  EXPECT_EQ(json::to_text(post.method),
            R"({"operationName":"change","authorizationType":"CUSTOM","requestParameters":)"
            R"({"method.request.path.id":true,"method.request.querystring.q":true,)"
            R"("method.request.header.X-Who":false},"requestModels":{"application/json":"Todo"}})");
  EXPECT_EQ(json::to_text(post.integration),
            R"({"type":"AWS_PROXY","passthroughBehavior":"WHEN_NO_MATCH","uri":"arn",)"
            R"("integrationHttpMethod":"POST"})");
  ASSERT_EQ(post.responses.size(), 1U);
  EXPECT_EQ(json::to_text(post.responses[0]),
            R"({"statusCode":"200","responseParameters":{"method.response.header.X-A":false},)"
            R"("responseModels":{"application/json":"Todo"}})");
  ASSERT_EQ(post.integration_responses.size(), 2U);
  EXPECT_EQ(json::to_text(post.integration_responses[1]),
            R"({"statusCode":"500","selectionPattern":"5\\d\\d"})");
  EXPECT_EQ(read.methods[1].http_method, "ANY");
  EXPECT_EQ(read.methods[1].method.at("apiKeyRequired"), true);
  const std::vector<std::string> warnings{
      "Model name must be alphanumeric: bad_name",
      "Response 'default' of method POST for resource '/todos/{id}' has no status code. Ignoring.",
      "Invalid format for 'requestParameters'. Expected type string for property "
      "'integration.request.header.nothing' of resource '/todos/{id}' and method 'POST' but got "
      "'true'"};
  EXPECT_EQ(read.warnings, warnings);
}

TEST(OpenApi, BasePathsArePrependedOrSplit) {
  EXPECT_EQ(read_openapi(kVersion3, BasePath::kPrepend, "a").methods[0].path,
            "/v1/base/todos/{id}");
  EXPECT_EQ(read_openapi(kVersion3, BasePath::kSplit, "a").methods[0].path, "/base/todos/{id}");
}

TEST(OpenApi, Version2IsRead) {
  const OpenApi read = read_openapi(
      R"({"swagger": "2.0", "info": {"title": "t"}, "basePath": "/a/b", "paths": {"/": {"put": {
          "consumes": ["application/json"], "produces": ["application/json"],
          "parameters": [{"in": "body", "name": "b", "schema": {"type": "array"}}],
          "responses": {"201": {"schema": {"$ref": "#/definitions/None"}}}}}}})",
      BasePath::kPrepend, "abc");
  ASSERT_EQ(read.methods.size(), 1U);
  EXPECT_EQ(read.methods[0].path, "/a/b");
  ASSERT_EQ(read.models.size(), 1U);
  EXPECT_EQ(read.methods[0].method.at("requestModels").at("application/json"),
            read.models[0].at("name"));
  EXPECT_EQ(read.warnings,
            std::vector<std::string>{"Reference to model 'None' not found. Ignoring."});
}

TEST(OpenApi, WhatIsNoneIsRefused) {
  for (const char* text : {"", "a", "[]", "{", R"({"info": {}, "paths": {}})",
                           R"({"swagger": "1.2", "info": {}, "paths": {}})",
                           R"({"openapi": "3.0.1", "info": {}})", "a: &a [*a]"}) {
    EXPECT_EQ(refusal(text), "Invalid OpenAPI input.") << text;
  }
  EXPECT_EQ(refusal(R"({"openapi": "3.0.1", "info": {}, "paths": {},
                        "x-amazon-apigateway-tag-value": "x"})"),
            "x-amazon-apigateway-tag-value is not implemented");
}

TEST(OpenApiText, YamlThatExplodesIsRefused) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) text += before + (j < 9 ? ", " : "]\n");
  }
  EXPECT_FALSE(parse_openapi_text(text));
  EXPECT_FALSE(parse_openapi_text(std::string(100, '[')));
}

TEST(OpenApiText, ComesBackAsItWasWritten) {
  const json::value document =
      json::parse_text(R"({"a":[1,"two",{"b":null},[]],"200":{"c: d":true},"e":{}})").value();
  EXPECT_EQ(parse_openapi_text(to_yaml(document)), document);
  EXPECT_EQ(parse_openapi_text(to_pretty_json(document)), document);
  EXPECT_EQ(to_pretty_json(json::parse_text(R"({"a":{"b":[1,2]}})").value()),
            "{\n  \"a\" : {\n    \"b\" : [ 1, 2 ]\n  }\n}");
}

}  // namespace
}  // namespace tandem::apigateway
