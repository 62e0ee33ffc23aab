#include "sandbox/setup.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/check.h"
#include "core/files.h"
#include "core/text.h"
#include "sandbox/calls.h"
#include "sandbox/channel.h"

namespace tandem::sandbox {
namespace {

/// Above what systemd gives to containers (up to 1,879,048,191), below what some programs take for
/// a negative number. As many as there are process numbers.
constexpr CellUsers kWanted{1'900'000'000, 4'194'304};
/// Where only 65,536 users exist, as in many containers: next to nobody.
constexpr CellUsers kSmall{62'000, 3'000};
/// Covered by a small file system of our own, in the child's mount namespace only.
constexpr const char* kViewFolder = "/tmp";

/// Whether all of users exist here, by the map of a user namespace: lines of "first outside count".
bool exist(const CellUsers& users, std::string_view map) {
  for (const std::string_view line : core::split(map, '\n')) {
    std::array<std::uint64_t, 3> numbers{};
    std::size_t found = 0;
    for (const std::string_view word : core::split(line, ' ')) {
      if (word.empty() || found == numbers.size()) continue;
      numbers[found++] = core::parse_uint(word).value_or(0);
    }
    if (users.first >= numbers[0] && users.first + users.count <= numbers[0] + numbers[2]) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool users_exist(std::uint32_t first, std::uint32_t count) {
  const CellUsers users{first, count};
  return exist(users, core::find_file("/proc/self/uid_map").value_or("")) &&
         exist(users, core::find_file("/proc/self/gid_map").value_or(""));
}

CellUsers cell_users() {
  if (::geteuid() != 0) return {};
  for (const CellUsers& each : {kWanted, kSmall}) {
    if (users_exist(each.first, each.count)) return each;
  }
  return {};
}

int become_user(std::uint32_t user) noexcept {
  // glibc's functions would have every thread of the process follow: ours share our memory.
  if (::syscall(SYS_setgroups, 0, nullptr) != 0 ||
      ::syscall(SYS_setresgid, user, user, user) != 0 ||
      ::syscall(SYS_setresuid, user, user, user) != 0) {
    return errno;
  }
  return 0;
}

CellSetup::CellSetup(Options options) : options_(std::move(options)) {
  CHECK(options_.doors.size() + options_.udp_doors.size() <= kMostDescriptors);
  view_mounts_.assign(options_.views.size(), -1);
  door_sockets_.assign(options_.doors.size() + options_.udp_doors.size(), -1);
  for (std::size_t i = 0; i < options_.views.size(); ++i) {
    view_paths_.push_back(changes_user() ? fmt::format("{}/{}", kViewFolder, i)
                                         : options_.views[i]);
  }
}

std::string CellSetup::view_path(std::size_t index) const { return view_paths_[index]; }

int CellSetup::run() noexcept {
  for (const auto step :
       {&CellSetup::enter_namespaces, &CellSetup::mount_views, &CellSetup::open_doors,
        &CellSetup::set_limits, &CellSetup::change_user, &CellSetup::enter_own_network}) {
    if (const int error = (this->*step)(); error != 0) return error;
  }
  stage_ = "bubblewrap";
  return 0;
}

int CellSetup::enter_namespaces() noexcept {
  stage_ = "new namespaces";
  if (!changes_user()) note_own_user();
  int kinds = changes_user() ? CLONE_NEWNS : CLONE_NEWUSER;
  if (options_.network != Network::kHost && !leaves_root_first()) kinds |= CLONE_NEWNET;
  if (::unshare(kinds) != 0) return errno;
  return changes_user() ? 0 : map_own_user();
}

/// pasta is the cell's user, too, and may join a network that this user has made.
int CellSetup::enter_own_network() noexcept {
  if (!leaves_root_first()) return 0;
  stage_ = "new namespaces";
  // The change of user made this process undumpable, and its files in /proc root's. What shares
  // the memory and is not root's is this process alone.
  note_own_user();
  if (::prctl(PR_SET_DUMPABLE, 1) != 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
    return errno;
  }
  if (const int error = map_own_user(); error != 0) return error;
  return make_doors();
}

/// In the new namespace it is nobody until the maps are written.
void CellSetup::note_own_user() noexcept {
  user_map_ = map_line(::geteuid());
  group_map_ = map_line(::getegid());
}

int CellSetup::map_own_user() noexcept {
  stage_ = "user map";
  return write_own_maps(user_map_, group_map_);
}

int CellSetup::mount_views() noexcept {
  if (!changes_user()) return 0;
  stage_ = "mounts";
  // What is mounted from here on stays in this namespace.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return errno;
  // Taken before the folder is covered: they may lie below it.
  for (std::size_t i = 0; i < view_mounts_.size(); ++i) {
    view_mounts_[i] = static_cast<int>(::syscall(SYS_open_tree, AT_FDCWD, options_.views[i].c_str(),
                                                 OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
    if (view_mounts_[i] < 0) return errno;
  }
  if (::mount("tmpfs", kViewFolder, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=64k") != 0) {
    return errno;
  }
  for (std::size_t i = 0; i < view_mounts_.size(); ++i) {
    const char* place = view_paths_[i].c_str();
    struct stat about {};
    if (::fstat(view_mounts_[i], &about) != 0) return errno;
    const bool made =
        S_ISDIR(about.st_mode) ? ::mkdir(place, 0755) == 0 : ::mknod(place, S_IFREG | 0644, 0) == 0;
    if (!made || ::syscall(SYS_move_mount, view_mounts_[i], "", AT_FDCWD, place,
                           MOVE_MOUNT_F_EMPTY_PATH) != 0) {
      return errno;
    }
  }
  return 0;
}

int CellSetup::open_doors() noexcept {
  return options_.network == Network::kHost || leaves_root_first() ? 0 : make_doors();
}

int CellSetup::close_addresses() noexcept {
  if (options_.network != Network::kOutbound) return 0;
  stage_ = "routes";
  drop_answers_of_closed();
  if (const int error = refuse_loopback(); error != 0) return error;
  for (const in_addr& address : options_.closed) {
    if (const int error = refuse_route(address); error != 0) return error;
  }
  return 0;
}

int CellSetup::make_doors() noexcept {
  stage_ = "loopback";
  if (!bring_up_loopback()) return errno;
  if (const int error = close_addresses(); error != 0) return error;
  if (door_sockets_.empty()) return 0;
  stage_ = "listening sockets";
  const std::size_t tcp = options_.doors.size();
  for (std::size_t i = 0; i < door_sockets_.size(); ++i) {
    door_sockets_[i] = i < tcp ? open_door(options_.doors[i], SOCK_STREAM)
                               : open_door(options_.udp_doors[i - tcp], SOCK_DGRAM);
    if (door_sockets_[i] < 0) return errno;
  }
  return send_descriptors(options_.door_channel, door_sockets_) ? 0 : errno;
}

int CellSetup::set_limits() noexcept {
  stage_ = "limits";
  const auto limit = [](int kind, std::uint64_t value) {
    rlimit now{};
    if (::getrlimit(static_cast<__rlimit_resource>(kind), &now) != 0) return false;
    const rlim_t both = std::min<rlim_t>(value, now.rlim_max);
    now = {both, both};
    return ::setrlimit(static_cast<__rlimit_resource>(kind), &now) == 0;
  };
  // Processes are counted from here on: by our user namespace, or by the user of this cell alone.
  const bool set = limit(RLIMIT_NOFILE, options_.limits.descriptors) && limit(RLIMIT_CORE, 0) &&
                   limit(RLIMIT_NPROC, options_.limits.tasks) && limit(RLIMIT_MSGQUEUE, 0);
  return set ? 0 : errno;
}

int CellSetup::change_user() noexcept {
  if (!changes_user()) return 0;
  stage_ = "change of user";
  return become_user(options_.users.of(::getpid()));
}

}  // namespace tandem::sandbox
