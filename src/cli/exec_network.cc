#include "cli/exec_network.h"

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <deque>
#include <fcntl.h>
#include <fmt/format.h>
#include <set>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#include "cli/command.h"
#include "cli/names.h"
#include "core/clock.h"
#include "core/files.h"
#include "core/log.h"
#include "core/text.h"
#include "net/ca_files.h"
#include "net/key_maker.h"
#include "sandbox/named_network.h"

namespace tandem::cli {
namespace {

constexpr const char* kResolvConf = "/etc/resolv.conf";
constexpr const char* kNameSwitch = "/etc/nsswitch.conf";
/// Debian's, update-ca-certificates(8).
constexpr const char* kSystemRoots = "/etc/ssl/certs/ca-certificates.crt";
constexpr std::size_t kMostCertificates = 1'000;
constexpr std::size_t kLongestAnswer = 4'096;
constexpr int kPatience_s = 15;
constexpr std::chrono::milliseconds kLook{1'000};
/// How often the machine's loopback is looked at.
constexpr std::chrono::milliseconds kFollow{250};
constexpr std::size_t kMostFollowed = 200;

/// network, mounts and, of an ordinary user, user.
constexpr std::size_t kMostNamespaces = 3;

/// What the helper says: "" with the namespaces, or why there are none.
struct Answer {
  std::string why;
  std::vector<net::Descriptor> namespaces;
};

void send_answer(int channel, const std::string& why, const std::vector<int>& namespaces) {
  std::array<char, CMSG_SPACE(sizeof(int) * kMostNamespaces)> control{};
  std::string words = why.empty() ? "ok" : "no" + why.substr(0, kLongestAnswer - 2);
  iovec data{words.data(), words.size()};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  if (!namespaces.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(sizeof(int) * namespaces.size());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * namespaces.size());
    std::memcpy(CMSG_DATA(header), namespaces.data(), sizeof(int) * namespaces.size());
  }
  ::sendmsg(channel, &message, MSG_NOSIGNAL);
}

Answer receive_answer(int channel) {
  const timeval patience{kPatience_s, 0};
  ::setsockopt(channel, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::array<char, CMSG_SPACE(sizeof(int) * kMostNamespaces)> control{};
  std::string words(kLongestAnswer, '\0');
  iovec data{words.data(), words.size()};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t got = ::recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
  if (got < 2) return {"what serves it has ended, or does not answer", {}};
  words.resize(static_cast<std::size_t>(got));
  Answer answer{words.substr(2), {}};
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr) return answer;
  const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
  std::array<int, kMostNamespaces> numbers{};
  std::memcpy(numbers.data(), CMSG_DATA(header), count * sizeof(int));
  for (std::size_t i = 0; i < count; ++i) answer.namespaces.emplace_back(numbers[i]);
  return answer;
}

/// Without systemd-resolved's own protocol, which would be asked instead of DNS.
std::string dns_only(const std::string& name_switch) {
  std::string text;
  for (const std::string_view line : core::split(name_switch, '\n')) {
    text += line.starts_with("hosts:") ? "hosts: files dns" : line;
    text += '\n';
  }
  return text;
}

/// Files that are seen in place of the machine's. Throws system_error.
std::vector<std::pair<std::filesystem::path, std::filesystem::path>> covers(
    const std::filesystem::path& folder, const std::filesystem::path& trusted) {
  std::vector<std::pair<std::filesystem::path, std::filesystem::path>> all;
  std::filesystem::create_directories(folder);
  const auto cover = [&](const char* name, const std::string& text, const char* place) {
    const auto file = folder / name;
    if (core::find_file(file) != text) core::write_file_atomically(file, text, 0644);
    all.emplace_back(file, place);
  };
  std::string resolv = fmt::format("nameserver {}\n", Names::kResolver);
  for (const std::string_view line : core::split(core::find_file(kResolvConf).value_or(""), '\n')) {
    if (line.starts_with("search") || line.starts_with("domain")) {
      resolv.append(line).append("\n");
    }
  }
  cover("resolv.conf", resolv, kResolvConf);
  const std::string name_switch = core::find_file(kNameSwitch).value_or("");
  if (name_switch.find("resolve") != std::string::npos) {
    cover("nsswitch.conf", dns_only(name_switch), kNameSwitch);
  }
  if (!trusted.empty() && std::filesystem::exists(kSystemRoots)) {
    all.emplace_back(trusted, kSystemRoots);
  }
  return all;
}

/// Serves the network from outside. Lives in the helper.
class Helper {
 public:
  Helper(const topology::LocalWorld& world, const topology::Topology& topology,
         std::filesystem::path trusted)
      : config_(world.config()),
        folder_(world.folder()),
        trusted_(std::move(trusted)),
        names_(config_, topology.zone, resolvers_in(core::find_file(kResolvConf).value_or(""))),
        ca_(net::load_ca(folder_ / "ca", {&clock_, &keys_})),
        dns_(loop_.get_executor(), {},
             [this](std::string_view name) { return names_.choose(name); }),
        relay_(loop_.get_executor(), {}, &tls_,
               [this](const net::Relay::Arrival& arrival) { return route(arrival); }) {}

