// Every kind of integration but AWS_PROXY, from request to answer.
#include <gmock/gmock.h>

#include "services/apigateway/testing.h"

namespace tandem::apigateway::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kInternal = R"({"message": "Internal server error"})";

/// One resource, /items/{id}, whose method the test gives an integration.
struct Integrations : Harness {
  Integrations() {
    api = make_api();
    item = make_resource(api, make_resource(api, root, "items"), "{id}");
  }
  json::object at(json::object more = {}) {
    more["restApiId"] = api;
    more["resourceId"] = item;
    more["httpMethod"] = method;
    return more;
  }
  void integrate(json::object integration, json::object parameters = {}) {
    call("PutMethod", at({{"authorizationType", "NONE"}, {"requestParameters", parameters}}));
    call("PutIntegration", at(std::move(integration)));
  }
  /// A response without anything, and what the test adds to it.
  void respond(std::string_view status, json::object integration = {}, json::object headers = {}) {
    call("PutMethodResponse", at({{"statusCode", status}, {"responseParameters", headers}}));
    integration["statusCode"] = status;
    call("PutIntegrationResponse", at(std::move(integration)));
  }
  net::HttpResponse ask(net::Headers headers = {}, std::string body = "",
                        std::string target = "/dev/items/7") {
    if (!deployed) deploy(api);
    deployed = true;
    return send(method == "ANY" ? "POST" : method, host_of(api), std::move(target),
                std::move(headers), std::move(body));
  }
  void variables(json::object given) {
    call("CreateDeployment", {{"restApiId", api}, {"stageName", "dev"}, {"variables", given}});
    deployed = true;
  }
  json::object mock(std::string_view text = R"({"statusCode":200})") {
    return {{"type", "MOCK"}, {"requestTemplates", {{"application/json", text}}}};
  }
  json::object function(json::object more = {}) {
    more["type"] = "AWS";
    more["integrationHttpMethod"] = "POST";
    more["uri"] = lambda_uri();
    return more;
  }
  json::object http(std::string_view type, std::string_view uri, json::object more = {}) {
    more["type"] = type;
    more["integrationHttpMethod"] = "ANY";
    more["uri"] = uri;
    return more;
  }

  std::string api;
  std::string item;
  std::string method = "POST";
  bool deployed = false;
};

