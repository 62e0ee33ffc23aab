// Tandem's own paths, beside AWS's API on the same listener.
//
//   GET  /_tandem/health     what the process says about itself, JSON
//   GET  /_tandem/coverage   every operation: implemented, partial or absent, JSON
//   GET  /_tandem/metrics    Prometheus text
//   POST /_tandem/reset      back to empty; for tests
#pragma once

#include <functional>
#include <string>

#include "core/json.h"
#include "core/task.h"
#include "net/http.h"
#include "service/dispatch.h"

namespace tandem::service {

class TandemEndpoints {
 public:
  struct Hooks {
    /// Status 200 when it has "status": "ok", else 503.
    std::function<json::object()> health;
    /// Further metrics in Prometheus text: connections, replication lag …; may be empty.
    std::function<std::string()> metrics;
    /// Empties what is not a service, after the services; may be empty.
    std::function<Task<void>()> reset;
  };
  TandemEndpoints(Dispatcher& dispatcher, Hooks hooks);

  /// True when the path is Tandem's, known or not.
  static bool owns(const net::HttpRequest& request);
  /// A page in the user's browser must not reset a region: requests of another origin are refused.
  Task<net::HttpResponse> handle(net::HttpRequest request);

 private:
  Task<net::HttpResponse> reset();
  Dispatcher& dispatcher_;
  Hooks hooks_;
};

}  // namespace tandem::service
