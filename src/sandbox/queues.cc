#include "sandbox/queues.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "core/files.h"
#include "core/text.h"

namespace tandem::sandbox {
namespace {

/// What a runtime, its workers and their children need.
constexpr std::int64_t kUsual = 64;
/// pipe(7): 16 pages. Larger ones are refused by the system call filter.
constexpr std::int64_t kPipeBytes = 64 * 1024;
/// The kernel's net.core.wmem_default, which the filter keeps.
constexpr std::int64_t kUnixBytes = 212'992;

std::string read_net(pid_t process, std::string_view table) {
  return core::find_file(fmt::format("/proc/{}/net/{}", process, table)).value_or("");
}

std::int64_t beyond_usual(std::int64_t count, std::int64_t each) {
  return std::max<std::int64_t>(0, count - kUsual) * each;
}

bool has_own_network(pid_t process) {
  struct stat its {};
  struct stat ours {};
  return ::stat(fmt::format("/proc/{}/ns/net", process).c_str(), &its) == 0 &&
         ::stat("/proc/self/ns/net", &ours) == 0 && its.st_ino != ours.st_ino;
}

std::int64_t in_pipes(std::size_t pipes) {
  return beyond_usual(static_cast<std::int64_t>(pipes), kPipeBytes);
}

std::int64_t in_unix_sockets(pid_t process) {
  const std::string names = read_net(process, "unix");
  return beyond_usual(std::count(names.begin(), names.end(), '\n') - 1, kUnixBytes);
}

}  // namespace

std::int64_t bytes_in_table(std::string_view table) {
  std::int64_t bytes = 0;
  for (const std::string_view line : core::split(table, '\n')) {
    // "0: 0100007F:2329 00000000:0000 0A 00000000:00000000 …": the fifth word, what is to be sent
    // and what is to be read.
    constexpr std::size_t kQueues = 4;
    std::size_t found = 0;
    for (const std::string_view word : core::split(line, ' ')) {
      if (word.empty() || found++ != kQueues) continue;
      const std::size_t colon = word.find(':');
      std::uint64_t sent = 0;
      std::uint64_t read = 0;
      std::from_chars(word.data(), word.data() + std::min(colon, word.size()), sent, 16);
      if (colon != std::string_view::npos) {
        std::from_chars(word.data() + colon + 1, word.data() + word.size(), read, 16);
      }
      bytes += static_cast<std::int64_t>(sent + read);
      break;
    }
  }
  return bytes;
}

std::int64_t bytes_in_summary(std::string_view summary) {
  std::int64_t pages = 0;
  // "TCP: inuse 8 orphan 0 tw 0 alloc 37 mem 2", and the same of UDP.
  constexpr std::string_view kPages = " mem ";
  for (const std::string_view line : core::split(summary, '\n')) {
    const std::size_t at = line.find(kPages);
    if (at == std::string_view::npos) continue;
    pages += core::parse_int(line.substr(at + kPages.size())).value_or(0);
  }
  return pages * ::sysconf(_SC_PAGESIZE);
}

std::int64_t queued_bytes(pid_t process, std::size_t pipes) {
  std::int64_t bytes = in_pipes(pipes);
  if (!has_own_network(process)) return bytes;
  for (const char* table : {"tcp", "tcp6", "udp", "udp6"}) {
    bytes += bytes_in_table(read_net(process, table));
  }
  return bytes + in_unix_sockets(process);
}

std::int64_t queued_bytes_at_most(pid_t process, std::size_t pipes) {
  if (!has_own_network(process)) return in_pipes(pipes);
  // Each processor takes so much at once and keeps it off the books (SK_MEMORY_PCPU_RESERVE), for
  // TCP and for UDP.
  constexpr std::int64_t kPerProcessor = 2 * 1024 * 1024;
  const std::int64_t unaccounted = kPerProcessor * ::sysconf(_SC_NPROCESSORS_CONF);
  return in_pipes(pipes) + bytes_in_summary(read_net(process, "sockstat")) + unaccounted +
         in_unix_sockets(process);
}

}  // namespace tandem::sandbox
