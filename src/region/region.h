// One regional process.
#pragma once

#include <functional>
#include <string>

#include "service/config.h"
#include "service/function_settings.h"

namespace tandem::region {

/// Serves region name of the configuration until SIGTERM; calls on_ready once it does. Returns the
/// exit code; throws when it cannot start (port taken, store held by another process …).
int run_region(const service::Config& config, const service::FunctionSettings& functions,
               const std::string& name, const std::function<void()>& on_ready);

}  // namespace tandem::region
