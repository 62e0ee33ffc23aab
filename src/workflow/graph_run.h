// Runs work on the nodes of a dependency graph: every node whose prerequisites are done, at once.
#pragma once

#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/task.h"

namespace tandem::workflow {

/// node → nodes that come first.
using Graph = std::map<std::string, std::set<std::string>, std::less<>>;

/// Held by shared pointer: the nodes' coroutines keep it alive.
class GraphRun : public std::enable_shared_from_this<GraphRun> {
 public:
  /// Done well? A node that was not done well holds back those that need it, nothing else.
  using Work = std::function<Task<bool>(std::string node)>;
  /// True: start nothing more.
  using Stopped = std::function<bool()>;

  /// Names in the graph that are no nodes count as done. name: of the whole, for the log. Borrows
  /// tasks.
  GraphRun(core::TaskGroup& tasks, asio::any_io_executor executor, std::string name, Graph graph,
           Work work, Stopped stopped);

  /// Returns when nothing runs and nothing more can start. Once. Throws what escaped from a node's
  /// work first; nothing is started after that.
  Task<void> run();

 private:
  static Task<void> run_node(std::shared_ptr<GraphRun> self, std::string node);
  static Task<void> start_ready(GraphRun* self);
  std::vector<std::string> take_ready();
  void end(const std::string& node, bool good);

  core::TaskGroup& tasks_;
  core::Timer progress_;
  std::string name_;
  Graph waiting_;
  std::set<std::string> undone_;  ///< not yet done well: holds back what needs it
  std::size_t running_ = 0;
  bool has_ended_ = false;  ///< a node has, since run() last looked
  Work work_;
  Stopped stopped_;
  std::exception_ptr escaped_;
};

}  // namespace tandem::workflow
