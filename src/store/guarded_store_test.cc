#include "store/guarded_store.h"

#include <cerrno>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <system_error>

#include "store/faulty_store.h"

namespace tandem::store {
namespace {

constexpr std::uint64_t kMegabyte = 1 << 20;
using State = Health::State;

class Guarded : public testing::Test {
 protected:
  Guarded() {
    auto faulty = std::make_unique<FaultyStore>();
    engine_ = faulty.get();
    store_ = std::make_unique<GuardedStore>(
        std::move(faulty), clock_,
        GuardedStore::Options{.name = "us-east-1",
                              .location = "/disk",
                              .space = [this] { return std::optional<Space>(space_); },
                              .failure = failure_});
  }

  StoreFailure refusal(std::string_view key) {
    try {
      store_->put(key, "v");
    } catch (const StoreFailure& error) {
      return error;
    }
    ADD_FAILURE() << "the write was taken";
    return {StoreFailure::Kind::kFailed, ""};
  }

  core::ManualClock clock_;
  Space space_{40 * kMegabyte, 64 * kMegabyte};
  std::shared_ptr<EngineFailure> failure_ = std::make_shared<EngineFailure>();
  FaultyStore* engine_ = nullptr;
  std::unique_ptr<GuardedStore> store_;
};

TEST_F(Guarded, RefusesWritesBelowTheFloorAndGoesOnByItself) {
  store_->put("a", "1");
  space_.free_bytes = 3 * kMegabyte;
  EXPECT_EQ(store_->check().state, State::kDiskLow);
  const auto error = refusal("b");
  EXPECT_EQ(error.kind, StoreFailure::Kind::kFull);
  EXPECT_THAT(error.message, testing::HasSubstr("the disk of us-east-1 (/disk) has 3.0 MB free, "
                                                "below the floor of 12.8 MB"));
  EXPECT_EQ(engine_->failures(), 0U);
  EXPECT_EQ(store_->get("a"), "1");
  // A little above the floor is not enough: the disk would be low again at once.
  space_.free_bytes = 13 * kMegabyte;
  EXPECT_EQ(store_->check().state, State::kDiskLow);
  space_.free_bytes = 17 * kMegabyte;
  EXPECT_EQ(store_->check().state, State::kOk);
  store_->put("b", "1");
  EXPECT_EQ(store_->health().refused_writes, 1U);
}

TEST_F(Guarded, SeesAFullDiskByTheBytesItWritesWithoutATimer) {
  space_.free_bytes = kMegabyte;
  const std::string large(64 << 10, 'x');
  store_->put("a", large);
  EXPECT_THROW(store_->put("b", large), StoreError);
}

TEST_F(Guarded, AFailedStoreIsNeverWrittenToAgain) {
  engine_->fail_next_writes(1);
  refusal("a");
  EXPECT_EQ(store_->health().state, State::kFailed);
  // The engine would take this one; RocksDB would abort.
  refusal("b");
  EXPECT_EQ(engine_->failures(), 1U);
  EXPECT_EQ(engine_->get("b"), std::nullopt);
  EXPECT_TRUE(store_->may_reopen());
  space_.free_bytes = 0;
  store_->check();
  EXPECT_EQ(store_->health().state, State::kFailed);
  EXPECT_FALSE(store_->may_reopen());
}

TEST_F(Guarded, AFailureOnAnotherThreadStopsWrites) {
  failure_->set({StoreFailure::Kind::kFailed, "flush failed"});
  EXPECT_THAT(refusal("a").message, testing::HasSubstr("flush failed"));
  EXPECT_EQ(store_->health().state, State::kFailed);
  EXPECT_THROW(store_->sync(), StoreError);
}

TEST_F(Guarded, AnEngineThatFoundTheDiskFullFirstSaysWhatToDo) {
  failure_->set({StoreFailure::Kind::kFull, "No space left on device: 000180.log"});
  EXPECT_THAT(refusal("a").message,
              testing::AllOf(testing::HasSubstr("the disk of us-east-1 (/disk) is full"),
                             testing::HasSubstr("free some space"), testing::HasSubstr("000180")));
  EXPECT_EQ(store_->health().state, State::kFailed);
  EXPECT_TRUE(store_->may_reopen());
}

TEST_F(Guarded, ADamagedStoreIsNotOpenedAgain) {
  failure_->set({StoreFailure::Kind::kCorrupt, "000012.sst"});
  EXPECT_THAT(refusal("a").message, testing::HasSubstr("is damaged: 000012.sst"));
  EXPECT_EQ(store_->health().state, State::kDamaged);
  EXPECT_FALSE(store_->may_reopen());
}

TEST(Space, AUsedUpQuotaIsWantOfRoom) {
  EXPECT_TRUE(no_room(std::make_error_code(std::errc::no_space_on_device)));
  EXPECT_TRUE(no_room({ENOSPC, std::system_category()}));
  EXPECT_TRUE(no_room({EDQUOT, std::generic_category()}));
  EXPECT_TRUE(no_room({EDQUOT, std::system_category()}));
  EXPECT_FALSE(no_room({EIO, std::generic_category()}));
}

TEST(Floor, IsAFifthOfASmallDiskAndSixteenMegabytesOfAnyOther) {
  EXPECT_EQ(floor_of(60 * kMegabyte).refuse_below, 12 * kMegabyte);
  EXPECT_EQ(floor_of(60 * kMegabyte).resume_at, 15 * kMegabyte);
  EXPECT_EQ(floor_of(std::uint64_t{1} << 40).refuse_below, 16 * kMegabyte);
}

}  // namespace
}  // namespace tandem::store
