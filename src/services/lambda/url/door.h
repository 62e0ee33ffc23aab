// Function URLs' data plane: from an HTTP request for <url-id>.lambda-url.<region>.on.aws to the
// function's answer.
#pragma once

#include <string>
#include <string_view>

#include "aws/sigv4.h"
#include "net/http.h"
#include "service/key_ring.h"
#include "services/lambda/api/operations.h"
#include "services/lambda/url/event.h"

namespace tandem::lambda {

class FunctionUrls {
 public:
  /// Borrows both.
  FunctionUrls(api::Scope& scope, const service::KeyRing& keys) : scope_(scope), keys_(keys) {}

  /// Whether host is such a name of this region, of a URL that there is or not.
  bool serves(std::string_view host) const;
  /// Throws nothing that a client could cause.
  Task<net::HttpResponse> serve(net::HttpRequest request);

 private:
  struct Url {
    FunctionReference function;  ///< without a qualifier for $LATEST
    std::string id;
    bool signed_only = false;  ///< AuthType AWS_IAM
    bool streamed = false;     ///< InvokeMode RESPONSE_STREAM
    json::object cors;
  };
  std::optional<Url> find(std::string_view id) const;
  std::optional<net::HttpResponse> admit(const Url& url, const net::HttpRequest& request,
                                         std::optional<UrlCaller>& caller);
  Task<net::HttpResponse> answer(Url url, net::HttpRequest request, std::string request_id);

  api::Scope& scope_;
  const service::KeyRing& keys_;
  aws::SigningKeys signing_keys_;
};

}  // namespace tandem::lambda
