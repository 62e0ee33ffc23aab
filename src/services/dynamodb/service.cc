#include "services/dynamodb/service.h"

#include <fmt/format.h>
#include <stdexcept>

#include "core/log.h"
#include "replication/transport.h"
#include "services/dynamodb/api/item_operations.h"
#include "services/dynamodb/api/replica_updates.h"
#include "services/dynamodb/api/table_operations.h"
#include "services/dynamodb/metrics.h"
#include "services/dynamodb/store/conflicts.h"
#include "services/dynamodb/table_metrics.h"

namespace tandem::dynamodb {
namespace {

replication::Replicator::Options replicator_options(const service::Environment& environment) {
  replication::Replicator::Options options;
  options.region = environment.region;
  options.account = environment.account();
  options.secret = environment.config.credentials.secret_access_key;
  options.max_drift_us = environment.config.max_clock_drift_ms * 1000;
  return options;
}

std::vector<replication::Transport::Peer> other_regions(const service::Environment& environment) {
  std::vector<replication::Transport::Peer> others;
  for (const auto& region : environment.config.regions) {
    if (region.name == environment.region) continue;
    others.push_back({region.name, region.address, environment.config.ports.replication});
  }
  return others;
}

replication::Transport::Options transport_options(const service::Environment& environment) {
  replication::Transport::Options options;
  const service::Config& config = environment.config;
  options.port = config.ports.replication;
  if (const auto* own = config.find_region(environment.region)) options.address = own->address;
  if (config.durability == service::Durability::kFsync) {
    options.make_durable = [&store = environment.store] { store.sync(); };
  }
  return options;
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
  State(service::Environment given, net::Network& network, aws::Api& others,
        service::CapacityMode mode)
      : environment(std::move(given)),
        replicator(replicator_options(environment), environment.clock, environment.random,
                   environment.store),
        tables(environment.store),
        items(replicator.records()),
        capacity(mode, environment.config.pace(), environment.clock, tables),
        host(environment, tables, replicator),
        transport(environment.executor, environment.blocking, network, replicator,
                  transport_options(environment)),
        plane{environment, tables, items, replicator, host, &others, mode},
        measured(environment, tables, capacity, replicator) {
    transport.set_peers(other_regions(environment));
    add_table_operations(operations, plane);
    replicator.records().set_meter(&capacity);
    add_item_operations(operations, {tables, items, capacity, environment.blocking});
    if (environment.meters == nullptr) return;
    environment.meters->add_source([this] { measured.poll(); });
    environment.meters->add_sampler([this] { measured.sample(); });
  }

  service::Environment environment;
  replication::Replicator replicator;
  TableCatalog tables;
  ItemStore items;
  CapacityMeter capacity;
  ReplicaHost host;
  replication::Transport transport;
  TablePlane plane;
  TableMetrics measured;
  std::vector<service::Operation> operations;
  bool started = false;
};

DynamoDbService::DynamoDbService(service::Environment environment, net::Network& network,
                                 aws::Api& others, service::CapacityMode capacity)
    : state_(std::make_unique<State>(std::move(environment), network, others, capacity)) {}

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

void DynamoDbService::regions_changed() {
  state_->transport.set_peers(other_regions(state_->environment));
  if (!state_->started) start();
}

Task<void> DynamoDbService::stop() {
  if (state_->started) co_await state_->transport.stop();
}

const service::Environment& DynamoDbService::environment() const { return state_->environment; }

// Beside the tables the scope holds the replicator's records: it empties them itself and keeps its
// clock. Other regions learn from this one that it no longer holds copies of their global tables.
Task<void> DynamoDbService::pause() {
  state_->transport.drop_connections();
  state_->replicator.clear();
  co_return;
}

std::function<void()> DynamoDbService::forgetting() {
  return [&tables = state_->tables] { tables.clear(); };
}

void DynamoDbService::set_scaled(std::function<bool(std::string_view table)> scaled) {
  state_->plane.scaled = std::move(scaled);
}

void DynamoDbService::describe_metrics(core::MetricSet& metrics) const {
  describe_replication(state_->replicator, metrics);
  describe_capacity(state_->tables, state_->capacity, metrics);
}

bool DynamoDbService::set_link(std::string_view peer, const json::object& settings) {
  return state_->transport.set_link(peer, link_settings(settings));
}

json::object DynamoDbService::rebuild() {
  state_->transport.drop_connections();
  const std::size_t count = state_->replicator.restamp();
  log::warning("rebuilt: {} items have new times, and everything is sent to the peers anew", count);
  return {{"RestampedItems", count}};
}

std::string DynamoDbService::clock_refusal() const {
  return state_->replicator.records().clock_refusal();
}

json::object DynamoDbService::links() const { return state_->transport.links(); }

json::object DynamoDbService::replicas() const {
  json::object all;
  for (const Table* table : state_->tables.list("", state_->tables.size())) {
    json::object members = describe_members(state_->plane, *table);
    if (!members.empty()) all[table->name] = std::move(members);
  }
  return all;
}

json::object DynamoDbService::conflicts() const {
  const replication::LostUpdates& lost = state_->replicator.records().lost_updates();
  json::array list;
  for (const auto& [number, update] : lost.all()) {
    if (const Table* table = state_->tables.find_number(update.collection)) {
      list.push_back(conflict_document(update, *table, state_->environment.region));
    }
  }
  return {{"Total", lost.total()}, {"Kept", replication::LostUpdates::kMost}, {"Conflicts", list}};
}

}  // namespace tandem::dynamodb
