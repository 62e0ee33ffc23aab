// A replica group: one collection that several regions hold a copy of. Every region keeps its own
// copy of the group's state; two copies merge entry by entry, newer version first, so that regions
// may change it at the same time and in any order of arrival.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/parsed.h"
#include "replication/byte_codec.h"
#include "replication/hybrid_clock.h"

namespace tandem::replication {

inline constexpr std::size_t kIdBytes = 16;
inline constexpr std::size_t kMaxNameBytes = 1024;
inline constexpr std::size_t kMaxDefinitionBytes = 1 << 20;
inline constexpr std::size_t kMaxMembers = 64;

enum class MemberState : std::uint8_t {
  kCreating = 1,  ///< being filled; serves nothing yet
  kActive = 2,
  kDeleting = 3,  ///< asked to leave; still sending what it has written
  kGone = 4,      ///< kept, so that an older copy of the group cannot bring it back
};

struct Member {
  MemberState state = MemberState::kCreating;
  Timestamp joined = 0;   ///< tells this membership from an earlier one of the same region
  std::string added_by;   ///< region; empty for the founder
  Timestamp changed = 0;  ///< with changed_by, the entry's version
  std::string changed_by;

  bool live() const { return state != MemberState::kGone; }
  /// Is sent what others write.
  bool receives() const { return state == MemberState::kCreating || state == MemberState::kActive; }
  bool operator==(const Member&) const = default;
};

struct Group {
  std::string id;          ///< kIdBytes random bytes
  std::string name;        ///< the table's
  std::string definition;  ///< what all copies share (schema, settings); opaque here
  Timestamp defined = 0;   ///< with defined_by, the definition's version
  std::string defined_by;
  std::map<std::string, Member> members;  ///< by region
  /// By the region that asked, when it asked last; the greatest of each wins. When one grows, some
  /// member's store was found to have fallen back to an older state, or to have been given new
  /// times: every member owes every other a whole copy, because nobody knows who holds what was
  /// lost there, and what is shipped on from the logs does not say. One time for all regions would
  /// not do: who asks with a clock behind another's would not be heard.
  std::map<std::string, Timestamp> refills;

  const Member* find(std::string_view region) const;
  std::size_t live_members() const;
  /// Takes what is newer in other. Returns whether anything was.
  bool merge(const Group& other);
  /// The refills alone. Returns whether one grew.
  bool merge_refills(const Group& other);
  bool operator==(const Group&) const = default;
};

/// Everything but the refills, which stand elsewhere on disk and on the wire.
void encode(const Group& group, std::string& to);
void encode_refills(const Group& group, std::string& to);
/// False when what comes is none.
bool decode_refills(ByteReader& reader, Group& group);
/// Reads one group; the reader may go on after it.
core::Parsed<Group> decode_group(ByteReader& reader);

}  // namespace tandem::replication
