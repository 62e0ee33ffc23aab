#include "region/inside_network.h"

#include <algorithm>
#include <fmt/format.h>

#include "aws/dialect.h"
#include "aws/error.h"
#include "aws/protocol.h"
#include "core/check.h"
#include "core/log.h"
#include "net/tls.h"
#include "service/dispatch.h"
#include "service/effects.h"
#include "service/endpoints.h"
#include "service/global_services.h"
#include "service/host_name.h"
#include "service/names.h"
#include "service/request_ids.h"

namespace tandem::region {
namespace {

/// What requests under way are given when their function has ended.
constexpr std::chrono::milliseconds kGrace{30'000};
constexpr std::uint16_t kHttp = 80;
constexpr std::uint16_t kHttps = 443;
constexpr std::uint16_t kDns = 53;
/// Longer than any operation takes: an Invoke may run for 15 minutes.
constexpr std::chrono::milliseconds kForwardTimeout{16 * 60 * 1000};

/// As outside (service/process.cc): other regions take what this one takes.
net::HttpServer::Options listener_options(const service::Node& node) {
  net::HttpServer::Options options;
  options.body_limit = [&node](const net::HttpRequest& head) { return node.body_limit(head); };
  options.as_source = [&node](const net::HttpRequest& head) { return node.takes_source(head); };
  return options;
}

}  // namespace

/// The server of one function's network.
class InsideNetwork::Served final : public Session {
 public:
  Served(InsideNetwork& network, std::shared_ptr<net::HttpServer> server)
      : network_(network), server_(std::move(server)) {}
  ~Served() override {
    if (names_) {
      network_.ending_names_.push_back(names_);
      network_.roots_.spawn("a function's names", network_.end_names(std::move(names_)));
    }
    network_.ending_.push_back(server_);
    network_.roots_.spawn("a function's connections", network_.end(std::move(server_)));
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;
  void serve_names(std::shared_ptr<net::DnsRelay> names) {
    names_ = std::move(names);
    names_->start();
  }

 private:
  InsideNetwork& network_;
  std::shared_ptr<net::HttpServer> server_;
  std::shared_ptr<net::DnsRelay> names_;
};

InsideNetwork::InsideNetwork(service::Node& node, std::string own_name,
                             std::vector<std::string> resolvers, Handler own_region)
    : node_(node),
      own_name_(std::move(own_name)),
      own_region_(std::move(own_region)),
      names_(node.config(), "", std::move(resolvers)),
      roots_(node.world().executor) {}

std::vector<std::uint16_t> InsideNetwork::ports() const {
  const service::Ports& ports = node_.config().ports;
  std::vector<std::uint16_t> all = {ports.http, ports.endpoint, ports.https};
  // Where clients look that know nothing but a name of AWS's.
  for (const std::uint16_t port : {kHttp, kHttps}) {
    if (std::ranges::find(all, port) == all.end()) all.push_back(port);
  }
  return all;
}

std::vector<sandbox::Door> InsideNetwork::name_servers() const {
  return {{std::string(service::Names::kResolver), kDns}};
}

std::unique_ptr<lambda::FunctionNetwork::Session> InsideNetwork::serve(Sockets sockets) {
  const std::vector<std::uint16_t> all = ports();
  CHECK(sockets.ports.size() == all.size());
  // Not at the start of the process: many have no function that runs.
  if (!std::exchange(has_certificate_, true)) {
    issue_certificate();
    issue_by_name(tls_);
  }
  std::vector<net::Descriptor> plain;
  std::vector<net::Descriptor> secure;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool tls = all[i] == node_.config().ports.https || all[i] == kHttps;
    (tls ? secure : plain).push_back(std::move(sockets.ports[i]));
  }
  auto session = serve_all(std::move(plain), std::move(secure), tls_);
  auto names = std::make_shared<net::DnsRelay>(
      node_.world().executor, net::DnsRelay::Limits(),
      [this](std::string_view name) { return names_.choose(name); });
  for (net::Descriptor& socket : sockets.names_tcp) names->adopt_tcp(std::move(socket));
  for (net::Descriptor& socket : sockets.names_udp) names->adopt_udp(std::move(socket));
  session->serve_names(std::move(names));
  return session;
}

void InsideNetwork::issue_by_name(net::ServerTls& tls) {
  tls.set_issuer([this](const std::string& name) -> std::optional<net::Certificate> {
    try {
      return node_.ca().issue({name});
    } catch (const std::runtime_error& error) {
      log::warning("a certificate for {}: {}", name, error.what());
      return std::nullopt;
    }
  });
}

std::unique_ptr<lambda::FunctionNetwork::Session> InsideNetwork::serve_names(
    std::vector<net::Descriptor> plain, std::vector<net::Descriptor> tls) {
  if (!std::exchange(has_issuer_, true)) {
    names_tls_.set_default(node_.ca().issue({"*.amazonaws.com"}));
    issue_by_name(names_tls_);
  }
  return serve_all(std::move(plain), std::move(tls), names_tls_);
}

std::unique_ptr<InsideNetwork::Served> InsideNetwork::serve_all(std::vector<net::Descriptor> plain,
                                                                std::vector<net::Descriptor> secure,
                                                                net::ServerTls& tls) {
  auto server = std::make_shared<net::HttpServer>(
      node_.world().executor, listener_options(node_),
      [this](net::HttpRequest request) { return answer(std::move(request)); });
  for (net::Descriptor& socket : plain) server->adopt(std::move(socket));
  for (net::Descriptor& socket : secure) server->adopt(std::move(socket), &tls);
  server->start();
  return std::make_unique<Served>(*this, std::move(server));
}

void InsideNetwork::issue_certificate() {
  std::vector<std::string> names = {"*.amazonaws.com", node_.config().global_address};
  for (const service::RegionAddress& region : node_.config().regions) {
    names.push_back(fmt::format("*.execute-api.{}.amazonaws.com", region.name));
    names.push_back(fmt::format("*.lambda-url.{}.on.aws", region.name));
    names.push_back(fmt::format("*.{}.amazonaws.com", region.name));
    names.push_back(region.address);
  }
  tls_.set_default(node_.ca().issue(names));
}

void InsideNetwork::regions_changed() {
  if (has_certificate_) issue_certificate();
}

Task<void> InsideNetwork::end(std::shared_ptr<net::HttpServer> server) {
  co_await server->stop(kGrace);
  ending_.remove(server);
}

Task<void> InsideNetwork::end_names(std::shared_ptr<net::DnsRelay> relay) {
  co_await relay->stop();
  ending_names_.remove(relay);
}

Task<void> InsideNetwork::stop() {
  const auto servers = ending_;
  for (const auto& server : servers) co_await server->stop();
  const auto relays = ending_names_;
  for (const auto& relay : relays) co_await relay->stop();
  co_await roots_.stop();
}

Task<net::HttpResponse> InsideNetwork::answer(net::HttpRequest request) {
  if (service::TandemEndpoints::owns(request)) co_return refuse(Refusal::kForbidden);
  const service::Config& config = node_.config();
  const net::Connection& at = request.connection;
  const bool global_name = at.local_address == service::Names::kGlobalNames;
  if (at.local_port == config.ports.endpoint || global_name) {
    if (at.local_address != config.global_address && !global_name) {
      co_return refuse(Refusal::kNotFound);
    }
    net::HttpTarget target{.address = config.global_address, .port = config.ports.endpoint};
    co_return co_await forward(std::move(target), "global", std::move(request));
  }
  for (const service::RegionAddress& region : config.regions) {
    if (at.local_address != region.address) continue;
    if (region.name == own_name_) {
      if (auto other = meant_for_another(request)) {
        co_return co_await forward(std::move(other->target), other->where, std::move(request));
      }
      co_return co_await own_region_(std::move(request));
    }
    net::HttpTarget target{.address = region.address, .port = config.ports.http};
    co_return co_await forward(std::move(target), region.name, std::move(request));
  }
  co_return refuse(Refusal::kNotFound);
}

/// AWS_ENDPOINT_URL leads the SDKs that know it to the own region, whatever they call: what is
/// another region's or global's goes where AWS's name would have led it. So does, by name as well,
/// what a region does not answer of STS, whose regional endpoints answer all of it on AWS.
std::optional<InsideNetwork::Elsewhere> InsideNetwork::meant_for_another(
    const net::HttpRequest& request) const {
  const service::Config& config = node_.config();
  const std::string host = request.host();
  const bool aws_name = !service::read_host(host).service.empty();
  // Another name is the application's, or nobody's: the region judges it.
  if (!aws_name && host != request.connection.local_address) return std::nullopt;
  const service::Destination destination = service::destination_of(request);
  if (service::is_global_service(destination.service)) {
    const bool own =
        destination.service == "sts" && service::action_of(request) == "GetCallerIdentity";
    if (own) return std::nullopt;
    return Elsewhere{{.address = config.global_address, .port = config.ports.endpoint}, "global"};
  }
  if (aws_name || destination.region.empty() || destination.region == own_name_) {
    return std::nullopt;
  }
  const service::RegionAddress* region = config.find_region(destination.region);
  if (region == nullptr) return std::nullopt;
  return Elsewhere{{.address = region->address, .port = config.ports.http}, region->name};
}

Task<net::HttpResponse> InsideNetwork::forward(net::HttpTarget target, std::string where,
                                               net::HttpRequest request) {
  net::HttpRequest original = request;
  original.body.clear();
  const std::string service = service::destination_of(original).service;
  std::string why;
  try {
    net::HttpClient& client = node_.http_client();
    Task<net::HttpResponse> asking =
        aws::dialect_of(service).source_body_mib != 0
            ? client.stream(std::move(target), std::move(request), kForwardTimeout,
                            net::HttpClient::Repeat::kByMethod)
            : client.send_open(std::move(target), std::move(request), kForwardTimeout,
                               net::HttpClient::Repeat::kByMethod);
    net::HttpResponse response = co_await std::move(asking);
    co_return response;
  } catch (const net::NetError& error) {
    why = error.message;
  }
  const std::string request_id = service::make_request_id(service, node_.world().random);
  aws::ErrorPlace place;
  place.service = aws::model::find_service(service);
  if (place.service) place.protocol = place.service->protocol();
  place.request_id = request_id;
  place.method = original.method;
  place.resource = original.path();
  co_return aws::encode_error(place,
                              aws::ApiError(503, "ServiceUnavailable",
                                            fmt::format("{} cannot be reached: {}", where, why)));
}

net::HttpResponse InsideNetwork::refuse(Refusal refusal) {
  net::HttpResponse response;
  response.status = refusal == Refusal::kForbidden ? 403 : 404;
  response.headers.add("Content-Type", "text/plain");
  response.body = refusal == Refusal::kForbidden ? "Not from in here.\n"
                                                 : "Nothing of AWS is at this address.\n";
  return response;
}

}  // namespace tandem::region
