#include <gmock/gmock.h>

#include "services/apigateway/testing.h"

namespace tandem::apigateway::testing {
namespace {

using ::testing::MatchesRegex;

struct Keys : Harness {
  std::string make_key(std::string_view value = "", std::string_view name = "client") {
    json::object input{{"name", name}, {"enabled", true}};
    if (!value.empty()) input["value"] = value;
    return text(call("CreateApiKey", input), "id");
  }
  std::string make_plan(const std::string& api, json::object more = {}) {
    more["name"] = "plan";
    more["apiStages"] = json::array{{{"apiId", api}, {"stage", "dev"}}};
    return text(call("CreateUsagePlan", std::move(more)), "id");
  }
  json::object member(const std::string& plan, const std::string& key) {
    return {{"usagePlanId", plan}, {"keyId", key}, {"keyType", "API_KEY"}};
  }
  std::string ready_api() {
    const std::string api = make_api();
    make_method(api, root, "GET", Key::kYes);
    deploy(api);
    return api;
  }
};

// AWS: id of 10 characters, generated values of 40; a value is unique per account and region.
TEST_F(Keys, ValuesAreGivenOrGenerated) {
  const json::object made = call("CreateApiKey", {{"name", "k"}});
  EXPECT_THAT(text(made, "id"), MatchesRegex("[a-z0-9]{10}"));
  EXPECT_THAT(text(made, "value"), MatchesRegex("[A-Za-z0-9]{40}"));
  EXPECT_EQ(made.at("enabled"), false);
  const std::string value = "a-common-key-of-both-regions";
  EXPECT_EQ(text(call("CreateApiKey", {{"value", value}, {"generateDistinctId", true}}), "value"),
            value);
  const Failure failure = fail("CreateApiKey", {{"name", "other"}, {"value", value}});
  EXPECT_EQ(failure.status, 409);
  EXPECT_EQ(failure.message, "API Key already exists");
  EXPECT_EQ(fail("CreateApiKey", {{"value", "short"}}).message,
            "API Key value should be at least 20 characters");
}

TEST_F(Keys, ValuesAreShownOnRequestOnly) {
  const std::string id = make_key("a-common-key-of-both-regions");
  EXPECT_FALSE(call("GetApiKey", {{"apiKey", id}}).contains("value"));
  EXPECT_TRUE(call("GetApiKey", {{"apiKey", id}, {"includeValue", true}}).contains("value"));
  EXPECT_FALSE(call("GetApiKeys", {}).at("items").at(0).as_object().contains("value"));
  EXPECT_TRUE(call("GetApiKeys", {{"includeValues", true}})
                  .at("items")
                  .at(0)
                  .as_object()
                  .contains("value"));
  const json::object updated =
      call("UpdateApiKey",
           {{"apiKey", id}, {"patchOperations", {patch("replace", "/enabled", "false")}}});
  EXPECT_EQ(updated.at("enabled"), false);
  EXPECT_FALSE(updated.contains("value"));
}

TEST_F(Keys, AreFoundByTheStartOfTheirName) {
  make_key("", "alpha");
  make_key("", "alphabet");
  make_key("", "beta");
  EXPECT_EQ(call("GetApiKeys", {{"nameQuery", "alpha"}}).at("items").as_array().size(), 2u);
}

TEST_F(Keys, PlansNeedStagesThatExist) {
  const Failure failure =
      fail("CreateUsagePlan",
           {{"name", "p"}, {"apiStages", json::array{{{"apiId", "x"}, {"stage", "dev"}}}}});
  EXPECT_EQ(failure.status, 404);
  EXPECT_EQ(failure.message, "API Stage not found: x:dev");
  EXPECT_EQ(fail("CreateUsagePlan", {{"name", "p"}, {"quota", {{"limit", 1}, {"period", "YEAR"}}}})
                .message,
            "Usage Plan quota period must be one of: [DAY, WEEK, MONTH]");
  const std::string plan = text(call("CreateUsagePlan", {{"name", "p"}}), "id");
  EXPECT_EQ(fail("UpdateUsagePlan",
                 {{"usagePlanId", plan}, {"patchOperations", {patch("replace", "/name", "")}}})
                .message,
            "Usage plan name is required");
  EXPECT_EQ(fail("CreateUsagePlan",
                 {{"name", "p"}, {"quota", {{"limit", 1}, {"period", "DAY"}, {"offset", 1}}}})
                .message,
            "Usage Plan quota offset must be zero in the DAY period");
}

// AWS: a key can be in several plans, but only in one for each API stage.
TEST_F(Keys, OnePlanPerStageForAKey) {
  const std::string api = ready_api();
  const std::string key = make_key();
  const std::string first = make_plan(api);
  const std::string second = make_plan(api);
  EXPECT_EQ(call("CreateUsagePlanKey", member(first, key)).at("type"), "API_KEY");
  EXPECT_EQ(fail("CreateUsagePlanKey", member(first, key)).status, 409);
  EXPECT_EQ(fail("CreateUsagePlanKey", member(second, key)).code, "ConflictException");
  call("UpdateUsagePlan", {{"usagePlanId", second},
                           {"patchOperations", {patch("remove", "/apiStages", api + ":dev")}}});
  call("CreateUsagePlanKey", member(second, key));
  EXPECT_EQ(
      fail("UpdateUsagePlan", {{"usagePlanId", second},
                               {"patchOperations", {patch("add", "/apiStages", api + ":dev")}}})
          .code,
      "ConflictException");
  EXPECT_EQ(call("GetUsagePlans", {{"keyId", key}}).at("items").as_array().size(), 2u);
  call("DeleteUsagePlanKey", {{"usagePlanId", first}, {"keyId", key}});
  EXPECT_EQ(fail("GetUsagePlanKey", {{"usagePlanId", first}, {"keyId", key}}).status, 404);
}

// Terraform's and the Serverless Framework's patches.
TEST_F(Keys, PlansTakeTheirClientsPatches) {
  const std::string api = ready_api();
  const std::string id = make_plan(api);
  const std::string stage = "/apiStages/" + api + ":dev/throttle/";
  json::object plan = call(
      "UpdateUsagePlan",
      {{"usagePlanId", id},
       {"patchOperations",
        {patch("add", "/throttle/rateLimit", "10.5"), patch("replace", "/throttle/burstLimit", "7"),
         patch("add", "/quota/limit", "100"), patch("add", "/quota/period", "WEEK"),
         patch("replace", stage + "/test/GET/rateLimit", "3"),
         patch("replace", stage + "~1test~1GET/burstLimit", "4")}}});
  EXPECT_EQ(plan.at("throttle"), (json::object{{"rateLimit", 10.5}, {"burstLimit", 7}}));
  EXPECT_EQ(plan.at("quota"), (json::object{{"limit", 100}, {"period", "WEEK"}}));
  EXPECT_EQ(plan.at("apiStages").at(0).at("throttle"),
            (json::object{{"/test/GET", {{"burstLimit", 4}, {"rateLimit", 3.0}}}}));
  plan = call("UpdateUsagePlan", {{"usagePlanId", id},
                                  {"patchOperations",
                                   {patch("remove", "/throttle"), patch("remove", "/quota"),
                                    patch("remove", "/apiStages", api + ":dev")}}});
  EXPECT_FALSE(plan.contains("throttle"));
  EXPECT_TRUE(plan.at("apiStages").as_array().empty());
  EXPECT_FALSE(plan.contains("createdDate"));
}

TEST_F(Keys, StagesInAPlanCannotBeDeleted) {
  const std::string api = ready_api();
  const std::string plan = make_plan(api);
  EXPECT_EQ(fail("DeleteStage", {{"restApiId", api}, {"stageName", "dev"}}).message,
            "Active stages in usage plan: " + plan + ":[dev]");
  EXPECT_EQ(fail("DeleteRestApi", {{"restApiId", api}}).code, "BadRequestException");
  EXPECT_EQ(fail("DeleteUsagePlan", {{"usagePlanId", plan}}).code, "BadRequestException");
  call("UpdateUsagePlan",
       {{"usagePlanId", plan}, {"patchOperations", {patch("remove", "/apiStages", api + ":dev")}}});
  call("DeleteUsagePlan", {{"usagePlanId", plan}});
  call("DeleteStage", {{"restApiId", api}, {"stageName", "dev"}});
}

struct Domains : Harness {
  json::object domain_input(std::string_view name = "todos.tandem.test") {
    return {{"domainName", name},
            {"regionalCertificateArn", kCertificate},
            {"endpointConfiguration", {{"types", {"REGIONAL"}}}}};
  }
};

// AWS: a regional domain has regional members only.
TEST_F(Domains, HaveTheRegionalForm) {
  const json::object domain = call("CreateDomainName", domain_input());
  EXPECT_THAT(text(domain, "regionalDomainName"),
              MatchesRegex("d-[a-z0-9]{10}\\.execute-api\\.us-east-1\\.amazonaws\\.com"));
  EXPECT_EQ(domain.at("regionalHostedZoneId"), "Z1UJRXOUMOOFQ8");
  EXPECT_EQ(domain.at("domainNameStatus"), "AVAILABLE");
  EXPECT_EQ(domain.at("securityPolicy"), "TLS_1_2");
  EXPECT_FALSE(domain.contains("distributionDomainName"));
  EXPECT_EQ(tls.serials.at("todos.tandem.test"), "01");
  const Failure failure = fail("CreateDomainName", domain_input());
  EXPECT_EQ(failure.code, "BadRequestException");
  EXPECT_EQ(failure.message, "The domain name you provided already exists.");
  // RFC 4343: the same name, whatever the case of its letters.
  EXPECT_EQ(fail("CreateDomainName", domain_input("Todos.Tandem.test")).message,
            "The domain name you provided already exists.");
  EXPECT_EQ(fail("CreateDomainName", domain_input("other.example")).message,
            "The domain name to be created is not covered by the provided certificate.");
  json::object edge = domain_input("a.tandem.test");
  edge["endpointConfiguration"] = {{"types", {"EDGE"}}};
  EXPECT_EQ(fail("CreateDomainName", edge).message, "Endpoint type \"EDGE\" is not implemented");
}

TEST_F(Domains, KeepTheirCertificatesOverARestart) {
  call("CreateDomainName", domain_input());
  tls.serials.clear();
  certificates.all[kCertificate].certificate.serial_hex = "02";
  restart(Stop::kCrash);
  EXPECT_EQ(tls.serials.at("todos.tandem.test"), "02");
  certificates.all[kCertificate].certificate.serial_hex = "03";
  service->certificate_changed(kCertificate);
  EXPECT_EQ(tls.serials.at("todos.tandem.test"), "03");
  EXPECT_EQ(
      service->domains_using(kCertificate),
      (std::vector<std::string>{"arn:aws:apigateway:us-east-1::/domainnames/todos.tandem.test"}));
  call("DeleteDomainName", {{"domainName", "todos.tandem.test"}});
  EXPECT_TRUE(tls.serials.empty());
  EXPECT_EQ(fail("GetDomainName", {{"domainName", "todos.tandem.test"}}).message,
            "Invalid domain name identifier specified");
}

TEST_F(Domains, MappingsAreChecked) {
  const std::string api = make_api();
  make_method(api, root, "GET");
  deploy(api);
  call("CreateDomainName", domain_input());
  const auto input = [&](std::string_view path, std::string_view stage = "dev") {
    return json::object{{"domainName", "todos.tandem.test"},
                        {"basePath", path},
                        {"restApiId", api},
                        {"stage", stage}};
  };
  EXPECT_EQ(call("CreateBasePathMapping", input("")).at("basePath"), "(none)");
  EXPECT_EQ(fail("CreateBasePathMapping", input("(none)")).message,
            "Base path already exists for this domain name");
  EXPECT_THAT(fail("CreateBasePathMapping", input("a/b")).message,
              ::testing::StartsWith("API Gateway V1 doesn't support the slash character"));
  EXPECT_EQ(fail("CreateBasePathMapping", input("v1", "nope")).message,
            "Invalid stage identifier specified");
  EXPECT_THAT(fail("DeleteRestApi", {{"restApiId", api}}).message,
              ::testing::StartsWith("Please remove all base path mappings"));
  const json::object moved =
      call("UpdateBasePathMapping", {{"domainName", "todos.tandem.test"},
                                     {"basePath", "(none)"},
                                     {"patchOperations", {patch("replace", "/basePath", "v1")}}});
  EXPECT_EQ(moved.at("basePath"), "v1");
  EXPECT_EQ(call("GetBasePathMappings", {{"domainName", "todos.tandem.test"}})
                .at("items")
                .as_array()
                .size(),
            1u);
  call("DeleteBasePathMapping", {{"domainName", "todos.tandem.test"}, {"basePath", "v1"}});
  EXPECT_EQ(
      fail("GetBasePathMapping", {{"domainName", "todos.tandem.test"}, {"basePath", "v1"}}).status,
      404);
}

// Recorded answers of API Gateway: what it takes although it makes no sense.
TEST_F(Keys, AwsIsLenientHere) {
  const std::string id = text(call("CreateApiKey", {{"name", "k"}, {"enabled", true}}), "id");
  EXPECT_EQ(call("GetApiKeys", {{"limit", -1}}).at("items").as_array().size(), 1U);
  EXPECT_EQ(call("GetUsagePlanKeys", {{"usagePlanId", "nope"}}).at("items"), json::array());
  const json::object changed =
      call("UpdateApiKey",
           {{"apiKey", id}, {"patchOperations", {patch("replace", "/enabled", "not-a-boolean")}}});
  EXPECT_EQ(changed.at("enabled"), false);
}

}  // namespace
}  // namespace tandem::apigateway::testing
