// The process outside that serves the network of one `tandem exec`, for as long as anything runs
// inside. `exec` starts it as a command of its own, so that it has nothing of the tool's: neither
// its command line nor what it has open.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <csignal>
#include <deque>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <memory>
#include <optional>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/exec_network.h"
#include "core/clock.h"
#include "core/files.h"
#include "core/log.h"
#include "core/text.h"
#include "net/ca_files.h"
#include "net/descriptor.h"
#include "net/java_roots.h"
#include "net/key_maker.h"
#include "net/process.h"
#include "sandbox/named_network.h"
#include "service/names.h"

namespace tandem::cli {
namespace {

constexpr const char* kResolvConf = "/etc/resolv.conf";
constexpr const char* kNameSwitch = "/etc/nsswitch.conf";
/// Debian's, update-ca-certificates(8).
constexpr const char* kSystemRoots = "/etc/ssl/certs/ca-certificates.crt";
/// Debian's package ca-certificates-java.
constexpr const char* kJavaRoots = "/etc/ssl/certs/java/cacerts";
constexpr std::size_t kMostCertificates = 1'000;
constexpr std::chrono::milliseconds kLook{1'000};
/// For connections whose owner has ended.
constexpr std::chrono::seconds kGrace{30};
constexpr std::chrono::milliseconds kMoment{20};
/// How often it is looked who listens on the machine.
constexpr std::chrono::milliseconds kFollow{250};
constexpr std::size_t kMostCovers = 1'000;  ///< again
constexpr std::size_t kMostAtOnce = 200;    ///< doors; the others come with the next look
constexpr std::size_t kKeptFree = 64;       ///< descriptors that are no doors'

/// Files that are seen in place of the machine's. Throws system_error.
std::vector<std::pair<std::filesystem::path, std::filesystem::path>> covers(
    const std::filesystem::path& state, const std::filesystem::path& trusted) {
  std::vector<std::pair<std::filesystem::path, std::filesystem::path>> all;
  const auto folder = state / "exec";
  std::filesystem::create_directories(folder);
  const auto cover = [&](const char* name, const std::string& text, const char* place) {
    const auto file = folder / name;
    struct stat there {};
    const bool readable = ::stat(file.c_str(), &there) == 0 && (there.st_mode & 0444) == 0444;
    if (!readable || core::find_file(file) != text) core::replace_file(file, text, 0644);
    all.emplace_back(file, place);
  };
  std::string resolv =
      fmt::format("{}{}\nnameserver {}\n", kInsideMark, state.string(), service::Names::kResolver);
  for (const std::string_view line : core::split(core::find_file(kResolvConf).value_or(""), '\n')) {
    if (line.starts_with("search") || line.starts_with("domain")) {
      resolv.append(line).append("\n");
    }
  }
  cover("resolv.conf", resolv, kResolvConf);
  const std::string name_switch = core::find_file(kNameSwitch).value_or("");
  if (name_switch.find("resolve") != std::string::npos) {
    cover("nsswitch.conf", service::dns_only(name_switch), kNameSwitch);
  }
  if (!trusted.empty() && std::filesystem::exists(kSystemRoots)) {
    all.emplace_back(trusted, kSystemRoots);
  }
  const auto java = net::with_java_root(core::find_file(kJavaRoots).value_or(""),
                                        core::find_file(state / "ca" / "ca.pem").value_or(""));
  if (java) cover("cacerts", *java, kJavaRoots);
  return all;
}

/// What a process has at a path. Links are followed as it would: by way of /proc alone, one that is
/// absolute would lead to what we have there.
std::optional<struct stat> seen_inside(pid_t process, const std::filesystem::path& place) {
  const net::Descriptor root(
      ::open(fmt::format("/proc/{}/root", process).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT;
  const net::Descriptor file(
      static_cast<int>(::syscall(SYS_openat2, root.get(), place.c_str(), &how, sizeof how)));
  struct stat seen {};
  if (::fstat(file.get(), &seen) != 0) return std::nullopt;
  return seen;
}

class Helper {
 public:
  Helper(std::filesystem::path config_file, service::Config config, std::string zone,
         std::filesystem::path trusted)
      : config_file_(std::move(config_file)),
        config_(std::move(config)),
        folder_(config_.state_folder),
        trusted_(std::move(trusted)),
        names_(config_, std::move(zone),
               service::resolvers_in(core::find_file(kResolvConf).value_or(""))),
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
      sandbox::NamedNetworkOptions options{.tcp = self->names_.dns(),
                                           .udp = self->names_.dns(),
                                           .covers = covers(self->folder_, self->trusted_)};
      self->covers_ = options.covers;
      self->network_ = co_await sandbox::make_named_network(self->workers_, std::move(options));
      self->open();
      co_await self->follow();
    } catch (const std::exception& error) {
      why = error.what();
    }
    if (!why.empty()) {
      send_answer(channel, {.why = why}, {});
      co_return;
    }
    self->tell(channel);
    roots->spawn("exec's doors", keep_following(self));
    co_await self->await_end(command);
    while (self->somebody_inside()) co_await core::sleep_for(kLook);
    // What the last of them has sent is still on its way.
    const auto until = core::TimerClock::now() + kGrace;
    while (!self->is_quiet() && core::TimerClock::now() < until) co_await core::sleep_for(kMoment);
    co_await self->relay_.stop();
    co_await self->dns_.stop();
    self->network_.holder->signal(SIGKILL);
    if (self->network_.way_out) self->network_.way_out->signal(SIGKILL);
    // Nothing here outlives its network, and nobody waits for this process.
    ::_exit(0);
  }

  void open() {
    tls_.set_default(ca_.issue({"*.amazonaws.com"}));
    for (net::Descriptor& socket : network_.tcp) dns_.adopt_tcp(std::move(socket));
    for (net::Descriptor& socket : network_.udp) dns_.adopt_udp(std::move(socket));
    relay_.start();
    dns_.start();
  }

  static Task<void> keep_following(Helper* self) {
    for (;;) {
      co_await core::sleep_for(kFollow);
      self->read_config();
      co_await self->cover_again();
      co_await self->follow();
    }
  }

  /// Regions come and go, ports change.
  void read_config() {
    const std::string text = core::find_file(config_file_).value_or("");
    if (text == config_text_) return;
    const auto read = service::Config::from_json(text);
    if (!read) return;
    config_text_ = text;
    config_ = read.value();
  }

  Task<void> cover_again() {
    std::vector<std::pair<std::filesystem::path, std::filesystem::path>> lost;
    for (const auto& [file, place] : covers_) {
      struct stat wanted {};
      const auto seen = seen_inside(network_.holder->pid(), place);
      const bool known = seen && ::stat(file.c_str(), &wanted) == 0;
      if (known && (seen->st_ino != wanted.st_ino || seen->st_dev != wanted.st_dev)) {
        lost.emplace_back(file, place);
      }
    }
    // A mount each: whatever is wrong with them, they do not become too many.
    if (lost.empty() || covered_again_ == kMostCovers) co_return;
    ++covered_again_;
    try {
      co_await sandbox::cover(workers_, &network_.namespaces, std::move(lost));
    } catch (const sandbox::CellError& error) {
      log::warning("{}", error.what());
    }
  }

  /// Doors open and close as what is behind them comes and goes. One that cannot be opened, because
  /// somebody inside listens there himself, is tried again once what is behind it has gone.
  Task<void> follow() {
    const std::string listening = core::find_file("/proc/net/tcp").value_or("") +
                                  core::find_file("/proc/net/tcp6").value_or("");
    const std::vector<sandbox::Door> doors = names_.wanted(service::listening_in(listening));
    service::Sockets wanted;
    for (const sandbox::Door& door : doors) wanted.emplace(door.address, door.port);
    std::erase_if(followed_, [&](const auto& at) {
      if (wanted.contains(at)) return false;
      relay_.close_door(at.first, at.second);
      return true;
    });
    std::vector<sandbox::Door> missing;
    for (const sandbox::Door& door : doors) {
      if (!followed_.contains({door.address, door.port})) missing.push_back(door);
    }
    if (missing.empty()) co_return;
    const std::size_t room = room_for_doors();
    left_out_ = missing.size() - std::min(missing.size(), room);
    missing.resize(std::min({missing.size(), room, kMostAtOnce}));
    if (missing.empty()) co_return;
    for (const sandbox::Door& door : missing) followed_.emplace(door.address, door.port);
    std::vector<net::Descriptor> opened;
    try {
      std::vector<sandbox::Door> asked = missing;
      opened = co_await sandbox::open_doors(workers_, &network_.namespaces, std::move(asked));
    } catch (const sandbox::CellError& error) {
      log::warning("{}", error.what());
      for (const sandbox::Door& door : missing) followed_.erase({door.address, door.port});
    }
    for (std::size_t i = 0; i < opened.size(); ++i) {
      if (opened[i].get() < 0) continue;
      relay_.adopt(std::move(opened[i]), names_.speaks_tls(missing[i])
                                             ? net::Relay::Speaks::kTls
                                             : net::Relay::Speaks::kAnything);
    }
  }

  /// Some descriptors stay free for connections, for starting processes and for reading files.
  static std::size_t room_for_doors() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    std::error_code failed;
    std::size_t taken = kKeptFree;
    for (std::filesystem::directory_iterator each("/proc/self/fd", failed), end; each != end;
         each.increment(failed)) {
      ++taken;
    }
    return failed || taken >= limit.rlim_cur ? 0 : limit.rlim_cur - taken;
  }

  void tell(int channel) const {
    const sandbox::Namespaces& namespaces = network_.namespaces;
    std::vector<int> sent = {namespaces.network.get(), namespaces.mounts.get()};
    if (namespaces.user.get() >= 0) sent.push_back(namespaces.user.get());
    std::string note;
    if (left_out_ > 0) {
      note = fmt::format(
          "{} addresses and ports are not reached in its network until there are "
          "descriptors for them: a hard limit above {} ('ulimit -Hn') has room",
          left_out_, net::raise_descriptor_limit());
    }
    send_answer(channel, {.note = note}, sent);
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

  bool is_quiet() const {
    for (const char* table : {"tcp", "tcp6"}) {
      const auto file = fmt::format("/proc/{}/net/{}", network_.holder->pid(), table);
      if (service::has_connections(core::find_file(file).value_or(""))) return false;
    }
    return true;
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
  std::filesystem::path config_file_;
  std::string config_text_;  ///< as it was read last
  service::Config config_;
  std::filesystem::path folder_;
  std::filesystem::path trusted_;
  service::Names names_;
  net::LocalCa ca_;
  net::ServerTls tls_;
  std::deque<std::string> certified_;  ///< the oldest first
  net::DnsRelay dns_;
  net::Relay relay_;
  std::vector<std::pair<std::filesystem::path, std::filesystem::path>> covers_;
  std::size_t covered_again_ = 0;
  sandbox::NamedNetwork network_;
  service::Sockets followed_;  ///< where there are doors, or cannot be
  std::size_t left_out_ = 0;   ///< for want of descriptors, when it was looked last
};

struct HelperOptions {
  std::string config;
  std::string zone;
  std::string trusted;
  int channel = -1;
  int command = -1;
};

int help(const HelperOptions& options) {
  // Whatever the tool's caller ignores or blocks is not meant for this process.
  std::signal(SIGCHLD, SIG_DFL);
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  try {
    auto config = service::Config::from_json(core::read_file(options.config));
    if (!config) throw std::runtime_error(options.config + ": " + config.error().message);
    net::raise_descriptor_limit();
    Helper helper(options.config, std::move(config).value(), options.zone, options.trusted);
    helper.run(options.channel, options.command);
  } catch (const std::exception& error) {
    send_answer(options.channel, {.why = error.what()}, {});
  }
  return 0;
}

}  // namespace

void add_exec_network(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("exec-network", "Serve the network of one exec")->group("");
  auto options = std::make_shared<HelperOptions>();
  command->add_option("--config", options->config)->required();
  command->add_option("--zone", options->zone);
  command->add_option("--trusted", options->trusted);
  command->add_option("--channel-fd", options->channel)->required();
  command->add_option("--command-fd", options->command)->required();
  command->callback([&exit_code, options] { exit_code = help(*options); });
}

}  // namespace tandem::cli
