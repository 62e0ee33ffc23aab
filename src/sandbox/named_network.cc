#include "sandbox/named_network.h"

#include <boost/system/system_error.hpp>
#include <cerrno>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

#include "core/check.h"
#include "sandbox/calls.h"
#include "sandbox/channel.h"
#include "sandbox/explain.h"
#include "sandbox/way_out.h"

namespace tandem::sandbox {
namespace {

using Covers = std::vector<std::pair<std::string, std::string>>;

Covers texts_of(
    const std::vector<std::pair<std::filesystem::path, std::filesystem::path>>& covers) {
  Covers texts;
  for (const auto& [file, place] : covers) texts.emplace_back(file, place);
  return texts;
}

int mount_covers(const Covers& covers) noexcept {
  for (const auto& [file, place] : covers) {
    if (::mount(file.c_str(), place.c_str(), nullptr, MS_BIND, nullptr) != 0) return errno;
  }
  return 0;
}

/// What the holder does between vfork and exec.
class HolderSetup final : public net::ChildSetup {
 public:
  HolderSetup(const NamedNetworkOptions& options, int channel)
      : channel_(channel), is_root_(::geteuid() == 0) {
    covers_ = texts_of(options.covers);
    for (const Door& door : options.tcp) doors_.emplace_back(socket_address(door), SOCK_STREAM);
    for (const Door& door : options.udp) doors_.emplace_back(socket_address(door), SOCK_DGRAM);
    CHECK(doors_.size() + kNamespaces <= kMostDescriptors);
    opened_.assign(doors_.size() + namespaces(), -1);
  }

  int run() noexcept override {
    for (const auto step : {&HolderSetup::enter, &HolderSetup::cover, &HolderSetup::open}) {
      if (const int error = (this->*step)(); error != 0) return error;
    }
    stage_ = "sleep";
    return 0;
  }
  std::string_view stage() const { return stage_; }
  std::size_t namespaces() const { return is_root_ ? 2 : kNamespaces; }

 private:
  static constexpr std::size_t kNamespaces = 3;

  int enter() noexcept {
    stage_ = "new namespaces";
    const MapLine user = map_line(::geteuid());
    const MapLine group = map_line(::getegid());
    const int kinds = CLONE_NEWNET | CLONE_NEWNS | (is_root_ ? 0 : CLONE_NEWUSER);
    if (::unshare(kinds) != 0) return errno;
    if (!is_root_) {
      stage_ = "user map";
      if (const int error = write_own_maps(user, group); error != 0) return error;
    }
    stage_ = "loopback";
    return bring_up_loopback() ? 0 : errno;
  }

  /// What the machine mounts is still seen here, and not the other way round.
  int cover() noexcept {
    stage_ = "mounts";
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) return errno;
    return mount_covers(covers_);
  }

  int open() noexcept {
    stage_ = "listening sockets";
    std::size_t at = 0;
    for (const auto& [address, type] : doors_) {
      opened_[at] = open_door(address, type);
      if (opened_[at++] < 0) return errno;
    }
    static constexpr std::array kPaths = {"/proc/self/ns/net", "/proc/self/ns/mnt",
                                          "/proc/self/ns/user"};
    for (std::size_t i = 0; i < namespaces(); ++i) {
      opened_[at] = ::open(kPaths[i], O_RDONLY | O_CLOEXEC);
      if (opened_[at++] < 0) return errno;
    }
    return send_descriptors(channel_, opened_) ? 0 : errno;
  }

  int channel_;
  bool is_root_;
  Covers covers_;
  std::vector<std::pair<SocketAddress, int>> doors_;
  std::vector<int> opened_;
  const char* volatile stage_ = "";
};

/// What goes into the network, opens doors or covers files, and ends.
class VisitorSetup final : public net::ChildSetup {
 public:
  VisitorSetup(const Namespaces& namespaces, const std::vector<Door>& doors, int channel)
      : namespaces_(namespaces), channel_(channel) {
    for (const Door& door : doors) doors_.push_back(socket_address(door));
    opened_.assign(doors_.size(), -1);
  }
  VisitorSetup(const Namespaces& namespaces, Covers covers)
      : namespaces_(namespaces), covers_(std::move(covers)) {}

  int run() noexcept override {
    stage_ = "joining the network";
    if (namespaces_.user.get() >= 0 && ::setns(namespaces_.user.get(), CLONE_NEWUSER) != 0) {
      return errno;
    }
    if (!covers_.empty()) {
      if (::setns(namespaces_.mounts.get(), CLONE_NEWNS) != 0) return errno;
      stage_ = "mounts";
      if (const int error = mount_covers(covers_); error != 0) return error;
    }
    if (!doors_.empty()) {
      if (::setns(namespaces_.network.get(), CLONE_NEWNET) != 0) return errno;
      stage_ = "listening sockets";
      for (std::size_t i = 0; i < doors_.size(); ++i) {
        opened_[i] = open_door(doors_[i], SOCK_STREAM);
      }
      if (!send_descriptors(channel_, opened_)) return errno;
    }
    stage_ = "true";
    return 0;
  }
  std::string_view stage() const { return stage_; }

