// What a service is given: the world, through references. The assembler (region/ or global/) owns
// everything here and outlives every service.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <string>

#include "core/clock.h"
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

  const std::string& account() const { return config.account; }
};

}  // namespace tandem::service
