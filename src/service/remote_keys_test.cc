// A key that a region has not heard of: what global says of it, and what is true without an answer.
#include "service/remote_keys.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "aws/error.h"
#include "store/engines.h"

namespace tandem::service {
namespace {

/// Answers as the test says, or not at all.
class FakeClient final : public net::HttpClient {
 public:
  void close() override {}

  std::optional<net::HttpResponse> answer;
  net::NetError::Kind failure = net::NetError::Kind::kConnect;
  std::function<void()> meanwhile;
  int asked = 0;

 private:
  Task<net::HttpResponse> exchange(net::HttpTarget, net::HttpRequest, std::chrono::milliseconds,
                                   Repeat) override {
    ++asked;
    if (meanwhile) meanwhile();
    if (!answer) throw net::NetError(failure, "no answer");
    co_return *answer;
  }
};

class RemoteKeysTest : public ::testing::Test {
 protected:
  RemoteKeysTest() { ring_.own(mint_, {std::string(KeyMint::kIdentities)}); }

  /// "alive", "dead" or the status of the refusal.
  std::string ask() {
    std::string outcome;
    asio::co_spawn(loop_, keys_.refresh(id_), [&](const std::exception_ptr& escaped) {
      try {
        if (escaped) std::rethrow_exception(escaped);
        outcome = ring_.find(id_) != nullptr ? "alive" : "dead";
      } catch (const aws::ApiError& error) {
        outcome = std::to_string(error.status());
      }
    });
    loop_.restart();
    loop_.run();
    return outcome;
  }
  bool hear(json::array records = {}) {
    return plane_.take({{"Feed", "f"}, {"Version", 1}, {"From", ""}, {"Records", records}});
  }
  bool hear_of_key() {
    return hear({{{"Name", "keys/" + id_}, {"Record", {{"Arn", "arn:u"}, {"Status", "Active"}}}}});
  }
  static net::HttpResponse says(int status, std::string body = "{}") {
    net::HttpResponse response;
    response.status = status;
    response.body = std::move(body);
    return response;
  }

  asio::io_context loop_;
  core::ManualClock clock_;
  core::SeededRandom random_{1};
  const KeyMint mint_{"the world's key"};
  const std::string id_ = mint_.make_id("AKIA", KeyMint::kIdentities, random_);
  KeyRing ring_;
  std::unique_ptr<store::Store> store_ = store::make_memory_store();
  IdentityPlane plane_{*store_, ring_};
  FakeClient client_;
  const Credentials root_{"AKIAIOSFODNN7EXAMPLE", "secret"};
  IdentityLink link_{
      loop_.get_executor(), client_, {.address = "127.0.0.1"}, clock_, root_, plane_};
  RemoteKeys keys_{client_, {.address = "127.0.0.1"}, ring_, clock_, root_, plane_, link_};
};

TEST_F(RemoteKeysTest, WhatGlobalSaysHoldsForASecond) {
  client_.answer = says(200, R"({"Arn": "arn:u", "Expires": 0})");
  EXPECT_EQ(ask(), "alive");
  EXPECT_EQ(ring_.find(id_)->secret, mint_.secret_of(id_));
  EXPECT_EQ(ring_.find(id_)->ask_again_s, clock_.now_s() + 1);
  client_.answer = says(404);
  EXPECT_EQ(ask(), "dead");
}

TEST_F(RemoteKeysTest, WithoutAnAnswerACompleteCopyDecides) {
  EXPECT_EQ(ask(), "503") << "nobody can say";
  ASSERT_TRUE(hear());
  EXPECT_EQ(ask(), "dead");
  client_.answer = says(500);
  EXPECT_EQ(ask(), "dead");
  client_.answer = says(200, R"({"Arn": "arn:u"})");
  EXPECT_EQ(ask(), "alive") << "younger than what was heard";
  client_.answer.reset();
  EXPECT_EQ(ask(), "dead") << "it would have been heard of by now";
}

TEST_F(RemoteKeysTest, AFrozenGlobalCostsOneCallerHalfASecond) {
  ASSERT_TRUE(hear());
  client_.failure = net::NetError::Kind::kTimeout;
  EXPECT_EQ(ask(), "dead");
  EXPECT_EQ(ask(), "dead");
  EXPECT_EQ(client_.asked, 1);
  clock_.advance_ms(5'000);
  client_.answer = says(200, R"({"Arn": "arn:u"})");
  EXPECT_EQ(ask(), "alive");
  EXPECT_EQ(client_.asked, 2);
  // One that is dead refuses connections, which costs nothing.
  client_.answer.reset();
  client_.failure = net::NetError::Kind::kConnect;
  ask();
  ask();
  EXPECT_EQ(client_.asked, 4);
}

TEST_F(RemoteKeysTest, WhatIsHeardMeanwhileIsNotTakenBack) {
  client_.meanwhile = [this] { ASSERT_TRUE(hear_of_key()); };
  client_.answer = says(404);
  EXPECT_EQ(ask(), "alive");
  client_.meanwhile = nullptr;
  client_.answer.reset();
  EXPECT_EQ(ask(), "alive");
  EXPECT_EQ(ring_.find(id_)->ask_again_s, 0);
}

}  // namespace
}  // namespace tandem::service
