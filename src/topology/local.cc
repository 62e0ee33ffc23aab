#include "topology/local.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <fmt/format.h>
#include <set>
#include <system_error>
#include <unistd.h>

#include "core/check.h"
#include "core/files.h"
#include "core/ids.h"
#include "core/random.h"
#include "core/text.h"
#include "net/ca_files.h"
#include "topology/ports.h"
#include "topology/settings.h"
#include "topology/state_files.h"

namespace tandem::topology {
namespace {

constexpr const char* kGlobalAddress = "127.0.0.1";
constexpr std::size_t kWorldIdLength = 32;

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

namespace {

/// As it was written; nothing when there is none. Throws LocalError when it is damaged.
std::optional<service::Config> read_config(const std::filesystem::path& path) {
  std::error_code failed;
  if (!std::filesystem::exists(std::filesystem::symlink_status(path, failed))) return std::nullopt;
  const StateFile file = read_state_file(path);
  if (!file.text) {
    throw LocalError(file.problem + "; 'tandem up' writes it anew, 'tandem down' stops what runs");
  }
  auto parsed = service::Config::from_json(*file.text);
  if (!parsed) {
    throw LocalError(
        fmt::format("{} is damaged ({}); 'tandem up' writes it anew, 'tandem down' stops what runs",
                    path.string(), parsed.error().message));
  }
  const service::Config& config = parsed.value();
  if (config.regions.empty() || config.credentials.access_key_id.empty() ||
      config.credentials.secret_access_key.empty()) {
    throw LocalError(path.string() +
                     " is not complete; 'tandem up' writes it anew, 'tandem down' "
                     "stops what runs");
  }
  return std::move(parsed).value();
}

/// Of a configuration that was read; the defaults where they are damaged, which 'up' writes anew.
service::RegionSettings read_settings(const std::filesystem::path& path) {
  const StateFile file = read_state_file(path);
  const auto parsed = service::RegionSettings::from_json(file.text ? *file.text : "{}");
  return parsed ? parsed.value() : service::RegionSettings();
}

}  // namespace

std::optional<LocalWorld> LocalWorld::find(const std::filesystem::path& file, Note note) {
  LocalWorld world(file, std::move(note));
  auto config = read_config(world.folder_ / "config.json");
  if (!config) return std::nullopt;
  world.config_ = std::move(*config);
  world.settings_ = read_settings(world.folder_ / "config.json");
  // A folder that was copied or moved tells of the place it came from.
  world.config_.state_folder = world.folder_;
  return world;
}

LocalWorld LocalWorld::salvage(const std::filesystem::path& file, const Note& note) {
  LocalWorld world(file, note);
  try {
    if (auto found = find(file, note)) world = std::move(*found);
  } catch (const LocalError& error) {
    world.note_("tandem: " + error.message);
  }
  return world;
}

LocalWorld LocalWorld::open(const std::filesystem::path& file, Note note) {
  auto world = find(file, std::move(note));
  if (!world) {
    const LocalWorld empty(file, {});
    const auto config = empty.folder_ / "config.json";
    if (!node_processes(config).empty()) {
      throw LocalError(config.string() +
                       " is lost while processes run on it; 'tandem up' starts "
                       "them anew, 'tandem down' stops them");
    }
    throw NotRunning("nothing was started here yet; run 'tandem up' first");
  }
  return std::move(*world);
}

service::Config LocalWorld::desired_config(const Topology& topology,
                                           const service::Config* previous,
                                           const Note& note) const {
  service::Config config;
  config.account = topology.account;
  config.state_folder = folder_;
  config.clock_speed = topology.clock_speed;
  config.max_clock_drift_ms = topology.max_clock_drift_ms;
  config.durability = topology.durability;
  config.unknown_members = topology.unknown_members;
  config.legacy_global_tables = topology.legacy_global_tables;
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
  choose_ports(topology, config, previous, note);
  return config;
}

namespace {

bool holds(const service::Ports& ports, std::uint16_t port) {
  using P = service::Ports;
  constexpr std::array kAll{&P::http, &P::https, &P::dns, &P::endpoint, &P::replication};
  return std::ranges::any_of(kAll, [&](const auto member) { return ports.*member == port; });
}

}  // namespace

void LocalWorld::choose_ports(const Topology& topology, service::Config& config,
                              const service::Config* previous, const Note& note) const {
  const auto given = [&](const char* name) -> std::optional<std::uint16_t> {
    const auto found = topology.network.ports.find(name);
    if (found == topology.network.ports.end()) return std::nullopt;
    return found->second;
  };
  std::vector<std::string> region_addresses;
  for (const auto& region : config.regions) region_addresses.push_back(region.address);
  const std::vector<std::string> global_address{config.global_address};
  const bool anything_runs = previous != nullptr && !find_processes(names()).empty();
  PortChooser chooser(geteuid() == 0, note);
  for (const auto& [name, port] : topology.network.ports) chooser.reserve(port);
  const auto choose = [&](const char* name, const std::vector<std::string>& on, Transport transport,
                          std::uint16_t privileged, std::uint16_t ordinary,
                          std::uint16_t service::Ports::*member) {
    if (const auto port = given(name)) {
      // What our own processes hold is free once they are started anew.
      if (!anything_runs || !holds(previous->ports, *port)) {
        chooser.require(name, on, transport, *port);
      }
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

/// The configuration as it was written last. Without one nobody can tell what runs by which
/// addresses and keys, so what runs is stopped.
std::optional<service::Config> LocalWorld::previous_config() {
  const auto path = folder_ / "config.json";
  std::string problem;
  try {
    make_way(path, note_);
    if (auto found = read_config(path)) return found;
  } catch (const LocalError&) {
    std::error_code failed;
    if (!std::filesystem::is_regular_file(path, failed)) throw;
    problem = path.string() + " is damaged";
  }
  const bool ran = !stop_all().empty();
  if (problem.empty() && ran) problem = path.string() + " is lost";
  if (!problem.empty()) {
    note_(problem + ": it is made anew, with other credentials; 'tandem env' shows them");
  }
  return std::nullopt;
}

/// Should the file hold none, the next process that starts makes it anew, by what its store says.
void LocalWorld::mend_world_id() {
  const auto file = folder_ / "world";
  make_way(file, note_);
  const StateFile found = read_state_file(file);
  const bool missing = !std::filesystem::exists(file);
  if (missing || (found.text && core::trim(*found.text).size() == kWorldIdLength)) return;
  note_(fmt::format("{} holds no world's id: it is made anew", file.string()));
  std::filesystem::remove(file);
}

/// first: there never was one here.
void LocalWorld::mend_ca(bool first) {
  const auto ca = folder_ / "ca";
  make_way_for_folder(ca, note_);
  make_way(ca / "ca.pem", note_);
  make_way(ca / "ca.key", note_);
  std::string problem;
  try {
    net::load_ca(ca, {&clock_, &keys_});
    return;
  } catch (const std::runtime_error& error) {
    problem = error.what();
  }
  if (!first) {
    note_(problem +
          "; a new local CA is made, and certificates are issued anew: clients must trust "
          "it instead of the old one ('tandem ca' prints it)");
  }
  // What runs would go on showing certificates of the old one.
  stop_all();
  net::replace_ca(ca, {&clock_, &keys_});
}

void LocalWorld::prepare(const Topology& topology) {
  // The folder holds secrets, and is beside files that are likely in a repository.
  if (!std::filesystem::exists(folder_ / ".gitignore")) {
    make_way(folder_ / ".gitignore", note_);
    core::write_file_atomically(folder_ / ".gitignore", "*\n", 0644);
  }
  end_strays();
  mend_world_id();
  const std::optional<service::Config> previous = previous_config();
  if (previous) {
    config_ = *previous;
    settings_ = read_settings(folder_ / "config.json");
  }
  mend_ca(!previous && !std::filesystem::exists(folder_ / "ca"));
  if (previous) check_account(topology);
  service::Config wanted = desired_config(topology, previous ? &*previous : nullptr, note_);
  const bool same =
      previous && previous->to_json() == wanted.to_json() && settings_ == topology.settings;
  if (!same) change_config(std::move(wanted), topology.settings);
  tell_regions();
}

void LocalWorld::check_account(const Topology& topology) const {
  if (config_.account == topology.account) return;
  throw TopologyError(
      fmt::format("{}: the account is in every ARN that was made and cannot become {}; set "
                  "'account: \"{}\"' again, or start over with 'tandem destroy --yes'",
                  topology.file.filename().string(), topology.account, config_.account));
}

namespace {

/// Nothing but that regions came or left, which processes follow while they run.
bool same_but_regions(const service::Config& before, const service::Config& after) {
  service::Config same = after;
  same.regions = before.regions;
  return same.to_json() == before.to_json() &&
         std::ranges::all_of(after.regions, [&](const service::RegionAddress& region) {
           const service::RegionAddress* had = before.find_region(region.name);
           return had == nullptr || *had == region;
         });
}

}  // namespace

void LocalWorld::write_config() const {
  core::write_file_atomically(folder_ / "config.json", settings_.add_to(config_.to_json()),
                              core::kSecretMode);
}

void LocalWorld::change_config(service::Config wanted, const service::RegionSettings& settings) {
  std::vector<std::string> changed = changed_settings(config_, wanted);
  for (std::string& key : settings_.changed(settings)) changed.push_back(std::move(key));
  const bool follow = settings_ == settings && same_but_regions(config_, wanted);
  std::vector<std::string> gone;
  for (const auto& region : config_.regions) {
    if (wanted.find_region(region.name) == nullptr) gone.push_back(region.name);
  }
  std::vector<std::string> stopped = follow ? end(gone, SIGTERM) : stop_all();
  std::erase_if(stopped, [&](const std::string& name) {
    return name != "global" && wanted.find_region(name) == nullptr;
  });
  if (!stopped.empty()) {
    note_(fmt::format("changed: {}; started anew: {}",
                      changed.empty() ? "the state folder" : core::join(changed, ", "),
                      core::join(stopped, ", ")));
  } else if (!changed.empty() && !config_.regions.empty()) {
    note_("changed: " + core::join(changed, ", "));
  }
  config_ = std::move(wanted);
  settings_ = settings;
  write_config();
}

LocalWorld::ProcessChanges LocalWorld::process_changes(const Topology& topology) const {
  const service::Config wanted = desired_config(topology, &config_, [](std::string_view) {});
  ProcessChanges changes{.settings = changed_settings(config_, wanted),
                         .anew = {},
                         .start = {},
                         .end = leaving(topology)};
  for (std::string& key : settings_.changed(topology.settings)) {
    changes.settings.push_back(std::move(key));
  }
  for (const auto& region : wanted.regions) {
    if (config_.find_region(region.name) == nullptr) changes.start.push_back(region.name);
  }
  if (settings_ == topology.settings && same_but_regions(config_, wanted)) return changes;
  for (const auto& [name, id] : find_processes(names())) changes.anew.push_back(name);
  return changes;
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
  change_config(std::move(wanted), settings_);
  tell_regions();
  for (const std::string& name : names) std::filesystem::remove_all(folder_ / name);
}

std::optional<std::string> LocalWorld::find_api_key() const {
  const StateFile file = read_state_file(folder_ / "api-key");
  const std::string_view key = core::trim(file.text ? *file.text : std::string_view());
  if (is_api_key(key)) return std::string(key);
  // A world that is new has none yet.
  if (std::filesystem::exists(std::filesystem::symlink_status(folder_ / "api-key"))) {
    note_(file.text ? (folder_ / "api-key").string() + " holds no API key" : file.problem);
  }
  return std::nullopt;
}

void LocalWorld::check_ca() const {
  try {
    net::load_ca(folder_ / "ca", {&clock_, &keys_});
  } catch (const std::runtime_error& error) {
    throw LocalError(std::string(error.what()) + "; 'tandem up' mends that");
  }
}

void LocalWorld::keep_api_key(const std::string& key) {
  make_way(folder_ / "api-key", note_);
  core::write_file_atomically(folder_ / "api-key", key + "\n", core::kSecretMode);
}

}  // namespace tandem::topology
