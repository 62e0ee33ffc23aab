#include "replication/wire.h"

#include <algorithm>

#include "core/check.h"
#include "replication/record.h"

namespace tandem::replication {
namespace {

constexpr std::string_view kMagic = "TNDM";
constexpr std::size_t kMaxAccountBytes = 64;
constexpr std::size_t kMaxReasonBytes = 1024;
constexpr std::size_t kMaxGroupsInBatch = kMaxBatchEntries;

enum class Type : std::uint8_t {
  kHello = 1,
  kWelcome = 2,
  kRefusal = 3,
  kGroupState = 4,
  kBatch = 5,
  kFill = 6,
  kAck = 7,
  kNotMember = 8,
  kChallenge = 9,
  kProof = 10,
};

core::ParseError bad(const ByteReader& reader, std::string_view what) {
  return {"replication message: " + std::string(what), reader.offset()};
}

struct Encoder {
  std::string to;

  void type(Type type) { put_u8(to, static_cast<std::uint8_t>(type)); }
  void position(const Position& position) {
    put_u64(to, position.number);
    put_u64(to, position.time);
  }
  void clocks(const Clocks& clocks) {
    put_u64(to, static_cast<std::uint64_t>(clocks.wall_us));
    put_u64(to, clocks.newest);
  }

  void operator()(const Hello& hello) {
    type(Type::kHello);
    to.append(kMagic);
    put_u16(to, hello.version);
    put_bytes(to, hello.account);
    put_bytes(to, hello.from);
    put_bytes(to, hello.to);
    CHECK(hello.nonce.size() == kNonceBytes);
    to.append(hello.nonce);
  }
  void operator()(const Challenge& challenge) {
    type(Type::kChallenge);
    CHECK(challenge.nonce.size() == kNonceBytes && challenge.mac.size() == kMacBytes);
    to.append(challenge.nonce);
    to.append(challenge.mac);
  }
  void operator()(const Proof& proof) {
    type(Type::kProof);
    CHECK(proof.mac.size() == kMacBytes && proof.log.size() == kIdBytes);
    to.append(proof.mac);
    to.append(proof.log);
    clocks(proof.clocks);
  }
  void operator()(const Welcome& welcome) {
    type(Type::kWelcome);
    position(welcome.position);
    position(welcome.reached);
    clocks(welcome.clocks);
  }
  void operator()(const Refusal& refusal) {
    type(Type::kRefusal);
    put_u8(to, static_cast<std::uint8_t>(refusal.code));
    put_bytes(to, std::string_view(refusal.reason).substr(0, kMaxReasonBytes));
  }
  void operator()(const GroupState& state) {
    type(Type::kGroupState);
    encode(state.group, to);
    encode_refills(state.group, to);
  }
  void operator()(const Batch& batch) {
    type(Type::kBatch);
    put_u64(to, batch.previous);
    position(batch.last);
    position(batch.reached);
    put_u64(to, batch.closed);
    put_u64(to, batch.low_water);
    put_u16(to, static_cast<std::uint16_t>(batch.groups.size()));
    for (const std::string& group : batch.groups) to.append(group);
    put_u16(to, static_cast<std::uint16_t>(batch.entries.size()));
    for (const Entry& entry : batch.entries) {
      put_u16(to, static_cast<std::uint16_t>(entry.group));
      put_bytes(to, entry.key);
      put_bytes(to, entry.record);
    }
  }
  void operator()(const Snapshot& snapshot) {
    type(Type::kFill);
    to.append(snapshot.group);
    put_u8(to, snapshot.part);
    position(snapshot.reached);
    put_u16(to, static_cast<std::uint16_t>(snapshot.entries.size()));
    for (const Entry& entry : snapshot.entries) {
      put_bytes(to, entry.key);
      put_bytes(to, entry.record);
    }
  }
  void operator()(const Ack& ack) {
    type(Type::kAck);
    put_u64(to, ack.count);
  }
  void operator()(const NotMember& gone) {
    type(Type::kNotMember);
    to.append(gone.group);
    put_u64(to, gone.joined);
  }
};

core::Parsed<Message> decode_hello(ByteReader& reader) {
  Hello hello;
  if (reader.raw(kMagic.size()) != kMagic) return bad(reader, "not Tandem's protocol");
  hello.version = reader.u16();
  if (hello.version != kProtocolVersion) return bad(reader, "unknown protocol version");
  hello.account = reader.bytes(kMaxAccountBytes);
  hello.from = reader.bytes(kMaxRegionBytes);
  hello.to = reader.bytes(kMaxRegionBytes);
  hello.nonce = reader.raw(kNonceBytes);
  return Message(std::move(hello));
}

Position read_position(ByteReader& reader) { return {reader.u64(), reader.u64()}; }

Clocks read_clocks(ByteReader& reader) {
  return {static_cast<std::int64_t>(reader.u64()), reader.u64()};
}

bool plausible(const Clocks& clocks) {
  return clocks.newest < kMaxTimestamp && clocks.wall_us >= 0 &&
         clocks.wall_us <= wall_us(kMaxTimestamp);
}

core::Parsed<Message> decode_challenge(ByteReader& reader) {
  Challenge challenge;
  challenge.nonce = reader.raw(kNonceBytes);
  challenge.mac = reader.raw(kMacBytes);
  return Message(std::move(challenge));
}

core::Parsed<Message> decode_proof(ByteReader& reader) {
  Proof proof;
  proof.mac = reader.raw(kMacBytes);
  proof.log = reader.raw(kIdBytes);
  proof.clocks = read_clocks(reader);
  if (!plausible(proof.clocks)) return bad(reader, "timestamp");
  return Message(std::move(proof));
}

core::Parsed<Message> decode_welcome(ByteReader& reader) {
  Welcome welcome;
  welcome.position = read_position(reader);
  welcome.reached = read_position(reader);
  welcome.clocks = read_clocks(reader);
  if (!plausible(welcome.clocks)) return bad(reader, "timestamp");
  return Message(welcome);
}

core::Parsed<Message> decode_refusal(ByteReader& reader) {
  const std::uint8_t code = reader.u8();
  if (code < 1 || code > static_cast<std::uint8_t>(RefusalCode::kGap)) {
    return bad(reader, "unknown refusal");
  }
  return Message(
      Refusal{static_cast<RefusalCode>(code), std::string(reader.bytes(kMaxReasonBytes))});
}

/// False when the entry is malformed.
bool decode_entry(ByteReader& reader, Entry& entry) {
  entry.key = reader.bytes(kMaxKeyBytes);
  entry.record = reader.bytes(kMaxFrameBytes);
  return reader.ok() && parse_record(entry.record).has_value();
}

core::Parsed<Message> decode_batch(ByteReader& reader) {
  Batch batch;
  batch.previous = reader.u64();
  batch.last = read_position(reader);
  batch.reached = read_position(reader);
  batch.closed = reader.u64();
  batch.low_water = reader.u64();
  if (batch.last.number < batch.previous || batch.reached.number < batch.last.number) {
    return bad(reader, "log position runs backwards");
  }
  if (std::max({batch.closed, batch.low_water, batch.last.time, batch.reached.time}) >=
      kMaxTimestamp) {
    return bad(reader, "timestamp");
  }
  const std::size_t groups = reader.u16();
  if (!reader.ok() || groups > kMaxGroupsInBatch) return bad(reader, "malformed batch");
  for (std::size_t at = 0; at < groups && reader.ok(); ++at) {
    batch.groups.emplace_back(reader.raw(kIdBytes));
  }
  const std::size_t entries = reader.u16();
  if (!reader.ok() || entries > kMaxBatchEntries) return bad(reader, "malformed batch");
  for (std::size_t at = 0; at < entries; ++at) {
    Entry entry;
    entry.group = reader.u16();
    if (!decode_entry(reader, entry)) return bad(reader, "malformed entry");
    if (entry.group >= groups) return bad(reader, "entry of an unnamed group");
    batch.entries.push_back(std::move(entry));
  }
  return Message(std::move(batch));
}

core::Parsed<Message> decode_fill(ByteReader& reader) {
  Snapshot snapshot;
  snapshot.group = reader.raw(kIdBytes);
  const std::uint8_t part = reader.u8();
  snapshot.reached = read_position(reader);
  const std::size_t entries = reader.u16();
  if (!reader.ok() || part > Snapshot::kOnly || entries > kMaxBatchEntries) {
    return bad(reader, "malformed snapshot");
  }
  if (snapshot.reached.time >= kMaxTimestamp) return bad(reader, "timestamp");
  snapshot.part = static_cast<Snapshot::Part>(part);
  for (std::size_t at = 0; at < entries; ++at) {
    Entry entry;
    if (!decode_entry(reader, entry)) return bad(reader, "malformed entry");
    snapshot.entries.push_back(std::move(entry));
  }
  return Message(std::move(snapshot));
}

core::Parsed<Message> decode_group_state(ByteReader& reader) {
  auto group = decode_group(reader);
  if (!group) return group.error();
  Group with_refills = std::move(group).value();
  if (!decode_refills(reader, with_refills)) return bad(reader, "malformed refills");
  return Message(GroupState{std::move(with_refills)});
}

core::Parsed<Message> decode_not_member(ByteReader& reader) {
  NotMember gone;
  gone.group = reader.raw(kIdBytes);
  gone.joined = reader.u64();
  return Message(std::move(gone));
}

core::Parsed<Message> decode_body(Type type, ByteReader& reader) {
  switch (type) {
    case Type::kHello:
      return decode_hello(reader);
    case Type::kWelcome:
      return decode_welcome(reader);
    case Type::kRefusal:
      return decode_refusal(reader);
    case Type::kGroupState:
      return decode_group_state(reader);
    case Type::kBatch:
      return decode_batch(reader);
    case Type::kFill:
      return decode_fill(reader);
    case Type::kAck:
      return Message(Ack{reader.u64()});
    case Type::kNotMember:
      return decode_not_member(reader);
    case Type::kChallenge:
      return decode_challenge(reader);
    case Type::kProof:
      return decode_proof(reader);
  }
  return bad(reader, "unknown type");
}

}  // namespace

std::string encode(const Message& message) {
  Encoder encoder;
  std::visit(encoder, message);
  return std::move(encoder.to);
}

core::Parsed<Message> decode(std::string_view bytes) {
  ByteReader reader(bytes);
  if (bytes.size() > kMaxFrameBytes) return bad(reader, "too large");
  const auto type = static_cast<Type>(reader.u8());
  auto message = decode_body(type, reader);
  if (message.ok() && !reader.at_end()) {
    return bad(reader, reader.ok() ? "trailing bytes" : "truncated");
  }
  return message;
}

}  // namespace tandem::replication
