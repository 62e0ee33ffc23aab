// The shell of a process around a Node: the loop and its threads, the machine's time, chance, disks
// and network, what listens, and what ends with a signal.
#pragma once

#include <functional>
#include <memory>

#include "service/config.h"
#include "service/node.h"
#include "service/world.h"

namespace tandem::service {

/// One life of a process. Order: construct; build a node on world(); run() it; destroy the node,
/// then this.
class Process {
 public:
  /// Borrows config.
  Process(const Config& config, const Node::Options& options);
  ~Process();

  const World& world() const;

  /// Listens, starts node, serves until SIGTERM, SIGINT or the node's wish to be built anew, and
  /// stops it. Calls on_ready once it serves. Throws what keeps it from starting.
  Node::Ended run(Node& node, const std::function<void()>& on_ready);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tandem::service
