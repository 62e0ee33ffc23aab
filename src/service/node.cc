#include "service/node.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <stdexcept>
#include <unistd.h>
#include <utility>

#include "aws/dialect.h"
#include "core/log.h"
#include "core/supervise.h"
#include "net/ca_files.h"
#include "service/call_metrics.h"
#include "service/plain_error.h"
#include "service/remote_keys.h"
#include "service/store_health.h"
#include "service/store_owner.h"
#include "service/web_guard.h"
#include "store/guarded_store.h"

namespace tandem::service {
namespace {

/// How often the disk is looked at.
constexpr std::chrono::milliseconds kLook{250};

constexpr std::size_t kMiB = 1024 * 1024;
/// An answer that is held: those of functions and APIs are far smaller, larger ones are sources.
constexpr std::size_t kLargestAnswer = 1024 * kMiB;
/// DynamoDB's 16 MB and its frame.
constexpr std::size_t kLargestWhole = 17 * kMiB;
/// Of Tandem's own paths: a setting, a name.
constexpr std::size_t kLargestOwn = 64 * 1024;

/// Whole bodies are held in memory, so the limit is what the service addressed could ever take.
std::size_t body_limit_of(const net::HttpRequest& head, bool source) {
  if (TandemEndpoints::owns(head)) return kLargestOwn;
  const aws::Dialect& dialect = aws::dialect_of(destination_of(head).service);
  const int mib = source ? dialect.source_body_mib : dialect.whole_body_mib;
  return mib == 0 ? kLargestWhole : static_cast<std::size_t>(mib) * kMiB;
}

/// In the words of who would have got the body. A name that is no service's is a custom domain of
/// API Gateway, whose words are as observed.
aws::ApiError too_large(std::string_view service) {
  if (const auto& own = aws::dialect_of(service).too_large) return to_error(own);
  if (service.empty() || service == "execute-api") {
    return {413, "RequestTooLargeException", "HTTP content length exceeded 10485760 bytes."};
  }
  return {413, "RequestEntityTooLargeException", "The request body is too large"};
}

std::optional<aws::ApiError> refusal_error(int status, std::string_view service) {
  const aws::Dialect& dialect = aws::dialect_of(service);
  if (status == 413) return too_large(service);
  if (status == 503) {
    if (dialect.busy) return to_error(dialect.busy);
    return aws::ApiError(503, "ServiceUnavailable", "Too much is being sent at once; try again");
  }
  if (status == 408 && dialect.slow) return to_error(dialect.slow);
  return std::nullopt;
}

std::optional<net::HttpResponse> refusal_of(const net::HttpRequest& head, int status,
                                            core::Random& random) {
  if (TandemEndpoints::owns(head)) return std::nullopt;
  const auto error = refusal_error(status, destination_of(head).service);
  if (!error) return std::nullopt;
  return error_answer(head, *error, random);
}

/// A part that cannot stop must not keep the others from it.
Task<void> end(std::string part, Task<void> stopping) {
  try {
    co_await std::move(stopping);
  } catch (const std::exception& error) {
    log::error("stopping {}: {}", part, error.what());
  }
}

std::unique_ptr<store::GuardedStore> open_store(const World& world,
                                                const std::filesystem::path& folder,
                                                const std::string& name) {
  const auto failure = std::make_shared<store::EngineFailure>();
  store::StoreFactory& stores = world.stores;
  auto engine = stores.open(folder / "store", failure);
  auto guarded = std::make_unique<store::GuardedStore>(
      std::move(engine), world.clock,
      store::GuardedStore::Options{.name = name,
                                   .location = folder.string(),
                                   .space = [&stores, folder] { return stores.space(folder); },
                                   .failure = failure});
  claim_store(*guarded, folder.parent_path(), name, world.random);
  return guarded;
}

}  // namespace

struct Node::State {
  State(const World& given_world, Config& given_config, Options given_options)
      : world(given_world),
        config(given_config),
        options(std::move(given_options)),
        folder(given_config.state_folder / this->options.name),
        store(open_store(given_world, folder, this->options.name)),
        health_log(this->options.name),
        tasks(given_world.executor),
        ca(net::load_ca(given_config.state_folder / "ca", {&world.clock, &world.keys})),
        client(world.network.http_client(
            {.response_bytes = kLargestAnswer, .trusted_ca_pem = ca.certificate_pem()})),
        dispatcher({.region = this->options.region,
                    .account = config.account,
                    .durability = config.durability,
                    .unknown_members = config.unknown_members},
                   world.clock, world.random, keys, *store, world.workers) {
    add_metrics();
    adopt_keys();
    if (this->options.identities == Identities::kElsewhere) follow_identities();
    add_own_paths();
    keys.set(config.credentials.access_key_id, {.secret = config.credentials.secret_access_key,
                                                .arn = "arn:aws:iam::" + config.account + ":root"});
  }

