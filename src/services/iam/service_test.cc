#include "services/iam/service.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "aws/error.h"
#include "core/text.h"
#include "store/engines.h"

namespace tandem::iam {
namespace {

constexpr std::string_view kTrust =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]})";
constexpr std::string_view kPolicy =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"*"}]})";

class IamServiceTest : public ::testing::Test {
 protected:
  IamServiceTest() : store_(store::make_memory_store()) { open(); }

  void open() {
    service_.emplace(service::Environment{loop_.get_executor(), pool_, clock_, random_, *store_, "",
                                          config_, "us-east-1"},
                     keys_);
    service_->start();
  }

  json::object call(std::string_view name, json::object input) {
    for (const service::Operation& operation : service_->operations()) {
      if (operation.name != name) continue;
      service::RequestContext context;
      json::object output;
      asio::co_spawn(loop_, operation.handler(context, std::move(input)),
                     [&](const std::exception_ptr& escaped, service::Reply reply) {
                       output = std::move(reply.output);
                       try {
                         if (escaped) std::rethrow_exception(escaped);
                       } catch (const aws::ApiError& error) {
                         output = {{"error", error.code()}, {"message", error.message()}};
                       }
                     });
      loop_.restart();
      loop_.run();
      return output;
    }
    ADD_FAILURE() << "no operation " << name;
    return {};
  }
  std::string error(std::string_view name, json::object input) {
    return json::string_or(call(name, std::move(input)), "error");
  }
  json::object make_role(std::string_view name = "r") {
    return call("CreateRole", {{"RoleName", name}, {"AssumeRolePolicyDocument", kTrust}});
  }

  asio::io_context loop_;
  core::WorkerThreads pool_{1};
  core::ManualClock clock_;
  core::SeededRandom random_{1};
  service::Config config_;
  service::KeyRing keys_;
  std::unique_ptr<store::Store> store_;
  std::optional<IamService> service_;
};

TEST_F(IamServiceTest, RolesComeAndGo) {
  const json::object role = make_role().at("Role").as_object();
  EXPECT_EQ(role.at("Arn"), "arn:aws:iam::123456789012:role/r");
  EXPECT_TRUE(json::string_or(role, "RoleId").starts_with("AROA"));
  EXPECT_EQ(json::string_or(role, "RoleId").size(), 21u);
  // API reference: "The policy document is URL-encoded compliant with RFC 3986."
  EXPECT_EQ(core::percent_decode(json::string_or(role, "AssumeRolePolicyDocument")), kTrust);
  EXPECT_EQ(json::string_or(make_role("R"), "message"), "Role with name R already exists.");
  EXPECT_EQ(call("GetRole", {{"RoleName", "r"}}).at("Role").at("MaxSessionDuration"), 3600);
  EXPECT_EQ(json::string_or(call("GetRole", {{"RoleName", "x"}}), "message"),
            "The role with name x cannot be found.");
  ASSERT_TRUE(service_->find_role("arn:aws:iam::123456789012:role/r"));
  EXPECT_FALSE(service_->find_role("arn:aws:iam::123456789012:role/p/r"));
  EXPECT_EQ(error("DeleteRole", {{"RoleName", "r"}}), "");
  EXPECT_EQ(error("DeleteRole", {{"RoleName", "r"}}), "NoSuchEntity");
}

