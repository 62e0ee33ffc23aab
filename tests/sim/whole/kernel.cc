#include "tests/sim/whole/kernel.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "core/random.h"

namespace tandem::sim {
namespace {

/// A variable of the process, because the kernel's functions are the process's.
std::optional<core::SeededRandom>& chance() {
  static std::optional<core::SeededRandom> source;
  return source;
}

}  // namespace

void seed_kernel(std::uint64_t seed) { chance().emplace(seed); }

}  // namespace tandem::sim

extern "C" {

/// Without a timer descriptor Asio looks through its timers on every turn, by core::TimerClock.
int timerfd_create(clockid_t, int) noexcept {
  errno = ENOSYS;
  return -1;
}

int epoll_ctl(int, int, int, epoll_event*) noexcept { return 0; }

/// Nothing has happened, and nobody may rest: a loop of this binary is polled, never run.
int epoll_wait(int, epoll_event*, int, int timeout_ms) {
  if (timeout_ms == 0) return 0;
  errno = EINVAL;
  return -1;
}

ssize_t getrandom(void* buffer, std::size_t length, unsigned flags) {
  auto& source = tandem::sim::chance();
  if (!source) return syscall(SYS_getrandom, buffer, length, flags);
  auto* at = static_cast<std::byte*>(buffer);
  for (std::size_t done = 0; done < length; done += sizeof(std::uint64_t)) {
    const std::uint64_t bits = source->next();
    std::memcpy(at + done, &bits, std::min(sizeof(bits), length - done));
  }
  return static_cast<ssize_t>(length);
}

}  // extern "C"
