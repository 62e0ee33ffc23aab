// Runs work on the nodes of a dependency graph: every node whose prerequisites are done, at once.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/task.h"
#include "services/cloudformation/model/references.h"

namespace tandem::cloudformation {

/// Held by shared pointer: the nodes' coroutines keep it alive.
class GraphRun : public std::enable_shared_from_this<GraphRun> {
 public:
  /// Done well? A node that was not done well holds back those that need it, nothing else.
  using Work = std::function<Task<bool>(std::string node)>;
  /// True: start nothing more.
  using Stopped = std::function<bool()>;

  /// prerequisites: node → nodes that come first; names that are no nodes count as done.
  GraphRun(core::TaskGroup& tasks, asio::any_io_executor executor, Dependencies prerequisites,
           Work work, Stopped stopped);

  /// Returns when nothing runs and nothing more can start. Once. Throws what escaped from a node's
  /// work first; nothing is started after that.
  Task<void> run();

 private:
  static Task<void> run_node(std::shared_ptr<GraphRun> self, std::string node);
  void start_ready();
  std::vector<std::string> take_ready();
  void end(const std::string& node, bool good);

  core::TaskGroup& tasks_;
  core::Timer progress_;
  Dependencies waiting_;
  std::set<std::string> undone_;  ///< not yet done well: holds back what needs it
  std::size_t running_ = 0;
  Work work_;
  Stopped stopped_;
  std::exception_ptr escaped_;
};

}  // namespace tandem::cloudformation
