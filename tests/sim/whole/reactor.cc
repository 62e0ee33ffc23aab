// The kernel's part in a loop, which in simulated time has none.
//
// Asio's reactor asks the kernel on every turn of a loop, and tells it of every timer that is the
// first. Here nothing waits for a descriptor, and timers expire by the world's time: the kernel
// knows nothing, and asking it was nine tenths of what a run took. So this binary has its own
// functions of these names, before libc's. Without a timer descriptor Asio looks through its timers
// on every turn, by core::TimerClock.
#include <cerrno>
#include <sys/epoll.h>
#include <sys/timerfd.h>

extern "C" {

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

}  // extern "C"
