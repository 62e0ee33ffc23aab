#include "sandbox/memory.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <dirent.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "core/files.h"
#include "core/text.h"
#include "sandbox/queues.h"

namespace tandem::sandbox {
namespace {

constexpr std::int64_t kKibibyte = 1024;
/// stat(2): st_blocks counts these whatever the file system's own blocks are.
constexpr std::int64_t kBlock = 512;

/// A name in a tmpfs costs the kernel an inode and a directory entry.
constexpr std::int64_t kNameBytes = kKibibyte;
/// struct vm_area_struct and its place in the tree.
constexpr std::int64_t kMappingBytes = 256;
/// struct file and what the simpler kinds (eventfd, timerfd) have behind it.
constexpr std::int64_t kDescriptorBytes = 512;
/// What a thread can fill at the most: new pages have to be cleared and mapped.
constexpr std::int64_t kFilledPerMs = 4 * 1024 * 1024;
/// Of all lists of mappings of a cell together: some 200,000 mappings.
constexpr std::size_t kMostText = 16 * 1024 * 1024;

std::string read_proc(pid_t pid, const char* file) {
  return core::find_file(fmt::format("/proc/{}/{}", pid, file)).value_or("");
}

/// "RssAnon:     1234 kB" and the like.
std::int64_t kib_field(std::string_view text, std::string_view name) {
  std::size_t at = 0;
  while ((at = text.find(name, at)) != std::string_view::npos) {
    const bool starts_line = at == 0 || text[at - 1] == '\n';
    at += name.size();
    if (!starts_line) continue;
    const std::size_t digit = text.find_first_not_of(" \t", at);
    if (digit == std::string_view::npos) return 0;
    const std::size_t end = text.find(' ', digit);
    return core::parse_int(text.substr(digit, end - digit)).value_or(0) * kKibibyte;
  }
  return 0;
}

bool has_memory(std::string_view status) {
  return status.find("RssAnon:") != std::string_view::npos;
}

/// What speaks for a process. When its first thread has ended while others run on, everything below
/// the process's own number is empty, and any of those others shows what there is.
struct Speaker {
  pid_t thread = 0;  ///< 0: it has ended
  std::string status;
};

Speaker speaker_of(pid_t pid) {
  Speaker found{pid, read_proc(pid, "status")};
  if (has_memory(found.status)) return found;
  const std::string path = fmt::format("/proc/{}/task", pid);
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), ::closedir);
  while (const dirent* each = folder == nullptr ? nullptr : ::readdir(folder.get())) {
    const auto thread = core::parse_uint(each->d_name);
    if (!thread) continue;
    found = {static_cast<pid_t>(*thread), read_proc(static_cast<pid_t>(*thread), "status")};
    if (has_memory(found.status)) return found;
  }
  return {};
}

/// Files in memory, and shared memory, which is such files without a name: by inode, the bytes that
/// exist, however many hold or map them.
using MemoryFiles = std::map<std::uint64_t, std::int64_t>;

/// What a cell's processes have open.
struct OpenFiles {
  MemoryFiles memory;
  std::set<std::string, std::less<>> pipes;
  std::int64_t descriptors = 0;
};

/// Those of one process. False when we may not look.
bool add_open_files(pid_t thread, OpenFiles& open) {
  const std::string path = fmt::format("/proc/{}/fd", thread);
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), ::closedir);
  if (folder == nullptr) return errno != EACCES && errno != EPERM;
  while (const dirent* each = ::readdir(folder.get())) {
    if (each->d_name[0] == '.') continue;
    const std::string link = path + "/" + each->d_name;
    ++open.descriptors;
    std::array<char, 32> target{};
    const ssize_t size = ::readlink(link.c_str(), target.data(), target.size());
    const std::string_view start(target.data(),
                                 static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    if (start.starts_with("pipe:")) open.pipes.emplace(start);
    if (!start.starts_with("/memfd:")) continue;
    struct stat about {};
    if (::stat(link.c_str(), &about) == 0) open.memory[about.st_ino] = about.st_blocks * kBlock;
  }
  return true;
}

/// One line of maps: "7f10-7f20 rw-s 00000000 00:01 1234   /dev/zero (deleted)".
struct Mapping {
  std::string_view range;
  std::uint64_t end_in_file = 0;
  std::uint64_t inode = 0;
};

std::uint64_t hexadecimal(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return value;
}

/// Nothing for mappings of other things than memory without a name: a file of /tmp that was deleted
/// is /tmp's to count. A name that a process gives to shared memory takes the place of /dev/zero.
std::optional<Mapping> read_shared_mapping(std::string_view line) {
  const auto is_named = [&](std::string_view start) {
    const std::size_t at = line.find(start);
    // The path is the last field, and what is before it has neither '/' nor '['.
    return at != std::string_view::npos && at == line.find_first_of("/[");
  };
  if (!is_named("/dev/zero (deleted)") && !is_named("/memfd:") && !is_named("[anon_shmem:")) {
    return std::nullopt;
  }
  constexpr std::size_t kOffset = 2;
  constexpr std::size_t kInode = 4;
  const auto words = core::split(line, ' ');
  const std::size_t dash = words.front().find('-');
  if (words.size() <= kInode || dash == std::string_view::npos) return std::nullopt;
  const std::string_view range = words.front();
  const std::uint64_t size =
      hexadecimal(range.substr(dash + 1)) - hexadecimal(range.substr(0, dash));
  return Mapping{range, hexadecimal(words[kOffset]) + size,
                 core::parse_uint(words[kInode]).value_or(0)};
}

