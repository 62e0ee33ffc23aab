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

/// The bytes that lie in the sockets of a table such as /proc/net/tcp; for queued_bytes() and its
/// test.
std::int64_t bytes_in_table(std::string_view table);

}  // namespace tandem::sandbox
