// Two regions and the frames between them, without a network. What random worlds find is in
// tests/sim; here are the single steps that went wrong once.
#include "replication/replicator.h"

#include <gtest/gtest.h>

#include "replication/keys.h"
#include "replication/receiver.h"
#include "replication/sender.h"
#include "store/faulty_store.h"

namespace tandem::replication {
namespace {

constexpr std::int64_t kYearMs = 365LL * 24 * 3600 * 1000;
constexpr std::uint32_t kTable = 1;
constexpr std::uint32_t kOther = 2;

class NoHost final : public Replicator::Host {
 public:
  std::optional<Replicator::Replica> create_replica(const Group& group) override {
    return Replicator::Replica{group.name == "other" ? kOther : kTable};
  }
  bool may_leave(const Group&) override { return true; }
  void leaving(const Group&) override {}
  void dropped(const Group&) override {}
  void changed(const Group&) override {}
  void dissolved(const Group&) override {}
  void reconcile() override {}
};

struct Side {
  Side(std::string region, std::string peer) : name(std::move(region)), other(std::move(peer)) {
    start();
  }
  void start(std::string with_secret = "secret") {
    replicator.reset();
    replicator = std::make_unique<Replicator>(
        Replicator::Options{name, "123456789012", std::move(with_secret)}, clock, random, store);
    replicator->set_host(host);
    replicator->add_peer(other);
  }
  void put(const std::string& key, const std::string& item) {
    replicator->records().write({{kTable, key, item}});
  }
  std::optional<std::string> get(const std::string& key) {
    return replicator->records().get(kTable, key);
  }
  std::string name;
  std::string other;
  core::ManualClock clock;
  core::SeededRandom random{7};
  store::FaultyStore store;
  NoHost host;
  std::unique_ptr<Replicator> replicator;
};

class TwoRegions : public ::testing::Test {
 protected:
  TwoRegions() {
    const std::string group = east_.replicator->create_group(kTable, "todos", "");
    east_.replicator->add_member(group, "us-west-2");
    settle();
  }
  /// One connection from one side to the other, until nothing moves. Why it ended, if it did.
  static std::string ship(Side& from, Side& to) {
    SenderSession sender(*from.replicator, to.name);
    ReceiverSession receiver(*to.replicator);
    std::string failure;
    for (bool moved = true; moved && failure.empty();) {
      moved = false;
      while (const auto frame = sender.next()) {
        moved = true;
        const auto outcome = receiver.receive(*frame);
        for (const std::string& reply : outcome.replies) {
          if (const auto why = sender.receive(reply)) failure = *why;
        }
        if (!outcome.failure.empty()) return outcome.failure;
      }
      const std::string ack = receiver.acknowledge();
      if (ack.empty()) continue;
      moved = true;
      if (const auto why = sender.receive(ack)) failure = *why;
    }
    return failure;
  }
  void settle() {
    for (int round = 0; round < 6; ++round) {
      EXPECT_EQ(ship(east_, west_), "");
      EXPECT_EQ(ship(west_, east_), "");
      east_.replicator->tick();
      west_.replicator->tick();
    }
  }
  std::size_t missing(Side& at, const std::string& prefix, int count) {
    std::size_t missing = 0;
    for (int i = 0; i < count; ++i) missing += at.get(prefix + std::to_string(i)) ? 0 : 1;
    return missing;
  }
  void put_many(Side& at, const std::string& prefix, int count) {
    for (int i = 0; i < count; ++i) at.put(prefix + std::to_string(i), "x");
  }

