// A region's copy of the identities: whatever it is told, in whatever order, it ends as global's
// stores are, and the ring is never ahead of the store.
#include "service/identity_plane.h"

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>
#include <functional>
#include <gtest/gtest.h>
#include <map>

#include "core/random.h"
#include "service/identity_feed.h"
#include "store/faulty_store.h"

namespace tandem::service {
namespace {

constexpr std::string_view kUser = "arn:aws:iam::123456789012:user/u";

class IdentityPlaneTest : public ::testing::Test {
 protected:
  IdentityPlaneTest() { open(); }

  /// The region's process, begun anew.
  void open() {
    ring_ = KeyRing();
    ring_.own(mint_, {std::string(KeyMint::kIdentities)});
    ring_.set("ROOT", {.secret = "root's"});
    plane_.emplace(store_, ring_);
  }

  IdentityKind kind(const std::string& name) {
    auto* const records = &kept_[name];
    return {.name = name,
            .find = [records](std::string_view id) -> std::optional<json::object> {
              const auto found = records->find(std::string(id));
              if (found == records->end()) return std::nullopt;
              return found->second;
            },
            .list =
                [records](std::string_view after, std::size_t most) {
                  std::vector<IdentityKind::Record> some;
                  for (auto at = records->upper_bound(std::string(after));
                       at != records->end() && some.size() < most; ++at) {
                    some.emplace_back(*at);
                  }
                  return some;
                }};
  }
  void put(const std::string& kind, const std::string& id, json::object document) {
    kept_[kind][id] = std::move(document);
    feed_.changed(kind, id);
  }
  void erase(const std::string& kind, const std::string& id) {
    kept_[kind].erase(id);
    feed_.changed(kind, id);
  }
  std::string new_key(std::string_view status = "Active") {
    std::string id = mint_.make_id("AKIA", KeyMint::kIdentities, random_);
    put("keys", id, {{"Arn", kUser}, {"UserName", "u"}, {"Status", status}});
    return id;
  }

  /// As global answers now; {} when it would wait.
  json::object answer() { return feed_.news(plane_->wanted()).value_or(json::object()); }
  /// Everything that there is to hear.
  void hear_all() {
    while (const auto news = feed_.news(plane_->wanted())) ASSERT_TRUE(plane_->take(*news));
  }
  bool alive(const std::string& id) { return ring_.find(id) != nullptr; }
  /// The region has what global has, record by record.
  void expect_equal() {
    std::map<std::string, std::string> wanted;
    for (const auto& [kind, records] : kept_) {
      for (const auto& [id, record] : records) {
        wanted[kind + '/' += id] = json::to_text(record);
      }
    }
    std::map<std::string, std::string> found;
    store::for_each(store_, "records/", [&](std::string_view key, std::string_view value) {
      found.emplace(key.substr(8), value);
      return true;
    });
    EXPECT_EQ(found, wanted);
    for (const auto& [id, key] : kept_["keys"]) {
      EXPECT_EQ(alive(id), json::string_or(key, "Status") == "Active") << id;
    }
  }