  /// Until nobody is inside any more. command: the process that goes inside, by its pidfd.
  void run(int channel, int command) {
    core::TaskGroup roots(loop_.get_executor());
    roots.spawn("exec's network", serve(this, &roots, channel, command));
    loop_.run();
  }

 private:
  static Task<void> serve(Helper* self, core::TaskGroup* roots, int channel, int command) {
    std::string why;
    try {
      sandbox::NamedNetworkOptions options{
          .tcp = self->names_.tcp(),
          .udp = self->names_.dns(),
          .covers = covers(self->folder_ / "exec", self->trusted_)};
      // DNS is asked by TCP, too, at the end of the list.
      for (const sandbox::Door& door : self->names_.dns()) options.tcp.push_back(door);
      self->network_ = co_await sandbox::make_named_network(self->workers_, std::move(options));
      self->open();
      co_await self->follow_loopback();
    } catch (const std::exception& error) {
      why = error.what();
    }
    if (!why.empty()) {
      send_answer(channel, why, {});
      co_return;
    }
    self->tell(channel);
    roots->spawn("the machine's loopback", keep_following(self));
    co_await self->await_end(command);
    while (self->somebody_inside()) co_await core::sleep_for(kLook);
    co_await self->relay_.stop();
    co_await self->dns_.stop();
    self->network_.holder->signal(SIGKILL);
    if (self->network_.way_out) self->network_.way_out->signal(SIGKILL);
    // Nothing here outlives its network, and nobody waits for this process.
    ::_exit(0);
  }

  void open() {
    tls_.set_default(ca_.issue({"*.amazonaws.com"}));
    const std::vector<sandbox::Door> doors = names_.tcp();
    for (std::size_t i = 0; i < network_.tcp.size(); ++i) {
      if (i >= doors.size()) {
        dns_.adopt_tcp(std::move(network_.tcp[i]));
        continue;
      }
      relay_.adopt(std::move(network_.tcp[i]), names_.speaks_tls(doors[i])
                                                   ? net::Relay::Speaks::kTls
                                                   : net::Relay::Speaks::kAnything);
    }
    for (net::Descriptor& socket : network_.udp) dns_.adopt_udp(std::move(socket));
    relay_.start();
    dns_.start();
  }

  static Task<void> keep_following(Helper* self) {
    for (;;) {
      co_await core::sleep_for(kFollow);
      co_await self->follow_loopback();
    }
  }

  /// Whatever listens on the machine's loopback is reached at the same port inside, unless somebody
  /// is there already.
  Task<void> follow_loopback() {
    const auto ports = loopback_ports_in(core::find_file("/proc/net/tcp").value_or(""));
    const std::set<std::uint16_t> there(ports.begin(), ports.end());
    std::erase_if(followed_, [&](std::uint16_t port) {
      if (there.contains(port)) return false;
      relay_.close_door(std::string(Names::kLoopback), port);
      return true;
    });
    for (const std::uint16_t port : there) {
      const sandbox::Door door{std::string(Names::kLoopback), port};
      if (followed_.contains(port) || is_ours(door)) continue;
      if (followed_.size() == kMostFollowed) co_return;
      // Also when it cannot be: it is not tried again before it has gone.
      followed_.insert(port);
      std::vector<sandbox::Door> doors;
      doors.push_back(door);
      try {
        auto opened =
            co_await sandbox::open_doors(workers_, &network_.namespaces, std::move(doors));
        relay_.adopt(std::move(opened.front()), net::Relay::Speaks::kAnything);
      } catch (const sandbox::CellError& error) {
        log::info("port {} of the loopback: {}", port, error.what());
      }
    }
  }

  bool is_ours(const sandbox::Door& door) const {
    const auto same = [&door](const sandbox::Door& each) {
      return each.address == door.address && each.port == door.port;
    };
    return std::ranges::any_of(names_.tcp(), same) || std::ranges::any_of(names_.dns(), same);
  }

