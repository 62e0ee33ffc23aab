// The messages between two regions and their bytes: docs/formats/replication-wire.md. A frame is a
// 32-bit length and one message; framing belongs to the transport.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/parsed.h"
#include "replication/group.h"
#include "replication/hybrid_clock.h"
#include "replication/log.h"

namespace tandem::replication {

inline constexpr std::uint16_t kProtocolVersion = 3;
/// A batch stops growing at kBatchBytes, but must hold any one item. An item is at most 400 KB as
/// DynamoDB counts; as stored, a number that counts 2 bytes can be text of 136.
inline constexpr std::size_t kMaxFrameBytes = 32 << 20;
inline constexpr std::size_t kBatchBytes = 256 << 10;
inline constexpr std::size_t kMaxBatchEntries = 512;
inline constexpr std::size_t kMaxKeyBytes = 16 << 10;

inline constexpr std::size_t kNonceBytes = 16;
inline constexpr std::size_t kMacBytes = 32;

/// From the connecting side (the sender), first.
struct Hello {
  std::uint16_t version = kProtocolVersion;
  std::string account;
  std::string from;   ///< region
  std::string to;     ///< region
  std::string nonce;  ///< kNonceBytes
};

/// The answer to Hello: the receiver proves that it knows the world's secret and asks for the same.
struct Challenge {
  std::string nonce;  ///< kNonceBytes
  std::string mac;    ///< kMacBytes: handshake.h
};

/// What a region says of its clocks: wall time in microseconds since the epoch, and the newest time
/// it has handed out or seen.
struct Clocks {
  std::int64_t wall_us = 0;
  Timestamp newest = 0;
};

/// The answer to Challenge. Only now does the sender count as the region it says it is.
struct Proof {
  std::string mac;  ///< kMacBytes
  std::string log;  ///< id of the sender's log, kIdBytes
  Clocks clocks;
};

/// The answer to Proof: what the receiver has of that log.
struct Welcome {
  Position position;
  Position reached;  ///< of what it has received, the newest may be as new as this
  Clocks clocks;
};

enum class RefusalCode : std::uint8_t {
  kProtocol = 1,        ///< what was sent is not understood or not expected
  kAuthentication = 2,  ///< the other side does not know this world's secret
  kClock = 3,           ///< times too far ahead of the refusing region's wall clock
  kClockInDoubt = 4,    ///< the same, but the refusing region does not trust its own clock either
  kStore = 5,           ///< the refusing region's store takes no writes
  kGap = 6,             ///< does not continue from the position the receiver has
};

/// Ends the connection.
struct Refusal {
  RefusalCode code = RefusalCode::kProtocol;
  std::string reason;
};

/// The sender's view of a group both are, were or become members of.
struct GroupState {
  Group group;
};

struct Entry {
  std::uint32_t group = 0;  ///< index into the message's groups
  std::string key;
  std::string record;
};

/// A stretch of the sender's log as records: what was written there and concerns the receiver.
struct Batch {
  std::uint64_t previous = 0;  ///< the position this continues from
  Position last;               ///< the position after it
  Position reached;            ///< the log's end when the records were read: none is newer
  Timestamp closed = 0;        ///< closed timestamp: what the sender wrote until then is in batches
  Timestamp low_water = 0;     ///< low-water mark: the sender has all that its peers wrote up to it
  std::vector<std::string> groups;
  std::vector<Entry> entries;
};

/// A stretch of a whole collection, for a receiver the log alone does not bring up to date.
struct Snapshot {
  enum Part : std::uint8_t { kMiddle = 0, kFirst = 1, kLast = 2, kOnly = 3 };
  std::string group;
  Part part = kMiddle;
  Position reached;            ///< as in a batch
  std::vector<Entry> entries;  ///< Entry::group is unused
};

/// How many GroupStates, Batches and Snapshots of this connection have been applied.
struct Ack {
  std::uint64_t count = 0;
};

/// The receiver holds no copy of this group, whatever the sender believes. Says which membership it
/// denies: by the time this arrives, the sender may know of a newer one.
struct NotMember {
  std::string group;
  Timestamp joined = 0;
};

using Message = std::variant<Hello, Challenge, Proof, Welcome, Refusal, GroupState, Batch, Snapshot,
                             Ack, NotMember>;

std::string encode(const Message& message);
/// Bounded in time and memory by the input; every record in the result is well-formed.
core::Parsed<Message> decode(std::string_view bytes);

}  // namespace tandem::replication
