#include "region/build_rooms.h"

#include <algorithm>
#include <csignal>
#include <fmt/format.h>
#include <stdexcept>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

#include "core/clock.h"
#include "core/files.h"
#include "core/log.h"
#include "net/dns_relay.h"
#include "region/container_credentials.h"
#include "sandbox/tree.h"
#include "store/space.h"

namespace tandem::region {
namespace {

constexpr const char* kResolvConf = "/etc/resolv.conf";
constexpr const char* kNameSwitch = "/etc/nsswitch.conf";
/// Debian's, update-ca-certificates(8).
constexpr const char* kSystemRoots = "/etc/ssl/certs/ca-certificates.crt";
constexpr const char* kHostName = "codebuild";
constexpr const char* kHome = "/root";
constexpr std::string_view kUsualPath =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr std::chrono::milliseconds kLookAtDisk{100};
constexpr std::chrono::milliseconds kLookAtMemory{200};
/// Times as long as looking takes, which grows with the number of processes.
constexpr std::int64_t kRestForLooking = 20;
/// Of the machine's memory, for everybody who is not a build.
constexpr std::int64_t kPartKeptFree = 16;
constexpr std::int64_t kPartOfNeed = 32;

std::string roots_and_ours(const net::LocalCa& ca) {
  std::string text = core::find_file(kSystemRoots).value_or("");
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  return text + ca.certificate_pem();
}

std::string hosts_file() {
  return fmt::format("127.0.0.1\tlocalhost {}\n::1\tlocalhost ip6-localhost ip6-loopback\n",
                     kHostName);
}

std::vector<sandbox::RoomFile> files_of_room(const net::LocalCa& ca) {
  return {{kSystemRoots, roots_and_ours(ca)},
          {kResolvConf, fmt::format("nameserver {}\n", service::Names::kResolver)},
          {kNameSwitch, service::dns_only(core::find_file(kNameSwitch).value_or(""))},
          {"/etc/hosts", hosts_file()},
          {"/etc/hostname", fmt::format("{}\n", kHostName)}};
}

sandbox::Variables environment_of(const codebuild::RoomOptions& options, bool installs) {
  sandbox::Variables all = options.environment;
  const auto add = [&all](std::string_view name, std::string value) {
    const bool there = std::ranges::any_of(all, [name](const auto& e) { return e.first == name; });
    if (!there) all.emplace_back(name, std::move(value));
  };
  for (const char* name : {"AWS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS",
                           "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"}) {
    add(name, kSystemRoots);
  }
  add("HOME", kHome);
  add("USER", "root");
  add("HOSTNAME", kHostName);
  add("DEBIAN_FRONTEND", "noninteractive");
  std::string path(kUsualPath);
  if (!installs) {
    const std::string prefix = fmt::format("{}/.npm-global", kHome);
    add("NPM_CONFIG_PREFIX", prefix);
    path = fmt::format("{}/bin:{}/.local/bin:{}", prefix, kHome, path);
  }
  add("PATH", std::move(path));
  return all;
}

}  // namespace

/// The parts of a room that are outside: whatever serves its network.
class RegionBuildRooms::Opened final : public codebuild::BuildRoom {
 public:
  Opened(RegionBuildRooms& rooms, codebuild::RoomOptions options)
      : rooms_(rooms),
        options_(std::move(options)),
        dns_(rooms.node_.world().executor, {},
             [&names = rooms.names_](std::string_view name) { return names.choose(name); }),
        credentials_(rooms.node_.world().executor, options_),
        tasks_(rooms.node_.world().executor) {}