/// What exists of a mapped file in memory. Only root may ask for it by its mapping. For others it
/// is as large as it is mapped: pages that were written and given back (MADV_DONTNEED) are in the
/// file still, and in no page table.
std::int64_t size_of(pid_t thread, const Mapping& mapping) {
  struct stat about {};
  const std::string link = fmt::format("/proc/{}/map_files/{}", thread, mapping.range);
  if (::stat(link.c_str(), &about) == 0) return about.st_blocks * kBlock;
  return static_cast<std::int64_t>(mapping.end_in_file);
}

/// Mapped files that nobody has open any more. Returns the number of mappings of whatever kind.
std::int64_t add_mapped_files(pid_t thread, std::string_view maps, const MemoryFiles& open,
                              MemoryFiles& mapped) {
  std::int64_t count = 0;
  for (std::size_t at = 0; at < maps.size(); ++count) {
    const std::size_t end = std::min(maps.find('\n', at), maps.size());
    const auto mapping = read_shared_mapping(maps.substr(at, end - at));
    at = end + 1;
    if (!mapping || open.contains(mapping->inode)) continue;
    std::int64_t& bytes = mapped[mapping->inode];
    bytes = std::max(bytes, size_of(thread, *mapping));
  }
  return count;
}

/// The names in the cell's /tmp, of empty files, too; their contents have /tmp's own limit.
std::int64_t names_in_tmp(pid_t thread) {
  struct statfs about {};
  if (::statfs(fmt::format("/proc/{}/root/tmp", thread).c_str(), &about) != 0) return 0;
  if (about.f_type != TMPFS_MAGIC) return 0;
  return static_cast<std::int64_t>(about.f_files - about.f_ffree) * kNameBytes;
}

/// By all threads of all processes, and by children of theirs that have ended. One that has ended
/// and was not waited for takes its share away.
std::int64_t ran_ms(const std::vector<pid_t>& processes) {
  std::int64_t ticks = 0;
  for (const pid_t pid : processes) {
    const std::string stat = read_proc(pid, "stat");
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos) continue;
    const auto fields = core::split(std::string_view(stat).substr(name_end + 1), ' ');
    constexpr std::size_t kUserTime = 12;  // field 14 of proc_pid_stat(5), and the three after it
    constexpr std::size_t kTimes = 4;
    for (std::size_t at = kUserTime; at < kUserTime + kTimes && at < fields.size(); ++at) {
      ticks += core::parse_int(fields[at]).value_or(0);
    }
  }
  return ticks * 1000 / ::sysconf(_SC_CLK_TCK);
}

std::int64_t sum(const MemoryFiles& files) {
  std::int64_t bytes = 0;
  for (const auto& [inode, size] : files) bytes += size;
  return bytes;
}

}  // namespace

MemoryUse memory_use(const std::vector<pid_t>& processes, std::int64_t enough_bytes) {
  MemoryUse use;
  std::vector<Speaker> speakers;
  OpenFiles open;
  std::int64_t own = 0;
  std::int64_t other = 0;
  std::int64_t mapped_files = 0;
  for (const pid_t pid : processes) {
    Speaker speaker = speaker_of(pid);
    if (speaker.thread == 0) use.some_ended = true;
    if (speaker.thread == 0) continue;
    const std::string& status = speaker.status;
    own += kib_field(status, "RssAnon:") + kib_field(status, "VmSwap:");
    other += kib_field(status, "VmPTE:") + kib_field(status, "HugetlbPages:");
    use.peak_bytes = std::max(use.peak_bytes, kib_field(status, "VmHWM:"));
    mapped_files = std::max(mapped_files, kib_field(status, "RssFile:"));
    const bool seen = add_open_files(speaker.thread, open);
    // The first is bubblewrap's, which holds nothing; it may be closed to an ordinary user.
    // One that is ending looks closed as well, but it has no memory any more.
    if (!seen && pid != processes.front()) {
      use.hidden = use.hidden || speaker_of(pid).thread != 0;
    }
    speakers.push_back(std::move(speaker));
  }
  MemoryFiles mapped;
  std::size_t read = 0;
  std::int64_t names = 0;
  for (const Speaker& speaker : speakers) {
    if (read > kMostText) use.hidden = true;
    if (read > kMostText) break;
    const std::string maps = read_proc(speaker.thread, "maps");
    read += maps.size();
    other += kMappingBytes * add_mapped_files(speaker.thread, maps, open.memory, mapped);
    if (names == 0) names = names_in_tmp(speaker.thread);
  }
  other += open.descriptors * kDescriptorBytes + names;
  std::int64_t shared = mapped_files + sum(open.memory) + sum(mapped) + other;
  use.bytes = own + shared;
  if (speakers.empty()) return use;
  const pid_t any = speakers.back().thread;
  if (use.bytes + queued_bytes_at_most(any, open.pipes.size()) <= enough_bytes) return use;
  shared += queued_bytes(any, open.pipes.size());
  use.bytes = own + shared;
  if (use.bytes <= enough_bytes) return use;
  own = 0;
  for (const Speaker& speaker : speakers) {
    own += kib_field(read_proc(speaker.thread, "smaps_rollup"), "Pss_Anon:") +
           kib_field(read_proc(speaker.thread, "status"), "VmSwap:");
  }
  use.bytes = own + shared;
  return use;
}

std::optional<MemoryLook> look_again(const MemoryLook& last, const std::vector<pid_t>& processes,
                                     std::int64_t enough_bytes, std::int64_t reach_bytes) {
  const std::int64_t ran = ran_ms(processes);
  const bool known = last.ran_ms >= 0 && ran >= last.ran_ms;
  if (known && (ran - last.ran_ms) * kFilledPerMs < reach_bytes) return std::nullopt;
  return MemoryLook{memory_use(processes, enough_bytes), ran};
}

}  // namespace tandem::sandbox
