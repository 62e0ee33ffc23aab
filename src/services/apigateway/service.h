// API Gateway REST APIs: the control plane as a service, and the data plane that serves
// execute-api hosts and custom domains. Lives on the loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"
#include "service/environment.h"
#include "service/service.h"
#include "services/apigateway/ports.h"

namespace tandem::apigateway {

class ApiGatewayService final : public service::Service {
 public:
  ApiGatewayService(service::Environment environment, ApiGatewayPorts ports);
  ~ApiGatewayService() override;

  std::string_view name() const override { return "apigateway"; }
  const std::vector<service::Operation>& operations() const override;
  /// Compiles what is stored and hands every domain's certificate to the TLS sink. The certificate
  /// store must have started.
  void start() override;
  Task<void> stop() override;

  /// Whether requests for this Host (lower case, without port) are the data plane's: every
  /// execute-api name of the region ("d-…" names too) and every custom domain.
  bool serves(std::string_view host) const;
  /// Answers one request of the data plane. Never throws: a failure is a gateway response. The
  /// server should let bodies of a little over 10 MiB through, so that they are refused here.
  Task<net::HttpResponse> serve(net::HttpRequest request);

  /// ARNs of the domain names that present this certificate.
  std::vector<std::string> domains_using(std::string_view certificate_arn) const;
  /// The certificate has been re-imported or renewed: its domains present the new one.
  void certificate_changed(std::string_view certificate_arn);

 private:
  const service::Environment& environment() const override;
  std::function<void()> forgetting() override;

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tandem::apigateway
