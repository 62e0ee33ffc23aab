// What stands in for a process whose store cannot be opened just now: it listens where the process
// would, says why it does not serve, and ends when it is worth trying again.
#pragma once

#include <chrono>

#include "service/config.h"
#include "service/node.h"
#include "store/store_failure.h"

namespace tandem::service {

class WaitingRoom {
 public:
  /// Borrows config and node.
  WaitingRoom(const Config& config, const Node::Options& node, store::StoreFailure failure);
  ~WaitingRoom();

  /// On the node's HTTP ports; throws boost::system::system_error when it cannot, and waits without
  /// those it has not got.
  void listen();
  /// Returns kReopen after at_least and, when the disk was full, once there is room; kStopped on
  /// SIGTERM or SIGINT.
  Node::Ended wait(std::chrono::milliseconds at_least);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tandem::service
