// AWS's host names: which service, region, bucket or API a Host header means.
#pragma once

#include <string>
#include <string_view>

namespace tandem::service {

struct HostMeaning {
  std::string service;  ///< botocore's name, "execute-api" or "lambda-url"; empty: not AWS's
  std::string region;   ///< empty when the name is global ("iam.amazonaws.com")
  std::string label;    ///< S3: the bucket; execute-api, lambda-url: the API's or URL's id
};
/// host in lower case, without port.
HostMeaning read_host(std::string_view host);

}  // namespace tandem::service
