// Amazon EventBridge of one region: the default event bus, its rules and what follows from events.
//
// Not here: other buses, partners' events, archives and replays, schedules, pipes, connections and
// API destinations, global endpoints, dead-letter queues.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "core/metrics.h"
#include "service/environment.h"
#include "service/service.h"
#include "services/events/delivery/deliverer.h"
#include "services/events/ports.h"
#include "services/events/store/deliveries.h"
#include "services/events/store/rules.h"

namespace tandem::events {

class EventsService final : public service::Service {
 public:
  /// Borrows what ports refer to.
  EventsService(service::Environment environment, EventsPorts ports,
                Deliveries::Bounds bounds = {});

  std::string_view name() const override { return "events"; }
  const std::vector<service::Operation>& operations() const override { return operations_; }
  void start() override { deliverer_.start(); }
  Task<void> stop() override { return deliverer_.stop(); }

  /// For the region's other services: an event of theirs, complete ("source": "aws.codebuild" …).
  /// Stored for the targets of the rules that it matches; delivered later. When the queue is full
  /// it is dropped, and the log says so. Throws StoreError.
  void put(json::object event);

  /// docs/metrics.md
  void describe_metrics(core::MetricSet& metrics) const;

 private:
  const service::Environment& environment() const override { return environment_; }
  std::function<void()> forgetting() override;
  Task<void> pause() override { return deliverer_.stop(); }
  void resume() override { deliverer_.start(); }

  service::Environment environment_;
  Rules rules_;
  Deliveries deliveries_;
  Deliverer deliverer_;
  std::uint64_t dropped_ = 0;  ///< events, since the process started
  std::vector<service::Operation> operations_;
};

}  // namespace tandem::events
