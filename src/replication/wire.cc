#include "replication/wire.h"

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
};

core::ParseError bad(const ByteReader& reader, std::string_view what) {
  return {"replication message: " + std::string(what), reader.offset()};
}

struct Encoder {
  std::string to;

  void type(Type type) { put_u8(to, static_cast<std::uint8_t>(type)); }

  void operator()(const Hello& hello) {
    type(Type::kHello);
    to.append(kMagic);
    put_u16(to, hello.version);
    put_bytes(to, hello.account);
    put_bytes(to, hello.from);
    put_bytes(to, hello.to);
    CHECK(hello.log.size() == kIdBytes);
    to.append(hello.log);
    put_u64(to, hello.log_end);
  }
  void operator()(const Welcome& welcome) {
    type(Type::kWelcome);
    put_u64(to, welcome.position);
  }
  void operator()(const Refusal& refusal) {
    type(Type::kRefusal);
    put_bytes(to, std::string_view(refusal.reason).substr(0, kMaxReasonBytes));
  }
  void operator()(const GroupState& state) {
    type(Type::kGroupState);
    encode(state.group, to);
  }
  void operator()(const Batch& batch) {
    type(Type::kBatch);
    put_u64(to, batch.previous);
    put_u64(to, batch.last);
    put_u64(to, batch.through);
    put_u64(to, batch.seen);
    put_u16(to, static_cast<std::uint16_t>(batch.groups.size()));
    for (const std::string& group : batch.groups) to.append(group);
    put_u16(to, static_cast<std::uint16_t>(batch.entries.size()));
    for (const Entry& entry : batch.entries) {
      put_u16(to, static_cast<std::uint16_t>(entry.group));
      put_bytes(to, entry.key);
      put_bytes(to, entry.record);
    }
  }
  void operator()(const Fill& fill) {
    type(Type::kFill);
    to.append(fill.group);
    put_u8(to, fill.part);
    put_u16(to, static_cast<std::uint16_t>(fill.entries.size()));
    for (const Entry& entry : fill.entries) {
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
  hello.log = reader.raw(kIdBytes);
  hello.log_end = reader.u64();
  return Message(std::move(hello));
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
  batch.last = reader.u64();
  batch.through = reader.u64();
  batch.seen = reader.u64();
  if (batch.last < batch.previous) return bad(reader, "log position runs backwards");
  if (std::max(batch.through, batch.seen) >= kMaxTimestamp) return bad(reader, "timestamp");
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
  Fill fill;
  fill.group = reader.raw(kIdBytes);
  const std::uint8_t part = reader.u8();
  const std::size_t entries = reader.u16();
  if (!reader.ok() || part > Fill::kOnly || entries > kMaxBatchEntries) {
    return bad(reader, "malformed fill");
  }
  fill.part = static_cast<Fill::Part>(part);
  for (std::size_t at = 0; at < entries; ++at) {
    Entry entry;
    if (!decode_entry(reader, entry)) return bad(reader, "malformed entry");
    fill.entries.push_back(std::move(entry));
  }
  return Message(std::move(fill));
}

core::Parsed<Message> decode_group_state(ByteReader& reader) {
  auto group = decode_group(reader);
  if (!group) return group.error();
  return Message(GroupState{std::move(group).value()});
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
      return Message(Welcome{reader.u64()});
    case Type::kRefusal:
      return Message(Refusal{std::string(reader.bytes(kMaxReasonBytes))});
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
