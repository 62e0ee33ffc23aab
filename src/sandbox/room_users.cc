#include "sandbox/room_users.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/files.h"
#include "sandbox/setup.h"

namespace tandem::sandbox {
namespace {

/// What a Debian system uses: 0 to 65,535.
constexpr std::uint32_t kUsersOfSystem = 65'536;
/// Beyond those of functions (setup.cc), below what some programs take for a negative number.
constexpr std::uint32_t kFirst = 1'910'000'000;
constexpr std::uint32_t kRanges = 3'000;
/// Where only 65,536 users exist, as in many containers: system users (below 500) have numbers.
constexpr RoomUsers kSmall{65'000, 500};

/// A name of the network namespace's that only one can have, and that goes with its owner.
net::Descriptor take_name(const std::string& name) {
  net::Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t size = std::min(name.size(), sizeof address.sun_path - 1);
  std::memcpy(address.sun_path + 1, name.data(), size);
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + size);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    return net::Descriptor();
  }
  return socket;
}

}  // namespace

RoomUsersLease lease_room_users() {
  if (::geteuid() != 0) return RoomUsersLease();
  if (users_exist(kFirst, kRanges * kUsersOfSystem)) {
    // Worlds in different network namespaces do not see each other's names: they begin elsewhere.
    const auto begin = static_cast<std::uint32_t>(::getpid());
    for (std::uint32_t i = 0; i < kRanges; ++i) {
      const std::uint32_t range = (begin + i) % kRanges;
      net::Descriptor held = take_name(fmt::format("tandem-room-users-{}", range));
      if (held.get() >= 0) {
        return RoomUsersLease{{kFirst + range * kUsersOfSystem, kUsersOfSystem}, std::move(held)};
      }
    }
  }
  if (users_exist(kSmall.first, kSmall.count)) return RoomUsersLease{kSmall, net::Descriptor()};
  throw CellError(
      "this container gives root no further users (/proc/self/uid_map), and a build's root must "
      "not "
      "be the machine's; run Tandem as an ordinary user, or with the usual 65,536 users");
}

}  // namespace tandem::sandbox
