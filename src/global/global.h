// The global process.
#pragma once

#include <functional>

#include "service/config.h"
#include "service/function_settings.h"

namespace tandem::global {

/// Serves Route 53, DNS, IAM, STS and the unified endpoint until SIGTERM; calls on_ready once it
/// does. Returns the exit code; throws when it cannot start.
int run_global(const service::Config& config, const service::FunctionSettings& functions,
               const std::function<void()>& on_ready);

}  // namespace tandem::global
