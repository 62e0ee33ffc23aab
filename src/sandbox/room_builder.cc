#include "sandbox/room_builder.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/files.h"
#include "sandbox/calls.h"
#include "sandbox/explain.h"
#include "sandbox/room_setup.h"
#include "sandbox/room_wire.h"
#include "sandbox/setup.h"

namespace tandem::sandbox {
namespace {

constexpr int kOwnNamespaces = CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
constexpr int kFailed = 1;
/// The kernel's choice when memory runs out, before anything of the machine's.
constexpr std::string_view kFirstToGo = "700";

[[noreturn]] void fail(std::string_view stage, int error = errno) {
  throw CellError(explain_setup(stage, error));
}

/// Says why on standard error, in one line, and ends.
template <class Work>
[[noreturn]] void run_child(const Work& work) {
  try {
    work();
  } catch (const std::exception& error) {
    const std::string line = fmt::format("{}\n", error.what());
    [[maybe_unused]] const ssize_t said = ::write(STDERR_FILENO, line.data(), line.size());
  }
  ::_exit(kFailed);
}

void die_with(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(kFailed);
}

/// None when they are ours already.
struct RoomNamespaces {
  net::Descriptor user{};
  net::Descriptor network{};
  net::Descriptor ipc{};
  net::Descriptor names{};
};

/// Two processes that wait for each other.
struct Turns {
  Turns() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) fail("socketpair");
    here = net::Descriptor(ends[0]);
    there = net::Descriptor(ends[1]);
  }
  static void give(const net::Descriptor& end) {
    if (::send(end.get(), "x", 1, MSG_NOSIGNAL) != 1) fail("socketpair");
  }
  /// False: the other one has ended.
  static bool take(const net::Descriptor& end) {
    char byte = 0;
    return ::read(end.get(), &byte, 1) == 1;
  }
  net::Descriptor here;
  net::Descriptor there;
};

void enter_own_namespaces(const RoomPlan& plan) {
  if (::unshare(kOwnNamespaces) != 0) fail("new namespaces");
  if (::sethostname(plan.host_name.data(), plan.host_name.size()) != 0) fail("host name");
  furnish_network(plan, kRoomDoors);
}

/// A user of the room's own makes them, so that the kernel counts everything in them as his, and
/// root of them is he.
[[noreturn]] void make_namespaces(const RoomPlan& plan, const Turns& turns) {
  run_child([&] {
    if (const int error = become_user(plan.users.first); error != 0) fail("change of user", error);
    const rlimit tasks{plan.tasks, plan.tasks};
    if (::setrlimit(RLIMIT_NPROC, &tasks) != 0) fail("limits");
    if (::unshare(CLONE_NEWUSER) != 0) fail("new namespaces");
    Turns::give(turns.there);
    if (!Turns::take(turns.there)) fail("user map");
    if (const int error = become_user(0); error != 0) fail("change of user", error);
    enter_own_namespaces(plan);
    Turns::give(turns.there);
    Turns::take(turns.there);
  });
}

net::Descriptor open_namespace(pid_t process, std::string_view kind) {
  net::Descriptor opened(
      ::open(fmt::format("/proc/{}/ns/{}", process, kind).c_str(), O_RDONLY | O_CLOEXEC));
  if (opened.get() < 0) fail("new namespaces");
  return opened;
}

void map_users(pid_t process, const RoomUsers& users) {
  const std::string map = fmt::format("0 {} {}", users.first, users.count);
  for (const char* file : {"uid_map", "gid_map"}) {
    if (!write_file(fmt::format("/proc/{}/{}", process, file).c_str(), map)) fail("user map");
  }
}

RoomNamespaces namespaces_of_new_users(const RoomPlan& plan) {
  Turns turns;
  const pid_t maker = ::fork();
  if (maker < 0) fail("fork");
  if (maker == 0) {
    turns.here = net::Descriptor();
    make_namespaces(plan, turns);
  }
  turns.there = net::Descriptor();
  // What it has to say it has said.
  if (!Turns::take(turns.here)) ::_exit(kFailed);
  map_users(maker, plan.users);
  Turns::give(turns.here);
  if (!Turns::take(turns.here)) ::_exit(kFailed);
  RoomNamespaces all{open_namespace(maker, "user"), open_namespace(maker, "net"),
                     open_namespace(maker, "ipc"), open_namespace(maker, "uts")};
  ::kill(maker, SIGKILL);
  ::waitpid(maker, nullptr, 0);
  for (const auto& [name, kind] :
       {std::pair(&all.network, CLONE_NEWNET), std::pair(&all.ipc, CLONE_NEWIPC),
        std::pair(&all.names, CLONE_NEWUTS)}) {
    if (::setns(name->get(), kind) != 0) fail("new namespaces");
  }
  return all;
}

