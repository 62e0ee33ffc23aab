// What the children of several setups do between vfork and exec: system calls only, no allocation,
// no lock. Private to sandbox/.
#pragma once

#include <array>
#include <cstdint>
#include <netinet/in.h>
#include <string_view>
#include <sys/socket.h>

namespace tandem::sandbox {

/// False with errno.
bool write_file(const char* path, std::string_view text) noexcept;

/// "1000 1000 1", for a user namespace in which a number is itself.
using MapLine = std::array<char, 32>;
MapLine map_line(std::uint32_t number) noexcept;
/// Of the user namespace that the caller has made. Gives an errno, or 0.
int write_own_maps(const MapLine& user, const MapLine& group) noexcept;

/// False with errno.
bool bring_up_loopback() noexcept;

/// A route that says no, by whatever device. Needs rights over the network only. Gives an errno, or
/// 0.
int refuse_route(const in_addr& address) noexcept;
/// The same for 127.0.0.0/8: a socket that is bound to the device of a way out passes the loopback
/// by, and what it sends to 127.0.0.1 would be connected to the machine's.
int refuse_loopback() noexcept;
/// What comes from an address that routes refuse is dropped, whichever way the question went out
/// (RFC 3704, strict). Where these settings are not to be written the routes alone have to do.
void drop_answers_of_closed() noexcept;

/// Where a door is, as the kernel takes it.
struct SocketAddress {
  union {
    sockaddr any;
    sockaddr_in four;
    sockaddr_in6 six;
  };
  socklen_t size;
};

/// A socket that is bound there, and listens when it is of SOCK_STREAM. -1 with errno.
int open_door(const SocketAddress& address, int type) noexcept;

}  // namespace tandem::sandbox
