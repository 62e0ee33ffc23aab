// What a process is given of the world: time, chance, the network, disks, keys. Nothing else in the
// house makes any of these (tests/tidy looks), so that the simulator can give others.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "core/clock.h"
#include "core/random.h"
#include "core/workers.h"
#include "net/key_maker.h"
#include "net/network.h"
#include "store/engines.h"

namespace tandem::service {

/// Everything is borrowed, and outlives whatever is given it.
struct World {
  asio::any_io_executor executor;  ///< the loop: all logic runs on it
  core::Workers& workers;          ///< for core::run_blocking
  core::Clock& clock;
  core::Random& random;
  net::Network& network;
  store::StoreFactory& stores;
  net::KeyMaker& keys;
};

}  // namespace tandem::service