  void add_metrics() {
    metrics.add([this](core::MetricSet& all) {
      dispatcher.describe_metrics(all);
      meters.describe(all);
      describe_process(all);
      describe_health(store->health(), all);
    });
  }

  void adopt_keys() {
    std::vector<std::string> keepers = {std::string(KeyMint::kIdentities)};
    if (options.identities == Identities::kElsewhere) {
      keepers.push_back(KeyMint::functions_of(options.region));
    }
    keys.own(KeyMint(config.credentials.secret_access_key), std::move(keepers));
  }

  store::Store& scope(std::string_view name) {
    scopes.push_back(std::make_unique<store::ScopedStore>(*store, std::string(name) + '/'));
    return *scopes.back();
  }

  void follow_identities() {
    const net::HttpTarget keeper{.address = config.global_address, .port = config.ports.endpoint};
    identities = std::make_unique<IdentityPlane>(scope("identities"), keys);
    identity_link = std::make_unique<IdentityLink>(world.executor, *client, keeper, world.clock,
                                                   config.credentials, *identities);
    remote_keys = std::make_unique<RemoteKeys>(*client, keeper, keys, world.clock,
                                               config.credentials, *identities, *identity_link);
    dispatcher.set_key_lookup(
        [this](std::string id) { return remote_keys->refresh(std::move(id)); });
    endpoints.add(identity_link->row());
    lives.push_back({.start = [this] { identity_link->start(); },
                     .stop = [this] { return identity_link->stop(); }});
  }

  void add_own_paths() {
    const auto with = [](auto answer) {
      return [answer](const net::HttpRequest&, const std::string& rest) {
        return answer_at_once(answer(rest));
      };
    };
    endpoints.add({"GET", "/_tandem/health", with([this](const std::string&) {
                     const json::object document = health();
                     const bool well = json::string_or(document, "status") == "ok";
                     return json_answer(well ? 200 : 503, document);
                   })});
    endpoints.add("GET", "/_tandem/coverage", [this] { return dispatcher.coverage(); });
    endpoints.add({"GET", "/_tandem/metrics", with([this](const std::string&) {
                     return text_answer(200, "text/plain; version=0.0.4",
                                        core::prometheus_text(metrics.collect()));
                   })});
    endpoints.add({"POST", "/_tandem/reset", [this](const net::HttpRequest&, const std::string&) {
                     return reset(&dispatcher);
                   }});
    endpoints.add("POST", "/_tandem/reload", [this] { return reload(); });
    if (options.identities == Identities::kElsewhere) return;
    endpoints.add({"GET", "/_tandem/keys/", with([this](const std::string& id) {
                     const auto key = describe_key(id);
                     return key ? json_answer(200, *key) : message_answer(404, "Not found");
                   })});
  }

  static Task<net::HttpResponse> reset(Dispatcher* dispatcher) {
    log::info("reset requested");
    co_await dispatcher->reset();
    co_return json_answer(200, {{"status", "reset"}});
  }

  /// For the regions. The secret follows from the id, for those who have the world's key.
  std::optional<json::object> describe_key(std::string_view id) const {
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
    document["regions"] = region_addresses();
    // Serves, reads and replicates inwards; what it refuses is writes.
    if (links.clock_refusal) {
      if (std::string why = links.clock_refusal(); !why.empty()) document["clock"] = why;
    }
    for (const auto& [member, why] : troubles) {
      if (std::string text = why(); !text.empty()) document[member] = text;
    }
    return document;
  }

  json::object region_addresses() const {
    json::object addresses;
    for (const RegionAddress& region : config.regions) addresses[region.name] = region.address;
    return addresses;
  }

  json::object reload() {
    if (options.read_regions) set_regions(options.read_regions());
    return {{"regions", region_addresses()}};
  }

