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

std::string health_metrics(const store::Health& health) {
  std::string text;
  if (health.space) {
    text += fmt::format(
        "# HELP tandem_disk_free_bytes Free on the disk of the process's folder.\n"
        "# TYPE tandem_disk_free_bytes gauge\ntandem_disk_free_bytes {}\n"
        "# HELP tandem_disk_floor_bytes Below it writes are refused.\n"
        "# TYPE tandem_disk_floor_bytes gauge\ntandem_disk_floor_bytes {}\n",
        health.space->free_bytes, health.floor.refuse_below);
  }
  text += "# TYPE tandem_store_state gauge\n";
  for (const State state : {State::kOk, State::kDiskLow, State::kFailed, State::kDamaged}) {
    text += fmt::format("tandem_store_state{{state=\"{}\"}} {}\n", store::to_string(state),
                        state == health.state ? 1 : 0);
  }
  text += fmt::format(
      "# TYPE tandem_store_refused_writes_total counter\n"
      "tandem_store_refused_writes_total {}\n",
      health.refused_writes);
  return text;
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
