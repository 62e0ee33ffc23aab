// The lives of a process. When its store has failed, everything is destroyed and built anew from
// what is on the disk, in the same process on the same addresses: no memory outlives the store it
// was read from.
#pragma once

#include <chrono>
#include <functional>

#include "service/config.h"
#include "service/node.h"

namespace tandem::service {

/// Builds a world on a node made from these options and runs it until it ends.
using Life =
    std::function<Node::Ended(const Node::Options& node, const std::function<void()>& on_ready)>;

/// Runs one life after the other until one is stopped; returns the exit code. While the store
/// cannot be opened for want of room a waiting room answers instead, and that counts as ready.
/// Throws what keeps the first life from starting otherwise; a damaged store's error names the file
/// and the way out.
int run_lives(const Config& config, Node::Options node, const Life& life,
              const std::function<void()>& on_ready);

}  // namespace tandem::service