RoomNamespaces own_namespaces(const RoomPlan& plan) {
  const std::uint32_t user = ::geteuid();
  const std::uint32_t group = ::getegid();
  if (::unshare(CLONE_NEWUSER) != 0) fail("new namespaces");
  const bool mapped = write_file("/proc/self/setgroups", "deny") &&
                      write_file("/proc/self/gid_map", fmt::format("0 {} 1", group)) &&
                      write_file("/proc/self/uid_map", fmt::format("0 {} 1", user));
  if (!mapped) fail("user map");
  enter_own_namespaces(plan);
  return RoomNamespaces();
}

[[noreturn]] void become_room(const RoomPlan& plan, const RoomNamespaces& namespaces) {
  run_child([&] {
    ::setsid();
    // Whoever is root of the room may not take this back.
    write_file("/proc/self/oom_score_adj", kFirstToGo);
    if (::unshare(CLONE_NEWNS) != 0) fail("new namespaces");
    mount_room(plan, plan.overlays ? namespaces.user.get() : -1);
    if (namespaces.user.get() >= 0) {
      if (::setns(namespaces.user.get(), CLONE_NEWUSER) != 0) fail("joining the user namespace");
      if (const int error = become_user(0); error != 0) fail("change of user", error);
    }
    confine(plan);
    // A change of user has made the kernel forget it. Should our parent be gone already, the
    // control socket's end says the same.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::close_range(kRoomDoors, ~0U, CLOSE_RANGE_CLOEXEC);
    ::close(kRoomPlan);
    const std::array<const char*, 3> words = {"tandem", "serve-room", nullptr};
    const std::array<const char*, 1> environment = {nullptr};
    ::execve(kRoomProgram, const_cast<char**>(words.data()),
             const_cast<char**>(environment.data()));
    fail(kRoomProgram);
  });
}

int wait_for(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) != process) {
    if (errno != EINTR) return kFailed;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : kFailed;
}

int build(const RoomPlan& plan, pid_t region) {
  // What is printed inside may be opened anew there, as /dev/stdout.
  if (plan.users.count > 0 && ::fchown(STDOUT_FILENO, plan.users.first, plan.users.first) != 0) {
    fail("output");
  }
  ::fchmod(STDOUT_FILENO, S_IRUSR | S_IWUSR | S_IWGRP | S_IWOTH);
  const RoomNamespaces namespaces =
      plan.users.count > 0 ? namespaces_of_new_users(plan) : own_namespaces(plan);
  // New rights may have made the kernel forget it.
  die_with(region);
  if (::unshare(CLONE_NEWPID) != 0) fail("new namespaces");
  const pid_t room = ::fork();
  if (room < 0) fail("fork");
  if (room == 0) become_room(plan, namespaces);
  const RoomMessage born{RoomMessage::Kind::kBorn, {std::to_string(room)}};
  const std::string text = born.text();
  [[maybe_unused]] const ssize_t sent =
      ::send(kRoomControl, text.data(), text.size(), MSG_NOSIGNAL);
  // From here on they end when the room does.
  ::close_range(kRoomPlan, ~0U, 0);
  ::close(STDOUT_FILENO);
  return wait_for(room);
}

}  // namespace

int build_room() noexcept {
  try {
    const pid_t region = ::getppid();
    die_with(region);
    ::umask(S_IWGRP | S_IWOTH);
    const auto plan =
        RoomPlan::from_text(core::read_file(fmt::format("/proc/self/fd/{}", kRoomPlan)));
    if (!plan) throw CellError(plan.error().message);
    return build(plan.value(), region);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return kFailed;
  }
}

}  // namespace tandem::sandbox
