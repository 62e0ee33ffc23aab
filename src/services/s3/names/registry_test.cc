#include "services/s3/names/registry.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "aws/error.h"
#include "store/engines.h"

namespace tandem::s3 {
namespace {

using Has = BucketHolders::Answer::Has;

/// Regions whose buckets a test sets, and which may be dead. In between, it may let something
/// happen before a question is answered.
class Regions final : public BucketHolders {
 public:
  std::vector<std::string> regions() const override { return names; }
  Task<std::optional<Answer>> ask(std::string region, std::string bucket) override {
    if (auto once = std::exchange(before_answer, nullptr)) co_await once();
    if (dead.contains(region)) co_return std::nullopt;
    const auto found = buckets[region].find(bucket);
    if (found == buckets[region].end()) co_return Answer{};
    co_return Answer{.has = found->second, .created_s = 7};
  }
  Task<std::optional<std::vector<NamedBucket>>> list(std::string region) override {
    if (dead.contains(region)) co_return std::nullopt;
    std::vector<NamedBucket> all;
    for (const auto& [name, has] : buckets[region]) {
      if (has == Has::kYes) all.push_back({name, region, 7});
    }
    co_return all;
  }

  std::vector<std::string> names = {"east", "west"};
  std::map<std::string, std::map<std::string, Has>> buckets;
  std::set<std::string> dead;
  std::function<Task<void>()> before_answer;
};

class BucketRegistryTest : public ::testing::Test {
 protected:
  BucketRegistryTest() { open(); }

  /// As global's process does with its disk as it is.
  void open() { registry_.emplace(*store_, regions_); }
  void lose_disk() {
    store_ = store::make_memory_store();
    open();
  }

  template <class Result>
  Result run(Task<Result> task) {
    std::optional<Result> result;
    std::exception_ptr failed;
    asio::co_spawn(loop_, std::move(task), [&](const std::exception_ptr& escaped, Result value) {
      failed = escaped;
      if (!escaped) result.emplace(std::move(value));
    });
    loop_.restart();
    loop_.run();
    if (failed) std::rethrow_exception(failed);
    return std::move(*result);
  }
  /// The name's owner, or the code of the refusal.
  std::string claim(const std::string& region, const std::string& bucket) {
    try {
      return run(registry_->claim(region, bucket, 1));
    } catch (const aws::ApiError& error) {
      return error.code();
    }
  }
  std::string make(const std::string& region, const std::string& bucket) {
    std::string owner = claim(region, bucket);
    if (owner == region) regions_.buckets[region][bucket] = Has::kYes;
    return owner;
  }
  std::string find(const std::string& asker, const std::string& bucket) {
    try {
      return run(registry_->find(asker, bucket)).value_or("nobody");
    } catch (const aws::ApiError& error) {
      return error.code();
    }
  }
  void release(std::string bucket) {
    asio::co_spawn(loop_, registry_->release(std::move(bucket)),
                   [](const std::exception_ptr& escaped) { EXPECT_EQ(escaped, nullptr); });
    loop_.restart();
    loop_.run();
  }
  std::string names() {
    std::string text;
    for (const NamedBucket& bucket : run(registry_->list())) {
      text += bucket.region + "/" + bucket.name + " ";
    }
    return text;
  }

