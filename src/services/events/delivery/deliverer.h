// Brings stored events to their targets, and tries again as AWS does.
#pragma once

#include <memory>
#include <string>

#include "core/task.h"
#include "service/environment.h"
#include "services/events/ports.h"
#include "services/events/store/deliveries.h"

namespace tandem::events {

class Deliverer {
 public:
  /// Borrows everything.
  Deliverer(const service::Environment& environment, EventsPorts ports, Deliveries& deliveries);

  void start();
  Task<void> stop();
  /// There is more to deliver.
  void wake();

 private:
  struct Outcome {
    enum class Kind {
      kDelivered,
      kAgain,  ///< later
      kLost,   ///< what AWS does not try again: the target is gone, or does not let the rule in
    } kind = Kind::kDelivered;
    std::string why = {};
  };

  Task<void> run();
  std::chrono::milliseconds start_due();
  Task<void> deliver(std::string id);
  Task<Outcome> attempt(Delivery delivery);
  Outcome to_function(const Delivery& delivery);
  Outcome to_log_group(const Delivery& delivery, const std::string& group);
  Task<Outcome> to_pipeline(Delivery delivery, std::string pipeline);
  void settle(const std::string& id, Delivery delivery, const Outcome& outcome);

  const service::Environment& environment_;
  EventsPorts ports_;
  Deliveries& deliveries_;
  std::size_t running_ = 0;
  bool woken_ = false;
  core::Timer changed_;
  std::unique_ptr<core::TaskGroup> roots_;
};

}  // namespace tandem::events