  static Task<void> begin(Opened* self) {
    const service::Names& names = self->rooms_.names_;
    sandbox::RoomSettings settings;
    settings.folder = self->options_.folder;
    self->source_ = fmt::format("/codebuild/output/src{:09}/src",
                                self->rooms_.node_.world().random.next() % 1'000'000'000);
    settings.source_inside = self->source_;
    settings.host_name = kHostName;
    settings.files = files_of_room(self->rooms_.node_.ca());
    settings.environment = environment_of(self->options_, true);
    settings.environment_without_layers = environment_of(self->options_, false);
    const std::vector<sandbox::Door> served = names.served();
    settings.tcp = served;
    settings.tcp.push_back({ContainerCredentials::kAddress, ContainerCredentials::kPort});
    settings.udp = names.dns();
    for (const sandbox::Door& door : names.dns()) settings.tcp.push_back(door);
    settings.own_addresses = {ContainerCredentials::kAddress};
    settings.on_output = self->options_.on_output;
    settings.program = self->rooms_.program_;
    self->room_ = co_await sandbox::Room::open(self->rooms_.node_.world().workers,
                                               &self->rooms_.hidden_, std::move(settings));
    std::string failed;
    try {
      self->serve(served);
    } catch (const std::exception& error) {
      failed = error.what();
    }
    if (failed.empty()) co_return;
    co_await close_all(self);
    throw std::runtime_error(failed);
  }

  void serve(const std::vector<sandbox::Door>& served) {
    std::vector<net::Descriptor> tcp = room_->take_tcp();
    std::vector<net::Descriptor> plain;
    std::vector<net::Descriptor> tls;
    for (std::size_t i = 0; i < served.size(); ++i) {
      (rooms_.names_.speaks_tls(served[i]) ? tls : plain).push_back(std::move(tcp[i]));
    }
    session_ = rooms_.network_.serve_names(std::move(plain), std::move(tls));
    credentials_.serve(std::move(tcp[served.size()]));
    for (std::size_t i = served.size() + 1; i < tcp.size(); ++i) dns_.adopt_tcp(std::move(tcp[i]));
    for (net::Descriptor& socket : room_->take_udp()) dns_.adopt_udp(std::move(socket));
    dns_.start();
    tasks_.spawn("the disk of a build", watch_disk(this));
    tasks_.spawn("the memory of a build", watch_memory(this));
  }

  std::filesystem::path source_outside() const override { return room_->source_outside(); }
  std::string source_inside() const override { return source_; }
  Task<void> give_source() override { return room_->give_source(); }
  Task<codebuild::CommandEnd> run(codebuild::Command command) override {
    return run_in(this, std::move(command));
  }
  Task<std::vector<std::pair<std::string, std::string>>> variables() override {
    return variables_of(this);
  }
  void kill() override { room_->kill(); }
  Task<void> close() override { return close_all(this); }
  std::vector<std::string> remarks() const override { return room_->remarks(); }

 private:
  static Task<codebuild::CommandEnd> run_in(Opened* self, codebuild::Command command) {
    sandbox::RoomCommand wanted{.text = std::move(command.text),
                                .new_shell = command.shell == codebuild::Command::Shell::kNew,
                                .interpreter = std::move(command.interpreter),
                                .user = std::move(command.user),
                                .variables = std::move(command.variables)};
    const sandbox::RoomEnd end = co_await self->room_->run(std::move(wanted));
    co_return codebuild::CommandEnd{.code = end.code, .signal = end.signal};
  }

  static Task<std::vector<std::pair<std::string, std::string>>> variables_of(Opened* self) {
    co_return self->room_->variables();
  }

  void say(std::string_view sentence) const {
    if (options_.on_output) options_.on_output(fmt::format("\n{}\n", sentence));
  }

  /// A build that fills the disk ends before the region is in need.
  static Task<void> watch_disk(Opened* self) {
    while (!self->room_->dead()) {
      co_await core::sleep_for(kLookAtDisk);
      const auto space = store::space_of(self->options_.folder);
      if (!space || !store::runs_low(*space)) continue;
      self->say(fmt::format("The build has been ended: only {} of the machine's disk are free.",
                            store::megabytes(space->free_bytes)));
      self->room_->kill();
    }
  }

  /// As where memory is a container's: whoever holds most of it is killed, and its command ends
  /// with 137. Looked at often, since nothing else bounds it.
  static Task<void> watch_memory(Opened* self) {
    const std::int64_t limit_bytes = self->options_.memory_bytes;
    const core::Clock& clock = self->rooms_.node_.world().clock;
    std::chrono::milliseconds rest = kLookAtMemory;
    while (!self->room_->dead()) {
      co_await core::sleep_for(rest);
      if (self->room_->dead()) co_return;
      const std::int64_t began_ns = clock.steady_ns();
      Task<sandbox::RoomMemory> looking = self->room_->memory(limit_bytes);
      const sandbox::RoomMemory held = co_await std::move(looking);
      const std::int64_t took_ms = (clock.steady_ns() - began_ns) / 1'000'000;
      rest = std::max(kLookAtMemory, std::chrono::milliseconds(kRestForLooking * took_ms));
      const sandbox::MachineMemory machine = sandbox::machine_memory();
      if (machine.available_bytes < machine.all_bytes / kPartOfNeed) {
        // Nobody may hold it: memory of System V's, messages on their way. It goes with the room.
        self->say(
            fmt::format("The build has been ended: only {} of the machine's memory are free.",
                        store::megabytes(static_cast<std::uint64_t>(machine.available_bytes))));
        self->room_->kill();
        co_return;
      }
      if (held.largest.get() < 0) continue;
      const bool too_much = held.bytes > limit_bytes;
      const bool in_need = machine.available_bytes < machine.all_bytes / kPartKeptFree &&
                           held.bytes > machine.all_bytes / kPartKeptFree;
      if (!too_much && !in_need) continue;
      ::syscall(SYS_pidfd_send_signal, held.largest.get(), SIGKILL, nullptr, 0);
      const std::string why =
          too_much
              ? fmt::format("the build held {}, more than {} has",
                            store::megabytes(static_cast<std::uint64_t>(held.bytes)),
                            self->options_.compute_type)
              : fmt::format("only {} of the machine's memory were free",
                            store::megabytes(static_cast<std::uint64_t>(machine.available_bytes)));
      self->say(fmt::format("A process has been killed: {}.", why));
    }
  }

  static Task<void> close_all(Opened* self) {
    self->room_->kill();
    co_await self->tasks_.stop();
    co_await self->dns_.stop();
    co_await self->credentials_.stop();
    self->session_ = nullptr;
    co_await self->room_->close();
  }

  RegionBuildRooms& rooms_;
  codebuild::RoomOptions options_;
  std::string source_;
  net::DnsRelay dns_;
  ContainerCredentials credentials_;
  core::TaskGroup tasks_;
  std::unique_ptr<lambda::FunctionNetwork::Session> session_;
  std::unique_ptr<sandbox::Room> room_;
};

RegionBuildRooms::RegionBuildRooms(service::Node& node, InsideNetwork& network, std::string program)
    : node_(node),
      network_(network),
      program_(std::move(program)),
      names_(node.config(), "", service::resolvers_in(core::find_file(kResolvConf).value_or(""))) {}

RegionBuildRooms::~RegionBuildRooms() = default;

Task<std::unique_ptr<codebuild::BuildRoom>> RegionBuildRooms::open(codebuild::RoomOptions options) {
  auto room = std::make_unique<Opened>(*this, std::move(options));
  co_await Opened::begin(room.get());
  co_return room;
}

void RegionBuildRooms::sweep(const std::filesystem::path& rooms_folder) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(rooms_folder, error)) {
    try {
      sandbox::remove_tree(entry.path());
    } catch (const std::system_error& failed) {
      log::error("what a build has left cannot be removed: {}", failed.what());
    }
  }
}

}  // namespace tandem::region
