#include "topology/local.h"

#include <algorithm>
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <set>
#include <signal.h>
#include <sys/socket.h>
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
constexpr int kPollMs = 5;
constexpr const char* kGlobalAddress = "127.0.0.1";

/// The given address, else the one the region had, else the first of 127.0.10.1, 127.0.11.1 … that
/// no other has. Regions that leave the topology are still among them.
std::vector<service::RegionAddress> choose_addresses(const Topology& topology,
                                                     const service::Config* previous) {
  std::vector<service::RegionAddress> chosen;
  std::set<std::string> used;
  for (const auto& [name, address] : topology.network.addresses) used.insert(address);
  for (const Region& region : topology.regions) {
    const auto given = topology.network.addresses.find(region.name);
    chosen.push_back({region.name, given == topology.network.addresses.end() ? "" : given->second});
  }
  for (std::size_t i = 0; previous != nullptr && i < previous->regions.size(); ++i) {
    const service::RegionAddress& had = previous->regions[i];
    if (topology.find_region(had.name) == nullptr) chosen.push_back({had.name, ""});
    const auto now = std::find_if(chosen.begin(), chosen.end(),
                                  [&](const auto& region) { return region.name == had.name; });
    if (now->address.empty() && used.insert(had.address).second) now->address = had.address;
  }
  int next = 10;
  for (service::RegionAddress& region : chosen) {
    while (region.address.empty()) {
      std::string free = fmt::format("127.0.{}.1", next++);
      if (used.insert(free).second) region.address = std::move(free);
    }
  }
  return chosen;
}

/// In a forked child: system calls only.
void write_pid(const char* path) {
  char digits[24];
  char* at = digits + sizeof digits;
  *--at = '\n';
  for (pid_t rest = getpid(); rest > 0; rest /= 10) *--at = static_cast<char>('0' + rest % 10);
  const int file = ::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const auto length = static_cast<std::size_t>(digits + sizeof digits - at);
  if (file < 0 || write(file, at, length) != static_cast<ssize_t>(length)) _exit(126);
  close(file);
}

/// Whether something listens there.
bool accepts(const std::string& address, std::uint16_t port) {
  const int handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (handle < 0) return false;
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  inet_pton(AF_INET, address.c_str(), &where.sin_addr);
  const bool connected = connect(handle, reinterpret_cast<sockaddr*>(&where), sizeof where) == 0;
  close(handle);
  return connected;
}

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

LocalWorld::LocalWorld(const std::filesystem::path& file, Note note)
    : note_(note ? std::move(note) : [](std::string_view) {}),
      folder_(folder_of(file) / ".tandem") {
  if (access(folder_.c_str(), F_OK) != 0 || access(folder_.c_str(), R_OK | W_OK | X_OK) == 0)
    return;
  throw LocalError(
      fmt::format("{} is another user's, perhaps because 'tandem up' ran with sudo; run "
                  "this as that user",
                  folder_.string()));
}

std::optional<LocalWorld> LocalWorld::find(const std::filesystem::path& file, Note note) {
  LocalWorld world(file, std::move(note));
  const auto text = core::find_file(world.folder_ / "config.json");
  if (!text) return std::nullopt;
  auto parsed = service::Config::from_json(*text);
  if (!parsed) {
    throw LocalError(fmt::format("{} is damaged ({}); run 'tandem up' to write it anew",
                                 (world.folder_ / "config.json").string(), parsed.error().message));
  }
  world.config_ = std::move(parsed).value();
  return world;
}

LocalWorld LocalWorld::open(const std::filesystem::path& file, Note note) {
  auto world = find(file, std::move(note));
  if (!world) throw NotRunning("nothing was started here yet; run 'tandem up' first");
  return std::move(*world);
}

std::vector<std::string> LocalWorld::names() const {
  std::vector<std::string> all{"global"};
  for (const auto& region : config_.regions) all.push_back(region.name);
  return all;
}

service::Config LocalWorld::desired_config(const Topology& topology,
                                           const service::Config* previous) {
  service::Config config;
  config.account = topology.account;
  config.state_folder = folder_;
  config.clock_speed = topology.clock_speed;
  config.durability = topology.durability;
  const auto& given = topology.network.addresses;
  const auto global = given.find("global");
  config.global_address = global == given.end() ? kGlobalAddress : global->second;
  config.regions = choose_addresses(topology, previous);
  if (previous != nullptr) {
    config.credentials = previous->credentials;
  } else {
    core::SystemRandom random;
    config.credentials = {"AKIA" + core::random_text(random, 16, core::kUpperAlnum),
                          core::random_text(random, 40, core::kAlnum)};
  }
  choose_ports(topology, config, previous);
  return config;
}

