// Stack events as they happen: on a terminal one line that moves, elsewhere a line a stack's state.
#pragma once

#include <unistd.h>

#include "cli/command.h"
#include "topology/deploy.h"

namespace tandem::cli {

/// To standard error.
class ProgressView {
 public:
  void show(const topology::Progress& step);
  /// Before anything else is written there.
  void clear() const;

 private:
  bool moving_ = on_terminal(STDERR_FILENO);
};

}  // namespace tandem::cli
