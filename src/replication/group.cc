#include "replication/group.h"

#include <algorithm>
#include <tuple>

#include "replication/record.h"

namespace tandem::replication {
namespace {

core::ParseError bad(const ByteReader& reader, std::string_view what) {
  return {"replica group: " + std::string(what), reader.offset()};
}

}  // namespace

const Member* Group::find(std::string_view region) const {
  const auto found = members.find(std::string(region));
  return found == members.end() ? nullptr : &found->second;
}

std::size_t Group::live_members() const {
  std::size_t live = 0;
  for (const auto& [region, member] : members) live += member.live() ? 1 : 0;
  return live;
}

bool Group::merge(const Group& other) {
  bool changed = false;
  if (std::tie(other.defined, other.defined_by) > std::tie(defined, defined_by)) {
    definition = other.definition;
    defined = other.defined;
    defined_by = other.defined_by;
    changed = true;
  }
  for (const auto& [region, theirs] : other.members) {
    const auto [ours, added] = members.try_emplace(region, theirs);
    const bool newer = std::tie(theirs.changed, theirs.changed_by) >
                       std::tie(ours->second.changed, ours->second.changed_by);
    if (newer) ours->second = theirs;
    changed = changed || added || newer;
  }
  changed = merge_refills(other) || changed;
  return changed;
}

bool Group::merge_refills(const Group& other) {
  bool grew = false;
  for (const auto& [region, asked] : other.refills) {
    Timestamp& known = refills[region];
    grew = grew || asked > known;
    known = std::max(known, asked);
  }
  return grew;
}

void encode_refills(const Group& group, std::string& to) {
  put_u8(to, static_cast<std::uint8_t>(group.refills.size()));
  for (const auto& [region, asked] : group.refills) {
    put_bytes(to, region);
    put_u64(to, asked);
  }
}

bool decode_refills(ByteReader& reader, Group& group) {
  const std::size_t count = reader.u8();
  for (std::size_t at = 0; at < count && reader.ok(); ++at) {
    const std::string region(reader.bytes(kMaxRegionBytes));
    const Timestamp asked = reader.u64();
    if (asked >= kMaxTimestamp || !group.refills.emplace(region, asked).second) return false;
  }
  return reader.ok() && count <= kMaxMembers;
}

void encode(const Group& group, std::string& to) {
  to.append(group.id);
  put_bytes(to, group.name);
  put_bytes(to, group.definition);
  put_u64(to, group.defined);
  put_bytes(to, group.defined_by);
  put_u8(to, static_cast<std::uint8_t>(group.members.size()));
  for (const auto& [region, member] : group.members) {
    put_bytes(to, region);
    put_u8(to, static_cast<std::uint8_t>(member.state));
    put_u64(to, member.joined);
    put_bytes(to, member.added_by);
    put_u64(to, member.changed);
    put_bytes(to, member.changed_by);
  }
}

core::Parsed<Group> decode_group(ByteReader& reader) {
  Group group;
  group.id = reader.raw(kIdBytes);
  group.name = reader.bytes(kMaxNameBytes);
  group.definition = reader.bytes(kMaxDefinitionBytes);
  group.defined = reader.u64();
  group.defined_by = reader.bytes(kMaxRegionBytes);
  const std::size_t members = reader.u8();
  if (!reader.ok() || members > kMaxMembers) return bad(reader, "malformed header");
  for (std::size_t at = 0; at < members; ++at) {
    const std::string region(reader.bytes(kMaxRegionBytes));
    const std::uint8_t state = reader.u8();
    Member member;
    member.joined = reader.u64();
    member.added_by = reader.bytes(kMaxRegionBytes);
    member.changed = reader.u64();
    member.changed_by = reader.bytes(kMaxRegionBytes);
    if (!reader.ok() || state < 1 || state > 4) return bad(reader, "malformed member");
    if (std::max(member.changed, member.joined) >= kMaxTimestamp) return bad(reader, "timestamp");
    member.state = static_cast<MemberState>(state);
    if (!group.members.emplace(region, member).second) return bad(reader, "member named twice");
  }
  if (group.defined >= kMaxTimestamp) return bad(reader, "timestamp");
  return group;
}

}  // namespace tandem::replication
