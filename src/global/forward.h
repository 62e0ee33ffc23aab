// The unified endpoint: calls of regional services go to the region their credential scope (or
// Host) names, and where none is named to the region that has the bucket; calls of global services
// stay.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "aws/error.h"
#include "aws/sigv4.h"
#include "net/http.h"
#include "service/dispatch.h"
#include "service/node.h"

namespace tandem::global {

class Forwarder {
 public:
  /// The region that has a bucket, if that is known.
  using FindBucket = std::function<std::optional<std::string>(std::string_view bucket)>;
  Forwarder(service::Node& node, FindBucket find_bucket)
      : node_(node), find_bucket_(std::move(find_bucket)) {}

  /// The answer to come when the request is another process's to give. Takes the request then.
  std::optional<Task<net::HttpResponse>> take(net::HttpRequest& request);
  /// Calls of an API by its execute-api name, of a function by its URL.
  static bool is_data_plane(const net::HttpRequest& head);
  /// Content of S3 is not held here.
  static bool takes_source(const net::HttpRequest& head);

 private:
  Task<net::HttpResponse> forward(net::HttpRequest request, service::RegionAddress region,
                                  std::string service);
  Task<net::HttpResponse> refuse_region(net::HttpRequest request, service::Destination asked);
  void verify(const net::HttpRequest& request, const service::RegionAddress& region,
              const std::string& service);
  const service::RegionAddress* home_of(const net::HttpRequest& request,
                                        const service::Destination& destination) const;
  net::HttpResponse refuse(const net::HttpRequest& request, const std::string& service,
                           const aws::ApiError& error);

  service::Node& node_;
  FindBucket find_bucket_;
  aws::SigningKeys signing_keys_;
};

}  // namespace tandem::global
