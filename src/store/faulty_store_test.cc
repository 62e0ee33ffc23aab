#include "store/faulty_store.h"

#include <gtest/gtest.h>

namespace tandem::store {
namespace {

TEST(FaultyStore, RefusesTheWritesItWasToldTo) {
  FaultyStore store;
  store.fail_after(1, 2);
  store.put("a", "1");
  EXPECT_THROW(store.put("b", "1"), StoreError);
  EXPECT_THROW(store.erase("a"), StoreError);
  store.put("c", "1");
  EXPECT_EQ(store.snapshot(), (FaultyStore::Snapshot{{"a", "1"}, {"c", "1"}}));
  EXPECT_EQ(store.failures(), 2U);
  store.fail_after(0);
  for (int i = 0; i < 3; ++i) EXPECT_THROW(store.put("d", "1"), StoreError);
  store.heal();
  store.put("d", "1");
}

TEST(FaultyStore, AFailedWriteMayHaveBeenKept) {
  FaultyStore store;
  store.fail_next_writes(1, FaultyStore::Failure::kKept);
  EXPECT_THROW(store.put("a", "1"), StoreError);
  EXPECT_EQ(store.get("a"), "1");
}

TEST(FaultyStore, LosesTheLastWritesOnly) {
  FaultyStore store;
  store.put("a", "1");
  store.put("b", "1");
  const auto before = store.snapshot();
  WriteBatch batch;
  batch.put("a", "2");
  batch.put("c", "2");
  batch.erase_range("a", "c");
  batch.put("b", "3");
  store.write(std::move(batch));
  store.erase("b");
  EXPECT_EQ(store.lose_suffix(2), 2U);
  EXPECT_EQ(store.snapshot(), before);
  EXPECT_EQ(store.lose_suffix(5), 2U);
  EXPECT_TRUE(store.snapshot().empty());
}

TEST(FaultyStore, WhatWasSyncedIsNotLost) {
  FaultyStore store;
  store.put("a", "1");
  store.sync();
  store.put("a", "2");
  EXPECT_EQ(store.lose_suffix(9), 1U);
  EXPECT_EQ(store.get("a"), "1");
}

TEST(FaultyStore, FallsBackToASnapshot) {
  FaultyStore store;
  store.put("a", "1");
  const auto then = store.snapshot();
  store.put("a", "2");
  store.put("b", "2");
  store.restore(then);
  EXPECT_EQ(store.snapshot(), then);
}

}  // namespace
}  // namespace tandem::store
