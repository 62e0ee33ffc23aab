#include "tests/sim/whole/cloud.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <cstdlib>
#include <fmt/format.h>
#include <unistd.h>

#include "core/files.h"
#include "net/dns_answer.h"
#include "net/dns_name.h"
#include "net/tls.h"
#include "service/global_services.h"
#include "services/lambda/code/zip_testing.h"
#include "tests/sim/whole/kernel.h"
#include "tests/sim/whole/todo_handler.h"
#include "topology/deploy.h"
#include "topology/links.h"
#include "topology/made.h"
#include "topology/planner.h"
#include "topology/repair.h"

namespace tandem::sim {
namespace {

using boost::system::error_code;

constexpr const char* kTopology = R"(
name: todo
domain: todos.tandem.test
regions: {%s}
template: template.yaml
artifact: app.zip
table: {name: todos, hash_key: id}
health_check: {path: /todos/health, interval: 10, threshold: 3}
)";

/// Made once: a key is the one thing that a seed does not give.
class SameKeys final : public net::KeyMaker {
 public:
  std::string make(net::KeyType type) override {
    static const std::map<net::KeyType, std::string> made = make_all();
    return made.at(type);
  }

 private:
  static std::map<net::KeyType, std::string> make_all() {
    std::map<net::KeyType, std::string> made;
    for (const auto type : {net::KeyType::kEcP256, net::KeyType::kEcP384, net::KeyType::kRsa2048}) {
      made[type] = net::OpenSslKeys().make(type);
    }
    return made;
  }
};

service::Config config_of(const CloudOptions& options, const std::filesystem::path& folder) {
  service::Config config;
  config.state_folder = folder / ".tandem";
  config.durability = options.durability;
  config.clock_speed = options.clock_speed;
  config.credentials = {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};
  return config;
}

std::filesystem::path new_folder() {
  std::string pattern = std::filesystem::temp_directory_path() / "tandem-sim-XXXXXX";
  return ::mkdtemp(pattern.data());
}

}  // namespace

Cloud::Cloud(std::uint64_t seed, CloudOptions options)
    : random_(seed),
      options_(std::move(options)),
      keys_(std::make_unique<SameKeys>()),
      folder_(new_folder()),
      config_(config_of(options_, folder_)) {
  seed_kernel(seed);
  for (const std::string& region : options_.regions) {
    config_.regions.push_back({region, fmt::format("127.0.{}.1", ++last_address_)});
  }
  make_files();
  read_topology();
  operator_.name = "operator";
  operator_.address = "127.0.0.2";
  operator_.loop = &operator_loop_;
  wire_.add(operator_);
  operator_network_ = std::make_unique<HostNetwork>(wire_, operator_);
  http_ = operator_network_->http_client({});
  api_ = std::make_unique<service::RemoteApi>(
      *http_,
      [this](const aws::ApiCall& call) -> net::HttpTarget {
        const auto* region = config_.find_region(call.region);
        if (service::is_global_service(call.service) || region == nullptr) {
          return {.address = config_.global_address, .port = config_.ports.endpoint};
        }
        return {.address = region->address, .port = config_.ports.http};
      },
      aws::SigningCredentials{config_.credentials.access_key_id,
                              config_.credentials.secret_access_key, ""},
      operator_clock_);
  setting_.emplace(Setting{wire_, time_, random_, *keys_, config_, settings_,
                           [this](Host& host) { return handler_of(host); }});
  machines_.push_back(std::make_unique<Machine>(*setting_, Machine::Kind::kGlobal, "global",
                                                config_.global_address));
  for (const auto& region : config_.regions) add_machine(region);
  for (const auto& machine : machines_) machine->start();
}

void Cloud::make_keys() { static_cast<void>(SameKeys().make(net::KeyType::kEcP256)); }