void LocalWorld::choose_ports(const Topology& topology, service::Config& config,
                              const service::Config* previous) {
  const auto given = [&](const char* name) -> std::optional<std::uint16_t> {
    const auto found = topology.network.ports.find(name);
    if (found == topology.network.ports.end()) return std::nullopt;
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
  for (const auto& [name, port] : topology.network.ports) chooser.reserve(port);
  const auto choose = [&](const char* name, const std::vector<std::string>& on, Transport transport,
                          std::uint16_t privileged, std::uint16_t ordinary,
                          std::uint16_t service::Ports::*member) {
    if (const auto port = given(name)) {
      if (!anything_runs) chooser.require(name, on, transport, *port);
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

void LocalWorld::prepare(const Topology& topology) {
  // The folder holds secrets, and is beside files that are likely in a repository.
  if (!std::filesystem::exists(folder_ / ".gitignore")) {
    core::write_file_atomically(folder_ / ".gitignore", "*\n", 0644);
  }
  net::LocalCa::load_or_create(folder_ / "ca");
  std::optional<service::Config> previous;
  if (const auto text = core::find_file(folder_ / "config.json")) {
    auto parsed = service::Config::from_json(*text);
    if (parsed) previous = std::move(parsed).value();
  }
  if (previous) config_ = *previous;
  if (previous && previous->account != topology.account) {
    throw TopologyError(
        fmt::format("{}: the account is in every ARN that was made and cannot become {}; set "
                    "'account: \"{}\"' again, or start over with 'tandem destroy --yes'",
                    topology.file.filename().string(), topology.account, previous->account));
  }
  service::Config wanted = desired_config(topology, previous ? &*previous : nullptr);
  if (!previous || previous->to_json() != wanted.to_json()) change_config(std::move(wanted));
}

void LocalWorld::change_config(service::Config wanted) {
  bool restarted = false;
  for (const std::string& name : names()) restarted |= stop(name);
  if (restarted) note_("the topology's settings changed: the processes are started anew");
  config_ = std::move(wanted);
  core::write_file_atomically(folder_ / "config.json", config_.to_json(), core::kSecretMode);
}

std::vector<std::string> LocalWorld::leaving(const Topology& topology) const {
  std::vector<std::string> names;
  for (const auto& region : config_.regions) {
    if (topology.find_region(region.name) == nullptr) names.push_back(region.name);
  }
  return names;
}

void LocalWorld::forget_leaving(const Topology& topology) {
  const std::vector<std::string> names = leaving(topology);
  if (names.empty()) return;
  service::Config wanted = config_;
  std::erase_if(wanted.regions, [&](const service::RegionAddress& region) {
    return topology.find_region(region.name) == nullptr;
  });
  change_config(std::move(wanted));
  for (const std::string& name : names) std::filesystem::remove_all(folder_ / name);
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
  const std::string pid_file = (folder / "pid").string();
  int ready[2];
  if (pipe2(ready, O_CLOEXEC) != 0) throw LocalError("cannot make a pipe");
  const pid_t child = fork();
  if (child < 0) throw LocalError(fmt::format("cannot start {}: {}", name, strerror(errno)));
  if (child == 0) {
    setsid();
    // Written by the child, so that no moment of this command's death leaves a process unknown.
    write_pid(pid_file.c_str());
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
  return ready[0];
}

/// Waits until a process that another command started listens, or has ended.
void LocalWorld::await_answer(const std::string& name) const {
  const auto* region = config_.find_region(name);
  const std::string& address = region == nullptr ? config_.global_address : region->address;
  const std::uint16_t port = region == nullptr ? config_.ports.endpoint : config_.ports.http;
  for (int waited_ms = 0; !accepts(address, port); waited_ms += kPollMs) {
    const auto pid = running_pid(name);
    if (!pid) return;
    if (waited_ms > kReadyTimeoutMs) {
      throw LocalError(
          fmt::format("{0} (pid {1}) runs but does not answer; end it with 'tandem "
                      "region kill {0}' and run 'tandem up' again",
                      name, *pid));
    }
    poll(nullptr, 0, kPollMs);
  }
}

std::vector<std::string> LocalWorld::start_missing() {
  std::vector<std::pair<std::string, int>> starting;
  for (const std::string& name : names()) {
    if (running_pid(name)) await_answer(name);
  }
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
