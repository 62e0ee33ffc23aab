#include "service/store_owner.h"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "core/files.h"
#include "store/engines.h"

namespace tandem::service {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class StoreOwner : public testing::Test {
 protected:
  StoreOwner() { fs::remove_all(folder_); }
  ~StoreOwner() override { fs::remove_all(folder_); }

  std::string claim(store::Store& store, const fs::path& world, const std::string& name) {
    fs::create_directories(world / name);
    try {
      claim_store(store, world, name, random_);
    } catch (const store::StoreError& error) {
      return error.message;
    }
    return "";
  }
  static std::unique_ptr<store::Store> make() { return store::make_memory_store(); }
  static std::string id_of(const fs::path& world) { return core::read_file(world / "world"); }

  core::SeededRandom random_{1};
  const fs::path folder_ =
      fs::path(testing::TempDir()) / ("store_owner_test-" + std::to_string(::getpid()));
  const fs::path here_ = folder_ / "here";
  const fs::path there_ = folder_ / "there";
};

TEST_F(StoreOwner, ANewStoreOrOneFromBeforeIsClaimedOnce) {
  const auto east = make();
  east->put("dynamodb/item", "from before");
  EXPECT_EQ(claim(*east, here_, "us-east-1"), "");
  EXPECT_EQ(claim(*east, here_, "us-east-1"), "");
  EXPECT_EQ(east->get("dynamodb/item"), "from before");
}

TEST_F(StoreOwner, AnotherRegionsIsRefusedByBothNames) {
  const auto east = make();
  const auto west = make();
  ASSERT_EQ(claim(*east, here_, "us-east-1"), "");
  ASSERT_EQ(claim(*west, here_, "us-west-2"), "");
  const std::string said = claim(*west, here_, "us-east-1");
  EXPECT_THAT(said, AllOf(HasSubstr("is the store of us-west-2, not of us-east-1"),
                          HasSubstr((here_ / "us-east-1/store").string()),
                          HasSubstr("move " + (here_ / "us-east-1/store").string() + " away"),
                          HasSubstr("'tandem up'")));
  EXPECT_EQ(claim(*west, here_, "us-west-2"), "") << "and nothing was changed";
}

TEST_F(StoreOwner, OneOfAnotherWorldIsRefusedByBothIds) {
  const auto mine = make();
  const auto foreign = make();
  ASSERT_EQ(claim(*mine, here_, "us-east-1"), "");
  ASSERT_EQ(claim(*foreign, there_, "us-east-1"), "");
  ASSERT_NE(id_of(here_), id_of(there_));
  EXPECT_THAT(claim(*foreign, here_, "us-east-1"),
              AllOf(HasSubstr("of another world (" + id_of(there_).substr(0, 32)),
                    HasSubstr("of this one (" + id_of(here_).substr(0, 32))));
}

TEST_F(StoreOwner, ALostIdIsTakenFromAStoreThatIsThere) {
  const auto east = make();
  const auto west = make();
  ASSERT_EQ(claim(*east, here_, "us-east-1"), "");
  ASSERT_EQ(claim(*west, here_, "us-west-2"), "");
  const std::string before = id_of(here_);
  fs::remove(here_ / "world");
  EXPECT_EQ(claim(*west, here_, "us-west-2"), "");
  EXPECT_EQ(id_of(here_), before);
  // Even when the first to start has lost its own.
  fs::remove(here_ / "world");
  const auto anew = make();
  EXPECT_EQ(claim(*anew, here_, "us-west-2"), "");
  EXPECT_EQ(id_of(here_), before);
  EXPECT_EQ(claim(*east, here_, "us-east-1"), "");
}

TEST_F(StoreOwner, GarbageInTheFileKeepsNobodyFromServing) {
  const auto east = make();
  ASSERT_EQ(claim(*east, here_, "us-east-1"), "");
  core::write_file_atomically(here_ / "world", "\x1b garbage", 0600);
  EXPECT_EQ(claim(*east, here_, "us-east-1"), "");
  EXPECT_THAT(claim(*east, here_, "us-west-2"),
              HasSubstr("is the store of us-east-1, not of us-west-2"));
}

}  // namespace
}  // namespace tandem::service
