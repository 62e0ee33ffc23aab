// Roots that live as long as their process: what fails is started again.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "core/task.h"

namespace tandem::core {

/// How a supervised root comes back after it failed.
struct Supervision {
  std::chrono::milliseconds first_delay{50};
  std::chrono::milliseconds longest_delay{5'000};
  /// Called after every failure, before the wait: closes or forgets what the root held and its
  /// frame did not. May be empty; must not throw.
  std::function<void()> let_go;
};

/// Spawns a root of the group: start is called, and what it returns is run; when an exception
/// escapes, again after a delay that doubles from failure to failure. A root that returns is done,
/// and so is one that the group cancels. The log has one line when it begins to fail, one when the
/// reason changes and one when it has run for the longest delay without failing. Whatever start
/// refers to must live until the group's stop() has been awaited.
void supervise(TaskGroup& group, std::string name, std::function<Task<void>()> start,
               Supervision how = {});

}  // namespace tandem::core