// What `cors: true` of the Serverless Framework makes: an object with a bare key, headers in
// quotes, an empty template.
TEST_F(Integrations, MockAnswersAPreflight) {
  method = "OPTIONS";
  integrate({{"type", "MOCK"},
             {"requestTemplates", {{"application/json", "{statusCode:200}"}}},
             {"contentHandling", "CONVERT_TO_TEXT"}});
  const char* origin = "method.response.header.Access-Control-Allow-Origin";
  respond("200",
          {{"responseParameters", {{origin, "'*'"}}},
           {"responseTemplates", {{"application/json", ""}}}},
          {{origin, true}});
  const auto response = ask({{"Origin", "https://a.example"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.get_or("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(response.headers.get_or("Content-Type"), "application/json");
  EXPECT_EQ(response.body, "");
  EXPECT_FALSE(response.headers.contains("X-Amzn-Trace-Id"));
  EXPECT_TRUE(response.headers.contains("x-amzn-RequestId"));
}

TEST_F(Integrations, MockNeedsAWholeNumberForAStatus) {
  integrate(mock(R"({"statusCode":"200"})"));
  respond("200");
  const auto response = ask();
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body, kInternal);
  EXPECT_EQ(response.headers.get_or("x-amzn-ErrorType"), "InternalServerErrorException");
}

// The number only selects; the client gets the integration response's status.
TEST_F(Integrations, MockSelectsByItsNumber) {
  integrate(mock(R"j({"statusCode": $input.params('want')})j"));
  respond("200",
          {{"responseTemplates", {{"application/json", R"j({"id":"$input.params('id')"})j"}}}});
  respond("404", {{"selectionPattern", "4\\d{2}"}});
  EXPECT_EQ(ask({}, "", "/dev/items/7?want=204").status, 200);
  EXPECT_EQ(ask({}, "", "/dev/items/7?want=204").body, R"({"id":"7"})");
  EXPECT_EQ(ask({}, "", "/dev/items/7?want=409").status, 404);
}

// What a proxy's event has of the way here, templates have too, however the client spells it.
TEST_F(Integrations, TemplatesSeeTheWayHere) {
  integrate(mock(R"({"statusCode":200})"));
  respond("200", {{"responseTemplates",
                   {{"application/json",
                     "#foreach($n in $input.params().header.keySet())"
                     "$n=$input.params().header.get($n);#end"}}}});
  const std::string body = ask({{"x-forwarded-for", "1.2.3.4"}}).body;
  EXPECT_THAT(body, HasSubstr("X-Forwarded-For=1.2.3.4, 127.0.0.9;"));
  EXPECT_THAT(body, HasSubstr("X-Forwarded-Proto="));
  EXPECT_EQ(body.find("x-forwarded-for"), std::string::npos);
}

TEST_F(Integrations, WithoutAFittingResponseThereIsNone) {
  integrate(mock());
  respond("404", {{"selectionPattern", "404"}});
  EXPECT_EQ(ask().status, 500);
}

// [measured: API Gateway integrations] the put is accepted, its use is not.
TEST_F(Integrations, AResponseHasToBeDeclaredToBeUsed) {
  integrate(mock());
  call("PutIntegrationResponse", at({{"statusCode", "200"}}));
  EXPECT_EQ(ask().status, 500);
}

// [measured: API Gateway integrations] what the request's template overrides is there in the
// response.
TEST_F(Integrations, OverridesWin) {
  integrate(
      mock("#set($context.responseOverride.status = 444)"
           "#set($context.responseOverride.header.x-one = 'a')"
           "{\"statusCode\":200}"));
  respond("200",
          {{"responseTemplates",
            {{"application/json", "#set($context.responseOverride.header.x-two = 'b')ok"}}},
           {"responseParameters", {{"method.response.header.x-one", "'mapped'"}}}},
          {{"method.response.header.x-one", false}});
  const auto response = ask();
  EXPECT_EQ(response.status, 444);
  EXPECT_EQ(response.headers.all("x-one"), std::vector<std::string_view>{"a"});
  EXPECT_EQ(response.headers.get_or("x-two"), "b");
  EXPECT_EQ(response.body, "ok");
}

/// More work than the loop does at once: begun there, done again beside it, with the same result.
TEST_F(Integrations, TemplatesThatTakeLongAreRendered) {
  const std::string loops =
      "#foreach($i in [1..900])#foreach($j in [1..90])#set($n = $i * $j)#end#end";
  integrate(mock(loops + "#set($context.requestOverride.header.x-seen = $n){\"statusCode\":200}"));
  respond("200",
          {{"responseTemplates",
            {{"application/json", loops + "#set($context.responseOverride.status = 201)$n"}}}});
  const auto response = ask();
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body, "81000");
}

// Developer guide, "Integration passthrough behaviors".
TEST_F(Integrations, ChoosesATemplateByContentType) {
  json::object integration = mock();
  integration["passthroughBehavior"] = "WHEN_NO_TEMPLATES";
  integrate(std::move(integration));
  respond("200");
  EXPECT_EQ(ask().status, 200);
  EXPECT_EQ(ask({{"Content-Type", "Application/JSON; charset=utf-8"}}).status, 200);
  const auto refused = ask({{"Content-Type", "text/plain"}}, "x");
  EXPECT_EQ(refused.status, 415);
  EXPECT_EQ(refused.body, R"({"message": "Unsupported Media Type"})");
}

TEST_F(Integrations, PassesABodyThrough) {
  integrate(function());
  respond("200");
  EXPECT_EQ(ask({{"Content-Type", "text/x"}}, "[1]").status, 200);
  EXPECT_EQ(functions.calls.at(0).event, "[1]");
}

// Developer guide, "Set up Lambda custom integrations".
TEST_F(Integrations, AFunctionGetsWhatTheTemplateMakes) {
  integrate(
      function({{"requestTemplates",
                 {{"application/json", R"j({"id":"$input.params('id')","x":$input.json('$.x'),)j"
                                       R"("stage":"$context.stage","v":"$stageVariables.v"})"}}}}));
  respond("200");
  functions.answer.payload = R"({"errorMessage":"no error at all"})";
  variables({{"v", "1"}});
  const auto response = ask({}, R"({"x":{"y":[1]}})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, functions.answer.payload);
  EXPECT_THAT(std::string(response.headers.get_or("X-Amzn-Trace-Id")), StartsWith("Root=1-"));
  EXPECT_EQ(functions.calls.at(0).event, R"({"id":"7","x":{"y":[1]},"stage":"dev","v":"1"})");
  EXPECT_EQ(functions.calls.at(0).source_arn,
            "arn:aws:execute-api:us-east-1:123456789012:" + api + "/dev/POST/items/{id}");
}

TEST_F(Integrations, AFunctionsErrorIsSelectedByItsMessage) {
  integrate(function());
  respond("200");
  respond("404", {{"selectionPattern", "Not found.*"},
                  {"responseTemplates",
                   {{"application/json", R"j({"m":$input.json('$.errorMessage')})j"}}}});
  functions.answer = {InvokeResult::Outcome::kFunctionError,
                      R"({"errorMessage":"Not found: 7","errorType":"E"})"};
  const auto response = ask();
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body, R"({"m":"Not found: 7"})");
  functions.answer.payload = R"({"errorMessage":"other"})";
  EXPECT_EQ(ask().status, 200);
  EXPECT_EQ(ask().body, R"({"errorMessage":"other"})");
}

TEST_F(Integrations, AFunctionThatIsNotLetInIsAFault) {
  integrate(function());
  respond("200");
  using Outcome = InvokeResult::Outcome;
  for (const auto& [outcome, status] :
       std::vector<std::pair<Outcome, int>>{{Outcome::kPermissionMissing, 500},
                                            {Outcome::kThrottled, 500},
                                            {Outcome::kNotFound, 500},
                                            {Outcome::kTimeout, 504}}) {
    functions.answer = {outcome, ""};
    EXPECT_EQ(ask().status, status);
  }
}

TEST_F(Integrations, AFunctionMayBeInvokedLater) {
  integrate(function(
      {{"requestParameters", {{"integration.request.header.X-Amz-Invocation-Type", "'Event'"}}}}));
  respond("200");
  const auto response = ask({}, R"({"a":1})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "");
  EXPECT_TRUE(functions.calls.empty());
  EXPECT_EQ(functions.later.at(0).event, R"({"a":1})");
}

// Observed: Lambda's refusal is an answer like any other.
TEST_F(Integrations, AnEventThatIsNoJsonIsRefusedByLambda) {
  integrate(function());
  respond("200");
  EXPECT_THAT(ask({}, "x").body, HasSubstr("Could not parse request body into json"));
  EXPECT_TRUE(functions.calls.empty());
}

// What was measured of the requests of an HTTP integration.
TEST_F(Integrations, HttpSendsWhatIsMappedAndNothingElse) {
  const std::string_view hosts = "http://127.0.0.1:9000/v/{key}?fixed=1";
  integrate(http("HTTP", hosts,
                 {{"requestParameters",
                   {{"integration.request.path.key", "method.request.path.id"},
                    {"integration.request.querystring.q", "method.request.multivaluequerystring.q"},
                    {"integration.request.header.X-Stage", "context.stage"},
                    {"integration.request.header.X-Part", "method.request.body.a.b"}}}}),
            {{"method.request.path.id", true}, {"method.request.querystring.q", false}});
  respond("200",
          {{"responseParameters",
            {{"method.response.header.X-Kind", "integration.response.header.X-Kind"},
             {"method.response.header.Date", "'today'"}}}},
          {{"method.response.header.X-Kind", false}, {"method.response.header.Date", false}});
  endpoints.answer.response.status = 200;
  endpoints.answer.response.headers = {{"X-Kind", "k"}, {"X-Other", "o"}};
  endpoints.answer.response.body = "answer";
  const auto response = ask({{"X-Client", "c"}, {"Authorization", "secret"}}, R"({"a":{"b":5}})",
                            "/dev/items/a%2Fb?q=1&q=2&z=3");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "answer");
  EXPECT_EQ(response.headers.get_or("X-Kind"), "k");
  EXPECT_FALSE(response.headers.contains("X-Other"));
  EXPECT_EQ(response.headers.get_or("x-amzn-Remapped-Date"), "today");
  const auto& call = endpoints.calls.at(0);
  EXPECT_EQ(call.host, "127.0.0.1");
  EXPECT_EQ(call.port, 9000);
  EXPECT_FALSE(call.tls);
  const net::HttpRequest& sent = call.request;
  EXPECT_EQ(sent.method, "POST");
  EXPECT_EQ(sent.target, "/v/a%2Fb?fixed=1&q=1&q=2");
  EXPECT_EQ(sent.body, R"({"a":{"b":5}})");
  EXPECT_EQ(sent.headers.get_or("X-Stage"), "dev");
  EXPECT_EQ(sent.headers.get_or("X-Part"), "5");
  EXPECT_EQ(sent.headers.get_or("Accept"), "application/json");
  EXPECT_EQ(sent.headers.get_or("User-Agent"), "AmazonAPIGateway_" + api);
  EXPECT_EQ(sent.headers.get_or("X-Amzn-Apigateway-Api-Id"), api);
  EXPECT_EQ(sent.headers.get_or("Host"), "127.0.0.1:9000");
  EXPECT_FALSE(sent.headers.contains("X-Client"));
  EXPECT_FALSE(sent.headers.contains("Authorization"));
}

TEST_F(Integrations, HttpProxyPassesTheClientsRequest) {
  method = "ANY";
  integrate(http("HTTP_PROXY", "https://${stageVariables.host}/x/{id}",
                 {{"requestParameters",
                   {{"integration.request.path.id", "method.request.path.id"},
                    {"integration.request.header.X-One", "'mapped'"}}}}),
            {{"method.request.path.id", true}});
  variables({{"host", "a.example"}});
  endpoints.answer.response.status = 404;
  endpoints.answer.response.headers = {
      {"Server", "s"}, {"Content-Type", "text/html"}, {"Via", "v"}};
  const auto response = ask({{"X-One", "1"}, {"X-Two", "2"}, {"TE", "trailers"}, {"Via", "v"}},
                            "body", "/dev/items/7?b=2&a=1");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.headers.get_or("Content-Type"), "text/html");
  EXPECT_EQ(response.headers.get_or("x-amzn-Remapped-Server"), "s");
  EXPECT_FALSE(response.headers.contains("X-Amzn-Trace-Id"));
  const auto& call = endpoints.calls.at(0);
  EXPECT_EQ(call.host, "a.example");
  EXPECT_EQ(call.port, 443);
  EXPECT_EQ(call.request.target, "/x/7?b=2&a=1");
  EXPECT_EQ(call.request.body, "body");
  EXPECT_EQ(call.request.headers.all("X-One"), std::vector<std::string_view>{"mapped"});
  EXPECT_EQ(call.request.headers.get_or("X-Two"), "2");
  EXPECT_FALSE(call.request.headers.contains("TE"));
  EXPECT_FALSE(call.request.headers.contains("Via"));
  EXPECT_EQ(call.request.headers.get_or("X-Forwarded-For"), "127.0.0.9");
}

TEST_F(Integrations, AnEndpointThatIsNotThereIsATimeout) {
  integrate(http("HTTP_PROXY", "http://a.example"));
  endpoints.answer.outcome = CallResult::Outcome::kFailed;
  const auto response = ask();
  EXPECT_EQ(response.status, 504);
  EXPECT_EQ(response.body, R"({"message": "Network error communicating with endpoint"})");
  endpoints.answer.outcome = CallResult::Outcome::kTimeout;
  EXPECT_EQ(ask().body, R"({"message": "Endpoint request timed out"})");
}

// [measured: API Gateway integrations] a variable that the stage does not have leaves no address.
TEST_F(Integrations, WithoutAHostThereIsNoEndpoint) {
  integrate(http("HTTP_PROXY", "http://${stageVariables.none}"));
  EXPECT_EQ(ask().status, 500);
  EXPECT_TRUE(endpoints.calls.empty());
}

// What a client sends in a body must not become a header, or another target, of its own.
TEST_F(Integrations, ValuesStayWhereTheyArePut) {
  integrate(http("HTTP", "http://a.example/{p}",
                 {{"requestParameters",
                   {{"integration.request.path.p", "method.request.body.p"},
                    {"integration.request.header.X-H", "method.request.body.h"}}}}));
  respond("200");
  EXPECT_EQ(ask({}, R"({"p":"a","h":"b\r\nX-Evil: 1"})").status, 500);
  EXPECT_TRUE(endpoints.calls.empty());
  ask({}, R"({"p":"a?b#c d\r\n","h":"b"})");
  EXPECT_EQ(endpoints.calls.at(0).request.target, "/a%3Fb%23c%20d%0D%0A");
  EXPECT_EQ(ask({}, R"({"p":)").body, R"({"message": "Invalid JSON in request body"})");
}

// [measured: API Gateway integrations] headers that the gateway sets itself cannot be mapped,
// whatever is integrated.
TEST_F(Integrations, SomeHeadersCannotBeMapped) {
  const json::object forbidden{{"integration.request.header.Content-Length", "'1'"}};
  integrate({{"type", "AWS_PROXY"},
             {"integrationHttpMethod", "POST"},
             {"uri", lambda_uri()},
             {"requestParameters", forbidden}});
  EXPECT_EQ(ask().status, 500);
  EXPECT_TRUE(functions.calls.empty());
}

TEST_F(Integrations, OnlyAPostInvokesAFunction) {
  integrate({{"type", "AWS_PROXY"}, {"integrationHttpMethod", "GET"}, {"uri", lambda_uri()}});
  functions.answer.outcome = InvokeResult::Outcome::kNotFound;
  EXPECT_EQ(ask().status, 500);
}

constexpr const char* kRole = "arn:aws:iam::123456789012:role/gateway";

// Developer guide, "Create an API as an Amazon DynamoDB proxy" in its parts.
TEST_F(Integrations, CallsAnActionAsTheRole) {
  integrate({{"type", "AWS"},
             {"integrationHttpMethod", "POST"},
             {"uri", "arn:aws:apigateway:us-east-1:dynamodb:action/GetItem"},
             {"credentials", kRole},
             {"requestTemplates",
              {{"application/json", R"j({"Key":{"id":{"S":"$input.params('id')"}}})j"}}}});
  respond("200");
  respond("400", {{"selectionPattern", "4\\d{2}"}});
  services.answer.response.body = R"({"Item":{}})";
  EXPECT_EQ(ask().body, R"({"Item":{}})");
  const auto& call = services.calls.at(0);
  EXPECT_EQ(call.role_arn, kRole);
  EXPECT_EQ(call.service, "dynamodb");
  EXPECT_EQ(call.region, "us-east-1");
  EXPECT_EQ(call.request.target, "/?Action=GetItem");
  EXPECT_EQ(call.request.headers.get_or("X-Amz-Target"), "DynamoDB_20120810.GetItem");
  EXPECT_EQ(call.request.headers.get_or("Host"), "dynamodb.us-east-1.amazonaws.com");
  EXPECT_EQ(call.request.body, R"({"Key":{"id":{"S":"7"}}})");
  services.answer.response.status = 400;
  EXPECT_EQ(ask().status, 400);
}

// "Create a REST API as an Amazon S3 proxy".
TEST_F(Integrations, CallsAPathAsTheRole) {
  method = "GET";
  integrate({{"type", "AWS"},
             {"integrationHttpMethod", "GET"},
             {"uri", "arn:aws:apigateway:us-west-2:s3:path/bucket/{key}"},
             {"credentials", kRole},
             {"requestParameters", {{"integration.request.path.key", "method.request.path.id"}}}},
            {{"method.request.path.id", true}});
  respond("200");
  ask({}, "", "/dev/items/a%20b");
  const auto& call = services.calls.at(0);
  EXPECT_EQ(call.service, "s3");
  EXPECT_EQ(call.region, "us-west-2");
  EXPECT_EQ(call.request.method, "GET");
  EXPECT_EQ(call.request.target, "/bucket/a%20b");
  services.answer.outcome = CallResult::Outcome::kNoRole;
  EXPECT_EQ(ask().status, 500);
}

TEST_F(Integrations, AFunctionIsInvokedAsTheRoleThereIs) {
  integrate({{"type", "AWS_PROXY"},
             {"integrationHttpMethod", "POST"},
             {"uri", lambda_uri()},
             {"credentials", kRole}});
  services.answer.response.body = R"({"statusCode":201})";
  EXPECT_EQ(ask().status, 201);
  EXPECT_TRUE(functions.calls.empty());
  EXPECT_EQ(services.calls.at(0).service, "lambda");
}

// Large bodies are mapped beside the loop, with the same result.
TEST_F(Integrations, LargeBodiesAreMappedToo) {
  integrate(function({{"requestTemplates", {{"application/json", "$input.json('$.a')"}}}}));
  respond("200", {{"responseTemplates", {{"application/json", "$input.path('$').length()"}}}});
  const std::string large(300'000, 'x');
  functions.answer.payload = '"' + large + '"';
  const auto response = ask({}, R"({"a":")" + large + R"("})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "300000");
  EXPECT_EQ(functions.calls.at(0).event, '"' + large + '"');
}

// Whatever the templates say, a stage loads; what cannot be parsed fails when it is used.
TEST_F(Integrations, ABrokenTemplateFailsItsRequestsAlone) {
  integrate(mock("#if("));
  respond("200");
  EXPECT_EQ(ask().status, 500);
  restart();
  EXPECT_EQ(ask().status, 500);
}

}  // namespace
}  // namespace tandem::apigateway::testing
