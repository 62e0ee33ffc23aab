// The parts of building a room, in the order in which they are done. Private to sandbox/: for
// room_builder.cc, a process of its own with one thread. All throw CellError.
#pragma once

#include <sys/types.h>
#include <vector>

#include "net/descriptor.h"
#include "sandbox/room_plan.h"

namespace tandem::sandbox {

/// Of the network that the caller has made and has the rights over: addresses, routes, and sockets
/// that listen, which are sent to channel.
void furnish_network(const RoomPlan& plan, int channel);

/// In mount and process namespaces of the caller's own: what it sees from then on is the room.
/// users: the user namespace whose numbers the machine's files have there; -1: they stay.
void mount_room(const RoomPlan& plan, int users);

/// Root of its user namespace: limits, capabilities of a container's root (less what makes devices
/// and raw packets), no new privileges, the system call filter.
void confine(const RoomPlan& plan);

}  // namespace tandem::sandbox
