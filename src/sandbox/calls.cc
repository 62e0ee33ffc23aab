#include "sandbox/calls.h"

#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <net/if.h>
#include <net/route.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tandem::sandbox {

bool write_file(const char* path, std::string_view text) noexcept {
  const int file = ::open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int error = errno;
  ::close(file);
  errno = error;
  return written;
}

MapLine map_line(std::uint32_t number) noexcept {
  MapLine line{};
  char* at = line.data();
  char* const end = at + line.size() - 1;
  for (const std::uint32_t each : {number, number, std::uint32_t{1}}) {
    if (at != line.data()) *at++ = ' ';
    at = std::to_chars(at, end, each).ptr;
  }
  return line;
}

int write_own_maps(const MapLine& user, const MapLine& group) noexcept {
  // user_namespaces(7): without privileges outside, groups may be mapped only when they cannot be
  // dropped.
  const bool written = write_file("/proc/self/setgroups", "deny") &&
                       write_file("/proc/self/gid_map", group.data()) &&
                       write_file("/proc/self/uid_map", user.data());
  return written ? 0 : errno;
}

bool bring_up_loopback() noexcept {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return false;
  ifreq request{};
  request.ifr_name[0] = 'l';
  request.ifr_name[1] = 'o';
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  const bool up = ::ioctl(socket, SIOCSIFFLAGS, &request) == 0;
  const int error = errno;
  ::close(socket);
  errno = error;
  return up;
}

namespace {

int refuse_route_of(const in_addr& address, const in_addr& mask) noexcept {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return errno;
  rtentry route{};
  auto& destination = reinterpret_cast<sockaddr_in&>(route.rt_dst);
  destination.sin_family = AF_INET;
  destination.sin_addr = address;
  auto& network = reinterpret_cast<sockaddr_in&>(route.rt_genmask);
  network.sin_family = AF_INET;
  network.sin_addr = mask;
  route.rt_flags = RTF_UP | RTF_REJECT;
  if (mask.s_addr == INADDR_NONE) route.rt_flags |= RTF_HOST;
  const int error = ::ioctl(socket, SIOCADDRT, &route) == 0 || errno == EEXIST ? 0 : errno;
  ::close(socket);
  return error;
}

}  // namespace

int refuse_route(const in_addr& address) noexcept {
  return refuse_route_of(address, {INADDR_NONE});
}

int refuse_loopback() noexcept {
  return refuse_route_of({htonl(INADDR_LOOPBACK & IN_CLASSA_NET)}, {htonl(IN_CLASSA_NET)});
}

void drop_answers_of_closed() noexcept {
  const int file = ::open("/proc/sys/net/ipv4/conf/all/rp_filter", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  [[maybe_unused]] const ssize_t written = ::write(file, "1", 1);
  ::close(file);
}

int open_door(const SocketAddress& address, int type) noexcept {
  const int socket = ::socket(address.any.sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return -1;
  const int yes = 1;
  if (::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
      ::bind(socket, &address.any, address.size) != 0 ||
      (type == SOCK_STREAM && ::listen(socket, SOMAXCONN) != 0)) {
    const int error = errno;
    ::close(socket);
    errno = error;
    return -1;
  }
  return socket;
}

}  // namespace tandem::sandbox
