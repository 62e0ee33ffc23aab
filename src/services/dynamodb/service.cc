#include "services/dynamodb/service.h"

#include <fmt/format.h>
#include <stdexcept>

#include "core/check.h"
#include "replication/transport.h"
#include "services/dynamodb/api/item_operations.h"
#include "services/dynamodb/api/table_operations.h"

namespace tandem::dynamodb {
namespace {

replication::Replicator::Options replicator_options(const service::Environment& environment) {
  replication::Replicator::Options options;
  options.region = environment.region;
  options.account = environment.account();
  for (const auto& region : environment.config.regions) {
    if (region.name != environment.region) options.peers.push_back(region.name);
  }
  return options;
}

replication::Transport::Options transport_options(const service::Environment& environment) {
  replication::Transport::Options options;
  const service::Config& config = environment.config;
  options.port = config.ports.replication;
  for (const auto& region : config.regions) {
    if (region.name == environment.region) {
      options.address = region.address;
    } else {
      options.peers.push_back({region.name, region.address, config.ports.replication});
    }
  }
  if (config.durability == service::Durability::kFsync) {
    options.make_durable = [&store = environment.store] { store.sync(); };
  }
  return options;
}

void append_lag(const std::string& peer, const replication::Lag& lag, std::string& lines) {
  constexpr std::string_view kName = "tandem_replication_lag_seconds";
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < lag.buckets.size(); ++i) {
    below += lag.buckets[i];
    lines += fmt::format("{}_bucket{{peer=\"{}\",le=\"{}\"}} {}\n", kName, peer,
                         replication::Lag::kBounds_us[i] / 1e6, below);
  }
  lines += fmt::format("{}_bucket{{peer=\"{}\",le=\"+Inf\"}} {}\n", kName, peer, lag.writes);
  lines += fmt::format("{}_sum{{peer=\"{}\"}} {}\n", kName, peer, lag.sum_us / 1e6);
  lines += fmt::format("{}_count{{peer=\"{}\"}} {}\n", kName, peer, lag.writes);
}

bool switch_of(const json::value& value, std::string_view name) {
  if (!value.is_bool()) throw std::invalid_argument(fmt::format("{} is true or false", name));
  return value.as_bool();
}

replication::LinkSettings link_settings(const json::object& document) {
  constexpr std::int64_t kLongestDelayMs = 60'000;
  replication::LinkSettings settings;
  for (const auto& [key, value] : document) {
    const std::string_view name(key.data(), key.size());
    if (name == "DelayMs") {
      const std::int64_t* delay_ms = value.if_int64();
      if (delay_ms == nullptr || *delay_ms < 0 || *delay_ms > kLongestDelayMs) {
        throw std::invalid_argument("DelayMs is a whole number from 0 to 60000");
      }
      settings.delay = std::chrono::milliseconds(*delay_ms);
    } else if (name == "Paused") {
      settings.paused = switch_of(value, name);
    } else if (name == "Partitioned") {
      settings.partitioned = switch_of(value, name);
    } else {
      throw std::invalid_argument(
          fmt::format("{} is not known: DelayMs, Paused or Partitioned", name));
    }
  }
  return settings;
}

}  // namespace

struct DynamoDbService::State {
  explicit State(service::Environment given)
      : environment(std::move(given)),
        replicator(replicator_options(environment), environment.clock, environment.random,
                   environment.store),
        tables(environment.store),
        items(replicator.records()),
        host(environment, tables, replicator),
        transport(environment.executor, environment.blocking, replicator,
                  transport_options(environment)),
        plane{environment, tables, items, replicator, host} {
    add_table_operations(operations, plane);
    add_item_operations(operations, {tables, items});
  }

  service::Environment environment;
  replication::Replicator replicator;
  TableCatalog tables;
  ItemStore items;
  ReplicaHost host;
  replication::Transport transport;
  TablePlane plane;
  std::vector<service::Operation> operations;
  bool started = false;
};

DynamoDbService::DynamoDbService(service::Environment environment)
    : state_(std::make_unique<State>(std::move(environment))) {}

DynamoDbService::~DynamoDbService() = default;

const std::vector<service::Operation>& DynamoDbService::operations() const {
  return state_->operations;
}

void DynamoDbService::start() {
  // A region alone in its configuration replicates with nobody.
  if (state_->environment.config.regions.size() < 2) return;
  state_->transport.start();
  state_->started = true;
}

Task<void> DynamoDbService::stop() {
  if (state_->started) co_await state_->transport.stop();
}

Task<void> DynamoDbService::reset() {
  state_->transport.drop_connections();
  state_->replicator.clear();
  // Other regions learn from this one that it no longer holds copies of their global tables.
  store::WriteBatch batch;
  batch.erase_range("tables/", store::prefix_end("tables/"));
  state_->environment.store.write(std::move(batch));
  state_->tables.clear();
  co_return;
}

std::string DynamoDbService::metrics() const {
  std::string connected = "# TYPE tandem_replication_connected gauge\n";
  std::string pending = "# TYPE tandem_replication_pending_entries gauge\n";
  std::string lag =
      "# HELP tandem_replication_lag_seconds From a write here to its acknowledgement there.\n"
      "# TYPE tandem_replication_lag_seconds histogram\n";
  for (const auto& [region, peer] : state_->replicator.peers()) {
    connected += fmt::format("tandem_replication_connected{{peer=\"{}\"}} {}\n", region,
                             peer.connected ? 1 : 0);
    pending += fmt::format("tandem_replication_pending_entries{{peer=\"{}\"}} {}\n", region,
                           state_->replicator.pending(region));
    append_lag(region, peer.lag, lag);
  }
  return connected + pending + lag;
}

bool DynamoDbService::set_link(std::string_view peer, const json::object& settings) {
  return state_->transport.set_link(peer, link_settings(settings));
}

json::object DynamoDbService::links() const { return state_->transport.links(); }

}  // namespace tandem::dynamodb
