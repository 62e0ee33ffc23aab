// The processes of a build's room that are this program: one outside, which builds the room and
// waits for its end, and the first one inside, which starts shells and tells how they fare. Both
// are commands of their own, so that they have nothing of the region's memory.
#pragma once

namespace tandem::sandbox {

/// As ChildProcess numbers what is inherited.
inline constexpr int kRoomPlan = 3;     ///< a file that holds the plan
inline constexpr int kRoomControl = 4;  ///< a stream socket: room_wire.h
inline constexpr int kRoomDoors = 5;    ///< a datagram socket that listening sockets are sent to

/// Returns its exit code when the room has ended, or there is none: then it has said why on
/// standard error, in a line. What goes on inside is printed on standard output.
int build_room() noexcept;

/// Of the process inside, whose standard output its shells have.
int serve_room() noexcept;

}  // namespace tandem::sandbox
