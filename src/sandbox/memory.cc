#include "sandbox/memory.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <dirent.h>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

#include "core/files.h"
#include "core/text.h"

namespace tandem::sandbox {
namespace {

constexpr std::int64_t kKibibyte = 1024;
/// stat(2): st_blocks counts these whatever the file system's own blocks are.
constexpr std::int64_t kBlock = 512;

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

/// Files in memory by inode: bytes that exist, however many hold or map them.
using MemoryFiles = std::map<std::uint64_t, std::int64_t>;

/// Those a process has open. False when we may not look.
bool add_memory_files(pid_t pid, MemoryFiles& files) {
  const std::string path = fmt::format("/proc/{}/fd", pid);
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), ::closedir);
  if (folder == nullptr) return errno != EACCES && errno != EPERM;
  while (const dirent* each = ::readdir(folder.get())) {
    if (each->d_name[0] == '.') continue;
    const std::string link = path + "/" + each->d_name;
    std::array<char, 8> target{};
    const ssize_t size = ::readlink(link.c_str(), target.data(), target.size());
    const std::string_view start(target.data(),
                                 static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    if (!start.starts_with("/memfd:")) continue;
    struct stat about {};
    if (::stat(link.c_str(), &about) == 0) files[about.st_ino] = about.st_blocks * kBlock;
  }
  return true;
}

/// Of a process's mappings of shared memory, its proportional part of those that are not in files:
/// mapped files in memory are counted as files.
std::int64_t shared_part(std::string_view smaps, const MemoryFiles& files) {
  std::int64_t bytes = 0;
  bool counted = false;  ///< the mapping the lines are about
  for (const std::string_view line : core::split(smaps, '\n')) {
    if (line.starts_with("Pss:")) {
      if (counted) bytes += kib_field(line, "Pss:");
      continue;
    }
    const std::size_t dash = line.find('-');
    if (dash == std::string_view::npos || line.find(':') < dash) continue;
    // "7f…-7f… rw-s 00000000 00:01 1234   /memfd:name (deleted)": inode and path come last.
    const auto words = core::split(line, ' ');
    constexpr std::size_t kInode = 4;
    const bool shared_memory = line.find(" (deleted)") != std::string_view::npos;
    const std::uint64_t inode =
        words.size() > kInode ? core::parse_uint(words[kInode]).value_or(0) : 0;
    counted = shared_memory && !files.contains(inode);
  }
  return bytes;
}

}  // namespace

MemoryUse memory_use(const std::vector<pid_t>& processes, std::int64_t enough_bytes) {
  MemoryUse use;
  MemoryFiles files;
  std::int64_t own = 0;
  std::int64_t shared = 0;
  std::int64_t mapped_files = 0;
  for (const pid_t pid : processes) {
    const std::string status = read_proc(pid, "status");
    own += kib_field(status, "RssAnon:") + kib_field(status, "VmSwap:");
    shared += kib_field(status, "RssShmem:");
    mapped_files = std::max(mapped_files, kib_field(status, "RssFile:"));
    const bool seen = add_memory_files(pid, files);
    // The first is bubblewrap's, which holds nothing; it may be closed to an ordinary user.
    // One that is ending looks closed as well, but it has no memory any more.
    if (!seen && pid != processes.front()) {
      use.hidden = use.hidden || read_proc(pid, "status").find("RssAnon:") != std::string::npos;
    }
  }
  std::int64_t in_files = 0;
  for (const auto& [inode, bytes] : files) in_files += bytes;
  use.bytes = own + shared + mapped_files + in_files;
  if (use.bytes <= enough_bytes) return use;
  own = 0;
  shared = 0;
  for (const pid_t pid : processes) {
    own += kib_field(read_proc(pid, "smaps_rollup"), "Pss_Anon:") +
           kib_field(read_proc(pid, "status"), "VmSwap:");
    shared += shared_part(read_proc(pid, "smaps"), files);
  }
  use.bytes = own + shared + mapped_files + in_files;
  return use;
}

}  // namespace tandem::sandbox
