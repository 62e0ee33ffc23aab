#include "sandbox/channel.h"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>

#include "core/check.h"
#include "sandbox/explain.h"

namespace tandem::sandbox {

Channel::Channel() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw CellError(explain_setup("socketpair", errno));
  }
  here = net::Descriptor(ends[0]);
  there = net::Descriptor(ends[1]);
}

bool send_descriptors(int channel, const std::vector<int>& descriptors) noexcept {
  std::array<char, CMSG_SPACE(sizeof(int) * kMostDescriptors)> control{};
  char byte = 0;
  iovec data{&byte, 1};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptors.size());
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int) * descriptors.size());
  std::memcpy(CMSG_DATA(header), descriptors.data(), sizeof(int) * descriptors.size());
  return ::sendmsg(channel, &message, 0) == 1;
}

std::vector<net::Descriptor> receive_descriptors(int channel, std::size_t count) {
  std::vector<net::Descriptor> sockets;
  if (count == 0) return sockets;
  std::vector<char> control(CMSG_SPACE(sizeof(int) * count));
  char byte = 0;
  iovec data{&byte, 1};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (::recvmsg(channel, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1) {
    throw CellError(explain_setup("listening sockets", errno));
  }
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_len != CMSG_LEN(sizeof(int) * count)) {
    throw CellError("listening sockets: some are missing; is the limit of descriptors reached?");
  }
  std::vector<int> numbers(count);
  std::memcpy(numbers.data(), CMSG_DATA(header), sizeof(int) * count);
  for (const int number : numbers) sockets.emplace_back(number);
  return sockets;
}

sockaddr_in socket_address(const Door& door) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(door.port);
  CHECK(::inet_pton(AF_INET, door.address.c_str(), &address.sin_addr) == 1);
  return address;
}

}  // namespace tandem::sandbox
