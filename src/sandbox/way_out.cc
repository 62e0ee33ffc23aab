#include "sandbox/way_out.h"

#include <boost/system/system_error.hpp>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fmt/format.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/files.h"
#include "core/text.h"
#include "sandbox/cell.h"
#include "sandbox/setup.h"

namespace tandem::sandbox {
namespace {

constexpr std::string_view kClosed =
    "/dev/net/tun, which this user may not open; 'chmod 666 /dev/net/tun' as root opens it, as "
    "distributions have it";
constexpr std::string_view kNoTun =
    "/dev/net/tun, which this machine has not; 'modprobe tun' as root, or 'docker run --device "
    "/dev/net/tun', brings it";
constexpr std::string_view kMissing = "pasta; 'apt-get install passt' brings it";
constexpr std::chrono::milliseconds kLook{1};
constexpr std::chrono::seconds kPatience{5};
/// Enough for what it complains of.
constexpr std::size_t kMostWords = 4'096;

/// As ChildProcess numbers what is inherited.
constexpr int kInherited = 3;

constexpr const char* kTunFolder = "/dev/net";
constexpr const char* kTun = "/dev/net/tun";

/// pasta joins networks of its own user's only, and makes a device in them. Who may do that is the
/// network's matter; on some machines the file that it is asked for by is root's alone, so that
/// root gives this one process a file of its own.
class BecomeCellUser final : public net::ChildSetup {
 public:
  explicit BecomeCellUser(std::uint32_t user) : user_(user) {}
  int run() noexcept override {
    if (user_ == 0) return 0;
    constexpr unsigned kMisc = 10;
    constexpr unsigned kTunMinor = 200;
    const bool made =
        ::unshare(CLONE_NEWNS) == 0 &&
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
        ::mount("tmpfs", kTunFolder, "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=0755,size=64k") == 0 &&
        ::mknod(kTun, S_IFCHR | 0666, makedev(kMisc, kTunMinor)) == 0 && ::chmod(kTun, 0666) == 0;
    return made ? become_user(user_) : errno;
  }

 private:
  std::uint32_t user_;
};

std::vector<std::string> pasta_arguments(const WayOutOptions& options) {
  std::vector<std::string> words = {
      "pasta", "--foreground", "--quiet", "--config-net",
      // As in Lambda outside of a VPC. A socket that is bound to a device would reach ::1 and the
      // machine's link-local addresses by IPv6, whatever the routes say.
      "--ipv4-only",
      // Neither the gateway's address nor any port here or there stands for the machine's
      // loopback, which is what pasta is otherwise made for.
      "--no-map-gw", "--tcp-ports", "none", "--udp-ports", "none"};
  words.insert(words.end(), {"--tcp-ns", "none", "--udp-ns",
                             options.loopback == Loopback::kOpen ? "auto" : "none"});
  if (options.network < 0) {
    // By number: AppArmor's profile of pasta allows no other form.
    words.insert(words.end(), {"--userns", fmt::format("/proc/{}/ns/user", options.inside),
                               "--netns", fmt::format("/proc/{}/ns/net", options.inside)});
  } else {
    // Root's own: pasta drops the rights by which it could look into that process.
    words.insert(words.end(), {"--runas", "0", "--netns-only", "--netns",
                               fmt::format("/proc/self/fd/{}", kInherited)});
  }
  return words;
}

/// A line of /proc/net/route: interface, destination, gateway, flags, …, mask in field 7.
bool has_default_route(const std::string& routes) {
  constexpr std::size_t kDestination = 1;
  constexpr std::size_t kMask = 7;
  for (const std::string_view line : core::split(routes, '\n')) {
    const auto words = core::split(line, '\t');
    if (words.size() > kMask && words[kDestination] == "00000000" && words[kMask] == "00000000") {
      return true;
    }
  }
  return false;
}

bool has_way_out(pid_t inside) {
  return has_default_route(core::find_file(fmt::format("/proc/{}/net/route", inside)).value_or(""));
}

/// Reaped as soon as the loop hears of its end.
bool has_ended(const net::ChildProcess& process) {
  return ::kill(process.pid(), 0) != 0 && errno == ESRCH;
}

Task<std::unique_ptr<net::ChildProcess>> start_pasta(core::Workers& pool, WayOutOptions wanted,
                                                     std::shared_ptr<std::string> words) {
  BecomeCellUser setup(wanted.user);
  net::ProcessOptions options;
  options.arguments = pasta_arguments(wanted);
  if (wanted.network >= 0) options.inherited = {wanted.network};
  options.environment = {"PATH=/usr/local/bin:/usr/bin:/bin"};
  options.working_directory = "/";
  options.setup = &setup;
  const auto listen = [words](std::string_view bytes) {
    if (words->size() < kMostWords) *words += bytes;
  };
  options.on_output = listen;
  options.on_error_output = listen;
  std::string failed;
  try {
    co_return co_await net::ChildProcess::start_on(pool, std::move(options));
  } catch (const boost::system::system_error& error) {
    failed = error.code().value() == ENOENT ? fmt::format("there is no {}", kMissing)
                                            : fmt::format("pasta: {}", error.code().message());
  }
  throw CellError(failed);
}

}  // namespace

std::string missing_for_way_out() {
  struct stat tun {};
  const bool has_folder = ::stat(kTunFolder, &tun) == 0 && S_ISDIR(tun.st_mode);
  if (::geteuid() == 0 && !has_folder) return std::string(kNoTun);
  if (::geteuid() != 0 && ::access(kTun, R_OK | W_OK) != 0) {
    return std::string(errno == ENOENT ? kNoTun : kClosed);
  }
  const char* path = std::getenv("PATH");
  for (const std::string_view folder :
       core::split(path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin", ':')) {
    if (::access(fmt::format("{}/pasta", folder.empty() ? "." : folder).c_str(), X_OK) == 0) {
      return "";
    }
  }
  return std::string(kMissing);
}

Task<WayOut> open_way_out(core::Workers& pool, WayOutOptions options) {
  const auto words = std::make_shared<std::string>();
  WayOut way;
  way.process = co_await start_pasta(pool, options, words);
  const auto deadline = core::TimerClock::now() + kPatience;
  while (!has_way_out(options.inside)) {
    if (has_ended(*way.process)) {
      co_await way.process->wait();
      const std::string said(core::trim(*words));
      // As with a laptop on a train: what can work without the world is to work.
      if (said.find("external routable interface") != std::string::npos) {
        co_return WayOut{.process = nullptr, .offline = said};
      }
      throw CellError(fmt::format("pasta ended: {}", said.empty() ? "it does not say why" : said));
    }
    if (core::TimerClock::now() > deadline) {
      throw CellError(fmt::format("pasta makes no way out: {}", core::trim(*words)));
    }
    co_await core::sleep_for(kLook);
  }
  co_return way;
}

}  // namespace tandem::sandbox
