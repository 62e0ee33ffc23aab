#include "topology/local.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#include "core/check.h"
#include "core/files.h"
#include "core/ids.h"
#include "core/random.h"
#include "core/text.h"
#include "net/tls.h"
#include "topology/ports.h"

namespace tandem::topology {
namespace {

constexpr int kReadyTimeoutMs = 15'000;
constexpr int kStopTimeoutMs = 15'000;

/// What a starting process says over its ready pipe: "" when it is ready, else what went wrong.
std::string await_ready(int descriptor, const std::string& name) {
  std::string said;
  char buffer[512];
  for (;;) {
    pollfd waiting{descriptor, POLLIN, 0};
    const int events = poll(&waiting, 1, kReadyTimeoutMs);
    if (events < 0 && errno == EINTR) continue;
    if (events <= 0)
      return fmt::format("{} did not get ready within {} s", name, kReadyTimeoutMs / 1000);
    const ssize_t got = read(descriptor, buffer, sizeof buffer);
    if (got <= 0) break;
    said.append(buffer, static_cast<std::size_t>(got));
  }
  if (said == "ready\n") return "";
  return said.empty() ? fmt::format("{} ended while starting", name) : said;
}

}  // namespace

LocalWorld::LocalWorld(const Topology& topology, std::function<void(std::string_view)> note)
    : topology_(topology),
      note_(std::move(note)),
      folder_(std::filesystem::absolute(topology.file).parent_path() / ".tandem") {}

LocalWorld LocalWorld::open(const Topology& topology) {
  LocalWorld world(topology, [](std::string_view) {});
  const auto file = world.folder_ / "config.json";
  if (!std::filesystem::exists(file)) {
    throw LocalError("nothing was started here yet; run 'tandem up' first");
  }
  auto parsed = service::Config::from_json(core::read_file(file));
  if (!parsed) {
    throw LocalError(fmt::format("{} is damaged ({}); run 'tandem up' to write it anew",
                                 file.string(), parsed.error().message));
  }
  world.config_ = std::move(parsed).value();
  return world;
}

std::vector<std::string> LocalWorld::names() const {
  std::vector<std::string> all{"global"};
  for (const auto& region : config_.regions) all.push_back(region.name);
  return all;
}

service::Config LocalWorld::desired_config(const service::Config* previous) {
  service::Config config;
  config.account = topology_.account;
  config.state_folder = folder_;
  config.clock_speed = topology_.clock_speed;
  config.durability = topology_.durability;
  const auto& addresses = topology_.network.addresses;
  const auto global = addresses.find("global");
  config.global_address = global == addresses.end() ? "127.0.0.1" : global->second;
  for (std::size_t i = 0; i < topology_.regions.size(); ++i) {
    const std::string& name = topology_.regions[i].name;
    const auto given = addresses.find(name);
    config.regions.push_back(
        {name, given == addresses.end() ? fmt::format("127.0.{}.1", 10 + i) : given->second});
  }
  if (previous != nullptr) {
    config.credentials = previous->credentials;
  } else {
    core::SystemRandom random;
    config.credentials = {"AKIA" + core::random_text(random, 16, core::kUpperAlnum),
                          core::random_text(random, 40, core::kAlnum)};
  }
  choose_ports(config, previous);
  return config;
}

void LocalWorld::choose_ports(service::Config& config, const service::Config* previous) {
  const auto given = [&](const char* name) -> std::optional<std::uint16_t> {
    const auto found = topology_.network.ports.find(name);
    if (found == topology_.network.ports.end()) return std::nullopt;
    return found->second;
  };
  std::vector<std::string> region_addresses;
  for (const auto& region : config.regions) region_addresses.push_back(region.address);
  const std::vector<std::string> global_address{config.global_address};
  bool anything_runs = false;
  if (previous != nullptr) {
    for (const auto& process : processes()) anything_runs |= process.pid.has_value();
  }
  PortChooser chooser(geteuid() == 0, note_);
  const auto choose = [&](const char* name, const std::vector<std::string>& on, Transport transport,
                          std::uint16_t privileged, std::uint16_t ordinary,
                          std::uint16_t service::Ports::*member) {
    if (const auto port = given(name)) {
      config.ports.*member = *port;
    } else if (anything_runs) {
      config.ports.*member = previous->ports.*member;
    } else {
      const std::uint16_t kept = previous == nullptr ? 0 : previous->ports.*member;
      config.ports.*member = chooser.choose(name, on, transport, kept, privileged, ordinary);
    }
  };
  using P = service::Ports;
  choose("http", region_addresses, Transport::kTcp, 80, 8080, &P::http);
  choose("https", region_addresses, Transport::kTcp, 443, 8443, &P::https);
  choose("replication", region_addresses, Transport::kTcp, 0, 7946, &P::replication);
  choose("dns", global_address, Transport::kTcpAndUdp, 53, 5300, &P::dns);
  choose("endpoint", global_address, Transport::kTcp, 0, 4566, &P::endpoint);
}

void LocalWorld::prepare() {
  std::error_code failed;
  std::filesystem::create_directories(folder_, failed);
  if (failed) {
    throw LocalError(fmt::format("cannot create {}: {}", folder_.string(), failed.message()));
  }
  std::filesystem::permissions(folder_, std::filesystem::perms::owner_all, failed);
  net::LocalCa::load_or_create(folder_ / "ca");

  const auto file = folder_ / "config.json";
  std::optional<service::Config> previous;
  if (std::filesystem::exists(file)) {
    auto parsed = service::Config::from_json(core::read_file(file));
    if (parsed) previous = std::move(parsed).value();
  }
  if (previous) config_ = *previous;
  service::Config wanted = desired_config(previous ? &*previous : nullptr);
  if (previous && previous->to_json() == wanted.to_json()) return;
  if (previous) {
    bool restarted = false;
    for (const std::string& name : names()) restarted |= stop(name);
    if (restarted) note_("the topology's settings changed: the processes are started anew");
  }
  config_ = std::move(wanted);
  core::write_file_atomically(file, config_.to_json(), core::kSecretMode);
}

std::optional<pid_t> LocalWorld::running_pid(const std::string& name) const {
  const auto pid =
      core::parse_int(core::trim(core::find_file(folder_ / name / "pid").value_or("")));
  if (!pid || *pid <= 1) return std::nullopt;
  // A pid can be another process by now; ours names its configuration on its command line.
  const std::string command = core::find_file(fmt::format("/proc/{}/cmdline", *pid)).value_or("");
  const std::string wanted = (folder_ / "config.json").string() + '\0';
  if (command.find(wanted) == std::string::npos) return std::nullopt;
  if (command.find(name + '\0') == std::string::npos) return std::nullopt;
  return static_cast<pid_t>(*pid);
}

std::vector<ProcessState> LocalWorld::processes() const {
  std::vector<ProcessState> all{{"global", config_.global_address, running_pid("global")}};
  for (const auto& region : config_.regions) {
    all.push_back({region.name, region.address, running_pid(region.name)});
  }
  return all;
}

/// Starts the process and returns the reading end of its ready pipe.
int LocalWorld::spawn(const std::string& name) {
  const auto folder = folder_ / name;
  std::filesystem::create_directories(folder);
  const std::string config = (folder_ / "config.json").string();
  const std::string log = log_file(name).string();
  int ready[2];
  if (pipe2(ready, O_CLOEXEC) != 0) throw LocalError("cannot make a pipe");
  const pid_t child = fork();
  if (child < 0) throw LocalError(fmt::format("cannot start {}: {}", name, strerror(errno)));
  if (child == 0) {
    setsid();
    const int null = ::open("/dev/null", O_RDONLY);
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(null, 0);
    dup2(out, 1);
    dup2(out, 2);
    dup2(ready[1], 3);
    // Nothing of the command's own may stay open in a process that outlives it.
    close_range(4, ~0U, 0);
    execl("/proc/self/exe", "tandem", "node", "--config", config.c_str(), "--name", name.c_str(),
          "--ready-fd", "3", nullptr);
    _exit(127);
  }
  close(ready[1]);
  std::ofstream(folder / "pid") << child << '\n';
  return ready[0];
}

std::vector<std::string> LocalWorld::start_missing() {
  std::vector<std::pair<std::string, int>> starting;
  for (const std::string& name : names()) {
    if (!running_pid(name)) starting.emplace_back(name, spawn(name));
  }
  std::vector<std::string> started;
  std::string failures;
  for (const auto& [name, descriptor] : starting) {
    const std::string failure = await_ready(descriptor, name);
    close(descriptor);
    if (failure.empty()) {
      started.push_back(name);
    } else {
      failures += fmt::format("{}{} (its log: {})", failures.empty() ? "" : "\n",
                              core::trim(failure), log_file(name).string());
    }
  }
  if (!failures.empty()) throw LocalError(failures);
  return started;
}

bool LocalWorld::start(const std::string& name) {
  if (running_pid(name)) return false;
  const int descriptor = spawn(name);
  const std::string failure = await_ready(descriptor, name);
  close(descriptor);
  if (!failure.empty()) throw LocalError(failure);
  return true;
}

bool LocalWorld::signal_and_wait(const std::string& name, int number) {
  const auto pid = running_pid(name);
  if (!pid) return false;
  const int handle = static_cast<int>(syscall(SYS_pidfd_open, *pid, 0));
  if (handle < 0) return false;
  syscall(SYS_pidfd_send_signal, handle, number, nullptr, 0);
  pollfd waiting{handle, POLLIN, 0};
  int events = poll(&waiting, 1, kStopTimeoutMs);
  if (events <= 0) {
    syscall(SYS_pidfd_send_signal, handle, SIGKILL, nullptr, 0);
    events = poll(&waiting, 1, kStopTimeoutMs);
  }
  close(handle);
  if (events <= 0) throw LocalError(fmt::format("{} (pid {}) does not end", name, *pid));
  waitpid(*pid, nullptr, WNOHANG);
  std::filesystem::remove(folder_ / name / "pid");
  return true;
}

bool LocalWorld::stop(const std::string& name) { return signal_and_wait(name, SIGTERM); }
bool LocalWorld::kill(const std::string& name) { return signal_and_wait(name, SIGKILL); }

void LocalWorld::stop_all() {
  for (const std::string& name : names()) stop(name);
}

std::string LocalWorld::api_key() {
  const auto file = folder_ / "api-key";
  std::string key(core::trim(core::find_file(file).value_or("")));
  if (key.empty()) {
    core::SystemRandom random;
    key = core::random_text(random, 40, core::kAlnum);
    core::write_file_atomically(file, key + "\n", core::kSecretMode);
  }
  return key;
}

}  // namespace tandem::topology