  void set_regions(std::vector<RegionAddress> regions) {
    if (regions == config.regions) return;
    if (regions.empty()) throw std::invalid_argument("the configuration names no region");
    const auto own = std::ranges::find(regions, options.name, &RegionAddress::name);
    const bool is_region = config.find_region(options.name) != nullptr;
    if (is_region && (own == regions.end() || own->address != options.address)) {
      throw std::invalid_argument(fmt::format(
          "{} is not among the regions, or has another address: it has to be started anew",
          options.name));
    }
    const std::vector<RegionAddress> before = std::exchange(config.regions, std::move(regions));
    try {
      for (const auto& callback : region_watchers) callback();
    } catch (...) {
      // Whoever asks sees that they are not followed, and starts this process anew.
      config.regions = before;
      throw;
    }
    std::vector<std::string_view> names;
    for (const RegionAddress& region : config.regions) names.push_back(region.name);
    log::info("{}: the regions are {} now", options.name, fmt::join(names, ", "));
  }

  bool is_data_plane(const net::HttpRequest& head) const { return data_plane && data_plane(head); }

  std::optional<net::HttpResponse> admit(const net::HttpRequest& head) {
    if (is_data_plane(head)) return std::nullopt;
    const auto why = foreign_page(head);
    if (!why) return std::nullopt;
    return page_refusal(head, *why, world.random);
  }

  /// What a browser shows as a page of its own.
  Task<net::HttpResponse> handle_document(net::HttpRequest request) {
    const bool foreign = !TandemEndpoints::owns(request) && !is_data_plane(request);
    Task<net::HttpResponse> answering = route(std::move(request));
    net::HttpResponse response = co_await std::move(answering);
    // A page of Tandem's own says itself what it may.
    if (foreign && !response.headers.contains("Content-Security-Policy")) {
      sandbox_document(response);
    }
    co_return response;
  }

  static Task<net::HttpResponse> answer_at_once(net::HttpResponse response) { co_return response; }

  Task<net::HttpResponse> route(net::HttpRequest request) {
    if (front) {
      if (auto taken = front(request)) return std::move(*taken);
    }
    if (TandemEndpoints::owns(request)) {
      const bool may =
          may_use_own_path(request, options.own_paths, config.credentials, world.clock.now_s());
      return may ? endpoints.handle(std::move(request)) : answer_at_once(own_path_refusal());
    }
    return dispatcher.handle(std::move(request));
  }

  static Task<void> watch(State* self) {
    for (;;) {
      co_await core::sleep_for(kLook);
      self->health_log.note(self->store->check());
      if (self->wants_reopen()) self->ask_to_reopen();
    }
  }

  /// A store that failed is opened again once there is room. One that refused writes is, too, when
  /// it takes them again: whoever was refused may have had more in memory than is in the store.
  bool wants_reopen() {
    const store::Health& seen = store->health();
    const std::int64_t now = world.clock.steady_ns();
    if (seen.state == store::Health::State::kOk) return seen.refused_writes > 0;
    if (seen.state != store::Health::State::kFailed) return false;
    if (!failed_since_ns) failed_since_ns = now;
    return store->may_reopen() &&
           std::chrono::nanoseconds(now - *failed_since_ns) >= options.patience;
  }

  void ask_to_reopen() {
    if (std::exchange(asked_to_reopen, true)) return;
    log::info("{}: everything is read anew from the store", options.name);
    reopen();
  }

  Task<void> stop_all() {
    for (std::size_t i = lives.size(); i-- > 0;) {
      Task<void> ending = end(options.name, lives[i].stop());
      co_await std::move(ending);
    }
    for (std::size_t i = services.size(); i-- > 0;) {
      Task<void> ending = end(std::string(services[i]->name()), services[i]->stop());
      co_await std::move(ending);
    }
    co_await tasks.stop();
    client->close();
  }

