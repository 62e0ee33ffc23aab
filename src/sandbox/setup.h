// What a cell's process does to itself before bubblewrap takes over: it becomes another user, gets
// a network of its own with sockets that listen in it, and limits. Private to sandbox/.
//
// With root's rights it leaves them: it becomes a user that has nothing else on the machine, one
// for each cell, so that the kernel counts each cell's processes by itself. What it is to see is
// mounted first, since that user cannot look into folders such as /root. An ordinary user stays who
// he is, in a user namespace of his own, which is what lets him have a network namespace.
#pragma once

#include <array>
#include <cstdint>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>
#include <vector>

#include "net/process.h"
#include "sandbox/calls.h"
#include "sandbox/network.h"

namespace tandem::sandbox {

/// Users of the machine that cells may run as.
struct CellUsers {
  std::uint32_t first = 0;
  std::uint32_t count = 0;  ///< 0: none but our own

  /// The number of the process is nobody else's while it lives. 0 for our own user.
  std::uint32_t of(pid_t cell) const {
    return count == 0 ? 0 : first + static_cast<std::uint32_t>(cell) % count;
  }
};
/// Whether all of them are users, and groups, of the machine as we see it (/proc/self/uid_map).
bool users_exist(std::uint32_t first, std::uint32_t count);
/// From who we are and which users exist for us (/proc/self/uid_map).
CellUsers cell_users();

/// The calling process alone, not the threads that share its memory, becomes that user, for good.
/// Gives an errno, or 0. To be called between vfork and exec.
int become_user(std::uint32_t user) noexcept;

/// The largest number of descriptors, and of processes and threads: what AWS sets.
struct CellLimits {
  std::uint64_t descriptors = 1'024;
  std::uint64_t tasks = 1'024;
};

class CellSetup final : public net::ChildSetup {
 public:
  struct Options {
    Network network = Network::kIsolated;
    CellUsers users;
    CellLimits limits;
    std::vector<SocketAddress> doors;      ///< to listen at, in its network
    std::vector<SocketAddress> udp_doors;  ///< the same by UDP
    std::vector<in_addr> closed;           ///< addresses that its network refuses to reach
    int door_channel = -1;                 ///< a unix socket that these sockets are sent to
    std::vector<std::string> views;        ///< paths outside
  };
  explicit CellSetup(Options options);

  int run() noexcept override;
  /// Where bubblewrap finds view number index.
  std::string view_path(std::size_t index) const;
  /// What the child was doing when run() gave an errno.
  std::string_view stage() const { return stage_; }

 private:
  int enter_namespaces() noexcept;
  int enter_own_network() noexcept;
  void note_own_user() noexcept;
  int map_own_user() noexcept;
  int mount_views() noexcept;
  int open_doors() noexcept;
  int make_doors() noexcept;
  int close_addresses() noexcept;
  int set_limits() noexcept;
  int change_user() noexcept;
  bool changes_user() const { return options_.users.count > 0; }
  /// Its network is to belong to the user it becomes.
  bool leaves_root_first() const {
    return changes_user() && options_.network == Network::kOutbound;
  }

  Options options_;
  std::vector<int> view_mounts_;
  std::vector<int> door_sockets_;
  std::vector<std::string> view_paths_;
  MapLine user_map_{};
  MapLine group_map_{};
  const char* volatile stage_ = "";
};

}  // namespace tandem::sandbox