  asio::io_context loop_;
  Regions regions_;
  std::unique_ptr<store::Store> store_ = store::make_memory_store();
  std::optional<BucketRegistry> registry_;
};

TEST_F(BucketRegistryTest, ANameHasOneRegion) {
  EXPECT_EQ(make("east", "b"), "east");
  EXPECT_EQ(claim("west", "b"), "east");
  EXPECT_EQ(claim("east", "b"), "east");
  EXPECT_EQ(find("west", "b"), "east");
  EXPECT_EQ(find("east", "b"), "nobody");
  EXPECT_EQ(find("west", "c"), "nobody");
}

TEST_F(BucketRegistryTest, TheRegionMayBeDead) {
  EXPECT_TRUE(run(registry_->hear("west")));
  EXPECT_EQ(make("west", "b"), "west");
  regions_.dead = {"west"};
  EXPECT_EQ(claim("east", "b"), "west");
  EXPECT_EQ(find("east", "b"), "west");
  EXPECT_EQ(claim("east", "c"), "east");
  EXPECT_EQ(names(), "west/b ");
}

// Its list may be anything: a name is not free because nobody says that it is taken.
TEST_F(BucketRegistryTest, NothingIsSaidForARegionThatWasNeverHeard) {
  regions_.dead = {"west"};
  EXPECT_EQ(claim("east", "b"), "ServiceUnavailable");
  EXPECT_EQ(find("east", "b"), "ServiceUnavailable");
  EXPECT_THROW(names(), aws::ApiError);
  EXPECT_FALSE(run(registry_->hear("west")));
  regions_.dead.clear();
  // The refused claim has left nothing.
  EXPECT_EQ(claim("west", "b"), "west");
}

TEST_F(BucketRegistryTest, ALostListIsMadeAnew) {
  make("east", "a");
  make("west", "b");
  lose_disk();
  // Asked, before it is heard.
  EXPECT_EQ(claim("west", "a"), "east");
  EXPECT_EQ(registry_->known("b"), std::nullopt);
  EXPECT_TRUE(run(registry_->hear("west")));
  EXPECT_EQ(registry_->known("b"), "west");
  regions_.dead = {"west"};
  EXPECT_EQ(claim("east", "b"), "west");
}

TEST_F(BucketRegistryTest, TheListOutlivesTheProcess) {
  run(registry_->hear("west"));
  make("west", "b");
  open();
  regions_.dead = {"west"};
  EXPECT_EQ(claim("east", "b"), "west");
}

// A region that lost its disk, or died between its claim and its bucket.
TEST_F(BucketRegistryTest, AnEntryWithoutABucketGivesWay) {
  make("west", "b");
  regions_.buckets["west"].clear();
  EXPECT_EQ(find("east", "b"), "nobody");
  make("west", "b");
  regions_.buckets["west"].clear();
  EXPECT_EQ(find("west", "b"), "nobody");
  EXPECT_EQ(claim("east", "b"), "east");
}

TEST_F(BucketRegistryTest, ADeletedBucketsNameIsFree) {
  make("west", "b");
  release("b");
  EXPECT_EQ(registry_->known("b"), "west") << "it is still there";
  regions_.buckets["west"].clear();
  release("b");
  EXPECT_EQ(registry_->known("b"), std::nullopt);
  release("b");
}

// Deleted and made again while the region's first answer is on its way.
TEST_F(BucketRegistryTest, AnOldAnswerTakesNoNewName) {
  make("west", "b");
  regions_.buckets["west"].clear();
  constexpr auto make_again = [](BucketRegistry* registry) -> Task<void> {
    co_await registry->claim("west", "b", 2);
  };
  regions_.before_answer = [&] { return make_again(&*registry_); };
  release("b");
  EXPECT_EQ(registry_->known("b"), "west");
}

// Both ask before either has its bucket.
TEST_F(BucketRegistryTest, OfTwoAtOnceOneHasTheName) {
  regions_.buckets["east"]["b"] = Has::kMakes;
  regions_.buckets["west"]["b"] = Has::kMakes;
  std::string second;
  constexpr auto compete = [](BucketRegistry* registry, std::string* owner) -> Task<void> {
    *owner = co_await registry->claim("west", "b", 2);
  };
  regions_.before_answer = [&] { return compete(&*registry_, &second); };
  EXPECT_EQ(claim("east", "b"), "east");
  EXPECT_EQ(second, "east");
}

// Folders of before there was one namespace: both go on, and the log has it.
TEST_F(BucketRegistryTest, ANameOfTwoRegionsStaysTheFirsts) {
  regions_.buckets["east"]["b"] = Has::kYes;
  regions_.buckets["west"]["b"] = Has::kYes;
  ::testing::internal::CaptureStderr();
  for (const std::string region : {"east", "west", "east", "west"}) run(registry_->hear(region));
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(registry_->known("b"), "east");
  const auto said = log.find("west has a bucket b");
  EXPECT_NE(said, std::string::npos) << log;
  EXPECT_EQ(log.find("has a bucket b", said + 20), std::string::npos) << log;
}

TEST_F(BucketRegistryTest, ARegionThatLeavesTakesItsNamesAlong) {
  run(registry_->hear("west"));
  make("west", "b");
  regions_.names = {"east"};
  EXPECT_EQ(registry_->known("b"), std::nullopt);
  EXPECT_EQ(claim("west", "c"), "ServiceUnavailable");
  registry_->regions_changed();
  EXPECT_EQ(claim("east", "b"), "east");
  regions_.names = {"east", "west"};
  regions_.dead = {"west"};
  EXPECT_EQ(claim("east", "c"), "ServiceUnavailable") << "it may come back with another disk";
}

}  // namespace
}  // namespace tandem::s3
