// What a service is given: the world, through references. The assembler (region/ or global/) owns
// everything here and outlives every service.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/meters.h"
#include "core/random.h"
#include "core/task.h"
#include "service/config.h"
#include "store/store.h"

namespace tandem::service {

struct Environment {
  asio::any_io_executor executor;  ///< the loop; all service code runs on it
  core::Workers& blocking;         ///< for core::run_blocking
  core::Clock& clock;
  core::Random& random;
  store::Store& store;           ///< the service's own scope
  std::filesystem::path folder;  ///< the service's own folder, made on first use by the service
  const Config& config;
  std::string region;  ///< the process's region; "us-east-1" in global, where global services live
  core::Meters* meters = nullptr;  ///< of the process; without one nobody asks for what is measured

  const std::string& account() const { return config.account; }
  /// What is recorded to it is told by the process's metrics (core/meters.h).
  std::shared_ptr<core::Meter> meter(const core::MeterKind& kind,
                                     std::vector<core::Dimensions> under) const {
    if (meters != nullptr) return meters->meter(kind, std::move(under));
    return std::make_shared<core::Meter>(kind, std::move(under));
  }
};

}  // namespace tandem::service
