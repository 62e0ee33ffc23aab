// The unified endpoint: calls of regional services go to the region their credential scope (or
// Host) names; calls of global services stay.
#pragma once

#include <optional>

#include "net/http.h"
#include "service/node.h"

namespace tandem::global {

class Forwarder {
 public:
  explicit Forwarder(service::Node& node) : node_(node) {}

  /// The answer to come when the request is another process's to give. Takes the request then.
  std::optional<Task<net::HttpResponse>> take(net::HttpRequest& request);

 private:
  Task<net::HttpResponse> forward(net::HttpRequest request, service::RegionAddress region,
                                  std::string service);
  service::Node& node_;
};

}  // namespace tandem::global
