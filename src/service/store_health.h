// The store's health as a process shows it: once in its log, in /_tandem/health and in metrics.
#pragma once

#include <string>

#include "core/json.h"
#include "core/metrics.h"
#include "store/guarded_store.h"

namespace tandem::service {

/// {"status", "reason", "since", "freeBytes", "floorBytes"}; only status and freeBytes when ok.
json::object health_document(const store::Health& health);
/// Free bytes, floor, state, refused writes.
void describe_health(const store::Health& health, core::MetricSet& metrics);
/// What to do about a damaged store, after what is damaged.
std::string with_way_out(const std::string& damage, const std::string& name,
                         const std::string& store_folder);

/// Logs a change of state, and nothing else.
class HealthLog {
 public:
  explicit HealthLog(std::string name) : name_(std::move(name)) {}
  void note(const store::Health& health);

 private:
  std::string name_;
  store::Health::State shown_ = store::Health::State::kOk;
};

}  // namespace tandem::service
