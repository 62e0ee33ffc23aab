// The kernel's part in what a process does, as far as a seed would not say what it answers.
//
// Loops. Asio's reactor asks the kernel on every turn of a loop, and tells it of every timer that
// is the first. In simulated time nothing waits for a descriptor, and timers expire by the world's
// time: the kernel knows nothing, and asking it was nine tenths of what a run took.
//
// Chance. What has no core::Random of its world's asks the kernel for random bytes: the names that
// the deployer gives its change sets, the ids of calls.
//
// So this binary has its own epoll_ctl, epoll_wait, timerfd_create and getrandom, before libc's.
#pragma once

#include <cstdint>

namespace tandem::sim {

/// What getrandom answers follows from this from now on. Until then, and for OpenSSL, which has its
/// own ways, bytes are random.
void seed_kernel(std::uint64_t seed);

}  // namespace tandem::sim
