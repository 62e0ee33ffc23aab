// The unified endpoint: calls of regional services go to the region their credential scope (or
// Host) names; calls of global services stay.
#pragma once

#include <optional>

#include "aws/error.h"
#include "aws/sigv4.h"
#include "net/http.h"
#include "service/dispatch.h"
#include "service/node.h"

namespace tandem::global {

class Forwarder {
 public:
  explicit Forwarder(service::Node& node) : node_(node) {}

  /// The answer to come when the request is another process's to give. Takes the request then.
  std::optional<Task<net::HttpResponse>> take(net::HttpRequest& request);
  /// Calls of an API by its execute-api name.
  static bool is_data_plane(const net::HttpRequest& head);
  /// Content of S3 is not held here.
  static bool takes_source(const net::HttpRequest& head);

 private:
  Task<net::HttpResponse> forward(net::HttpRequest request, service::RegionAddress region,
                                  std::string service);
  Task<net::HttpResponse> refuse_region(net::HttpRequest request, service::Destination asked);
  void verify(const net::HttpRequest& request, const service::RegionAddress& region,
              const std::string& service);
  net::HttpResponse refuse(const net::HttpRequest& request, const std::string& service,
                           const aws::ApiError& error);

  service::Node& node_;
  aws::SigningKeys signing_keys_;
};

}  // namespace tandem::global
