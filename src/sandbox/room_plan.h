// How a build's room is built: what the region tells the process that does it (room_builder.h), as
// a JSON text. There is no secret in it. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/parsed.h"
#include "sandbox/cell.h"

namespace tandem::sandbox {

/// Users of the machine that a room's users are: its root is the first of them. count 0: its root
/// is our own user, and it has no other.
struct RoomUsers {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  bool operator==(const RoomUsers&) const = default;
};

/// Below the room's folder, all made before:
///   root/     what is seen as "/", the room's own
///   source/   seen at source_inside, the room's own
///   lower/N   empty; upper/N and work/N, for overlay N
struct RoomPlan {
  std::string folder;
  RoomUsers users;
  std::string source_inside;
  std::string host_name;
  /// Folders of the machine that are seen at the same place and may be written, all of which lands
  /// in the upper folders. Without overlays they are seen as they are, read-only.
  std::vector<std::string> layers;
  bool overlays = false;
  std::vector<std::string> read_only;  ///< further files and folders of the machine
  std::vector<Door> tcp;
  std::vector<Door> udp;
  std::vector<std::string> own_addresses;  ///< IPv4, besides the loopback's, that exist inside
  std::vector<std::string> closed;         ///< IPv4, that cannot be reached
  std::uint64_t tasks = 4'096;
  std::uint64_t shared_memory_mb = 256;
  bool operator==(const RoomPlan&) const;

  std::string to_text() const;
  static core::Parsed<RoomPlan> from_text(std::string_view text);
};

/// Where things are inside: in a folder that nobody there can change.
inline constexpr const char* kRoomFolder = "/dev/tandem";
inline constexpr const char* kRoomProgram = "/dev/tandem/room";
/// A pipe, in which shells say how their commands ended.
inline constexpr const char* kRoomReport = "/dev/tandem/report";

}  // namespace tandem::sandbox