  Side east_{"us-east-1", "us-west-2"};
  Side west_{"us-west-2", "us-east-1"};
};

TEST_F(TwoRegions, APositionDoesNotMoveWithABatchTheStoreRefuses) {
  put_many(east_, "k", 20);
  west_.store.fail_next_writes(store::FaultyStore::kForEver);
  EXPECT_NE(ship(east_, west_), "");
  ASSERT_TRUE(east_.replicator->find_peer("us-west-2")->refusal.has_value());
  EXPECT_EQ(east_.replicator->find_peer("us-west-2")->refusal->code, RefusalCode::kStore);
  west_.store.heal();
  settle();
  EXPECT_EQ(missing(west_, "k", 20), 0U);
  EXPECT_EQ(east_.replicator->pending("us-west-2"), 0U);
  EXPECT_FALSE(east_.replicator->find_peer("us-west-2")->refusal.has_value());
}

TEST_F(TwoRegions, AWriteThatWasKeptAlthoughItFailedIsShipped) {
  east_.store.fail_next_writes(1, store::FaultyStore::Failure::kKept);
  EXPECT_THROW(east_.put("a", "kept"), store::StoreError);
  east_.put("b", "after");
  settle();
  EXPECT_EQ(west_.get("a"), "kept");
  EXPECT_EQ(west_.get("b"), "after");
}

/// The store loses its last 50 writes, which the peer has, and takes more or fewer of its own
/// before the link returns.
class FallsBack : public TwoRegions, public ::testing::WithParamInterface<int> {};

TEST_P(FallsBack, EverythingHeldAnywhereArrivesEverywhere) {
  put_many(east_, "first", 10);
  settle();
  east_.store.sync();
  put_many(east_, "lost", 50);
  EXPECT_EQ(ship(east_, west_), "");
  EXPECT_EQ(east_.store.lose_suffix(50), 50U);
  east_.start();
  EXPECT_EQ(missing(east_, "lost", 50), 50U);
  put_many(east_, "new", GetParam());
  settle();
  EXPECT_EQ(missing(west_, "new", GetParam()), 0U);
  EXPECT_EQ(missing(east_, "lost", 50), 0U);
  EXPECT_EQ(east_.replicator->snapshots_owed("us-west-2"), 0U);
  EXPECT_EQ(west_.replicator->snapshots_owed("us-east-1"), 0U);
}

INSTANTIATE_TEST_SUITE_P(Writes, FallsBack, ::testing::Values(0, 20, 50, 80));

/// An item travels as it is when its first change is sent. The store loses the last of its changes,
/// which the peer has then, although it was never sent the log so far.
TEST_F(TwoRegions, WhatWasSentAheadOfItsPlaceInTheLogComesBack) {
  put_many(east_, "k", static_cast<int>(kMaxBatchEntries));
  east_.store.sync();
  east_.put("k0", "second");
  {
    SenderSession sender(*east_.replicator, west_.name);
    ReceiverSession receiver(*west_.replicator);
    while (west_.get("k0") != "second") {
      const auto outcome = receiver.receive(sender.next().value());
      for (const std::string& reply : outcome.replies) EXPECT_FALSE(sender.receive(reply));
    }
  }
  const Replicator::Peer& seen = *west_.replicator->find_peer(east_.name);
  ASSERT_LT(seen.position.number, seen.reached.number);
  ASSERT_EQ(east_.store.lose_suffix(1), 1U);
  east_.start();
  ASSERT_EQ(east_.get("k0"), "x");
  west_.start();
  settle();
  EXPECT_EQ(east_.get("k0"), "second");
  EXPECT_EQ(west_.get("k0"), "second");
}

TEST_F(TwoRegions, AReceiverThatFallsBackIsFilledAgain) {
  const auto copy = west_.store.snapshot();
  put_many(east_, "k", 50);
  settle();
  EXPECT_EQ(east_.replicator->records().log().trimmed(), east_.replicator->records().log().end());
  west_.store.restore(copy);
  west_.start();
  // Its peer knows from its own store what had been acknowledged.
  east_.start();
  settle();
  EXPECT_EQ(missing(west_, "k", 50), 0U);
}

TEST_F(TwoRegions, AStrangerIsNeitherWelcomedNorBelieved) {
  const auto before = west_.store.snapshot();
  const std::uint64_t generation = west_.replicator->find_peer("us-east-1")->receiver;
  Side stranger("us-east-1", "us-west-2");
  stranger.start("a guess");
  // Both refuse: the stranger cannot answer, and what answers it does not know the guess.
  EXPECT_EQ(ship(stranger, west_), "what answers there is no region of this world");
  ReceiverSession session(*west_.replicator);
  Hello hello;
  hello.account = "123456789012";
  hello.from = "us-east-1";
  hello.to = "us-west-2";
  hello.nonce = std::string(kNonceBytes, 'n');
  EXPECT_EQ(session.receive(encode(hello)).failure, "");
  Batch batch;
  batch.last = batch.reached = {9, kMaxTimestamp - 1};
  batch.closed = batch.low_water = kMaxTimestamp - 1;
  EXPECT_EQ(session.receive(encode(batch)).failure, "out of order");
  Proof proof{std::string(kMacBytes, 'm'), std::string(kIdBytes, 'l'), {}};
  EXPECT_EQ(session.receive(encode(proof)).failure, "not a region of this world");
  EXPECT_EQ(session.peer(), "");
  EXPECT_EQ(west_.store.snapshot(), before);
  EXPECT_EQ(west_.replicator->find_peer("us-east-1")->receiver, generation);
}

TEST_F(TwoRegions, NoTimeBeyondTheBoundIsTakenFromAPeer) {
  east_.put("a", "before");
  settle();
  east_.clock.advance_ms(3 * kYearMs);
  east_.put("a", "from the future");
  EXPECT_NE(ship(east_, west_), "");
  EXPECT_EQ(west_.get("a"), "before");
  // The region is told, believes it as its only peer says so, and takes no more writes.
  EXPECT_THROW(east_.put("b", "x"), store::StoreError);
  west_.put("c", "goes on");
  EXPECT_LT(wall_us(west_.replicator->records().clock().current()),
            west_.clock.now_us() + 1'000'000);
  EXPECT_EQ(ship(west_, east_), "");
  EXPECT_EQ(east_.get("c"), "goes on");
  // Nothing is dropped: with the clock set right and new times it all arrives.
  EXPECT_THROW(east_.replicator->restamp(), std::invalid_argument);
  east_.clock.advance_ms(-3 * kYearMs);
  EXPECT_THROW(east_.put("b", "x"), store::StoreError);
  EXPECT_EQ(east_.replicator->restamp(), 1U);
  settle();
  EXPECT_EQ(west_.get("a"), "from the future");
  east_.put("b", "writes again");
  settle();
  EXPECT_EQ(west_.get("b"), "writes again");
}

TEST_F(TwoRegions, APersistedClockYearsAheadRefusesWritesAndReads) {
  east_.clock.advance_ms(3 * kYearMs);
  east_.put("a", "from the future");
  east_.clock.advance_ms(-3 * kYearMs);
  east_.start();
  EXPECT_EQ(east_.get("a"), "from the future");
  try {
    east_.put("b", "x");
    FAIL() << "a write was taken";
  } catch (const store::StoreError& error) {
    EXPECT_NE(error.message.find("tandem region rebuild us-east-1"), std::string::npos);
  }
}

TEST_F(TwoRegions, DamagedRecordsAreErrorsAndHoldUpNothing) {
  east_.put("a", "good");
  east_.put("b", "good");
  east_.store.put(keys::record(kTable, "a"), "x");
  EXPECT_THROW(east_.get("a"), store::StoreError);
  settle();
  EXPECT_EQ(west_.get("b"), "good");
  // What comes from a peer replaces it, and the link goes on.
  west_.put("a", "newer");
  settle();
  EXPECT_EQ(east_.get("a"), "newer");
}

TEST_F(TwoRegions, ARebuildPassesOverADamagedRecordAndGetsItBack) {
  east_.put("a", "good");
  settle();
  east_.clock.advance_ms(3 * kYearMs);
  east_.put("b", "from the future");
  east_.clock.advance_ms(-3 * kYearMs);
  east_.store.put(keys::record(kTable, "a"), "x");
  EXPECT_EQ(east_.replicator->restamp(), 1U);
  settle();
  EXPECT_EQ(east_.get("a"), "good");
  EXPECT_EQ(west_.get("b"), "from the future");
}

/// Collections without capacity, and how many writes others took.
class Closed final : public WriteMeter {
 public:
  bool admits(std::uint32_t collection, std::string_view) override { return collection != closed; }
  void wrote(const Change& change) override { written += change.origin == Origin::kRemote ? 1 : 0; }
  std::uint32_t closed = kTable;
  int written = 0;
};

class Throttled : public TwoRegions {
 protected:
  Throttled() {
    const std::string group = east_.replicator->create_group(kOther, "other", "");
    east_.replicator->add_member(group, "us-west-2");
    settle();
    west_.replicator->records().set_meter(&meter_);
    east_.replicator->records().write({{kTable, "a", "1"}});
    east_.replicator->records().write({{kOther, "b", "2"}});
    east_.replicator->records().write({{kTable, "c", "3"}});
  }
  /// Until the receiver waits or nothing moves.
  static void move(SenderSession& sender, ReceiverSession& receiver) {
    while (!receiver.waiting()) {
      const auto frame = sender.next();
      if (!frame) return;
      const auto outcome = receiver.receive(*frame);
      EXPECT_EQ(outcome.failure, "");
      for (const std::string& reply : outcome.replies) EXPECT_FALSE(sender.receive(reply));
      if (const std::string ack = receiver.acknowledge(); !ack.empty()) {
        EXPECT_FALSE(sender.receive(ack));
      }
    }
  }
  Closed meter_;
};

TEST_F(Throttled, ATableWaitsAndOthersOfTheBatchGoAhead) {
  SenderSession sender(*east_.replicator, west_.name);
  ReceiverSession receiver(*west_.replicator);
  move(sender, receiver);
  ASSERT_TRUE(receiver.waiting());
  EXPECT_FALSE(west_.get("a"));
  EXPECT_FALSE(west_.get("c"));
  EXPECT_EQ(west_.replicator->records().get(kOther, "b"), "2");
  // Nothing of the batch is acknowledged, and the wait is not taken for silence.
  EXPECT_EQ(receiver.acknowledge(), "");
  for (int second = 0; second < 60; ++second) {
    east_.clock.advance_ms(1000);
    west_.clock.advance_ms(1000);
    EXPECT_EQ(receiver.proceed().failure, "");
    EXPECT_FALSE(sender.receive(receiver.sign_of_life()));
    ASSERT_FALSE(sender.expired(0));
  }
  EXPECT_GT(east_.replicator->pending("us-west-2"), 0U);
  meter_.closed = 0;
  EXPECT_EQ(receiver.proceed().failure, "");
  ASSERT_FALSE(receiver.waiting());
  EXPECT_FALSE(sender.receive(receiver.acknowledge()));
  EXPECT_EQ(west_.get("a"), "1");
  EXPECT_EQ(west_.get("c"), "3");
  EXPECT_EQ(meter_.written, 3);
  EXPECT_EQ(east_.replicator->pending("us-west-2"), 0U);
}

TEST_F(Throttled, AConnectionThatEndsMeanwhileCostsNothingTwice) {
  {
    SenderSession sender(*east_.replicator, west_.name);
    ReceiverSession receiver(*west_.replicator);
    move(sender, receiver);
    ASSERT_TRUE(receiver.waiting());
    // A newer connection speaks from now on.
    SenderSession again(*east_.replicator, west_.name);
    ReceiverSession newer(*west_.replicator);
    move(again, newer);
    EXPECT_EQ(receiver.proceed().failure, "replaced by a newer connection");
  }
  EXPECT_EQ(meter_.written, 1);
  meter_.closed = 0;
  settle();
  EXPECT_EQ(west_.get("a"), "1");
  EXPECT_EQ(west_.get("c"), "3");
  EXPECT_EQ(meter_.written, 3);
}

}  // namespace
}  // namespace tandem::replication
