#include "sandbox/process_table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <string>
#include <string_view>
#include <unistd.h>

#include "core/text.h"

namespace tandem::sandbox {
namespace {

/// The start of a file of /proc; empty when the process has ended.
std::string read_start(pid_t pid, const char* file) {
  const std::string path = "/proc/" + std::to_string(pid) + "/" + file;
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return "";
  std::array<char, 1024> bytes;
  const ssize_t size = ::read(descriptor, bytes.data(), bytes.size());
  ::close(descriptor);
  return size > 0 ? std::string(bytes.data(), static_cast<std::size_t>(size)) : "";
}

/// proc_pid_stat(5): the name in parentheses may hold anything; fields are counted after it.
ProcessEntry read_stat(pid_t pid) {
  ProcessEntry entry;
  const std::string text = read_start(pid, "stat");
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos || name_end + 2 >= text.size()) return entry;
  const auto fields = core::split(std::string_view(text).substr(name_end + 2), ' ');
  constexpr std::size_t kParent = 1;    // field 4
  constexpr std::size_t kThreads = 17;  // field 20
  if (fields.size() <= kThreads) return entry;
  entry.pid = pid;
  entry.parent = static_cast<pid_t>(core::parse_int(fields[kParent]).value_or(0));
  entry.threads = static_cast<int>(core::parse_int(fields[kThreads]).value_or(0));
  return entry;
}

}  // namespace

std::vector<ProcessEntry> read_process_table() {
  std::vector<ProcessEntry> table;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc"), ::closedir);
  if (folder == nullptr) return table;
  while (const dirent* each = ::readdir(folder.get())) {
    const auto pid = core::parse_uint(each->d_name);
    if (!pid) continue;
    const ProcessEntry entry = read_stat(static_cast<pid_t>(*pid));
    if (entry.pid != 0) table.push_back(entry);
  }
  return table;
}

std::vector<ProcessEntry> descendants(const std::vector<ProcessEntry>& table, pid_t root) {
  std::vector<ProcessEntry> found;
  std::vector<pid_t> open = {root};
  for (std::size_t i = 0; i < open.size(); ++i) {
    for (const ProcessEntry& entry : table) {
      if (entry.parent != open[i] || entry.pid == root) continue;
      found.push_back(entry);
      open.push_back(entry.pid);
    }
  }
  return found;
}

}  // namespace tandem::sandbox
