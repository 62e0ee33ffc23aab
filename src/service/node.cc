#include "service/node.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <fmt/format.h>
#include <malloc.h>

#include "aws/protocol.h"
#include "core/log.h"
#include "net/process.h"
#include "service/remote_keys.h"
#include "service/request_ids.h"
#include "service/web_guard.h"
#include "store/engines.h"

namespace tandem::service {
namespace {

constexpr std::size_t kPoolThreads = 2;
/// What a stop gives requests under way before it closes their connections.
constexpr std::chrono::milliseconds kGrace{1'000};

constexpr std::size_t kMiB = 1024 * 1024;
/// An S3 object in one PUT or GET.
constexpr std::size_t kLargestBody = 1024 * kMiB;

/// Bodies are held in memory, so the limit is what the service addressed could ever take: an S3
/// object in one PUT, a Lambda package as base64, DynamoDB's 16 MB for everything else.
std::size_t body_limit(const net::HttpRequest& head) {
  const std::string service = destination_of(head).service;
  if (service == "s3") return kLargestBody;
  if (service == "lambda") return 72 * kMiB;
  return 17 * kMiB;
}

/// In the words of who would have got the body: S3 API reference, "Error responses"; Lambda and API
/// Gateway as observed. A name that is no service's is a custom domain of the latter.
aws::ApiError too_large(std::string_view service) {
  if (service == "s3") {
    return {400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"};
  }
  if (service.empty() || service == "execute-api") {
    return {413, "RequestTooLargeException", "HTTP content length exceeded 10485760 bytes."};
  }
  if (service == "lambda") {
    return {413, "RequestEntityTooLargeException", "Request must be smaller than 70167211 bytes"};
  }
  return {413, "RequestEntityTooLargeException", "The request body is too large"};
}

/// Texts of S3 from its API reference, "Error responses".
std::optional<aws::ApiError> refusal_error(int status, std::string_view service) {
  if (status == 413) return too_large(service);
  if (status == 503) {
    if (service == "s3") return aws::ApiError(503, "SlowDown", "Please reduce your request rate.");
    return aws::ApiError(503, "ServiceUnavailable", "Too much is being sent at once; try again");
  }
  if (status == 408 && service == "s3") {
    return aws::ApiError(400, "RequestTimeout",
                         "Your socket connection to the server was not read from or written to "
                         "within the timeout period. Idle connections will be closed.");
  }
  return std::nullopt;
}

std::optional<net::HttpResponse> refusal(const net::HttpRequest& head, int status,
                                         core::Random& random) {
  if (TandemEndpoints::owns(head)) return std::nullopt;
  const std::string service = destination_of(head).service;
  const auto error = refusal_error(status, service);
  if (!error) return std::nullopt;
  const std::string request_id = make_request_id(service, random);
  aws::ErrorPlace place;
  place.service = aws::model::find_service(service);
  place.protocol = place.service ? place.service->protocol() : aws::model::Protocol::kRestJson;
  place.request_id = request_id;
  place.method = head.method;
  place.resource = head.path();
  return aws::encode_error(place, *error);
}

/// Half of the descriptors are the store's, the functions' and the connections' to others.
std::size_t connection_limit() {
  return std::min(net::HttpLimits().connections, net::raise_descriptor_limit() / 2);
}

}  // namespace

struct Node::State {
  State(const Config& config, Options options)
      : config(config),
        options(std::move(options)),
        folder(config.state_folder / this->options.name),
        pool(kPoolThreads),
        store(store::open_rocksdb(folder / "store")),
        ca(net::LocalCa::load_or_create(config.state_folder / "ca")),
        client(loop.get_executor(),
               {.response_bytes = kLargestBody, .trusted_ca_pem = ca.certificate_pem()}),
        dispatcher({.region = this->options.region,
                    .account = config.account,
                    .durability = config.durability},
                   clock, random, keys, *store, pool),
        endpoints(dispatcher, {.health = [this] { return health(); },
                               .metrics = [this] { return all_metrics(); },
                               .links = [this]() -> const LinkControl& { return links; },
                               .key = [this](std::string_view id) { return describe_key(id); }}),
        remote_keys(client, {.address = config.global_address, .port = config.ports.endpoint}, keys,
                    clock) {
    adopt_keys();
    keys.set(config.credentials.access_key_id, {.secret = config.credentials.secret_access_key,
                                                .arn = "arn:aws:iam::" + config.account + ":root"});
  }

  void adopt_keys() {
    std::vector<std::string> keepers = {std::string(KeyMint::kIdentities)};
    if (options.identities == Identities::kElsewhere) {
      keepers.push_back(KeyMint::functions_of(options.region));
      dispatcher.set_key_lookup(
          [this](std::string id) { return remote_keys.refresh(std::move(id)); });
    }
    keys.own(KeyMint(config.credentials.secret_access_key), std::move(keepers));
  }

  /// For the regions. The secret follows from the id, for those who have the world's key.
  std::optional<json::object> describe_key(std::string_view id) const {
    if (options.identities == Identities::kElsewhere) return std::nullopt;
    const KeyRing::Key* key = keys.find(id);
    if (key == nullptr || !keys.mint().made(id, KeyMint::kIdentities)) return std::nullopt;
    return json::object{{"Arn", key->arn}, {"Expires", key->expires_s}};
  }

  json::object health() const {
    return {{"status", "ok"}, {"name", options.name}, {"region", options.region}};
  }

  std::string all_metrics() const {
    std::string text;
    for (const auto& part : metrics) text += part();
    const auto stats = server->stats();
    text += fmt::format(
        "# TYPE tandem_http_connections gauge\ntandem_http_connections {}\n"
        "# TYPE tandem_http_connections_evicted_total counter\n"
        "tandem_http_connections_evicted_total {}\n"
        "# TYPE tandem_http_refused_total counter\ntandem_http_refused_total {}\n",
        stats.connections, stats.evicted, stats.refused);
    return text;
  }

  bool is_data_plane(const net::HttpRequest& head) const { return data_plane && data_plane(head); }

  std::optional<net::HttpResponse> admit(const net::HttpRequest& head) {
    if (is_data_plane(head)) return std::nullopt;
    const auto why = foreign_page(head);
    if (!why) return std::nullopt;
    return page_refusal(head, *why, random);
  }

  /// What a browser shows as a page of its own.
  Task<net::HttpResponse> handle_document(net::HttpRequest request) {
    const bool foreign = !TandemEndpoints::owns(request) && !is_data_plane(request);
    Task<net::HttpResponse> answering = route(std::move(request));
    net::HttpResponse response = co_await std::move(answering);
    if (foreign) sandbox_document(response);
    co_return response;
  }

  Task<net::HttpResponse> route(net::HttpRequest request) {
    if (front) {
      if (auto taken = front(request)) return std::move(*taken);
    }
    if (TandemEndpoints::owns(request)) return endpoints.handle(std::move(request));
    return dispatcher.handle(std::move(request));
  }

  void listen() {
    net::HttpServer::Options server_options;
    server_options.limits.connections = connection_limit();
    server_options.admit = [this](const net::HttpRequest& head) { return admit(head); };
    server_options.body_limit = body_limit;
    server_options.refusal = [this](const net::HttpRequest& head, int status) {
      return refusal(head, status, random);
    };
    server = std::make_unique<net::HttpServer>(
        loop.get_executor(), std::move(server_options), [this](net::HttpRequest request) {
          // Only browsers need more than the answer.
          return opens_as_document(request) ? handle_document(std::move(request))
                                            : route(std::move(request));
        });
    for (const std::uint16_t port : options.http_ports) server->listen(options.address, port);
    for (const std::uint16_t port : options.https_ports) {
      server->listen_tls(options.address, port, tls);
    }
  }

  Task<void> stop() {
    co_await server->stop(kGrace);
    for (std::size_t i = lives.size(); i-- > 0;) {
      Task<void> stopping = lives[i].stop();
      co_await std::move(stopping);
    }
    for (std::size_t i = services.size(); i-- > 0;) co_await services[i]->stop();
    client.close();
    loop.stop();
  }

  const Config& config;
  Options options;
  std::filesystem::path folder;
  asio::io_context loop{1};
  asio::thread_pool pool;
  core::SystemClock clock;
  core::SystemRandom random;
  std::unique_ptr<store::Store> store;
  std::vector<std::unique_ptr<store::ScopedStore>> scopes;
  KeyRing keys;
  net::LocalCa ca;
  net::ServerTls tls;
  net::HttpClient client;
  Dispatcher dispatcher;
  TandemEndpoints endpoints;
  RemoteKeys remote_keys;
  std::vector<Service*> services;
  std::vector<Life> lives;
  Front front;
  DataPlane data_plane;
  std::vector<std::function<std::string()>> metrics;
  LinkControl links;
  std::unique_ptr<net::HttpServer> server;
};

Node::Node(const Config& config, Options options) {
  // Small answers come and go by the thousand; further arenas would only keep memory idle.
  mallopt(M_ARENA_MAX, 2);
  state_ = std::make_unique<State>(config, std::move(options));
}

Node::~Node() = default;

Environment Node::environment(std::string_view service) {
  State& at = *state_;
  at.scopes.push_back(std::make_unique<store::ScopedStore>(*at.store, std::string(service) + '/'));
  return {.executor = at.loop.get_executor(),
          .blocking = at.pool,
          .clock = at.clock,
          .random = at.random,
          .store = *at.scopes.back(),
          .folder = at.folder / service,
          .config = at.config,
          .region = at.options.region};
}

void Node::add(Service& service) {
  state_->services.push_back(&service);
  state_->dispatcher.add(service);
}

void Node::set_front(Front front) { state_->front = std::move(front); }

void Node::set_data_plane(DataPlane data_plane) { state_->data_plane = std::move(data_plane); }

void Node::add_life(Life life) { state_->lives.push_back(std::move(life)); }

void Node::add_metrics(std::function<std::string()> text) {
  state_->metrics.push_back(std::move(text));
}

void Node::set_links(LinkControl links) { state_->links = std::move(links); }

int Node::run(const std::function<void()>& on_ready) {
  State& at = *state_;
  at.listen();
  for (Service* service : at.services) service->start();
  for (const Life& life : at.lives) life.start();
  at.server->start();
  asio::signal_set signals(at.loop, SIGTERM, SIGINT);
  signals.async_wait([this](boost::system::error_code failed, int) {
    if (failed) return;
    asio::co_spawn(state_->loop, state_->stop(), [this](const std::exception_ptr& escaped) {
      if (!escaped) return;
      log::error("stopping failed");
      state_->loop.stop();
    });
  });
  log::info("{} serves on {}", at.options.name, at.options.address);
  on_ready();
  at.loop.run();
  at.pool.join();
  log::info("{} has stopped", at.options.name);
  return 0;
}

asio::any_io_executor Node::executor() { return state_->loop.get_executor(); }
const Config& Node::config() const { return state_->config; }
core::Clock& Node::clock() { return state_->clock; }
KeyRing& Node::keys() { return state_->keys; }
Dispatcher& Node::dispatcher() { return state_->dispatcher; }
net::HttpClient& Node::http_client() { return state_->client; }
net::ServerTls& Node::tls() { return state_->tls; }
const net::LocalCa& Node::ca() const { return state_->ca; }

}  // namespace tandem::service
