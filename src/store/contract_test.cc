// Both engines keep the contract of store/store.h.
#include <filesystem>
#include <functional>
#include <gtest/gtest.h>

#include "core/random.h"
#include "store/documents.h"
#include "store/engines.h"

namespace tandem::store {
namespace {

struct Engine {
  const char* name;
  std::function<std::unique_ptr<Store>()> make;
};

std::unique_ptr<Store> fresh_rocksdb() {
  const auto folder = std::filesystem::path(testing::TempDir()) / "store_contract_test";
  std::filesystem::remove_all(folder);
  return open_rocksdb(folder);
}

class Contract : public testing::TestWithParam<Engine> {
 protected:
  std::unique_ptr<Store> store_ = GetParam().make();
  std::string keys(Cursor& cursor) {
    std::string all;
    for (; cursor.valid(); cursor.next()) all += std::string(cursor.key()) + ' ';
    return all;
  }
};

TEST_P(Contract, ABatchIsAppliedInOrderAndAsAWhole) {
  WriteBatch batch;
  batch.put("a", "1");
  batch.put("a", "2");
  batch.put("b", "3");
  batch.erase("b");
  const auto before = store_->writes();
  store_->write(std::move(batch));
  EXPECT_EQ(store_->get("a"), "2");
  EXPECT_EQ(store_->get("b"), std::nullopt);
  EXPECT_EQ(store_->writes(), before + 1);
}

TEST_P(Contract, KeysOrderAsUnsignedBytes) {
  for (const char* key : {"\x7f", "\x80", "a", "\xff", "b"}) store_->put(key, "");
  const auto cursor = store_->cursor("", "");
  cursor->seek("");
  EXPECT_EQ(keys(*cursor), "a b \x7f \x80 \xff ");
}

TEST_P(Contract, CursorsStayInBoundsBothWays) {
  for (const char* key : {"a", "b", "c", "d"}) store_->put(key, "");
  const auto cursor = store_->cursor("b", "d");
  cursor->seek("");
  EXPECT_EQ(keys(*cursor), "b c ");
  cursor->seek_backward("z");
  ASSERT_TRUE(cursor->valid());
  EXPECT_EQ(cursor->key(), "c");
  cursor->previous();
  EXPECT_EQ(cursor->key(), "b");
  cursor->previous();
  EXPECT_FALSE(cursor->valid());
  cursor->seek_backward("b");
  EXPECT_EQ(cursor->key(), "b");
}

TEST_P(Contract, ACursorSeesTheStoreAsItWas) {
  store_->put("a", "old");
  const auto cursor = store_->cursor("", "");
  store_->put("a", "new");
  store_->put("b", "new");
  cursor->seek("");
  EXPECT_EQ(cursor->value(), "old");
  EXPECT_EQ(keys(*cursor), "a ");
}

TEST_P(Contract, ErasingARangeLeavesItsEnd) {
  for (const char* key : {"a", "b", "c"}) store_->put(key, "");
  WriteBatch batch;
  batch.erase_range("a", "c");
  store_->write(std::move(batch));
  EXPECT_EQ(store_->get("b"), std::nullopt);
  EXPECT_TRUE(store_->get("c").has_value());
}

TEST_P(Contract, ScopesDoNotSeeEachOther) {
  ScopedStore one(*store_, "one/");
  ScopedStore two(*store_, "two/");
  one.put("k", "1");
  two.put("k", "2");
  one.clear();
  EXPECT_EQ(one.get("k"), std::nullopt);
  EXPECT_EQ(two.get("k"), "2");
  const auto cursor = two.cursor("", "");
  cursor->seek_backward("zzz");
  ASSERT_TRUE(cursor->valid());
  EXPECT_EQ(cursor->key(), "k");
}

TEST_P(Contract, ADocumentIsReadAgainWhateverItsTextWas) {
  Documents documents(*store_, "things");
  documents.put("a", {{"text", "caf\xe9"}});
  WriteBatch batch;
  documents.put(batch, "b", {{"text", "\xc3\xa9\xff"}});
  store_->write(std::move(batch));
  EXPECT_EQ(documents.get("a").value().at("text"), "caf\xef\xbf\xbd");
  EXPECT_EQ(documents.get("b").value().at("text"), "\xc3\xa9\xef\xbf\xbd");
}

TEST_P(Contract, DocumentsPageByIdAndPrefix) {
  Documents documents(*store_, "things");
  for (const char* id : {"a1", "a2", "a3", "b1"}) documents.put(id, {{"id", id}});
  const auto page = documents.list("a", "a1", 1);
  ASSERT_EQ(page.size(), 1U);
  EXPECT_EQ(page.front().first, "a2");
  EXPECT_EQ(documents.list("a").size(), 3U);
  documents.erase("a2");
  EXPECT_FALSE(documents.contains("a2"));
}

// A model check: random operations against std::map, every key compared at the end.
TEST_P(Contract, AgreesWithAMapUnderRandomOperations) {
  const std::uint64_t seed = core::SystemRandom().next();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  core::SeededRandom random(seed);
  std::map<std::string, std::string> model;
  for (int i = 0; i < 2000; ++i) {
    const std::string key(1 + random.below(3), static_cast<char>('a' + random.below(5)));
    if (random.below(4) == 0) {
      store_->erase(key);
      model.erase(key);
    } else {
      const std::string value = std::to_string(random.next());
      store_->put(key, value);
      model[key] = value;
    }
  }
  const auto cursor = store_->cursor("", "");
  cursor->seek("");
  for (const auto& [key, value] : model) {
    ASSERT_TRUE(cursor->valid());
    EXPECT_EQ(cursor->key(), key);
    EXPECT_EQ(cursor->value(), value);
    cursor->next();
  }
  EXPECT_FALSE(cursor->valid());
}

INSTANTIATE_TEST_SUITE_P(Engines, Contract,
                         testing::Values(Engine{"rocksdb", fresh_rocksdb},
                                         Engine{"memory", make_memory_store}),
                         [](const auto& at) { return at.param.name; });

TEST(RocksDb, AWriteSurvivesReopening) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "store_reopen_test";
  std::filesystem::remove_all(folder);
  open_rocksdb(folder)->put("k", "v");
  EXPECT_EQ(open_rocksdb(folder)->get("k"), "v");
}

TEST(RocksDb, RefusesAFolderAnotherHolds) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "store_lock_test";
  std::filesystem::remove_all(folder);
  const auto first = open_rocksdb(folder);
  EXPECT_THROW(open_rocksdb(folder), StoreError);
}

}  // namespace
}  // namespace tandem::store
