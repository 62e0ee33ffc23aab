// Addresses that confined processes do not reach though they have a way to the world.
#pragma once

#include <netinet/in.h>
#include <vector>

namespace tandem::sandbox {

/// This machine's own, but the loopback, which is closed as a whole: pasta would connect to them
/// from outside, where the machine is. Throws CellError.
std::vector<in_addr> machine_addresses();
/// Where clouds give a machine's, or a container's, own credentials to whoever asks.
std::vector<in_addr> metadata_addresses();

}  // namespace tandem::sandbox
