// Which processes of this machine are a world's own. Says who is who, never who is well: that is
// what ping.h asks. Private to topology/.
//
// A pid alone is no name: it is given out again. A process is known by its pid and the moment it
// started, its command line names the configuration, and its working folder is the folder of the
// process: a folder that was removed and made anew is another one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace tandem::topology {

struct ProcessId {
  pid_t pid = 0;
  std::uint64_t started = 0;  ///< in clock ticks since the machine's start (proc(5), stat, 22)
  bool operator==(const ProcessId&) const = default;
};

struct ProcessFacts {
  ProcessId id;
  pid_t session = 0;     ///< 0: one that our /proc has no name for
  bool ended = false;    ///< a zombie
  bool stopped = false;  ///< by a signal or a debugger
};
/// What /proc/<pid>/stat says; also for its test.
std::optional<ProcessFacts> parse_process_stat(std::string_view text);
/// Nothing when there is no such process.
std::optional<ProcessFacts> process_facts(pid_t pid);

/// "1234 567890": the contents of a pid file.
std::optional<ProcessId> parse_pid_file(std::string_view text);

/// In a forked child, before it becomes the process: system calls only. False when the file cannot
/// be written.
bool write_own_pid_file(const char* path, const char* temporary);

/// A "tandem node" that names this configuration.
struct NodeProcess {
  ProcessId id;
  std::string name;
  std::filesystem::path folder;  ///< where it works; empty when we may not know
  /// What we start leads a session of its own. A child of it that has yet to become something else
  /// has its command line and its descriptors, but not that; it may outlive it by some moments.
  bool leads = false;
};
/// Nothing when the process is something else, or has ended.
std::optional<NodeProcess> node_process(pid_t pid, const std::filesystem::path& config);
/// All of them that lead. Asks every process of the machine.
std::vector<NodeProcess> node_processes(const std::filesystem::path& config);
/// Handles of all children of ended ones of that name that have not become something else: with
/// their descriptors they hold its ports. They end by themselves. The caller closes the handles.
std::vector<int> remains_of(const std::string& name, const std::filesystem::path& config);

/// True when it works in the folder that is there now. Also when nobody may tell.
bool works_in(const NodeProcess& process, const std::filesystem::path& folder);

/// A handle (pidfd) that cannot come to mean another process; -1 when it has ended. The caller
/// closes it.
int open_process(const ProcessId& id);
void send_signal(int handle, int number);

}  // namespace tandem::topology
