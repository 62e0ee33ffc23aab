// What bubblewrap is told: the view of files, and what is taken away. Private to sandbox/.
//
// A cell sees its own folders, the machine's /usr read-only unless its root is strict, a private
// /tmp of limited size, and nothing else of the machine: no home, no state folder, no other
// process.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/root.h"

namespace tandem::sandbox {

struct BubblewrapOptions {
  std::vector<std::pair<std::string, std::string>> views;  ///< outside, inside; read-only
  std::vector<std::string> empty_folders;
  std::vector<std::pair<std::string, std::string>> links;  ///< target, place
  Root root = Root::kMachine;
  std::string working_directory;
  int tmp_mb = 512;
  std::vector<std::pair<std::string, std::string>> environment;
  int filter_descriptor = -1;   ///< where it reads the system call filter
  int gate_descriptor = -1;     ///< the program starts when a byte can be read there; -1: at once
  bool resolves_names = false;  ///< /etc/resolv.conf must name servers that the cell can reach
};

/// Its arguments, each ended by a zero byte: the --args form. Nothing of the environment is visible
/// on a command line; it may hold secrets.
std::string bubblewrap_arguments(const BubblewrapOptions& options);

}  // namespace tandem::sandbox