 private:
  const Namespaces& namespaces_;
  int channel_ = -1;
  std::vector<SocketAddress> doors_;
  std::vector<int> opened_;
  Covers covers_;
  const char* volatile stage_ = "";
};

net::ProcessOptions process_of(const char* program, const char* argument, net::ChildSetup& setup) {
  net::ProcessOptions process;
  process.arguments.emplace_back(program);
  if (argument != nullptr) process.arguments.emplace_back(argument);
  process.environment = {"PATH=/usr/local/bin:/usr/bin:/bin"};
  process.working_directory = "/";
  process.setup = &setup;
  return process;
}

[[noreturn]] void refuse(const char* what) { throw CellError(explain_setup(what, errno)); }

Task<WayOut> open_way_out_of(core::Workers* pool, const NamedNetwork* network) {
  WayOutOptions options{.inside = network->holder->pid(), .loopback = Loopback::kOpen};
  if (network->namespaces.user.get() < 0) options.network = network->namespaces.network.get();
  co_return co_await open_way_out(*pool, options);
}

}  // namespace

Task<NamedNetwork> make_named_network(core::Workers& pool, NamedNetworkOptions options) {
  if (const std::string missing = missing_for_way_out(); !missing.empty()) {
    throw CellError("a way out of a network of its own needs " + missing);
  }
  const Channel channel;
  HolderSetup setup(options, channel.there.get());
  NamedNetwork network;
  std::string failed;
  try {
    network.holder =
        co_await net::ChildProcess::start_on(pool, process_of("sleep", "infinity", setup));
  } catch (const boost::system::system_error& error) {
    failed = explain_setup(setup.stage(), error.code().value());
  }
  if (!failed.empty()) throw CellError(failed);
  const std::size_t tcp = options.tcp.size();
  const std::size_t doors = tcp + options.udp.size();
  auto opened = receive_descriptors(channel.here.get(), doors + setup.namespaces());
  for (std::size_t i = 0; i < doors; ++i) {
    (i < tcp ? network.tcp : network.udp).push_back(std::move(opened[i]));
  }
  network.namespaces.network = std::move(opened[doors]);
  network.namespaces.mounts = std::move(opened[doors + 1]);
  if (setup.namespaces() > 2) network.namespaces.user = std::move(opened[doors + 2]);
  WayOut way = co_await open_way_out_of(&pool, &network);
  network.way_out = std::move(way.process);
  network.offline = std::move(way.offline);
  co_return network;
}

namespace {

Task<void> visit(core::Workers* pool, VisitorSetup* setup) {
  std::string failed;
  try {
    const auto visitor =
        co_await net::ChildProcess::start_on(*pool, process_of("true", nullptr, *setup));
    co_await visitor->wait();
  } catch (const boost::system::system_error& error) {
    failed = explain_setup(setup->stage(), error.code().value());
  }
  if (!failed.empty()) throw CellError(failed);
}

}  // namespace

Task<std::vector<net::Descriptor>> open_doors(core::Workers& pool, const Namespaces* namespaces,
                                              std::vector<Door> doors) {
  CHECK(doors.size() <= kMostDescriptors);
  const Channel channel;
  VisitorSetup setup(*namespaces, doors, channel.there.get());
  co_await visit(&pool, &setup);
  co_return receive_descriptors(channel.here.get(), doors.size());
}

Task<void> cover(core::Workers& pool, const Namespaces* namespaces,
                 std::vector<std::pair<std::filesystem::path, std::filesystem::path>> covers) {
  VisitorSetup setup(*namespaces, texts_of(covers));
  co_await visit(&pool, &setup);
}

void join(const Namespaces& namespaces) {
  std::error_code gone;
  const std::string folder = std::filesystem::current_path(gone);
  if (gone) throw CellError("the working folder is gone");
  if (namespaces.user.get() >= 0 && ::setns(namespaces.user.get(), CLONE_NEWUSER) != 0) {
    refuse("joining the user namespace");
  }
  if (::setns(namespaces.mounts.get(), CLONE_NEWNS) != 0) refuse("joining the mounts");
  if (::setns(namespaces.network.get(), CLONE_NEWNET) != 0) refuse("joining the network");
  if (::chdir(folder.c_str()) != 0) refuse("the working folder");
}

}  // namespace tandem::sandbox