  const KeyMint mint_{"the world's key"};
  core::SeededRandom random_{1};
  std::map<std::string, std::map<std::string, json::object>> kept_;
  IdentityFeed feed_{{kind("users"), kind("keys"), kind("sessions"), kind("roles")}, random_};
  store::FaultyStore store_;
  KeyRing ring_;
  std::optional<IdentityPlane> plane_;
};

TEST_F(IdentityPlaneTest, KeysOfUsersComeAndGo) {
  EXPECT_FALSE(plane_->complete());
  const std::string before = new_key();
  hear_all();
  EXPECT_TRUE(plane_->complete());
  const std::string after = new_key();
  hear_all();
  for (const std::string& id : {before, after}) {
    const KeyRing::Key* key = ring_.find(id);
    ASSERT_NE(key, nullptr);
    EXPECT_EQ(key->secret, mint_.secret_of(id));
    EXPECT_EQ(key->arn, kUser);
    EXPECT_EQ(key->expires_s, 0);
    EXPECT_EQ(key->ask_again_s, 0);
  }
  put("keys", before, {{"Arn", kUser}, {"Status", "Inactive"}});
  erase("keys", after);
  hear_all();
  EXPECT_FALSE(alive(before) || alive(after));
  EXPECT_TRUE(ring_.is_dead(before) && ring_.is_dead(after));
}

TEST_F(IdentityPlaneTest, SessionsHaveTheirTokenAndTheirEnd) {
  const std::string id = mint_.make_id("ASIA", KeyMint::kIdentities, random_);
  put("sessions", id, {{"Arn", "arn:a"}, {"UserId", "AROA:s"}, {"Expiration", 1'700'000'900}});
  hear_all();
  const KeyRing::Key* key = ring_.find(id);
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(key->session_token, mint_.token_of(id, 1'700'000'900));
  EXPECT_EQ(key->expires_s, 1'700'000'900);
  EXPECT_EQ(json::string_or(plane_->find("sessions", id).value(), "UserId"), "AROA:s");
  // One without an end would live for ever.
  put("sessions", id, {{"Arn", "arn:a"}});
  hear_all();
  EXPECT_FALSE(alive(id));
}

TEST_F(IdentityPlaneTest, WhatWasHeardOutlivesTheProcess) {
  const std::string living = new_key();
  const std::string dead = new_key();
  erase("keys", dead);
  put("roles", "r", {{"RoleName", "r"}});
  hear_all();
  open();
  EXPECT_TRUE(plane_->complete() && alive(living));
  EXPECT_TRUE(ring_.is_dead(dead));
  EXPECT_TRUE(plane_->find("roles", "r"));
  EXPECT_TRUE(answer().empty()) << "it knows where it is";
}

TEST_F(IdentityPlaneTest, ManyAreToldInPagesWhileTheyChange) {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < 2 * IdentityFeed::kPage + 50; ++i) ids.push_back(new_key());
  std::ranges::sort(ids);
  ASSERT_TRUE(plane_->take(answer()));
  EXPECT_FALSE(plane_->complete());
  EXPECT_TRUE(alive(ids.front())) << "what is heard is good at once";
  EXPECT_FALSE(alive(ids.back()));
  // Behind the page and before it.
  erase("keys", ids.front());
  erase("keys", ids.back());
  put("users", "u", {{"UserName", "u"}});
  hear_all();
  EXPECT_TRUE(plane_->complete());
  expect_equal();
}

TEST_F(IdentityPlaneTest, AnotherLifeOfGlobalTellsEverything) {
  const std::string gone = new_key();
  hear_all();
  const json::object late = [&] {
    new_key();
    return answer();
  }();
  // Its store was lost, too.
  kept_["keys"].clear();
  const std::string made = new_key();
  feed_.restart();
  hear_all();
  expect_equal();
  EXPECT_TRUE(alive(made) && !alive(gone));
  EXPECT_FALSE(plane_->take(late)) << "what the former life said last";
  expect_equal();
  hear_all();
  expect_equal();
}

TEST_F(IdentityPlaneTest, OnlyWhatFollowsIsTaken) {
  new_key();
  hear_all();
  new_key();
  const json::object first = answer();
  ASSERT_TRUE(plane_->take(first));
  EXPECT_FALSE(plane_->take(first)) << "said twice";
  hear_all();
  new_key();
  json::object skipping = answer();
  skipping["Since"] = skipping.at("Since").as_int64() + 1;
  EXPECT_FALSE(plane_->take(skipping)) << "a gap";
  EXPECT_TRUE(plane_->wanted().empty()) << "everything is asked for";
  EXPECT_TRUE(plane_->complete()) << "what was heard is good meanwhile";
  hear_all();
  expect_equal();
}

TEST_F(IdentityPlaneTest, WhoIsFarBehindIsToldEverything) {
  const std::string id = new_key();
  hear_all();
  for (std::size_t i = 0; i <= IdentityFeed::kRemembered; ++i) feed_.changed("keys", id);
  erase("keys", id);
  EXPECT_TRUE(answer().contains("From"));
  hear_all();
  expect_equal();
}

TEST_F(IdentityPlaneTest, DamagedAnswersAreRefusedWhole) {
  const std::string id = new_key();
  const auto add = [](json::object& answer, std::string_view name) {
    answer.at("Records").as_array().push_back({{"Name", name}, {"Record", json::object{}}});
  };
  const std::vector<std::function<void(json::object&)>> damages = {
      [](auto& answer) { answer.clear(); },
      [](auto& answer) { answer.erase("Feed"); },
      [](auto& answer) { answer["Feed"] = std::string(65, 'f'); },
      [](auto& answer) { answer["Version"] = -1; },
      [](auto& answer) { answer["Version"] = "many"; },
      [](auto& answer) { answer.erase("Records"); },
      [](auto& answer) { answer.at("Records").as_array().push_back(1); },
      [&](auto& answer) { add(answer, "zz"); },
      [&](auto& answer) { add(answer, "zz/"); },
      [&](auto& answer) { add(answer, "aa/out of order"); },
      [&](auto& answer) { add(answer, "z/" + std::string(3000, 'n')); },
      [&](auto& answer) {
        for (int i = 1000; i < 2001; ++i) add(answer, fmt::format("z/{}", i));
      },
      [](auto& answer) { answer["From"] = "zz"; },
      [](auto& answer) {
        answer["From"] = "";
        answer["Next"] = "keys/none of them";
      }};
  for (std::size_t i = 0; i < damages.size(); ++i) {
    hear_all();
    const std::string other = new_key();
    json::object news = answer();
    damages[i](news);
    EXPECT_FALSE(plane_->take(news)) << i;
    EXPECT_TRUE(alive(id) && !alive(other)) << i;
  }
  hear_all();
  expect_equal();
}

TEST_F(IdentityPlaneTest, NobodysKeysButIamsAreToldByGlobal) {
  const std::string functions = mint_.make_id("ASIA", KeyMint::functions_of("us-east-1"), random_);
  for (const std::string& id : {std::string("ROOT"), functions}) {
    put("keys", id, {{"Arn", kUser}, {"Status", "Active"}});
  }
  hear_all();
  EXPECT_FALSE(alive(functions));
  EXPECT_EQ(ring_.find("ROOT")->secret, "root's");
  erase("keys", "ROOT");
  hear_all();
  EXPECT_TRUE(alive("ROOT"));
}

TEST_F(IdentityPlaneTest, MemoryIsNeverAheadOfTheStore) {
  const std::string id = new_key();
  hear_all();
  erase("keys", id);
  const std::string other = new_key();
  store_.fail_next_writes(2);
  EXPECT_THROW(plane_->take(answer()), store::StoreError);
  feed_.restart();
  EXPECT_THROW(plane_->take(answer()), store::StoreError);
  EXPECT_TRUE(alive(id) && !alive(other));
  hear_all();
  EXPECT_TRUE(!alive(id) && alive(other));
  expect_equal();
}

TEST_F(IdentityPlaneTest, ADamagedRecordIsAskedForAnew) {
  const std::string id = new_key();
  const std::string other = new_key();
  hear_all();
  store_.put("records/keys/" + id, "{\"Arn\":");
  open();
  EXPECT_FALSE(plane_->complete()) << "else a living key would be called dead";
  EXPECT_TRUE(alive(other));
  hear_all();
  EXPECT_TRUE(plane_->complete());
  expect_equal();
  store_.put("position", "7");
  open();
  EXPECT_FALSE(plane_->complete());
  hear_all();
  expect_equal();
}

/// Changes, answers that come twice, late or never, lost writes, new lives of both: whatever
/// happens, once all was heard both are equal, and so they are at another start.
TEST_F(IdentityPlaneTest, EndsEqualWhateverHappens) {
  std::vector<json::object> late;
  for (int step = 0; step < 3'000; ++step) {
    const std::string id = mint_.make_id("AKIA", KeyMint::kIdentities, random_);
    switch (random_.below(12)) {
      case 0:
      case 1:
      case 2:
        put("keys", id,
            {{"Arn", kUser}, {"Status", random_.below(2) == 0 ? "Active" : "Inactive"}});
        break;
      case 3:
        if (!kept_["keys"].empty()) erase("keys", std::string(kept_["keys"].begin()->first));
        break;
      case 4:
        put("roles", fmt::format("r{}", random_.below(300)), {{"Step", step}});
        break;
      case 5:
        if (random_.below(20) == 0) feed_.restart();
        break;
      case 6:
        if (random_.below(10) == 0) open();
        break;
      case 7:
        if (!late.empty()) plane_->take(late[random_.below(late.size())]);
        break;
      case 8:
        store_.fail_next_writes(1);
        try {
          if (const auto news = feed_.news(plane_->wanted())) plane_->take(*news);
        } catch (const store::StoreError&) {
          // Nothing has moved.
        }
        store_.heal();
        break;
      default:
        if (const auto news = feed_.news(plane_->wanted())) {
          late.push_back(*news);
          plane_->take(*news);
        }
    }
  }
  hear_all();
  expect_equal();
  open();
  hear_all();
  expect_equal();
}

class IdentityFeedTest : public IdentityPlaneTest {
 protected:
  /// What a question that waits is answered with, once it is.
  void ask(json::object asked) {
    answered_.reset();
    asio::co_spawn(loop_, feed_.wait_for_news(std::move(asked)),
                   [this](const std::exception_ptr& escaped, json::object news) {
                     EXPECT_FALSE(escaped);
                     answered_ = std::move(news);
                   });
    loop_.restart();
    loop_.poll();
  }
  void run() {
    loop_.restart();
    loop_.poll();
  }

  asio::io_context loop_;
  std::optional<json::object> answered_;
};

TEST_F(IdentityFeedTest, AnswersOnceThereIsSomethingToTell) {
  hear_all();
  ask(plane_->wanted());
  EXPECT_FALSE(answered_);
  const std::string id = new_key();
  run();
  ASSERT_TRUE(answered_);
  EXPECT_TRUE(plane_->take(*answered_));
  EXPECT_TRUE(alive(id));
}

TEST_F(IdentityFeedTest, LetsNobodyWaitWhoseProcessEnds) {
  hear_all();
  ask(plane_->wanted());
  feed_.close();
  run();
  ASSERT_TRUE(answered_);
  EXPECT_TRUE(plane_->take(*answered_)) << "nothing is new";
  ask(plane_->wanted());
  EXPECT_TRUE(answered_);
}

}  // namespace
}  // namespace tandem::service
