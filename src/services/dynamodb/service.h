// DynamoDB in one region: its tables, their items, and their replication to other regions.
//
// Owns the replication of the region: the listener on the region's address and the links to the
// other regions of the configuration. Life: construct, start() (listens and connects; throws
// boost::system::system_error when the port is taken), requests, stop(). The store given in the
// environment is this service's alone.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aws/api.h"
#include "core/metrics.h"
#include "net/network.h"
#include "service/capacity_mode.h"
#include "service/environment.h"
#include "service/service.h"

namespace tandem::dynamodb {

class DynamoDbService final : public service::Service {
 public:
  /// Borrows the network, which the replication links go over, and AWS's API of the other regions,
  /// which global tables of version 2017.11.29 ask.
  DynamoDbService(service::Environment environment, net::Network& network, aws::Api& others,
                  service::CapacityMode capacity = service::CapacityMode::kOff);
  ~DynamoDbService() override;

  std::string_view name() const override { return "dynamodb"; }
  const std::vector<service::Operation>& operations() const override;
  std::vector<std::string_view> refused() const override {
    if (environment().config.legacy_global_tables == service::LegacyGlobalTables::kServed)
      return {};
    return {"CreateGlobalTable", "UpdateGlobalTable"};
  }
  void start() override;
  Task<void> stop() override;
  /// The configuration names other regions than it did: links to those that came are opened, those
  /// to regions that left end.
  void regions_changed();

  /// Who tells whether Application Auto Scaling scales a table's writes: a global table may have
  /// provisioned capacity then.
  void set_scaled(std::function<bool(std::string_view table)> scaled);

  void describe_metrics(core::MetricSet& metrics) const;
  /// Delay, pause or cut this region's side of a replication link: {"DelayMs": 0 to 60000,
  /// "Paused", "Partitioned"}; what is left out is off. False when there is no such peer. Throws
  /// std::invalid_argument. Not kept over a restart.
  bool set_link(std::string_view peer, const json::object& settings);
  /// For a region whose clock was too far ahead: gives what bears such times new ones and sends
  /// everything anew. {"RestampedItems"}. Throws std::invalid_argument while the wall clock is
  /// wrong still.
  json::object rebuild();
  /// Why this region takes no writes because of its clock; empty when it does.
  std::string clock_refusal() const;
  /// {"us-west-2": {"Connected": true, "DelayMs": 0, "Paused": false …}}.
  json::object links() const;
  /// The global tables and the regions that hold them: {"todos": {"us-west-2": {"Joined" …}}}. What
  /// AWS's API does not tell before it refuses: SourceUntil, see api/replica_updates.h.
  json::object replicas() const;
  /// Writes of this region that last writer wins threw away unseen, oldest first, as
  /// docs/tandem-endpoints.md lists them.
  json::object conflicts() const;

 private:
  const service::Environment& environment() const override;
  std::function<void()> forgetting() override;
  std::vector<std::string> emptied() const override { return {"tables/"}; }
  Task<void> pause() override;

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tandem::dynamodb
