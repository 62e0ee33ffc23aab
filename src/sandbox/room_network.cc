#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "sandbox/calls.h"
#include "sandbox/channel.h"
#include "sandbox/explain.h"
#include "sandbox/room_setup.h"

namespace tandem::sandbox {
namespace {

[[noreturn]] void fail(std::string_view stage, int error = errno) {
  throw CellError(explain_setup(stage, error));
}

in_addr address_of(const std::string& text) {
  in_addr address{};
  if (::inet_pton(AF_INET, text.c_str(), &address) != 1) fail(text, EINVAL);
  return address;
}

/// One more address of the loopback's.
void add_address(std::size_t index, const in_addr& address) {
  const net::Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  const std::string name = fmt::format("lo:{}", index);
  name.copy(request.ifr_name, sizeof request.ifr_name - 1);
  auto& socket_address = reinterpret_cast<sockaddr_in&>(request.ifr_addr);
  socket_address.sin_family = AF_INET;
  socket_address.sin_addr = address;
  if (::ioctl(socket.get(), SIOCSIFADDR, &request) != 0) fail("an address");
  socket_address.sin_addr.s_addr = INADDR_NONE;
  if (::ioctl(socket.get(), SIOCSIFNETMASK, &request) != 0) fail("an address");
}

}  // namespace

void furnish_network(const RoomPlan& plan, int channel) {
  if (!bring_up_loopback()) fail("loopback");
  for (std::size_t i = 0; i < plan.own_addresses.size(); ++i) {
    add_address(i, address_of(plan.own_addresses[i]));
  }
  drop_answers_of_closed();
  if (const int error = refuse_loopback(); error != 0) fail("routes", error);
  for (const std::string& each : plan.closed) {
    if (const int error = refuse_route(address_of(each)); error != 0) fail("routes", error);
  }
  std::vector<net::Descriptor> opened;
  std::vector<int> numbers;
  const auto open = [&](const Door& door, int type) {
    opened.emplace_back(open_door(socket_address(door), type));
    if (opened.back().get() < 0) fail(fmt::format("listening at {}:{}", door.address, door.port));
    numbers.push_back(opened.back().get());
  };
  for (const Door& door : plan.tcp) open(door, SOCK_STREAM);
  for (const Door& door : plan.udp) open(door, SOCK_DGRAM);
  if (numbers.size() > kMostDescriptors) fail("listening sockets", E2BIG);
  if (!numbers.empty() && !send_descriptors(channel, numbers)) fail("listening sockets");
}

}  // namespace tandem::sandbox
