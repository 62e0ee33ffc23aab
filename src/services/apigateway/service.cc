#include "services/apigateway/service.h"

#include "core/log.h"
#include "core/supervise.h"
#include "services/apigateway/api/operations.h"
#include "services/apigateway/api/references.h"
#include "services/apigateway/proxy/gateway.h"
#include "services/apigateway/state.h"

namespace tandem::apigateway {

struct ApiGatewayService::Impl {
  Impl(service::Environment environment, ApiGatewayPorts ports)
      : state(std::move(environment), ports),
        table(apigateway::operations(state)),
        tasks(state.environment.executor) {}

  State state;
  std::vector<service::Operation> table;
  core::TaskGroup tasks;
  bool flush_planned = false;

  void present_certificate(const std::string& domain, const std::string& arn) {
    const auto certificate = state.ports.certificates.find(arn);
    if (certificate) {
      state.ports.tls.set(domain, certificate->certificate);
    } else {
      log::error("apigateway: the certificate of {} is gone: {}", domain, arn);
    }
  }

  static Task<void> flush_later(Impl* self) {
    co_await core::sleep_for(Meters::kFlushInterval);
    self->state.meters.flush(self->state.records);
    self->flush_planned = false;
  }

  void plan_flush() {
    if (flush_planned || !state.meters.changed()) return;
    flush_planned = true;
    core::supervise(tasks, "apigateway quota counts", [this] { return flush_later(this); });
  }

  static Task<net::HttpResponse> serve(Impl* self, net::HttpRequest request) {
    net::HttpResponse response = co_await serve_request(self->state, std::move(request));
    self->plan_flush();
    co_return response;
  }
};

ApiGatewayService::ApiGatewayService(service::Environment environment, ApiGatewayPorts ports)
    : impl_(std::make_unique<Impl>(std::move(environment), ports)) {}

ApiGatewayService::~ApiGatewayService() = default;

const std::vector<service::Operation>& ApiGatewayService::operations() const {
  return impl_->table;
}

void ApiGatewayService::start() {
  State& state = impl_->state;
  give_first_models(state);
  state.view.load_all(state.records);
  state.meters.load(state.records);
  for (const auto& [name, domain] : state.records.domains.list()) {
    impl_->present_certificate(name, json::string_or(domain, "regionalCertificateArn"));
  }
}

Task<void> ApiGatewayService::stop() {
  co_await impl_->tasks.stop();
  impl_->state.meters.flush(impl_->state.records);
}

const service::Environment& ApiGatewayService::environment() const {
  return impl_->state.environment;
}

std::function<void()> ApiGatewayService::forgetting() {
  State& state = impl_->state;
  return [&state, domains = state.records.domains.list()] {
    for (const auto& [name, domain] : domains) state.ports.tls.erase(name);
    state.meters.clear();
    state.authorized.clear();
    state.view.clear();
  };
}

bool ApiGatewayService::serves(std::string_view host) const {
  return serves_host(impl_->state, host);
}

Task<net::HttpResponse> ApiGatewayService::serve(net::HttpRequest request) {
  return Impl::serve(impl_.get(), std::move(request));
}

std::vector<std::string> ApiGatewayService::domains_using(std::string_view certificate_arn) const {
  std::vector<std::string> arns;
  for (const auto& [name, domain] : impl_->state.records.domains.list()) {
    if (json::string_or(domain, "regionalCertificateArn") == certificate_arn) {
      arns.push_back(json::string_or(domain, "domainNameArn"));
    }
  }
  return arns;
}

void ApiGatewayService::certificate_changed(std::string_view certificate_arn) {
  for (const auto& [name, domain] : impl_->state.records.domains.list()) {
    const std::string arn = json::string_or(domain, "regionalCertificateArn");
    if (arn == certificate_arn) impl_->present_certificate(name, arn);
  }
}

}  // namespace tandem::apigateway
