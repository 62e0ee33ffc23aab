#include "service/store_health.h"

#include <fmt/format.h>

#include "core/clock.h"
#include "core/log.h"

namespace tandem::service {

using State = store::Health::State;

json::object health_document(const store::Health& health) {
  json::object document{{"status", store::to_string(health.state)}};
  if (health.state != State::kOk) {
    document["reason"] = health.reason;
    document["since"] = core::iso8601_ms(health.since_ms);
    if (health.space) document["floorBytes"] = health.floor.refuse_below;
  }
  if (health.space) document["freeBytes"] = health.space->free_bytes;
  return document;
}

void describe_health(const store::Health& health, core::MetricSet& metrics) {
  if (health.space) {
    metrics.gauge("tandem_disk_free_bytes", "Free on the disk of the process's folder.")
        .add(health.space->free_bytes);
    metrics.gauge("tandem_disk_floor_bytes", "Below it writes are refused.")
        .add(health.floor.refuse_below);
  }
  auto& states = metrics.gauge("tandem_store_state", "1 for the state that the store is in.");
  for (const State state : {State::kOk, State::kDiskLow, State::kFailed, State::kDamaged}) {
    states.add(state == health.state ? 1 : 0, {{"state", std::string(store::to_string(state))}});
  }
  metrics
      .counter("tandem_store_refused_writes_total",
               "Writes refused because the disk is full or the store has failed.")
      .add(health.refused_writes);
}

std::string with_way_out(const std::string& damage, const std::string& name,
                         const std::string& store_folder) {
  if (name == "global") {
    return fmt::format(
        "{}; way out: end it ('tandem down'), move {} away and run 'tandem up', which "
        "makes anew what was in it",
        damage, store_folder);
  }
  return fmt::format(
      "{}; way out: end it ('tandem region kill {}'), move {} away and run 'tandem "
      "up': global tables are filled again from the other regions",
      damage, name, store_folder);
}

void HealthLog::note(const store::Health& health) {
  if (health.state == shown_) return;
  shown_ = health.state;
  if (health.state == State::kOk) {
    log::info("{}: the disk has room again: writes go on", name_);
  } else {
    log::error("{}", health.reason);
  }
}

}  // namespace tandem::service
