#include "service/node.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <fmt/format.h>
#include <malloc.h>
#include <map>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "core/supervise.h"
#include "net/ca_files.h"
#include "net/process.h"
#include "service/plain_error.h"
#include "service/remote_keys.h"
#include "service/store_health.h"
#include "service/store_owner.h"
#include "service/web_guard.h"
#include "store/engines.h"
#include "store/guarded_store.h"

namespace tandem::service {
namespace {

constexpr std::size_t kPoolThreads = 2;
/// What a stop gives requests under way before it closes their connections.
constexpr std::chrono::milliseconds kGrace{1'000};

/// How often the disk is looked at.
constexpr std::chrono::milliseconds kLook{250};

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
  const auto error = refusal_error(status, destination_of(head).service);
  if (!error) return std::nullopt;
  return error_answer(head, *error, random);
}

/// Half of the descriptors are the store's, the functions' and the connections' to others.
std::size_t connection_limit() {
  return std::min(net::HttpLimits().connections, net::raise_descriptor_limit() / 2);
}

/// A part that cannot stop must not keep the others from it.
Task<void> end(std::string part, Task<void> stopping) {
  try {
    co_await std::move(stopping);
  } catch (const std::exception& error) {
    log::error("stopping {}: {}", part, error.what());
  }
}

std::unique_ptr<store::GuardedStore> open_store(const std::filesystem::path& folder,
                                                const std::string& name, core::Clock& clock) {
  const auto failure = std::make_shared<store::EngineFailure>();
  auto engine = store::open_rocksdb(folder / "store", failure);
  auto guarded = std::make_unique<store::GuardedStore>(
      std::move(engine), clock,
      store::GuardedStore::Options{.name = name,
                                   .location = folder.string(),
                                   .space = [folder] { return store::space_of(folder); },
                                   .failure = failure});
  claim_store(*guarded, folder.parent_path(), name);
  return guarded;
}

}  // namespace

struct Node::State {
  State(const Config& config, Options options)
      : config(config),
        options(std::move(options)),
        folder(config.state_folder / this->options.name),
        pool(kPoolThreads),
        store(open_store(folder, this->options.name, clock)),
        health_log(this->options.name),
        tasks(loop.get_executor()),
        ca(net::load_ca(config.state_folder / "ca")),
        client(loop.get_executor(),
               {.response_bytes = kLargestBody, .trusted_ca_pem = ca.certificate_pem()}),
        dispatcher({.region = this->options.region,
                    .account = config.account,
                    .durability = config.durability},
                   clock, random, keys, *store, pool),
        endpoints(dispatcher, {.health = [this] { return health(); },
                               .metrics = [this] { return all_metrics(); },
                               .documents = [this]() -> const Documents& { return documents; },
                               .links = [this]() -> const LinkControl& { return links; },
                               .key = [this](std::string_view id) { return describe_key(id); }}),
        remote_keys(client, {.address = config.global_address, .port = config.ports.endpoint}, keys,
                    clock, config.credentials) {
    identity = folder_identity(folder).value_or(FolderIdentity());
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
    store::Health seen = store->health();
    if (seen.state == store::Health::State::kDamaged) {
      seen.reason = with_way_out(seen.reason, options.name, (folder / "store").string());
    }
    json::object document = health_document(seen);
    document["name"] = options.name;
    document["region"] = options.region;
    // Who it is, so that a command can tell its own processes from a stranger on the port.
    document["pid"] = getpid();
    document["stateFolder"] = config.state_folder.string();
    // Serves, reads and replicates inwards; what it refuses is writes.
    if (links.clock_refusal) {
      if (std::string why = links.clock_refusal(); !why.empty()) document["clock"] = why;
    }
    for (const auto& [member, why] : troubles) {
      if (std::string text = why(); !text.empty()) document[member] = text;
    }
    return document;
  }

