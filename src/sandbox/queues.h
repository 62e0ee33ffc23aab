// What lies in a cell's sockets and pipes: memory of the kernel's that belongs to no process.
// Private to sandbox/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <sys/types.h>

namespace tandem::sandbox {

/// In TCP and UDP sockets of the network that process has, byte for byte; unix sockets and pipes do
/// not tell, and beyond a number that programs need they count as full. 0 on the host's own
/// network, where sockets are other people's as well. pipes is how many the cell's processes have
/// open.
std::int64_t queued_bytes(pid_t process, std::size_t pipes);

/// No fewer than queued_bytes() would say, at a hundredth of the cost: the kernel finds one
/// network's TCP sockets by going through the whole machine's table.
std::int64_t queued_bytes_at_most(pid_t process, std::size_t pipes);

/// What lies in all sockets of the machine, by the pages in /proc/net/sockstat; for
/// queued_bytes_at_most() and its test.
std::int64_t bytes_in_summary(std::string_view summary);

/// The bytes that lie in the sockets of a table such as /proc/net/tcp; for queued_bytes() and its
/// test.
std::int64_t bytes_in_table(std::string_view table);

}  // namespace tandem::sandbox
