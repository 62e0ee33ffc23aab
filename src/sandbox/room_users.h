// Which of the machine's users the users of a build's room are: a range that nobody has, one for
// each room, so that rooms have nothing of each other's and the kernel counts each by itself.
#pragma once

#include "net/descriptor.h"
#include "sandbox/room_plan.h"

namespace tandem::sandbox {

/// A range is taken for as long as this lives. Count 0 as an ordinary user.
struct RoomUsersLease {
  RoomUsers users{};
  net::Descriptor held{};
};
/// Throws CellError when we are root and there are no users to be had: root of a room is never the
/// machine's.
RoomUsersLease lease_room_users();

}  // namespace tandem::sandbox