TEST_F(IamServiceTest, PoliciesKeepARoleFromBeingDeleted) {
  make_role();
  const json::object inline_policy = {
      {"RoleName", "r"}, {"PolicyName", "p"}, {"PolicyDocument", kPolicy}};
  EXPECT_EQ(error("PutRolePolicy", inline_policy), "");
  const json::object managed = {
      {"RoleName", "r"},
      {"PolicyArn", "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}};
  EXPECT_EQ(error("AttachRolePolicy", managed), "");
  EXPECT_EQ(error("AttachRolePolicy", managed), "");
  EXPECT_EQ(call("ListAttachedRolePolicies", {{"RoleName", "r"}})
                .at("AttachedPolicies")
                .at(0)
                .at("PolicyName"),
            "AWSLambdaBasicExecutionRole");
  EXPECT_EQ(error("DeleteRole", {{"RoleName", "r"}}), "DeleteConflict");
  EXPECT_EQ(error("DetachRolePolicy", managed), "");
  EXPECT_EQ(error("DetachRolePolicy", managed), "NoSuchEntity");
  EXPECT_EQ(error("DeleteRole", {{"RoleName", "r"}}), "DeleteConflict");
  EXPECT_EQ(error("DeleteRolePolicy", {{"RoleName", "r"}, {"PolicyName", "p"}}), "");
  EXPECT_EQ(error("DeleteRole", {{"RoleName", "r"}}), "");
}

TEST_F(IamServiceTest, EveryListPagesWhateverTheOrderOfMaking) {
  make_role();
  json::array tags;
  for (const char* key : {"c", "B", "a", "D"}) tags.push_back({{"Key", key}, {"Value", ""}});
  call("TagRole", {{"RoleName", "r"}, {"Tags", tags}});
  json::object input = {{"RoleName", "r"}, {"MaxItems", 1}};
  std::string seen;
  for (int page = 0; page < 6; ++page) {
    const json::object output = call("ListRoleTags", input);
    for (const json::value& tag : output.at("Tags").as_array()) seen += json::to_std(tag.at("Key"));
    if (page == 1) call("UntagRole", {{"RoleName", "r"}, {"TagKeys", {"B"}}});
    if (!output.at("IsTruncated").as_bool()) break;
    input["Marker"] = output.at("Marker");
  }
  EXPECT_EQ(seen, "aBcD");
}

TEST_F(IamServiceTest, ManagedPoliciesCountTheirAttachments) {
  make_role();
  const json::object input = {{"PolicyName", "p"}, {"PolicyDocument", kPolicy}};
  const std::string arn = json::to_std(call("CreatePolicy", input).at("Policy").at("Arn"));
  EXPECT_EQ(arn, "arn:aws:iam::123456789012:policy/p");
  EXPECT_EQ(error("CreatePolicy", input), "EntityAlreadyExists");
  EXPECT_EQ(error("AttachRolePolicy", {{"RoleName", "r"}, {"PolicyArn", arn + "x"}}),
            "NoSuchEntity");
  EXPECT_EQ(error("AttachRolePolicy", {{"RoleName", "r"}, {"PolicyArn", arn}}), "");
  EXPECT_EQ(call("GetPolicy", {{"PolicyArn", arn}}).at("Policy").at("AttachmentCount"), 1);
  EXPECT_EQ(error("DeletePolicy", {{"PolicyArn", arn}}), "DeleteConflict");
  EXPECT_EQ(error("DetachRolePolicy", {{"RoleName", "r"}, {"PolicyArn", arn}}), "");
  EXPECT_EQ(error("DeletePolicy", {{"PolicyArn", arn}}), "");
  EXPECT_EQ(error("GetPolicy", {{"PolicyArn", arn}}), "NoSuchEntity");
}

TEST_F(IamServiceTest, SecretsAreShownOnceAndKnownToTheKeyRing) {
  call("CreateUser", {{"UserName", "u"}});
  const json::object key = call("CreateAccessKey", {{"UserName", "u"}}).at("AccessKey").as_object();
  const std::string id = json::string_or(key, "AccessKeyId");
  const std::string secret = json::string_or(key, "SecretAccessKey");
  EXPECT_EQ(secret.size(), 40u);
  EXPECT_EQ(keys_.find(id)->secret, secret);
  EXPECT_EQ(keys_.find(id)->arn, "arn:aws:iam::123456789012:user/u");
  EXPECT_EQ(json::to_text(call("ListAccessKeys", {{"UserName", "u"}})).find(secret),
            std::string::npos);
  // A restart reads them back.
  keys_.erase(id);
  open();
  EXPECT_NE(keys_.find(id), nullptr);
  call("UpdateAccessKey", {{"UserName", "u"}, {"AccessKeyId", id}, {"Status", "Inactive"}});
  EXPECT_EQ(keys_.find(id), nullptr);
  EXPECT_TRUE(keys_.mint().made(id, service::KeyMint::kIdentities));
  call("UpdateAccessKey", {{"UserName", "u"}, {"AccessKeyId", id}, {"Status", "Active"}});
  ASSERT_NE(keys_.find(id), nullptr);
  call("CreateAccessKey", {{"UserName", "u"}});
  EXPECT_EQ(error("CreateAccessKey", {{"UserName", "u"}}), "LimitExceeded");
  EXPECT_EQ(error("DeleteUser", {{"UserName", "u"}}), "DeleteConflict");
  EXPECT_EQ(error("DeleteAccessKey", {{"UserName", "u"}, {"AccessKeyId", id}}), "");
  EXPECT_EQ(error("DeleteAccessKey", {{"UserName", "u"}, {"AccessKeyId", id}}), "NoSuchEntity");
}

TEST_F(IamServiceTest, TellsWhoIsGone) {
  std::vector<std::string> gone;
  service_->on_gone([&](std::string_view id) { gone.emplace_back(id); });
  call("CreateUser", {{"UserName", "u"}});
  const json::object user = call("GetUser", {{"UserName", "u"}}).at("User").as_object();
  call("DeleteUser", {{"UserName", "u"}});
  EXPECT_EQ(gone, std::vector{json::string_or(user, "UserId")});
  make_role();
  call("DeleteRole", {{"RoleName", "r"}});
  ASSERT_EQ(gone.size(), 2u);
  EXPECT_TRUE(gone[1].starts_with("AROA"));
}

TEST_F(IamServiceTest, TagsOfRoles) {
  make_role();
  const json::array tags = {{{"Key", "a"}, {"Value", "1"}}, {{"Key", "b"}, {"Value", "2"}}};
  EXPECT_EQ(error("TagRole", {{"RoleName", "r"}, {"Tags", tags}}), "");
  EXPECT_EQ(error("UntagRole", {{"RoleName", "r"}, {"TagKeys", json::array({"a"})}}), "");
  EXPECT_EQ(call("ListRoleTags", {{"RoleName", "r"}}).at("Tags"),
            json::array({{{"Key", "b"}, {"Value", "2"}}}));
}

TEST_F(IamServiceTest, ResetForgetsEverythingAndTheKeys) {
  call("CreateUser", {{"UserName", "u"}});
  const std::string id =
      json::to_std(call("CreateAccessKey", {{"UserName", "u"}}).at("AccessKey").at("AccessKeyId"));
  asio::co_spawn(loop_, service_->reset(), [](const std::exception_ptr&) {});
  loop_.restart();
  loop_.run();
  EXPECT_EQ(keys_.find(id), nullptr);
  EXPECT_EQ(error("GetUser", {{"UserName", "u"}}), "NoSuchEntity");
}

TEST_F(IamServiceTest, RegionsAreToldOfEveryChangeAndOfNoSecret) {
  std::vector<std::string> told;
  service_->on_changed([&](std::string_view kind, std::string_view id) {
    told.push_back(std::string(kind) + '/' + std::string(id));
  });
  make_role("R");
  call("CreateUser", {{"UserName", "u"}});
  const json::object key = call("CreateAccessKey", {{"UserName", "u"}}).at("AccessKey").as_object();
  const std::string id = json::string_or(key, "AccessKeyId");
  call("CreatePolicy", {{"PolicyName", "p"}, {"PolicyDocument", kPolicy}});
  EXPECT_EQ(told, (std::vector<std::string>{"roles/r", "users/u", "keys/" + id,
                                            "policies/arn:aws:iam::123456789012:policy/p"}));
  for (const service::IdentityKind& kind : service_->identity_kinds()) {
    const auto records = kind.list("", 10);
    ASSERT_EQ(records.size(), 1u) << kind.name;
    EXPECT_EQ(kind.find(records[0].first), records[0].second);
    EXPECT_TRUE(kind.list(records[0].first, 10).empty());
    EXPECT_EQ(json::to_text(records[0].second).find(json::string_or(key, "SecretAccessKey")),
              std::string::npos);
    if (kind.name != "keys") continue;
    EXPECT_EQ(json::string_or(records[0].second, "Arn"), "arn:aws:iam::123456789012:user/u");
    EXPECT_EQ(json::string_or(records[0].second, "Status"), "Active");
  }
  told.clear();
  call("UpdateAccessKey", {{"UserName", "u"}, {"AccessKeyId", id}, {"Status", "Inactive"}});
  call("DeleteAccessKey", {{"UserName", "u"}, {"AccessKeyId", id}});
  call("DeleteUser", {{"UserName", "u"}});
  EXPECT_EQ(told, (std::vector<std::string>{"keys/" + id, "keys/" + id, "users/u"}));
}

}  // namespace
}  // namespace tandem::iam
