// One regional process.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "service/config.h"
#include "service/node.h"
#include "service/region_settings.h"

namespace tandem::lambda {
class ProgramRunner;
}

namespace tandem::region {

/// The services of a region and what they need of each other, on a node.
class Region {
 public:
  /// Borrows world, config, settings and programs. Throws as Node does. programs: who runs
  /// functions' programs; null: they run in cells on this machine.
  Region(const service::World& world, service::Config& config,
         const service::RegionSettings& settings, const service::Node::Options& node,
         lambda::ProgramRunner* programs = nullptr);
  ~Region();

  service::Node& node();

 private:
  struct Services;
  std::unique_ptr<Services> services_;
};

/// Of region name of the configuration; throws when it has none.
service::Node::Options node_options(const service::Config& config,
                                    const service::RegionSettings& settings,
                                    const std::string& name);

/// Serves this region of the configuration until SIGTERM; calls on_ready once it does. Returns the
/// exit code; throws when it cannot start (port taken, store held by another process …).
int run_region(service::Config& config, const service::RegionSettings& settings,
               const service::Node::Options& node, const std::function<void()>& on_ready);

}  // namespace tandem::region
