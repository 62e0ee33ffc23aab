// Models and request validators from the control plane to the answer.
#include "services/apigateway/testing.h"

namespace tandem::apigateway {
namespace {

struct Validation : testing::Harness {
  /// An API with POST /todos/{id}; more goes to PutMethod.
  void make(json::object validator, json::object more) {
    if (api.empty()) api = make_api();
    validator["restApiId"] = api;
    const std::string id = text(call("CreateRequestValidator", std::move(validator)), "id");
    const std::string resource = make_resource(api, make_resource(api, root, "todos"), "{id}");
    more["restApiId"] = api;
    more["resourceId"] = resource;
    more["httpMethod"] = "POST";
    more["authorizationType"] = "NONE";
    more["requestValidatorId"] = id;
    call("PutMethod", std::move(more));
    call("PutIntegration", {{"restApiId", api},
                            {"resourceId", resource},
                            {"httpMethod", "POST"},
                            {"type", "AWS_PROXY"},
                            {"integrationHttpMethod", "POST"},
                            {"uri", lambda_uri()}});
    deploy(api);
  }
  void make_model(std::string_view name, std::string_view schema,
                  std::string_view type = "application/json") {
    if (api.empty()) api = make_api();
    call("CreateModel",
         {{"restApiId", api}, {"name", name}, {"contentType", type}, {"schema", schema}});
  }
  net::HttpResponse post(std::string body, net::Headers headers = {}, std::string query = "") {
    return send("POST", host_of(api), "/dev/todos/7" + query, std::move(headers), std::move(body));
  }

  std::string api;
};

TEST_F(Validation, MissingParametersAreNamedInOrder) {
  make({{"validateRequestParameters", true}}, {{"requestParameters",
                                                {{"method.request.querystring.qs1", true},
                                                 {"method.request.header.x-header-param", true},
                                                 {"method.request.querystring.free", false},
                                                 {"method.request.path.issuer", true}}}});
  const auto answer = post("");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body,
            R"({"message": "Missing required request parameters: [x-header-param, issuer, qs1]"})");
  EXPECT_EQ(answer.headers.get_or("x-amzn-ErrorType"), "BadRequestException");
  EXPECT_EQ(post("", {{"X-Header-Param", " "}}, "?qs1=").body, answer.body);
  EXPECT_TRUE(functions.calls.empty());
}

TEST_F(Validation, BodiesFitTheirModel) {
  make_model("Todo", R"({"type": "object", "required": ["text"],
                         "properties": {"text": {"type": "string"}}})");
  make({{"validateRequestBody", true}}, {{"requestModels", {{"application/json", "Todo"}}}});
  EXPECT_EQ(post(R"({"text": "a"})").status, 200);
  EXPECT_EQ(post(R"({"text": "a"})", {{"Content-Type", "Application/JSON; charset=utf-8"}}).status,
            200);
  for (const char* body : {"", "{", R"({"text": 1})"}) {
    const auto answer = post(body);
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.body, R"({"message": "Invalid request body"})");
  }
  EXPECT_EQ(post("text=a", {{"Content-Type", "text/plain"}}).status, 200);
  EXPECT_EQ(post(R"({"text": ")" + std::string(100'000, 'a') + "\"}").status, 200);
  EXPECT_EQ(post(R"({"other": ")" + std::string(100'000, 'a') + "\"}").status, 400);
}

TEST_F(Validation, AModelMayStandForAllTypes) {
  make_model("Todo", R"({"type": "array"})");
  make({{"validateRequestBody", true}}, {{"requestModels", {{"$default", "Todo"}}}});
  EXPECT_EQ(post("[]", {{"Content-Type", "text/plain"}}).status, 200);
  EXPECT_EQ(post("{}", {{"Content-Type", "text/plain"}}).status, 400);
}

TEST_F(Validation, ADeploymentKeepsTheModelsItWasMadeOf) {
  make_model("Todo", R"({"type": "array"})");
  make({{"validateRequestBody", true}}, {{"requestModels", {{"application/json", "Todo"}}}});
  call("UpdateModel",
       {{"restApiId", api},
        {"modelName", "Todo"},
        {"patchOperations", json::array{patch("replace", "/schema", R"({"type": "object"})")}}});
  EXPECT_EQ(post("[]").status, 200);
  restart(Stop::kCrash);
  EXPECT_EQ(post("[]").status, 200);
  deploy(api);
  EXPECT_EQ(post("[]").status, 400);
}

TEST_F(Validation, ModelsAreKeptWhileNamed) {
  make_model("Todo", R"({"type": "array"})");
  make({{"name", "v"}}, {{"requestModels", {{"application/json", "Todo"}}}});
  const auto refused = fail("DeleteModel", {{"restApiId", api}, {"modelName", "Todo"}});
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.message,
            "Cannot delete model 'Todo', is referenced in method request: /todos/{id}/POST");
}

TEST_F(Validation, ANewApiHasTwoModels) {
  api = make_api();
  const json::array models = call("GetModels", {{"restApiId", api}}).at("items").as_array();
  ASSERT_EQ(models.size(), 2U);
  EXPECT_EQ(models[0].at("name"), "Empty");
  EXPECT_EQ(models[1].at("name"), "Error");
  call("DeleteModel", {{"restApiId", api}, {"modelName", "Empty"}});
  restart();
  EXPECT_EQ(call("GetModels", {{"restApiId", api}}).at("items").as_array().size(), 1U);
  EXPECT_EQ(fail("GetModel", {{"restApiId", api}, {"modelName", "Empty"}}).message,
            "Invalid model name specified: Empty");
  const json::object model{
      {"restApiId", api}, {"name", "Error"}, {"contentType", "application/json"}, {"schema", "{}"}};
  EXPECT_EQ(fail("CreateModel", model).message, "Model name already exists for this REST API");
}

TEST_F(Validation, AnApiFromBeforeThereWereModelsGetsThem) {
  api = make_api();
  for (const char* key : {"", "/Empty", "/Error"}) store->erase("model/" + api + key);
  EXPECT_TRUE(call("GetModels", {{"restApiId", api}}).at("items").as_array().empty());
  restart(Stop::kCrash);
  EXPECT_EQ(call("GetModels", {{"restApiId", api}}).at("items").as_array().size(), 2U);
}

TEST_F(Validation, NamesAreUniqueAcrossPlaces) {
  api = make_api();
  EXPECT_EQ(fail("PutMethod",
                 {{"restApiId", api},
                  {"resourceId", root},
                  {"httpMethod", "GET"},
                  {"authorizationType", "NONE"},
                  {"requestParameters",
                   {{"method.request.header.a", true}, {"method.request.querystring.a", true}}}})
                .message,
            "Parameter names must be unique across querystring, header and path");
}

}  // namespace
}  // namespace tandem::apigateway