  std::string all_metrics() const {
    std::string text = health_metrics(store->health());
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

  static Task<net::HttpResponse> answer_at_once(net::HttpResponse response) { co_return response; }

  Task<net::HttpResponse> route(net::HttpRequest request) {
    if (front) {
      if (auto taken = front(request)) return std::move(*taken);
    }
    if (TandemEndpoints::owns(request)) {
      const bool may =
          may_use_own_path(request, options.own_paths, config.credentials, clock.now_s());
      return may ? endpoints.handle(std::move(request)) : answer_at_once(own_path_refusal());
    }
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

  /// What has started before something cannot is stopped again.
  void start() {
    std::exception_ptr failed;
    try {
      for (Service* service : services) service->start();
      for (const Life& life : lives) life.start();
    } catch (...) {
      failed = std::current_exception();
    }
    if (failed) {
      begin_stop(Ended::kStopped);
      loop.run();
      pool.join();
      std::rethrow_exception(failed);
    }
    server->start();
  }

  static Task<void> watch(State* self) {
    for (;;) {
      co_await core::sleep_for(kLook);
      self->health_log.note(self->store->check());
      if (self->wants_reopen()) self->begin_stop(Ended::kReopen);
    }
  }

  /// A store that failed is opened again once there is room. One that refused writes is, too, when
  /// it takes them again: whoever was refused may have had more in memory than is in the store.
  bool wants_reopen() {
    const store::Health& seen = store->health();
    const std::int64_t now = clock.steady_ns();
    if (seen.state == store::Health::State::kOk) return seen.refused_writes > 0;
    if (seen.state != store::Health::State::kFailed) return false;
    if (!failed_since_ns) failed_since_ns = now;
    return store->may_reopen() &&
           std::chrono::nanoseconds(now - *failed_since_ns) >= options.patience;
  }

  void begin_stop(Ended how) {
    if (how == Ended::kStopped) ended = how;
    if (stopping) return;
    stopping = true;
    ended = how;
    if (how == Ended::kReopen)
      log::info("{}: everything is read anew from the store", options.name);
    asio::co_spawn(loop, stop(), [this](const std::exception_ptr&) { loop.stop(); });
  }

  /// A process whose folder was removed, moved or replaced serves what nobody can stop or see, and
  /// keeps the ports. It ends at once: in good order it would write into what is there now.
  void watch_folder() {
    folder_watch.expires_after(kFolderWatch);
    folder_watch.async_wait([this](boost::system::error_code cancelled) {
      if (cancelled) return;
      const auto now = folder_identity(folder);
      const bool unknown = !now && errno != ENOENT && errno != ENOTDIR;
      if (unknown || (now && *now == identity)) return watch_folder();
      log::error("{} is gone or another one: {} ends", folder.string(), options.name);
      _exit(kFolderGone);
    });
  }

  Task<void> stop() {
    folder_watch.cancel();
    Task<void> closing = end("the server", server->stop(kGrace));
    co_await std::move(closing);
    for (std::size_t i = lives.size(); i-- > 0;) {
      Task<void> ending = end(options.name, lives[i].stop());
      co_await std::move(ending);
    }
    for (std::size_t i = services.size(); i-- > 0;) {
      Task<void> ending = end(std::string(services[i]->name()), services[i]->stop());
      co_await std::move(ending);
    }
    co_await tasks.stop();
    client.close();
    loop.stop();
  }

  const Config& config;
  Options options;
  std::filesystem::path folder;
  FolderIdentity identity;
  asio::io_context loop{1};
  core::Timer folder_watch{loop};
  core::WorkerThreads pool;
  core::SystemClock clock;
  core::SystemRandom random;
  std::unique_ptr<store::GuardedStore> store;
  HealthLog health_log;
  core::TaskGroup tasks;
  std::optional<std::int64_t> failed_since_ns;
  bool stopping = false;
  Ended ended = Ended::kStopped;
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
  using Documents = std::map<std::string, std::function<json::object()>, std::less<>>;
  Documents documents;
  std::map<std::string, std::function<std::string()>> troubles;
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

void Node::add_document(std::string path, std::function<json::object()> document) {
  state_->documents[std::move(path)] = std::move(document);
}

void Node::add_trouble(std::string member, std::function<std::string()> why) {
  state_->troubles[std::move(member)] = std::move(why);
}

void Node::set_links(LinkControl links) { state_->links = std::move(links); }

Node::Ended Node::run(const std::function<void()>& on_ready) {
  State& at = *state_;
  at.listen();
  at.start();
  asio::signal_set signals(at.loop, SIGTERM, SIGINT);
  signals.async_wait([this](boost::system::error_code failed, int) {
    if (!failed) state_->begin_stop(Ended::kStopped);
  });
  at.watch_folder();
  at.health_log.note(at.store->check());
  core::supervise(at.tasks, at.options.name + "'s watch over its store",
                  [&at] { return State::watch(&at); });
  log::info("{} serves on {}", at.options.name, at.options.address);
  on_ready();
  at.loop.run();
  at.pool.join();
  log::info("{} has stopped", at.options.name);
  return at.ended;
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