  void tell(int channel) const {
    const sandbox::Namespaces& namespaces = network_.namespaces;
    std::vector<int> sent = {namespaces.network.get(), namespaces.mounts.get()};
    if (namespaces.user.get() >= 0) sent.push_back(namespaces.user.get());
    send_answer(channel, "", sent);
    ::close(channel);
  }

  Task<void> await_end(int command) {
    asio::posix::stream_descriptor watched(loop_, command);
    boost::system::error_code ignored;
    co_await watched.async_wait(asio::posix::stream_descriptor::wait_read,
                                asio::redirect_error(asio::use_awaitable, ignored));
  }

  /// Children of the command may outlive it.
  bool somebody_inside() const {
    struct stat ours {};
    if (::fstat(network_.namespaces.network.get(), &ours) != 0) return false;
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", failed)) {
      const std::string name = entry.path().filename();
      const auto pid = core::parse_uint(name);
      if (!pid || static_cast<pid_t>(*pid) == network_.holder->pid()) continue;
      struct stat theirs {};
      if (::stat((entry.path() / "ns/net").c_str(), &theirs) != 0) continue;
      if (theirs.st_ino == ours.st_ino && theirs.st_dev == ours.st_dev) return true;
    }
    return false;
  }

  std::optional<net::Relay::Target> route(const net::Relay::Arrival& arrival) {
    auto target = names_.route(arrival);
    if (!target || !target->ends_tls || arrival.server_name.empty()) return target;
    try {
      certify(arrival.server_name);
    } catch (const std::runtime_error& error) {
      log::warning("a certificate for {}: {}", arrival.server_name, error.what());
      return std::nullopt;
    }
    return target;
  }

  void certify(const std::string& name) {
    if (std::ranges::find(certified_, name) != certified_.end()) return;
    if (certified_.size() == kMostCertificates) {
      tls_.erase(certified_.front());
      certified_.pop_front();
    }
    tls_.set(name, ca_.issue({name}));
    certified_.push_back(name);
  }

  asio::io_context loop_{1};
  core::WorkerThreads workers_{2};
  core::SystemClock clock_;
  net::OpenSslKeys keys_;
  service::Config config_;
  std::filesystem::path folder_;
  std::filesystem::path trusted_;
  Names names_;
  net::LocalCa ca_;
  net::ServerTls tls_;
  std::deque<std::string> certified_;  ///< the oldest first
  net::DnsRelay dns_;
  net::Relay relay_;
  sandbox::NamedNetwork network_;
  std::set<std::uint16_t> followed_;  ///< ports of the machine's loopback
};

/// In the helper: nothing of the command's is to be held open, and no key pressed at its terminal
/// is meant for it.
[[noreturn]] void help(const topology::LocalWorld& world, const topology::Topology& topology,
                       const std::filesystem::path& trusted, int channel, int command) {
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int standard : {0, 1, 2}) ::dup2(null, standard);
  try {
    Helper helper(world, topology, trusted);
    helper.run(channel, command);
  } catch (const std::exception& error) {
    send_answer(channel, error.what(), {});
  }
  ::_exit(0);
}

}  // namespace

std::string enter_named_network(const topology::LocalWorld& world,
                                const topology::Topology& topology,
                                const std::filesystem::path& trusted) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return std::generic_category().message(errno);
  }
  const net::Descriptor here(ends[0]);
  net::Descriptor there(ends[1]);
  const net::Descriptor self(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  if (self.get() < 0)
    return "the kernel has no pidfd_open: " + std::generic_category().message(errno);
  const pid_t child = ::fork();
  if (child < 0) return std::generic_category().message(errno);
  if (child == 0) {
    // No child of the command, which may wait for all of its children.
    ::setsid();
    if (::fork() != 0) ::_exit(0);
    help(world, topology, trusted, there.get(), self.get());
  }
  there = net::Descriptor();
  ::waitpid(child, nullptr, 0);
  Answer answer = receive_answer(here.get());
  if (!answer.why.empty()) return answer.why;
  if (answer.namespaces.size() < kMostNamespaces - 1) return "some of its namespaces are missing";
  answer.namespaces.resize(kMostNamespaces);
  try {
    sandbox::join({.network = std::move(answer.namespaces[0]),
                   .mounts = std::move(answer.namespaces[1]),
                   .user = std::move(answer.namespaces[2])});
  } catch (const sandbox::CellError& error) {
    throw Failure(kFailed, fmt::format("{}; '--network host' does without it", error.what()));
  }
  return "";
}

}  // namespace tandem::cli
