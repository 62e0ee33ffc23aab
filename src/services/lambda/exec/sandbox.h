// How a function's process is confined: what bubblewrap is told.
//
// The function sees its code at /var/task, the machine's /usr read-only, a private /tmp of limited
// size, and nothing else of the machine: no home, no state folder, no other process. It shares the
// network, because the region it calls is a loopback address.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "net/process.h"

namespace tandem::lambda {

/// Where the certificates a function should trust are, inside.
inline constexpr std::string_view kCaBundleInside = "/etc/pki/tandem/ca-bundle.pem";

struct SandboxOptions {
  std::filesystem::path code;       ///< becomes /var/task
  std::filesystem::path ca_bundle;  ///< becomes kCaBundleInside; empty: none
  int tmp_mb = 512;
  std::vector<std::pair<std::string, std::string>> environment;
};

/// What starts /var/task/bootstrap in a sandbox. Nothing of the environment is visible on a command
/// line: it may hold secrets.
net::ProcessOptions sandbox_process(const SandboxOptions& options);

}  // namespace tandem::lambda
