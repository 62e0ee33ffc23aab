// A service: its name in the API models, its operations and its life.
#pragma once

#include <string_view>
#include <vector>

#include "core/task.h"
#include "service/operation.h"

namespace tandem::service {

class Service {
 public:
  virtual ~Service() = default;
  /// botocore's name, which is also its endpoint prefix here: "dynamodb", "apigateway" …
  virtual std::string_view name() const = 0;
  virtual const std::vector<Operation>& operations() const = 0;

  /// Called once, after all services were built and before the first request.
  virtual void start() {}
  /// Awaits everything start() and the handlers began.
  virtual Task<void> stop() { co_return; }
  /// POST /_tandem/reset: back to empty. Stops and forgets everything, without restarting.
  virtual Task<void> reset() = 0;
};

}  // namespace tandem::service
