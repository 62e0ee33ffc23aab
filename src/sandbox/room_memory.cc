#include "sandbox/room_memory.h"

#include <algorithm>
#include <fmt/format.h>
#include <string>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

#include "core/files.h"
#include "core/text.h"
#include "sandbox/memory.h"
#include "sandbox/process_table.h"

namespace tandem::sandbox {
namespace {

constexpr std::int64_t kKibibyte = 1024;

/// Behind the line's name, at the start of a line: a process may be called what it likes. Empty
/// when there is none.
std::string_view rest_of_line(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(name); at != std::string_view::npos;
       at = text.find(name, at + 1)) {
    if (at != 0 && text[at - 1] != '\n') continue;
    text.remove_prefix(at + name.size());
    return text.substr(0, text.find('\n'));
  }
  return {};
}

/// Of a line "Name:   12 kB"; 0 when there is none.
std::int64_t kib_line(std::string_view whole, std::string_view name) {
  std::string_view text = rest_of_line(whole, name);
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  const std::string_view number = text.substr(0, text.find_first_not_of("0123456789"));
  return core::parse_int(number).value_or(0) * kKibibyte;
}

/// In how many PID namespaces the process has a number (NSpid of proc_pid_status(5)), as far as is
/// seen from here: more than one is a room's.
std::size_t depth_of(std::string_view status) {
  return static_cast<std::size_t>(std::ranges::count(rest_of_line(status, "NSpid:"), '\t'));
}

std::string status_of(pid_t pid) {
  return core::find_file(fmt::format("/proc/{}/status", pid)).value_or("");
}

}  // namespace

RoomMemory room_memory(pid_t first, std::int64_t enough_bytes) {
  RoomMemory found;
  std::vector<pid_t> processes{first};
  pid_t largest = 0;
  std::int64_t most = -1;
  std::int64_t all = 0;
  for (const ProcessEntry& entry : descendants(read_process_table(), first)) {
    processes.push_back(entry.pid);
    const std::string status = status_of(entry.pid);
    const std::int64_t held =
        kib_line(status, "RssAnon:") + kib_line(status, "RssShmem:") + kib_line(status, "VmSwap:");
    all += held;
    if (held <= most) continue;
    most = held;
    largest = entry.pid;
  }
  const MemoryUse use = memory_use(processes, enough_bytes);
  // Of what does not let itself be looked at closely, what is shared counts more than once.
  found.bytes = use.hidden ? std::max(use.bytes, all) : use.bytes;
  if (largest == 0) return found;
  net::Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, largest, 0)));
  // Its number may have been given to another meanwhile: only what lives in a room is meant.
  if (process.get() >= 0 && depth_of(status_of(largest)) > depth_of(status_of(::getpid()))) {
    found.largest = std::move(process);
  }
  return found;
}

MachineMemory machine_memory() {
  const std::string text = core::find_file("/proc/meminfo").value_or("");
  return {kib_line(text, "MemAvailable:"), kib_line(text, "MemTotal:")};
}

}  // namespace tandem::sandbox
