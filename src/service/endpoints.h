// Tandem's own paths, beside AWS's API on the same listener.
//
//   GET  /_tandem/health     what the process says about itself, JSON
//   GET  /_tandem/coverage   every operation: implemented, partial or absent, JSON
//   GET  /_tandem/metrics    Prometheus text
//   POST /_tandem/reset      back to empty; for tests
//   GET  /_tandem/dns        global only: health verdicts and how records stand, JSON
//   GET  /_tandem/links      replication links: their settings and state, JSON
//   PUT  /_tandem/links/us-west-2    {"DelayMs", "Paused", "Partitioned"}: this region's side of a
//                            link; what is left out is off. Not kept over a restart.
//   POST /_tandem/rebuild    new times for what bears times too far ahead (a wrong clock)
//   GET  /_tandem/keys/AKIA…  whose access key of IAM's or STS's this is, if it lives; global only
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/json.h"
#include "core/task.h"
#include "net/http.h"
#include "service/dispatch.h"

namespace tandem::service {

/// The replication links of a region.
struct LinkControl {
  std::function<json::object()> list;
  /// False when there is no such peer. Throws std::invalid_argument for settings that make no
  /// sense.
  std::function<bool(std::string_view peer, const json::object& settings)> set;
  /// POST /_tandem/rebuild. Throws std::invalid_argument when it would not help, StoreError.
  std::function<json::object()> rebuild;
  /// Why the region takes no writes because of its clock; empty when it does.
  std::function<std::string()> clock_refusal;
};

class TandemEndpoints {
 public:
  struct Hooks {
    /// Status 200 when it has "status": "ok", else 503.
    std::function<json::object()> health;
    /// Further metrics in Prometheus text: connections, replication lag …; may be empty.
    std::function<std::string()> metrics;
    /// Empties what is not a service, after the services; may be empty.
    std::function<Task<void>()> reset;
    /// Further documents to GET, by path ("/_tandem/dns"); may be empty.
    std::function<const std::map<std::string, std::function<json::object()>, std::less<>>&()>
        documents;
    /// Without them the paths are not found.
    std::function<const LinkControl&()> links;
    /// A living key of IAM's or STS's: {"Arn", "Expires"}, where they are kept.
    std::function<std::optional<json::object>(std::string_view access_key_id)> key;
  };
  TandemEndpoints(Dispatcher& dispatcher, Hooks hooks);

  /// True when the path is Tandem's, known or not.
  static bool owns(const net::HttpRequest& request);
  /// The listener has refused the requests of foreign web pages before (service/web_guard.h).
  Task<net::HttpResponse> handle(net::HttpRequest request);

 private:
  Task<net::HttpResponse> reset();
  net::HttpResponse rebuild(const net::HttpRequest& request);
  net::HttpResponse links(const net::HttpRequest& request);
  Dispatcher& dispatcher_;
  Hooks hooks_;
};

}  // namespace tandem::service
