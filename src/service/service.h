// A service: its name in the API models, its operations and its life.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/task.h"
#include "service/environment.h"
#include "service/operation.h"

namespace tandem::service {

class Service {
 public:
  virtual ~Service() = default;
  /// botocore's name, which is also its endpoint prefix here: "dynamodb", "apigateway" …
  virtual std::string_view name() const = 0;
  virtual const std::vector<Operation>& operations() const = 0;

  /// Operations that AWS itself refuses nowadays, whatever is asked. They have rows, which give
  /// AWS's words; the coverage manifest says "refused" of them.
  virtual std::vector<std::string_view> refused() const { return {}; }

  /// Called once, after all services were built and before the first request.
  virtual void start() {}
  /// Awaits everything start() and the handlers began.
  virtual Task<void> stop() { co_return; }

  /// POST /_tandem/reset: back to empty, without restarting. Empties the service's scope of the
  /// store, then its folder; the service itself only forgets what memory holds of them. Throws
  /// StoreError when the store refuses; then nothing is forgotten and the service goes on.
  Task<void> reset();

 protected:
  /// What the service was given: the scope and the folder in it are its own.
  virtual const Environment& environment() const = 0;
  /// What goes at a reset: the keys of the scope with one of these prefixes.
  virtual std::vector<std::string> emptied() const { return {""}; }
  /// Ends what works on the things that go, so that nothing comes back after them.
  virtual Task<void> pause() { co_return; }
  /// Called while everything is still there, so that names can be noted under which something is
  /// held elsewhere. What it returns is called once everything is gone, and only then.
  virtual std::function<void()> forgetting() = 0;
  /// The way back from pause(), also when nothing was emptied.
  virtual void resume() {}
};

}  // namespace tandem::service
