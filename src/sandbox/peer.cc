#include "sandbox/peer.h"

#include <arpa/inet.h>
#include <array>
#include <dirent.h>
#include <fmt/format.h>
#include <memory>
#include <netinet/in.h>
#include <string_view>
#include <unistd.h>

#include "core/files.h"
#include "core/text.h"
#include "sandbox/process_table.h"

namespace tandem::sandbox {
namespace {

/// As /proc/net/tcp writes an end: the address as a number of this machine's, the port in order.
std::string written(const TcpEnd& end) {
  in_addr address{};
  if (::inet_pton(AF_INET, end.address.c_str(), &address) != 1) return "";
  return fmt::format("{:08X}:{:04X}", address.s_addr, end.port);
}

/// Sockets of IPv6 that speak IPv4 (::ffff:127.0.0.1), as Java's are, stand in the other table.
std::string written_mapped(const TcpEnd& end) {
  return fmt::format("0000000000000000{:08X}{}", htonl(0xffff), written(end));
}

/// The inode of the socket with these ends, or empty.
std::string find_socket(const char* table, const std::string& local, const std::string& remote) {
  constexpr std::size_t kLocal = 1;
  constexpr std::size_t kRemote = 2;
  constexpr std::size_t kInode = 9;
  const std::string text = core::find_file(table).value_or("");
  for (const std::string_view line : core::split(text, '\n')) {
    if (line.find(local) == std::string_view::npos) continue;
    std::array<std::string_view, kInode + 1> words;
    std::size_t found = 0;
    for (const std::string_view word : core::split(line, ' ')) {
      if (!word.empty() && found < words.size()) words[found++] = word;
    }
    if (words[kLocal] == local && words[kRemote] == remote) return std::string(words[kInode]);
  }
  return "";
}

bool holds(pid_t pid, std::string_view link) {
  const std::string path = fmt::format("/proc/{}/fd", pid);
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), ::closedir);
  if (folder == nullptr) return false;
  while (const dirent* each = ::readdir(folder.get())) {
    std::array<char, 64> target{};
    const ssize_t size =
        ::readlink((path + "/" + each->d_name).c_str(), target.data(), target.size());
    if (size > 0 && std::string_view(target.data(), static_cast<std::size_t>(size)) == link) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool is_connected_from(pid_t root, const TcpEnd& client, const TcpEnd& server) {
  std::string inode = find_socket("/proc/self/net/tcp", written(client), written(server));
  if (inode.empty()) {
    inode = find_socket("/proc/self/net/tcp6", written_mapped(client), written_mapped(server));
  }
  // A socket that its process has closed already has none.
  if (inode.empty() || inode == "0") return false;
  const std::string link = fmt::format("socket:[{}]", inode);
  for (const ProcessEntry& process : descendants(read_process_table(), root)) {
    if (holds(process.pid, link)) return true;
  }
  return false;
}

}  // namespace tandem::sandbox
