#include "sandbox/channel.h"

#include <algorithm>
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
  std::array<int, kMostDescriptors> sent{};
  std::array<char, kMostDescriptors> which{};
  std::size_t count = 0;
  for (std::size_t i = 0; i < descriptors.size(); ++i) {
    which[i] = descriptors[i] >= 0 ? 'x' : '-';
    if (descriptors[i] >= 0) sent[count++] = descriptors[i];
  }
  iovec data{which.data(), descriptors.size()};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  if (count > 0) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * count);
    std::memcpy(CMSG_DATA(header), sent.data(), sizeof(int) * count);
  }
  return ::sendmsg(channel, &message, 0) == static_cast<ssize_t>(descriptors.size());
}

std::vector<net::Descriptor> receive_descriptors(int channel, std::size_t count) {
  std::vector<net::Descriptor> received;
  if (count == 0) return received;
  std::vector<char> control(CMSG_SPACE(sizeof(int) * count));
  std::vector<char> which(count);
  iovec data{which.data(), which.size()};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (::recvmsg(channel, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) !=
      static_cast<ssize_t>(count)) {
    throw CellError(explain_setup("listening sockets", errno));
  }
  const auto there = static_cast<std::size_t>(std::ranges::count(which, 'x'));
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  const std::size_t size = header == nullptr ? CMSG_LEN(0) : header->cmsg_len;
  std::vector<int> numbers((size - CMSG_LEN(0)) / sizeof(int));
  if (!numbers.empty()) std::memcpy(numbers.data(), CMSG_DATA(header), size - CMSG_LEN(0));
  std::vector<net::Descriptor> owned;
  for (const int number : numbers) owned.emplace_back(number);
  if (owned.size() != there) {
    throw CellError("listening sockets: some are missing; is the limit of descriptors reached?");
  }
  std::size_t next = 0;
  for (const char each : which) {
    received.push_back(each == 'x' ? std::move(owned[next++]) : net::Descriptor());
  }
  return received;
}

SocketAddress socket_address(const Door& door) {
  SocketAddress address{};
  const char* text = door.address.c_str();
  if (door.address.find(':') != std::string::npos) {
    address.six.sin6_family = AF_INET6;
    address.six.sin6_port = htons(door.port);
    address.size = sizeof address.six;
    CHECK(::inet_pton(AF_INET6, text, &address.six.sin6_addr) == 1);
  } else {
    address.four.sin_family = AF_INET;
    address.four.sin_port = htons(door.port);
    address.size = sizeof address.four;
    CHECK(::inet_pton(AF_INET, text, &address.four.sin_addr) == 1);
  }
  return address;
}

}  // namespace tandem::sandbox
