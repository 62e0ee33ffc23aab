#include "service/waiting_room.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <unistd.h>

#include "core/clock.h"
#include "net/http_server.h"
#include "service/endpoints.h"
#include "service/plain_error.h"
#include "service/store_health.h"
#include "service/web_guard.h"
#include "store/engines.h"

namespace tandem::service {
namespace {

constexpr std::chrono::milliseconds kLook{100};

store::Health health_of(const store::StoreFailure& failure, const core::Clock& clock) {
  using Kind = store::StoreFailure::Kind;
  using State = store::Health::State;
  store::Health health;
  health.state = failure.kind == Kind::kFull      ? State::kDiskLow
                 : failure.kind == Kind::kCorrupt ? State::kDamaged
                                                  : State::kFailed;
  health.reason = failure.message;
  health.since_ms = clock.now_ms();
  return health;
}

}  // namespace

struct WaitingRoom::State {
  State(const Config& config, const Node::Options& given_node, store::StoreFailure given)
      : node(given_node),
        folder(config.state_folder / given_node.name),
        failure(std::move(given)),
        health(health_of(failure, clock)),
        tasks(loop.get_executor()),
        server(loop.get_executor(), {},
               [this](net::HttpRequest request) { return answer(this, std::move(request)); }) {}

  static Task<net::HttpResponse> answer(State* self, net::HttpRequest request) {
    // The application's names are not known here, so that its callers look like strangers, too:
    // nobody of them learns of folders.
    const auto foreign = foreign_page(request);
    if (foreign && TandemEndpoints::owns(request)) {
      co_return page_refusal(request, *foreign, self->random);
    }
    if (!TandemEndpoints::owns(request)) {
      const aws::ApiError error(503, "ServiceUnavailable",
                                foreign ? "Service Unavailable" : self->failure.message);
      co_return error_answer(request, error, self->random);
    }
    net::HttpResponse response;
    response.status = 503;
    response.headers.set("Content-Type", "application/json");
    json::object document = health_document(self->health);
    document["name"] = self->node.name;
    document["region"] = self->node.region;
    document["pid"] = getpid();
    document["stateFolder"] = self->folder.parent_path().string();
    response.body = json::to_text(document) + "\n";
    co_return response;
  }

  bool may_try() {
    if (failure.kind != store::StoreFailure::Kind::kFull) return true;
    const auto space = stores.space(folder);
    return !space || space->free_bytes >= store::floor_of(space->total_bytes).resume_at;
  }

  static Task<void> look(State* self, std::chrono::milliseconds at_least) {
    co_await core::sleep_for(at_least);
    while (!self->may_try()) co_await core::sleep_for(kLook);
    self->end(Node::Ended::kReopen);
  }

  void end(Node::Ended how) {
    if (ending) return;
    ending = true;
    ended = how;
    asio::co_spawn(loop, close(this), [this](const std::exception_ptr&) { loop.stop(); });
  }

  static Task<void> close(State* self) {
    co_await self->server.stop();
    co_await self->tasks.stop();
  }

  const Node::Options& node;
  std::filesystem::path folder;
  store::StoreFailure failure;
  store::DiskStores stores;
  core::SystemClock clock;
  core::SystemRandom random;
  store::Health health;
  asio::io_context loop{1};
  core::TaskGroup tasks;
  net::HttpServer server;
  bool ending = false;
  Node::Ended ended = Node::Ended::kStopped;
};

WaitingRoom::WaitingRoom(const Config& config, const Node::Options& node,
                         store::StoreFailure failure)
    : state_(std::make_unique<State>(config, node, std::move(failure))) {}
WaitingRoom::~WaitingRoom() = default;

void WaitingRoom::listen() {
  for (const std::uint16_t port : state_->node.http_ports) {
    state_->server.listen(state_->node.address, port);
  }
}

Node::Ended WaitingRoom::wait(std::chrono::milliseconds at_least) {
  State& at = *state_;
  asio::signal_set signals(at.loop, SIGTERM, SIGINT);
  signals.async_wait([&at](boost::system::error_code failed, int) {
    if (!failed) at.end(Node::Ended::kStopped);
  });
  at.server.start();
  at.tasks.spawn("waiting for the disk", State::look(&at, at_least));
  at.loop.run();
  return at.ended;
}

}  // namespace tandem::service
