// The system calls a confined process is refused: what reaches out of its namespaces, what makes
// new ones, and what holds memory that nobody counts.
//
// A list of refusals and not of permissions: runtimes and libraries of any kind are to work, and
// all capabilities are gone anyway. The filter is what is left when the kernel has a fault.
#pragma once

#include <string>

namespace tandem::sandbox {

/// A socket of IPv6 can be tied to a device without an option that says so (a link-local address
/// has a scope), and passes by routes that refuse, for IPv4 addresses as well.
enum class Ipv6 {
  kAllowed,
  kRefused,  ///< EAFNOSUPPORT, as on a machine without IPv6: where there is a way to the world
};

/// A classic BPF program as seccomp(2) takes it, in the machine's byte order: bubblewrap's
/// --seccomp.
std::string syscall_filter(Ipv6 ipv6 = Ipv6::kAllowed);

/// Of a build's room, whose root installs packages and whose memory is counted from outside alone:
/// chown, chroot, ptrace and System V's memory are its own matter. Sockets are as above, with
/// Ipv6::kRefused.
std::string room_syscall_filter();

}  // namespace tandem::sandbox
