// Asking processes whether they live: only an answer says so. The process table tells no frozen
// process from one that serves. And telling them that the configuration has changed.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

#include "service/config.h"

namespace tandem::topology {

struct PingTarget {
  std::string address;  ///< IPv4
  std::uint16_t port = 0;
};

struct Pong {
  enum class Kind {
    kNobody,    ///< nothing listens there
    kSilent,    ///< somebody listens and does not answer in time
    kStranger,  ///< answers, but not as a process of Tandem
    kTandem     ///< what follows is what it says about itself
  };
  Kind kind = Kind::kNobody;
  std::string name;
  std::string state_folder;
  pid_t pid = 0;
  std::string store;    ///< "disk-low", "store-failed" …; empty when the store is well
  std::string clock;    ///< why it takes no writes because of its clock; empty when it does
  std::string code;     ///< whose functions' code it has lost; empty when none's
  std::string problem;  ///< why it is not well, all of it; empty when it is
  std::vector<service::RegionAddress> regions;  ///< that it goes by
};

/// GET /_tandem/health at all targets at once; one answer each, in order, after deadline at the
/// latest.
std::vector<Pong> ping(const std::vector<PingTarget>& targets, std::chrono::milliseconds deadline);

/// POST /_tandem/reload at all targets at once, signed with the world's root key. For each, in
/// order, why it does not go by the regions of its configuration now; empty when it does.
std::vector<std::string> tell_to_reload(const std::vector<PingTarget>& targets,
                                        const service::Credentials& root,
                                        std::chrono::milliseconds deadline);

/// "us-east-1 of /home/me/shop/.tandem (pid 7)" when a process of Tandem listens there, else "".
std::string who_listens(const PingTarget& target);

/// What an HTTP answer to GET /_tandem/health says; for ping() and its test.
Pong read_pong(const std::string& answer);

}  // namespace tandem::topology
