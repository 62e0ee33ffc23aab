#include "services/sts/service.h"

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "aws/error.h"
#include "services/sts/model/trust.h"
#include "services/sts/regional.h"
#include "store/engines.h"

namespace tandem::sts {
namespace {

constexpr std::string_view kRoleArn = "arn:aws:iam::123456789012:role/path/r";

class FakeIdentities final : public Identities {
 public:
  std::optional<Role> find_role(std::string_view arn) const override {
    if (arn != kRoleArn) return std::nullopt;
    return Role{"r", "AROAX", trust, 7200};
  }
  std::optional<std::string> find_user_id(std::string_view arn) const override {
    if (arn != "arn:aws:iam::123456789012:user/u") return std::nullopt;
    return "AIDAX";
  }
  std::string trust = R"({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole"}})";
};

class StsServiceTest : public ::testing::Test {
 protected:
  StsServiceTest() : store_(store::make_memory_store()) { open(); }

  void open() {
    service_.emplace(service::Environment{loop_.get_executor(), pool_, clock_, random_, *store_, "",
                                          config_, "us-east-1"},
                     keys_, identities_);
    service_->start();
  }

  json::object call(std::string_view name, json::object input) {
    for (const service::Operation& operation : service_->operations()) {
      if (operation.name != name) continue;
      service::RequestContext context;
      context.caller = caller_;
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
  json::object assume(json::object more = {}) {
    more["RoleArn"] = kRoleArn;
    more["RoleSessionName"] = "s";
    return call("AssumeRole", std::move(more));
  }

  asio::io_context loop_;
  core::WorkerThreads pool_{1};
  core::ManualClock clock_;
  core::SeededRandom random_{1};
  service::Config config_;
  service::KeyRing keys_;
  FakeIdentities identities_;
  service::Caller caller_;
  std::unique_ptr<store::Store> store_;
  std::optional<StsService> service_;
};

TEST_F(StsServiceTest, CallersAreIdentified) {
  json::object identity = call("GetCallerIdentity", {});
  EXPECT_EQ(identity.at("Arn"), "arn:aws:iam::123456789012:root");
  EXPECT_EQ(identity.at("UserId"), "123456789012");
  caller_.arn = "arn:aws:iam::123456789012:user/u";
  EXPECT_EQ(call("GetCallerIdentity", {}).at("UserId"), "AIDAX");
}

TEST_F(StsServiceTest, AssumedRolesHaveCredentialsOfTheirOwn) {
  const json::object answer = assume({{"DurationSeconds", 900}});
  EXPECT_EQ(answer.at("AssumedRoleUser").at("Arn"), "arn:aws:sts::123456789012:assumed-role/r/s");
  EXPECT_EQ(answer.at("AssumedRoleUser").at("AssumedRoleId"), "AROAX:s");
  const json::object& credentials = answer.at("Credentials").as_object();
  const std::string id = json::string_or(credentials, "AccessKeyId");
  EXPECT_TRUE(id.starts_with("ASIA"));
  // They survive a restart.
  keys_.erase(id);
  open();
  const service::KeyRing::Key* key = keys_.find(id);
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(key->secret, json::string_or(credentials, "SecretAccessKey"));
  EXPECT_EQ(key->session_token, json::string_or(credentials, "SessionToken"));
  EXPECT_EQ(key->expires_s, clock_.now_s() + 900);
  caller_ = {id, key->arn, true};
  EXPECT_EQ(call("GetCallerIdentity", {}).at("UserId"), "AROAX:s");
  EXPECT_EQ(call("GetSessionToken", {}).at("error"), "AccessDenied");
}

TEST_F(StsServiceTest, RolesAreNotHadForTheAsking) {
  EXPECT_EQ(call("AssumeRole",
                 {{"RoleArn", "arn:aws:iam::123456789012:role/none"}, {"RoleSessionName", "s"}})
                .at("error"),
            "AccessDenied");
  EXPECT_EQ(assume({{"DurationSeconds", 7201}}).at("error"), "ValidationError");
  identities_.trust = R"({"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
      "Condition": {"StringEquals": {"sts:ExternalId": ["x", "y"]}}}]})";
  EXPECT_EQ(assume().at("error"), "AccessDenied");
  EXPECT_EQ(assume({{"ExternalId", "z"}}).at("error"), "AccessDenied");
  EXPECT_TRUE(assume({{"ExternalId", "y"}}).contains("Credentials"));
}

