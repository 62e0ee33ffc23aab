#include "service/node.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <malloc.h>
#include <map>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/protocol.h"
#include "core/log.h"
#include "net/ca_files.h"
#include "service/request_ids.h"
#include "store/engines.h"

namespace tandem::service {
namespace {

constexpr std::size_t kPoolThreads = 2;
/// What a stop gives requests under way before it closes their connections.
constexpr std::chrono::milliseconds kGrace{1'000};

constexpr std::size_t kMiB = 1024 * 1024;
/// An S3 object in one PUT or GET.
constexpr std::size_t kLargestBody = 1024 * kMiB;

/// How often a process looks whether its folder is still there, and what it ends with when not.
constexpr std::chrono::seconds kFolderWatch{1};
constexpr int kFolderGone = 4;

struct FolderIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FolderIdentity&) const = default;
};

/// What is there now: perhaps another folder of the same name. Nothing (and errno) when it cannot
/// be seen.
std::optional<FolderIdentity> folder_identity(const std::filesystem::path& folder) {
  struct stat found {};
  if (stat(folder.c_str(), &found) == 0) return FolderIdentity{found.st_dev, found.st_ino};
  return std::nullopt;
}

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

std::optional<net::HttpResponse> refusal(const net::HttpRequest& head, int status,
                                         core::Random& random) {
  if (status != 413 || TandemEndpoints::owns(head)) return std::nullopt;
  const std::string service = destination_of(head).service;
  const std::string request_id = make_request_id(service, random);
  aws::ErrorPlace place;
  place.service = aws::model::find_service(service);
  place.protocol = place.service ? place.service->protocol() : aws::model::Protocol::kRestJson;
  place.request_id = request_id;
  place.method = head.method;
  place.resource = head.path();
  return aws::encode_error(place, too_large(service));
}

}  // namespace

struct Node::State {
  State(const Config& config, Options options)
      : config(config),
        options(std::move(options)),
        folder(config.state_folder / this->options.name),
        pool(kPoolThreads),
        store(store::open_rocksdb(folder / "store")),
        ca(net::load_ca(config.state_folder / "ca")),
        client(loop.get_executor(),
               {.response_bytes = kLargestBody, .trusted_ca_pem = ca.certificate_pem()}),
        dispatcher({.region = this->options.region,
                    .account = config.account,
                    .durability = config.durability},
                   clock, random, keys, *store, pool),
        endpoints(dispatcher, {.health = [this] {
    return health(); },
                               .metrics = [this] {
    return all_metrics(); },
                               .documents = [this]() -> const auto& { return documents;
}, .links = [this]() -> const LinkControl& { return links; }
}  // namespace tandem::service
) {
  identity = folder_identity(folder).value_or(FolderIdentity());
  keys.set(config.credentials.access_key_id, {.secret = config.credentials.secret_access_key,
                                              .arn = "arn:aws:iam::" + config.account + ":root"});
}

json::object health() const {
  // Who it is, so that a command can tell its own processes from a stranger on the port.
  return {{"status", "ok"},
          {"name", options.name},
          {"region", options.region},
          {"pid", getpid()},
          {"stateFolder", config.state_folder.string()}};
}

std::string all_metrics() const {
  std::string text;
  for (const auto& part : metrics) text += part();
  return text;
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
  server_options.body_limit = body_limit;
  server_options.refusal = [this](const net::HttpRequest& head, int status) {
    return refusal(head, status, random);
  };
  server = std::make_unique<net::HttpServer>(
      loop.get_executor(), std::move(server_options),
      [this](net::HttpRequest request) { return route(std::move(request)); });
  for (const std::uint16_t port : options.http_ports) server->listen(options.address, port);
  for (const std::uint16_t port : options.https_ports) {
    server->listen_tls(options.address, port, tls);
  }
}

/// A process whose folder was removed, moved or replaced serves what nobody can stop or see, and
/// keeps the ports. It ends at once: in good order it would write into what is there now.
void watch_folder() {
  watch.expires_after(kFolderWatch);
  watch.async_wait([this](boost::system::error_code cancelled) {
    if (cancelled) return;
    const auto now = folder_identity(folder);
    const bool unknown = !now && errno != ENOENT && errno != ENOTDIR;
    if (unknown || (now && *now == identity)) return watch_folder();
    log::error("{} is gone or another one: {} ends", folder.string(), options.name);
    _exit(kFolderGone);
  });
}

Task<void> stop() {
  watch.cancel();
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
FolderIdentity identity;
asio::io_context loop{1};
asio::steady_timer watch{loop};
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
std::vector<Service*> services;
std::vector<Life> lives;
Front front;
std::vector<std::function<std::string()>> metrics;
std::map<std::string, std::function<json::object()>, std::less<>> documents;
LinkControl links;
std::unique_ptr<net::HttpServer> server;
}
;

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

void Node::add_life(Life life) { state_->lives.push_back(std::move(life)); }

void Node::add_metrics(std::function<std::string()> text) {
  state_->metrics.push_back(std::move(text));
}

void Node::add_document(std::string path, std::function<json::object()> document) {
  state_->documents[std::move(path)] = std::move(document);
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
  at.watch_folder();
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