  const World& world;
  Config& config;
  Options options;
  std::filesystem::path folder;
  std::unique_ptr<store::GuardedStore> store;
  HealthLog health_log;
  core::TaskGroup tasks;
  std::optional<std::int64_t> failed_since_ns;
  bool asked_to_reopen = false;
  std::function<void()> reopen;
  std::vector<std::unique_ptr<store::ScopedStore>> scopes;
  KeyRing keys;
  net::LocalCa ca;
  net::ServerTls tls;
  std::unique_ptr<net::HttpClient> client;
  Dispatcher dispatcher;
  TandemEndpoints endpoints;
  std::unique_ptr<IdentityPlane> identities;
  std::unique_ptr<IdentityLink> identity_link;
  std::unique_ptr<RemoteKeys> remote_keys;
  std::vector<Service*> services;
  std::vector<Life> lives;
  Front front;
  DataPlane data_plane;
  TakesSource front_takes_source;
  core::Metrics metrics;
  core::Meters meters;
  std::map<std::string, std::function<std::string()>> troubles;
  LinkControl links;
  std::vector<std::function<void()>> region_watchers;
};

Node::Node(const World& world, Config& config, Options options)
    : state_(std::make_unique<State>(world, config, std::move(options))) {}

Node::~Node() = default;

Environment Node::environment(std::string_view service) {
  State& at = *state_;
  return {.executor = at.world.executor,
          .blocking = at.world.workers,
          .clock = at.world.clock,
          .random = at.world.random,
          .store = at.scope(service),
          .folder = at.folder / service,
          .config = at.config,
          .region = at.options.region,
          .meters = &at.meters};
}

void Node::add(Service& service) {
  state_->services.push_back(&service);
  state_->dispatcher.add(service);
}

void Node::set_front(Front front) { state_->front = std::move(front); }

void Node::set_data_plane(DataPlane data_plane) { state_->data_plane = std::move(data_plane); }

void Node::set_front_takes_source(TakesSource takes_source) {
  state_->front_takes_source = std::move(takes_source);
}

void Node::add_life(Life life) { state_->lives.push_back(std::move(life)); }

core::Metrics& Node::metrics() { return state_->metrics; }

core::Meters& Node::meters() { return state_->meters; }

void Node::add_document(std::string path, std::function<json::object()> document) {
  state_->endpoints.add("GET", std::move(path), std::move(document));
}

void Node::add_row(TandemEndpoints::Row row) { state_->endpoints.add(std::move(row)); }

void Node::add_trouble(std::string member, std::function<std::string()> why) {
  state_->troubles[std::move(member)] = std::move(why);
}

void Node::on_regions_changed(std::function<void()> callback) {
  state_->region_watchers.push_back(std::move(callback));
}

void Node::set_regions(std::vector<RegionAddress> regions) {
  state_->set_regions(std::move(regions));
}

void Node::set_links(LinkControl links) {
  state_->links = std::move(links);
  add_link_rows(state_->endpoints, state_->links);
}

void Node::start(std::function<void()> reopen) {
  State& at = *state_;
  at.reopen = std::move(reopen);
  for (Service* service : at.services) service->start();
  for (const Life& life : at.lives) life.start();
  at.health_log.note(at.store->check());
  core::supervise(at.tasks, at.options.name + "'s watch over its store",
                  [&at] { return State::watch(&at); });
}

void Node::close() {
  for (const Life& life : state_->lives) {
    if (life.closing) life.closing();
  }
}

Task<void> Node::stop() { return state_->stop_all(); }

Task<net::HttpResponse> Node::handle(net::HttpRequest request) {
  // Only browsers need more than the answer.
  return opens_as_document(request) ? state_->handle_document(std::move(request))
                                    : state_->route(std::move(request));
}

std::optional<net::HttpResponse> Node::admit(const net::HttpRequest& head) {
  return state_->admit(head);
}

std::size_t Node::body_limit(const net::HttpRequest& head) const {
  return body_limit_of(head, takes_source(head));
}

bool Node::takes_source(const net::HttpRequest& head) const {
  if (TandemEndpoints::owns(head) || state_->is_data_plane(head)) return false;
  const auto& asked = state_->front_takes_source;
  return (asked && asked(head)) || state_->dispatcher.takes_source(head);
}

std::optional<net::HttpResponse> Node::refusal(const net::HttpRequest& head, int status) {
  return refusal_of(head, status, state_->world.random);
}

const World& Node::world() const { return state_->world; }
const Node::Options& Node::options() const { return state_->options; }
const Config& Node::config() const { return state_->config; }
KeyRing& Node::keys() { return state_->keys; }
const IdentityPlane* Node::identities() const { return state_->identities.get(); }
Dispatcher& Node::dispatcher() { return state_->dispatcher; }
net::HttpClient& Node::http_client() { return *state_->client; }
net::ServerTls& Node::tls() { return state_->tls; }
const net::LocalCa& Node::ca() const { return state_->ca; }

}  // namespace tandem::service