// The text is that of the AWS CLI's users (99designs/aws-vault #263).
TEST_F(StsServiceTest, ChainedRolesLastAnHourAtMost) {
  EXPECT_TRUE(assume({{"DurationSeconds", 7200}}).contains("Credentials"));
  const json::object first = assume();
  caller_.access_key_id = json::string_or(first.at("Credentials").as_object(), "AccessKeyId");
  EXPECT_EQ(assume({{"DurationSeconds", 7200}}).at("message"),
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by "
            "role chaining.");
  EXPECT_TRUE(assume({{"DurationSeconds", 3600}}).contains("Credentials"));
}

TEST_F(StsServiceTest, RootSessionsLastAnHourAtMost) {
  // API reference, GetSessionToken, DurationSeconds.
  const json::object answer = call("GetSessionToken", {{"DurationSeconds", 43200}});
  EXPECT_EQ(json::int_or(answer.at("Credentials").as_object(), "Expiration", 0),
            clock_.now_s() + 3600);
}

TEST_F(StsServiceTest, SessionsEndWithTheirRole) {
  const std::string id = json::string_or(assume().at("Credentials").as_object(), "AccessKeyId");
  service_->end_sessions_of("AROA");
  EXPECT_NE(keys_.find(id), nullptr);
  service_->end_sessions_of("AROAX");
  EXPECT_EQ(keys_.find(id), nullptr);
  EXPECT_TRUE(keys_.mint().made(id, service::KeyMint::kIdentities));
}

TEST_F(StsServiceTest, OldSessionsAreForgotten) {
  const json::object answer = assume();
  const std::string id = json::string_or(answer.at("Credentials").as_object(), "AccessKeyId");
  clock_.advance_ms(3'600'000);
  assume();
  EXPECT_NE(keys_.find(id), nullptr);
  clock_.advance_ms(86'400'000);
  assume();
  EXPECT_EQ(keys_.find(id), nullptr);
}

TEST_F(StsServiceTest, RegionsAreToldOfSessionsAndOfNoSecret) {
  std::vector<std::string> told;
  service_->on_changed([&](std::string_view kind, std::string_view id) {
    told.push_back(std::string(kind) + '/' + std::string(id));
  });
  const json::object made = assume().at("Credentials").as_object();
  const std::string id = json::string_or(made, "AccessKeyId");
  EXPECT_EQ(told, std::vector<std::string>{"sessions/" + id});
  const service::IdentityKind kind = service_->identity_kind();
  EXPECT_EQ(kind.name, "sessions");
  const auto records = kind.list("", 10);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].second, (json::object{{"Arn", "arn:aws:sts::123456789012:assumed-role/r/s"},
                                             {"UserId", "AROAX:s"},
                                             {"Expiration", made.at("Expiration")}}));
  EXPECT_EQ(kind.find(id), records[0].second);
  service_->end_sessions_of("AROAX");
  EXPECT_EQ(told.size(), 2u);
  EXPECT_FALSE(kind.find(id));
}

class FakeCallers final : public Callers {
 public:
  std::optional<std::string> find_user_id(std::string_view id,
                                          std::string_view arn) const override {
    return arn.ends_with(":root") ? std::nullopt : std::optional(fmt::format("{} of {}", id, arn));
  }
};

// API reference, GetCallerIdentity: UserId, Account and Arn of whoever signed.
TEST_F(StsServiceTest, ARegionSaysWhoCalls) {
  const FakeCallers callers;
  RegionalSts regional(
      {loop_.get_executor(), pool_, clock_, random_, *store_, "", config_, "us-west-2"}, callers);
  ASSERT_EQ(regional.operations().size(), 1u);
  const auto ask = [&](std::string id, std::string arn) {
    service::RequestContext context;
    context.account = "123456789012";
    context.caller = {.access_key_id = std::move(id), .arn = std::move(arn)};
    json::object output;
    asio::co_spawn(
        loop_, regional.operations()[0].handler(context, {}),
        [&](const std::exception_ptr&, service::Reply reply) { output = std::move(reply.output); });
    loop_.restart();
    loop_.run();
    return json::string_or(output, "UserId") + ' ' + json::string_or(output, "Arn");
  };
  EXPECT_EQ(ask("AKIA", "arn:u"), "AKIA of arn:u arn:u");
  EXPECT_EQ(ask("", ""), "123456789012 arn:aws:iam::123456789012:root");
}

}  // namespace
}  // namespace tandem::sts
