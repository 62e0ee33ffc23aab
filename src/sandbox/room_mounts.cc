#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/explain.h"
#include "sandbox/room_setup.h"

namespace tandem::sandbox {
namespace {

constexpr std::string_view kRoot = "root";

[[noreturn]] void fail(std::string_view stage, int error = errno) {
  throw CellError(explain_setup(stage, error));
}

/// Where it is before the room is "/".
std::string below_root(std::string_view inside) { return fmt::format("{}{}", kRoot, inside); }

void mount_new(const char* type, const std::string& place, unsigned long flags,
               const std::string& options) {
  if (::mount(type, place.c_str(), type, flags, options.c_str()) != 0) {
    fail(fmt::format("mounting {}", place));
  }
}

void set_attributes(int tree, std::uint64_t attributes, int users, const std::string& place) {
  mount_attr wanted{};
  wanted.attr_set = attributes;
  if (users >= 0) {
    wanted.attr_set |= MOUNT_ATTR_IDMAP;
    wanted.userns_fd = static_cast<std::uint64_t>(users);
  }
  const unsigned how = AT_EMPTY_PATH | (users >= 0 ? 0U : static_cast<unsigned>(AT_RECURSIVE));
  if (::syscall(SYS_mount_setattr, tree, "", how, &wanted, sizeof wanted) != 0) {
    fail(fmt::format("{} {}", users >= 0 ? "mapping users of" : "closing", place));
  }
}

/// A file or a folder with what is mounted below it. users: see mount_room().
void show(const std::string& outside, const std::string& place, std::uint64_t attributes,
          int users = -1) {
  const unsigned how =
      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (users >= 0 ? 0U : static_cast<unsigned>(AT_RECURSIVE));
  const net::Descriptor tree(
      static_cast<int>(::syscall(SYS_open_tree, AT_FDCWD, outside.c_str(), how)));
  if (tree.get() < 0) fail(outside);
  set_attributes(tree.get(), attributes, users, outside);
  if (::syscall(SYS_move_mount, tree.get(), "", AT_FDCWD, place.c_str(), MOVE_MOUNT_F_EMPTY_PATH) !=
      0) {
    fail(fmt::format("{} at {}", outside, place));
  }
}

void make_file(const std::string& place) {
  const net::Descriptor made(::open(place.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  if (made.get() < 0) fail(place);
}

void make_folder(const std::string& place, mode_t mode = 0755) {
  if (::mkdir(place.c_str(), mode) != 0 && errno != EEXIST) fail(place);
}

void make_link(const char* target, const std::string& place) {
  if (::symlink(target, place.c_str()) != 0) fail(place);
}

/// One for each layer: an overlay does not look through what is mounted below its lower folder.
void mount_layers(const RoomPlan& plan, int users) {
  constexpr std::uint64_t kClosed = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV;
  for (std::size_t i = 0; i < plan.layers.size(); ++i) {
    const std::string& layer = plan.layers[i];
    if (!plan.overlays) {
      show(layer, below_root(layer), kClosed);
      continue;
    }
    const std::string lower = fmt::format("lower/{}", i);
    show(layer, lower, kClosed, users);
    // volatile: nobody reads these folders again once the machine has been off.
    mount_new("overlay", below_root(layer), MS_NODEV,
              fmt::format("lowerdir={},upperdir=upper/{},workdir=work/{},volatile", lower, i, i));
  }
}

void mount_devices(const RoomPlan& plan) {
  const std::string dev = below_root("/dev");
  mount_new("tmpfs", dev, MS_NOSUID | MS_NOEXEC, "mode=0755,size=64k");
  for (const char* name : {"null", "zero", "full", "random", "urandom", "tty"}) {
    const std::string place = fmt::format("{}/{}", dev, name);
    make_file(place);
    show(fmt::format("/dev/{}", name), place, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
  }
  make_link("/proc/self/fd", dev + "/fd");
  make_link("/proc/self/fd/0", dev + "/stdin");
  make_link("/proc/self/fd/1", dev + "/stdout");
  make_link("/proc/self/fd/2", dev + "/stderr");
  make_link("pts/ptmx", dev + "/ptmx");
  make_folder(dev + "/pts");
  // Terminals are counted for the whole machine.
  mount_new("devpts", dev + "/pts", MS_NOSUID | MS_NOEXEC,
            "newinstance,ptmxmode=0666,mode=620,max=64");
  make_folder(dev + "/shm");
  mount_new("tmpfs", dev + "/shm", MS_NOSUID | MS_NODEV,
            fmt::format("mode=1777,size={}m", plan.shared_memory_mb));
}

void mount_processes() {
  const std::string proc = below_root("/proc");
  mount_new("proc", proc, MS_NOSUID | MS_NODEV | MS_NOEXEC, "");
  // The machine's switches, and what it tells of itself beyond what programs ask for.
  for (const char* name : {"sys", "bus", "fs", "irq"}) {
    const std::string place = fmt::format("{}/{}", proc, name);
    if (::access(place.c_str(), F_OK) == 0) show(place, place, MOUNT_ATTR_RDONLY);
  }
  for (const char* name : {"kcore", "keys", "kmsg", "sysrq-trigger", "timer_list", "latency_stats",
                           "sched_debug", "key-users", "kallsyms", "kpagecount", "kpageflags"}) {
    const std::string place = fmt::format("{}/{}", proc, name);
    if (::access(place.c_str(), F_OK) == 0) show("/dev/null", place, MOUNT_ATTR_RDONLY);
  }
}

/// By its name: what /proc links to is a mount of the namespace that it was started in. Where it
/// was replaced meanwhile, the new one does.
std::string own_program() {
  constexpr std::string_view kGone = " (deleted)";
  std::string path = std::filesystem::read_symlink("/proc/self/exe");
  if (path.ends_with(kGone)) path.resize(path.size() - kGone.size());
  return path;
}

void mount_own() {
  make_folder(below_root(kRoomFolder));
  // Read-only: a process of its own user's could otherwise change this program on the machine.
  make_file(below_root(kRoomProgram));
  show(own_program(), below_root(kRoomProgram), MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID);
  const std::string report = below_root(kRoomReport);
  constexpr mode_t kEverybody = 0666;
  if (::mkfifo(report.c_str(), kEverybody) != 0 || ::chmod(report.c_str(), kEverybody) != 0) {
    fail(report);
  }
}

/// What is in it may be used, and nobody makes anything there.
void close_devices() {
  mount_attr wanted{};
  wanted.attr_set = MOUNT_ATTR_RDONLY;
  const std::string dev = below_root("/dev");
  if (::syscall(SYS_mount_setattr, AT_FDCWD, dev.c_str(), 0, &wanted, sizeof wanted) != 0) {
    fail(dev);
  }
}

void change_root() {
  if (::chdir(std::string(kRoot).c_str()) != 0 || ::syscall(SYS_pivot_root, ".", ".") != 0 ||
      ::umount2(".", MNT_DETACH) != 0 || ::chdir("/") != 0) {
    fail("change of root");
  }
}

}  // namespace

void mount_room(const RoomPlan& plan, int users) {
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) fail("mounts");
  if (::chdir(plan.folder.c_str()) != 0) fail(plan.folder);
  const std::string root(kRoot);
  show(root, root, MOUNT_ATTR_NODEV);
  mount_layers(plan, users);
  for (const std::string& each : plan.read_only) {
    show(each, below_root(each), MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV);
  }
  show("source", below_root(plan.source_inside), MOUNT_ATTR_NODEV);
  mount_processes();
  mount_devices(plan);
  mount_own();
  close_devices();
  change_root();
}

}  // namespace tandem::sandbox