/// Machines and what they were doing are left where they stand; only the files go.
Cloud::~Cloud() {
  for (auto& machine : machines_) static_cast<void>(machine.release());
  for (auto& machine : gone_) static_cast<void>(machine.release());
  static_cast<void>(api_.release());
  static_cast<void>(http_.release());
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Cloud::make_files() {
  std::filesystem::create_directories(config_.state_folder);
  net::LocalCa::load_or_create(config_.state_folder / "ca", {&operator_clock_, keys_.get()});
  std::filesystem::copy_file(std::filesystem::path(TANDEM_SOURCE) / "sample-app/template.yaml",
                             folder_ / "template.yaml");
  core::write_file_atomically(
      folder_ / "app.zip",
      lambda::make_zip(
          {{"bootstrap", "#!/bin/sh\n# A handler in the simulator.\n", S_IFREG | 0755}}),
      0644);
}

void Cloud::add_machine(const service::RegionAddress& region) {
  machines_.push_back(
      std::make_unique<Machine>(*setting_, Machine::Kind::kRegion, region.name, region.address));
}

void Cloud::read_topology(const std::string& without) {
  std::string regions;
  for (const auto& region : config_.regions) {
    if (region.name == without) continue;
    regions += fmt::format("{}{}: {{weight: 50}}", regions.empty() ? "" : ", ", region.name);
  }
  std::string text = kTopology;
  text.replace(text.find("%s"), 2, regions);
  topology_ = topology::parse_topology(text, folder_ / "tandem.yaml");
}

Handler Cloud::handler_of(Host& host) {
  auto place = std::make_shared<HandlerPlace>();
  // Made for one life of the machine, and abandoned with it.
  auto* network = new HostNetwork(wire_, host);
  place->http = network->http_client({});
  place->clock = &operator_clock_;
  place->endpoint = {.address = host.address, .port = config_.ports.http};
  place->region = host.name;
  return todo_handler(std::move(place));
}

bool Cloud::poll() {
  bool ran = false;
  for (const auto& machine : machines_) ran = machine->poll() || ran;
  if (!operator_.due) return ran;
  time_.running = &operator_;
  operator_loop_.restart();
  operator_.due = operator_loop_.poll() > 0;
  time_.running = nullptr;
  return operator_.due || ran;
}

bool Cloud::run_until(const std::function<bool()>& holds, std::chrono::nanoseconds limit) {
  const core::TimePoint end = time_.now() + limit;
  for (;;) {
    while (poll()) {
    }
    if (holds()) return true;
    if (time_.now() >= end) return false;
    time_.advance(end);
  }
}

void Cloud::run_for(std::chrono::nanoseconds duration) {
  run_until([] { return false; }, duration);
}

void Cloud::spawn(Task<void> task) {
  operator_.due = true;
  asio::co_spawn(operator_loop_, std::move(task), [](const std::exception_ptr& escaped) {
    if (escaped) std::rethrow_exception(escaped);
  });
}

Machine& Cloud::machine(const std::string& name) {
  for (const auto& machine : machines_) {
    if (machine->name() == name) return *machine;
  }
  throw Broken("there is no machine " + name);
}

std::vector<Machine*> Cloud::regions() {
  std::vector<Machine*> all;
  for (std::size_t at = 1; at < machines_.size(); ++at) all.push_back(machines_[at].get());
  return all;
}

double Cloud::seconds() const {
  return std::chrono::duration<double>(time_.now().time_since_epoch()).count() - 3600;
}

namespace {

/// What `tandem up` does.
Task<void> apply(aws::Api* api, topology::Deployer* deployer, topology::Topology topology,
                 std::vector<std::string> leaving, std::string key) {
  topology::Wanted wanted{std::move(topology), std::move(leaving), {}, std::move(key)};
  topology::Plan plan = co_await topology::make_plan(api, std::move(wanted));
  co_await deployer->execute(std::move(plan));
}

}  // namespace

Task<void> Cloud::deploy_task(std::vector<std::string> leaving) {
  topology::Deployer deployer(*api_,
                              {.api_key = api_key(),
                               .before_drop =
                                   [this](std::string region) {
                                     return topology::await_drained(http_.get(), &config_,
                                                                    std::move(region));
                                   }},
                              {});
  co_await apply(&*api_, &deployer, topology_, std::move(leaving), api_key());
  topology::save_made(folder_ / "made.json",
                      co_await topology::read_made(topology::Cloud(*api_), topology_));
}

Task<void> Cloud::mend_task() {
  topology::Deployer deployer(*api_, {.api_key = api_key()}, {});
  topology::Repair repair(
      *api_, deployer, topology_, topology::load_made(folder_ / "made.json"),
      [this](std::string region) {
        return topology::links_of(http_.get(), &config_, std::move(region));
      },
      [](std::string_view) {});
  const topology::Damage damage = co_await repair.find_damage();
  co_await repair.mend(damage);
  co_await apply(&*api_, &deployer, topology_, {}, api_key());
}

void Cloud::deploy() { as_operator("the deployment", deploy_task({}), std::chrono::minutes(10)); }

void Cloud::tell_regions() {
  for (const auto& machine : machines_) {
    if (!machine->running()) continue;
    time_.running = &machine->host();
    machine->node()->set_regions(config_.regions);
    machine->host().due = true;
    time_.running = nullptr;
  }
}

void Cloud::join(const std::string& region) {
  config_.regions.push_back({region, fmt::format("127.0.{}.1", ++last_address_)});
  read_topology();
  tell_regions();
  add_machine(config_.regions.back());
  machines_.back()->start();
  run_for(std::chrono::seconds(1));
  deploy();
}

void Cloud::leave(const std::string& region) {
  read_topology(region);
  as_operator("the deployment without " + region, deploy_task({region}), std::chrono::minutes(10));
  std::erase_if(config_.regions, [&](const auto& one) { return one.name == region; });
  machine(region).kill();
  const auto at =
      std::ranges::find_if(machines_, [&](const auto& one) { return one->name() == region; });
  gone_.push_back(std::move(*at));
  machines_.erase(at);
  tell_regions();
}

void Cloud::mend() { as_operator("mending", mend_task(), std::chrono::minutes(10)); }

Task<std::optional<Cloud::Resolved>> Cloud::resolve() {
  const std::string wire_name = net::dns::name_from_text(topology_.domain).value();
  for (int attempt = 0; attempt < 3; ++attempt) {
    const std::uint16_t id = ++dns_id_;
    const std::string query =
        net::dns::encode_query(id, wire_name, net::dns::Type::kA, net::dns::Edns::kYes);
    Machine& asked = global();
    const bool lost = chance(wire_.faults.datagram_lost) || !asked.running() ||
                      asked.host().frozen || wire_.is_cut(operator_, asked.host());
    if (lost) {
      co_await core::sleep_for(std::chrono::seconds(2));
      continue;
    }
    co_await core::sleep_for(std::chrono::milliseconds(1));
    if (asked.global() == nullptr) continue;
    std::array<std::byte, 4096> out;
    const std::size_t size = asked.global()->answer_dns(std::as_bytes(std::span(query)), out, {});
    auto answer = net::dns::parse_answer(std::span(out).first(size));
    if (!answer || answer.value().id != id) continue;
    Resolved resolved;
    resolved.ttl = 60;
    for (const net::dns::Record& record : answer.value().answers) {
      if (record.type != net::dns::Type::kA || record.rdata.size() != 4) continue;
      resolved.ttl = std::min(resolved.ttl, record.ttl);
      const auto byte = [&](std::size_t at) {
        return static_cast<unsigned char>(record.rdata[at]);
      };
      resolved.addresses.push_back(fmt::format("{}.{}.{}.{}", byte(0), byte(1), byte(2), byte(3)));
    }
    co_return resolved;
  }
  co_return std::nullopt;
}

}  // namespace tandem::sim
