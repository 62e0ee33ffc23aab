#include "replication/wire.h"

#include <gtest/gtest.h>

#include "core/random.h"
#include "replication/record.h"

namespace tandem::replication {
namespace {

std::string record(std::string item) {
  append_trailer(item, {77, "us-east-1"}, Liveness::kItem);
  return item;
}

Group group() {
  Group made;
  made.id = std::string(kIdBytes, 'g');
  made.name = "todos";
  made.definition = "{}";
  made.defined = 5;
  made.defined_by = "us-east-1";
  made.refills = {{"us-east-1", 4}, {"us-west-2", 3}};
  made.members["us-east-1"] = {MemberState::kActive, 5, "", 5, "us-east-1"};
  made.members["us-west-2"] = {MemberState::kCreating, 6, "us-east-1", 6, "us-east-1"};
  return made;
}

std::vector<Message> every_message() {
  const std::string nonce(kNonceBytes, 'n');
  const std::string mac(kMacBytes, 'm');
  const Clocks clocks{1'700'000'000'000'000, timestamp_at(1'700'000'000'000'001)};
  Hello hello{kProtocolVersion, "123456789012", "us-east-1", "us-west-2", nonce};
  Proof proof{mac, std::string(kIdBytes, 'l'), clocks};
  Batch batch{3, {9, 95}, {11, 97}, 100, 90, {std::string(kIdBytes, 'g')}, {}};
  batch.entries.push_back({0, "key", record("item")});
  Snapshot snapshot{std::string(kIdBytes, 'g'), Snapshot::kLast, {11, 97}, {}};
  snapshot.entries.push_back({0, "key", record("item")});
  return {hello,
          Challenge{nonce, mac},
          proof,
          Welcome{{7, 70}, {8, 80}, clocks},
          Refusal{RefusalCode::kClock, "why"},
          GroupState{group()},
          batch,
          snapshot,
          Ack{12},
          NotMember{std::string(kIdBytes, 'g'), 6}};
}

TEST(Wire, EveryMessageReadsBack) {
  for (const Message& message : every_message()) {
    const std::string bytes = encode(message);
    const auto read = decode(bytes);
    ASSERT_TRUE(read.ok()) << message.index() << ": " << read.error().message;
    EXPECT_EQ(read.value().index(), message.index());
    EXPECT_EQ(encode(read.value()), bytes);
  }
  const auto state = decode(encode(GroupState{group()}));
  EXPECT_EQ(std::get<GroupState>(state.value()).group, group());
}

TEST(Wire, EveryTruncationAndExtensionIsRefused) {
  for (const Message& message : every_message()) {
    const std::string bytes = encode(message);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      // A refusal's reason is the rest of its frame in no case: it has a length of its own.
      EXPECT_FALSE(decode(bytes.substr(0, size)).ok()) << message.index() << " at " << size;
    }
    EXPECT_FALSE(decode(bytes + "x").ok()) << message.index();
  }
}

TEST(Wire, FlippedBytesNeverDecodeBeyondTheirBounds) {
  core::SeededRandom random(1);
  for (const Message& message : every_message()) {
    const std::string bytes = encode(message);
    for (int round = 0; round < 500; ++round) {
      std::string broken = bytes;
      broken[random.below(broken.size())] = static_cast<char>(random.next());
      const auto read = decode(broken);
      if (!read.ok()) continue;
      EXPECT_EQ(encode(read.value()).size(), broken.size());
    }
  }
}

TEST(Wire, RefusesAnUnnamedGroupABackwardLogAndAnUnknownVersion) {
  Batch batch{3, {9, 95}, {9, 95}, 100, 90, {}, {}};
  batch.entries.push_back({0, "key", record("item")});
  EXPECT_FALSE(decode(encode(batch)).ok());
  EXPECT_TRUE(decode(encode(Batch{3, {9, 0}, {9, 0}, 0, 0, {}, {}})).ok());
  EXPECT_FALSE(decode(encode(Batch{9, {3, 0}, {9, 0}, 0, 0, {}, {}})).ok());
  EXPECT_FALSE(decode(encode(Batch{3, {9, 0}, {8, 0}, 0, 0, {}, {}})).ok());
  EXPECT_FALSE(decode(encode(Batch{0, {}, {}, kMaxTimestamp, 0, {}, {}})).ok());
  EXPECT_FALSE(decode(encode(Batch{0, {}, {9, kMaxTimestamp}, 0, 0, {}, {}})).ok());
  EXPECT_FALSE(
      decode(encode(Snapshot{std::string(kIdBytes, 'g'), Snapshot::kFirst, {9, kMaxTimestamp}, {}}))
          .ok());
  Hello hello{1, "a", "b", "c", std::string(kNonceBytes, 'n')};
  EXPECT_FALSE(decode(encode(hello)).ok());
}

TEST(Group, MergeTakesTheNewerEntryOfEachMember) {
  Group ours = group();
  Group theirs = group();
  ours.members["us-east-1"].state = MemberState::kDeleting;
  ours.members["us-east-1"].changed = 8;
  theirs.members["us-west-2"].state = MemberState::kActive;
  theirs.members["us-west-2"].changed = 7;
  EXPECT_TRUE(ours.merge(theirs));
  EXPECT_EQ(ours.members["us-east-1"].state, MemberState::kDeleting);
  EXPECT_EQ(ours.members["us-west-2"].state, MemberState::kActive);
  EXPECT_FALSE(ours.merge(theirs));
}

}  // namespace
}  // namespace tandem::replication
