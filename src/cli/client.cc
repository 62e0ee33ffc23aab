#include "cli/client.h"

#include "core/clock.h"
#include "net/ca_files.h"
#include "net/tcp_http_client.h"
#include "service/global_services.h"
#include "service/remote_api.h"

namespace tandem::cli {
namespace {

net::HttpTarget locate(const service::Config& config, const aws::ApiCall& call) {
  if (service::is_global_service(call.service)) {
    return {.address = config.global_address, .port = config.ports.endpoint};
  }
  const auto* region = config.find_region(call.region);
  // The global process answers for regions that are not ours, in AWS's words.
  if (region == nullptr) return {.address = config.global_address, .port = config.ports.endpoint};
  return {.address = region->address, .port = config.ports.http};
}

/// Nothing when it is lost or damaged: no TLS server is trusted then, and what needs none goes on.
std::string trusted_root(const service::Config& config) {
  const core::SystemClock clock;
  net::OpenSslKeys keys;
  try {
    return net::load_ca(config.state_folder / "ca", {&clock, &keys}).certificate_pem();
  } catch (const std::runtime_error&) {
    return "";
  }
}

}  // namespace

struct Client::State {
  explicit State(const service::Config& config)
      : http(loop.get_executor(), {.trusted_ca_pem = trusted_root(config)}),
        api(
            http, [&config](const aws::ApiCall& call) { return locate(config, call); },
            {config.credentials.access_key_id, config.credentials.secret_access_key, ""}, clock) {}

  asio::io_context loop;
  core::SystemClock clock;
  net::TcpHttpClient http;
  service::RemoteApi api;
};

Client::Client(const service::Config& config) : state_(std::make_unique<State>(config)) {}
Client::~Client() = default;

aws::Api& Client::api() { return state_->api; }
net::HttpClient& Client::http() { return state_->http; }
asio::io_context& Client::loop() { return state_->loop; }

void Client::run_loop() {
  state_->loop.restart();
  state_->loop.run();
}

void Client::run(Task<void> task) {
  std::exception_ptr failure;
  asio::co_spawn(loop(), std::move(task), [&](const std::exception_ptr& escaped) {
    failure = escaped;
    loop().stop();
  });
  run_loop();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace tandem::cli
