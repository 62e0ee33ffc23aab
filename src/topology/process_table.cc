#include "topology/process_table.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

#include "core/files.h"
#include "core/text.h"

namespace tandem::topology {
namespace {

constexpr std::size_t kSessionField = 3;  // after the command: state, parent, group, session …
constexpr std::size_t kStartField = 19;

std::string proc_file(pid_t pid, std::string_view name) {
  return core::find_file(fmt::format("/proc/{}/{}", pid, name)).value_or("");
}

/// The command line, and of a longer one its beginning: every process of the machine is asked.
std::string command_line(pid_t pid) {
  const std::string path = fmt::format("/proc/{}/cmdline", pid);
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  char text[8192];
  const ssize_t size = read(file, text, sizeof text);
  close(file);
  return size <= 0 ? std::string() : std::string(text, static_cast<std::size_t>(size));
}

/// The working folder lies in /proc as a link whose target may be gone; following it still leads
/// to the folder itself.
bool same_file(const std::string& a, const std::string& b) {
  struct stat one {};
  struct stat other {};
  return stat(a.c_str(), &one) == 0 && stat(b.c_str(), &other) == 0 && one.st_dev == other.st_dev &&
         one.st_ino == other.st_ino;
}

/// Writes number and separator before *at, in decimal. Async-signal-safe.
char* prepend(char* at, std::uint64_t number, char separator) {
  *--at = separator;
  do {
    *--at = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number > 0);
  return at;
}

/// The start field of /proc/self/stat, without anything that allocates. 0 when it cannot be read.
std::uint64_t own_start() {
  char text[1024];
  const int file = ::open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  const ssize_t size = file < 0 ? -1 : read(file, text, sizeof text);
  if (file >= 0) close(file);
  if (size <= 0) return 0;
  const char* at = text + size;
  const char* const end = at;
  while (at > text && *at != ')') --at;
  std::uint64_t value = 0;
  std::size_t field = 0;
  for (at += 2; at < end && field <= kStartField; ++at) {
    if (*at == ' ') {
      ++field;
    } else if (field == kStartField) {
      value = value * 10 + static_cast<std::uint64_t>(*at - '0');
    }
  }
  return value;
}

}  // namespace

std::optional<ProcessFacts> parse_process_stat(std::string_view text) {
  // The command may hold anything, parentheses and spaces among it.
  const auto command_begin = text.find(" (");
  const auto command_end = text.rfind(") ");
  if (command_begin == std::string_view::npos || command_end == std::string_view::npos) {
    return std::nullopt;
  }
  const auto pid = core::parse_uint(text.substr(0, command_begin));
  const auto fields = core::split(core::trim(text.substr(command_end + 2)), ' ');
  if (!pid || fields.size() <= kStartField) return std::nullopt;
  const auto session = core::parse_uint(fields[kSessionField]);
  const auto started = core::parse_uint(fields[kStartField]);
  if (!session || !started) return std::nullopt;
  ProcessFacts facts;
  facts.id = {static_cast<pid_t>(*pid), *started};
  facts.session = static_cast<pid_t>(*session);
  facts.ended = fields[0] == "Z" || fields[0] == "X";
  facts.stopped = fields[0] == "T" || fields[0] == "t";
  return facts;
}

std::optional<ProcessFacts> process_facts(pid_t pid) {
  return parse_process_stat(proc_file(pid, "stat"));
}

std::optional<ProcessId> parse_pid_file(std::string_view text) {
  const auto words = core::split(core::trim(text), ' ');
  if (words.size() != 2) return std::nullopt;
  const auto pid = core::parse_uint(words[0]);
  const auto started = core::parse_uint(words[1]);
  // 0 and negative numbers would mean whole groups of processes, 1 the machine's first one.
  if (!pid || !started || *pid <= 1 || *pid > 0x7FFFFFFF) return std::nullopt;
  return ProcessId{static_cast<pid_t>(*pid), *started};
}

bool write_own_pid_file(const char* path, const char* temporary) {
  char text[64];
  char* at = text + sizeof text;
  at = prepend(at, own_start(), '\n');
  at = prepend(at, static_cast<std::uint64_t>(getpid()), ' ');
  unlink(temporary);
  const int file = ::open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return false;
  const auto length = static_cast<std::size_t>(text + sizeof text - at);
  const bool written = write(file, at, length) == static_cast<ssize_t>(length);
  const int why = errno;
  close(file);
  if (written && rename(temporary, path) == 0) return true;
  const int error = written ? errno : why;
  unlink(temporary);
  errno = error;
  return false;
}

std::optional<NodeProcess> node_process(pid_t pid, const std::filesystem::path& config) {
  const std::string command = command_line(pid);
  const auto words = core::split(command, '\0');
  const bool ours = words.size() >= 6 && words[1] == "node" && words[2] == "--config" &&
                    words[3] == config.string() && words[4] == "--name";
  if (!ours) return std::nullopt;
  const auto facts = process_facts(pid);
  if (!facts || facts->ended) return std::nullopt;
  NodeProcess process{facts->id, std::string(words[5]), {}, facts->session == facts->id.pid};
  const std::string folder = fmt::format("/proc/{}/cwd", pid);
  struct stat there {};
  if (stat(folder.c_str(), &there) == 0) process.folder = folder;
  return process;
}

namespace {

/// leads: those that do, else those that do not.
std::vector<NodeProcess> all_of(const std::filesystem::path& config, bool leads) {
  std::vector<NodeProcess> all;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", failed)) {
    const auto pid = core::parse_uint(entry.path().filename().string());
    if (!pid) continue;
    auto process = node_process(static_cast<pid_t>(*pid), config);
    if (process && process->leads == leads) all.push_back(std::move(*process));
  }
  return all;
}

}  // namespace

std::vector<NodeProcess> node_processes(const std::filesystem::path& config) {
  return all_of(config, true);
}

std::vector<int> remains_of(const std::string& name, const std::filesystem::path& config) {
  std::vector<int> handles;
  for (const NodeProcess& process : all_of(config, false)) {
    const int handle = process.name == name ? open_process(process.id) : -1;
    if (handle >= 0) handles.push_back(handle);
  }
  return handles;
}

bool works_in(const NodeProcess& process, const std::filesystem::path& folder) {
  return process.folder.empty() || same_file(process.folder.string(), folder.string());
}

int open_process(const ProcessId& id) {
  const int handle = static_cast<int>(syscall(SYS_pidfd_open, id.pid, 0));
  if (handle < 0) return -1;
  // Looked at after the handle was made: if it is the process now, the handle means it for good.
  const auto facts = process_facts(id.pid);
  if (facts && facts->id == id && !facts->ended) return handle;
  close(handle);
  return -1;
}

void send_signal(int handle, int number) {
  syscall(SYS_pidfd_send_signal, handle, number, nullptr, 0);
}

}  // namespace tandem::topology
