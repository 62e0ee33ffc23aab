#include "workflow/graph_run.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>

#include "core/check.h"

namespace tandem::workflow {

GraphRun::GraphRun(core::TaskGroup& tasks, asio::any_io_executor executor, std::string name,
                   Graph graph, Work work, Stopped stopped)
    : tasks_(tasks),
      progress_(executor, core::kNever),
      name_(std::move(name)),
      waiting_(std::move(graph)),
      work_(std::move(work)),
      stopped_(std::move(stopped)) {
  for (const auto& [node, first] : waiting_) undone_.insert(node);
}

Task<void> GraphRun::run() {
  const auto self = shared_from_this();
  co_await start_ready(this);
  // Cancelling the timer is the signal that a node has ended; several may have by the time it is
  // heard, so that each time everything that is ready starts.
  while (running_ > 0) {
    if (!has_ended_) {
      boost::system::error_code woken;
      co_await progress_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
    has_ended_ = false;
    co_await start_ready(this);
  }
  if (escaped_) std::rethrow_exception(escaped_);
}

// Work that ends without waiting has ended when spawn returns and may have made others ready. After
// a few others have their turn on the loop: a graph may have hundreds of nodes.
Task<void> GraphRun::start_ready(GraphRun* self) {
  constexpr std::size_t kAtOnce = 4;
  std::size_t started = 0;
  for (auto ready = self->take_ready(); !ready.empty(); ready = self->take_ready()) {
    for (const std::string& node : ready) {
      if (self->stopped_() || self->escaped_) co_return;
      ++self->running_;
      self->tasks_.spawn(self->name_ + " " + node, run_node(self->shared_from_this(), node));
      if (++started % kAtOnce != 0) continue;
      const auto executor = co_await asio::this_coro::executor;
      co_await asio::post(executor, asio::use_awaitable);
    }
  }
}

std::vector<std::string> GraphRun::take_ready() {
  std::vector<std::string> ready;
  if (stopped_() || escaped_) return ready;
  for (const auto& [node, first] : waiting_) {
    const bool held = std::any_of(first.begin(), first.end(),
                                  [&](const std::string& one) { return undone_.contains(one); });
    if (!held) ready.push_back(node);
  }
  // Taken out at once: a node is started once, whatever its work does to the graph's progress.
  for (const std::string& node : ready) waiting_.erase(node);
  return ready;
}

Task<void> GraphRun::run_node(std::shared_ptr<GraphRun> self, std::string node) {
  bool good = false;
  try {
    good = co_await self->work_(node);
  } catch (...) {
    // Said by run(), once nothing is under way any more: a graph with such a node did not end well.
    if (!self->escaped_) self->escaped_ = std::current_exception();
  }
  self->end(node, good);
}

void GraphRun::end(const std::string& node, bool good) {
  CHECK(running_ > 0);
  --running_;
  if (good) undone_.erase(node);
  has_ended_ = true;
  progress_.cancel();
}

}  // namespace tandem::workflow
