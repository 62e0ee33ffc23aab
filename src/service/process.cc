#include "service/process.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <cerrno>
#include <csignal>
#include <exception>
#include <fmt/format.h>
#include <malloc.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "core/what_of.h"
#include "net/http_server.h"
#include "net/process.h"

namespace tandem::service {
namespace {

constexpr std::size_t kPoolThreads = 2;
/// What a stop gives requests under way before it closes their connections.
constexpr std::chrono::milliseconds kGrace{1'000};
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

/// Half of the descriptors are the store's, the functions' and the connections' to others.
std::size_t connection_limit() {
  return std::min(net::HttpLimits().connections, net::raise_descriptor_limit() / 2);
}

void describe_listener(const net::HttpServer::Stats& stats, core::MetricSet& metrics) {
  metrics.gauge("tandem_http_connections", "Open connections.").add(stats.connections);
  metrics
      .counter("tandem_http_connections_evicted_total",
               "Idle connections closed to make room for new ones.")
      .add(stats.evicted);
  metrics.counter("tandem_http_refused_total", "Connections and requests refused for want of room.")
      .add(stats.refused);
  metrics.gauge("tandem_http_held_bytes", "Bodies of requests and answers in memory.")
      .add(stats.held);
}

}  // namespace

struct Process::State {
  State(const Config& config, const Node::Options& given)
      : options(given), folder(config.state_folder / given.name) {
    // Small answers come and go by the thousand; further arenas would only keep memory idle.
    mallopt(M_ARENA_MAX, 2);
    identity = folder_identity(folder).value_or(FolderIdentity());
  }

  void listen(Node& node) {
    net::HttpServer::Options server_options;
    server_options.limits.connections = connection_limit();
    server_options.admit = [&node](const net::HttpRequest& head) { return node.admit(head); };
    server_options.body_limit = [&node](const net::HttpRequest& head) {
      return node.body_limit(head);
    };
    server_options.as_source = [&node](const net::HttpRequest& head) {
      return node.takes_source(head);
    };
    server_options.refusal = [&node](const net::HttpRequest& head, int status) {
      return node.refusal(head, status);
    };
    server = std::make_unique<net::HttpServer>(
        loop.get_executor(), std::move(server_options),
        [&node](net::HttpRequest request) { return node.handle(std::move(request)); });
    for (const std::uint16_t port : options.http_ports) server->listen(options.address, port);
    for (const std::uint16_t port : options.https_ports) {
      server->listen_tls(options.address, port, node.tls());
    }
    node.metrics().add(
        [this](core::MetricSet& metrics) { describe_listener(server->stats(), metrics); });
  }

  /// What has started before something cannot is stopped again.
  void start(Node& node) {
    std::exception_ptr failed;
    try {
      node.start([this, &node] { begin_stop(node, Node::Ended::kReopen); });
    } catch (...) {
      failed = std::current_exception();
    }
    if (failed) {
      begin_stop(node, Node::Ended::kStopped);
      loop.run();
      pool.join();
      std::rethrow_exception(failed);
    }
    server->start();
  }

  void begin_stop(Node& node, Node::Ended how) {
    if (how == Node::Ended::kStopped) ended = how;
    if (std::exchange(stopping, true)) return;
    ended = how;
    asio::co_spawn(loop, stop(&node), [this](const std::exception_ptr& escaped) {
      if (escaped) log::error("stopping {}: {}", options.name, core::what_of(escaped));
      loop.stop();
    });
  }

  Task<void> stop(Node* node) {
    folder_watch.cancel();
    try {
      node->close();
      co_await server->stop(kGrace);
    } catch (const std::exception& error) {
      log::error("stopping the server: {}", error.what());
    }
    co_await node->stop();
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

  Node::Options options;
  std::filesystem::path folder;
  FolderIdentity identity;
  asio::io_context loop{1};
  core::Timer folder_watch{loop};
  core::WorkerThreads pool{kPoolThreads};
  core::SystemClock clock;
  core::SystemRandom random;
  net::TcpNetwork network{loop.get_executor()};
  store::DiskStores stores;
  net::OpenSslKeys keys;
  World world{loop.get_executor(), pool, clock, random, network, stores, keys};
  bool stopping = false;
  Node::Ended ended = Node::Ended::kStopped;
  std::unique_ptr<net::HttpServer> server;
};

Process::Process(const Config& config, const Node::Options& options)
    : state_(std::make_unique<State>(config, options)) {}

Process::~Process() = default;

const World& Process::world() const { return state_->world; }

Node::Ended Process::run(Node& node, const std::function<void()>& on_ready) {
  State& at = *state_;
  at.listen(node);
  at.start(node);
  asio::signal_set signals(at.loop, SIGTERM, SIGINT);
  signals.async_wait([&at, &node](boost::system::error_code failed, int) {
    if (!failed) at.begin_stop(node, Node::Ended::kStopped);
  });
  at.watch_folder();
  log::info("{} serves on {}", at.options.name, at.options.address);
  on_ready();
  at.loop.run();
  at.pool.join();
  log::info("{} has stopped", at.options.name);
  return at.ended;
}

}  // namespace tandem::service
