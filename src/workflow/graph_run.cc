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
  start_ready();
  // Cancelling the timer is the signal that a node has ended; several may have by the time it is
  // heard, so that each time everything that is ready starts.
  while (running_ > 0) {
    boost::system::error_code woken;
    co_await progress_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    start_ready();
  }
  if (escaped_) std::rethrow_exception(escaped_);
}

// Work that ends without waiting has ended when spawn returns and may have made others ready.
void GraphRun::start_ready() {
  for (std::vector<std::string> ready = take_ready(); !ready.empty(); ready = take_ready()) {
    for (const std::string& node : ready) {
      ++running_;
      tasks_.spawn(name_ + " " + node, run_node(shared_from_this(), node));
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
  progress_.cancel();
}

}  // namespace tandem::workflow
