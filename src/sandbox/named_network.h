// A network, and a view of a few files, for a command of the user's own: names and addresses in it
// are served by us from outside, and everything else is the machine's. It keeps nothing from
// anybody: whoever is inside may do what he may outside.
//
// A holder, which does nothing, keeps the network; the command joins it. As an ordinary user that
// takes a user namespace, in which he is who he is and nobody else exists (so that sudo does not
// work there).
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/descriptor.h"
#include "net/process.h"
#include "sandbox/cell.h"

namespace tandem::sandbox {

struct NamedNetworkOptions {
  std::vector<Door> tcp;  ///< we listen there
  std::vector<Door> udp;
  /// Files, and the machine's files in whose place they are seen, which must exist.
  std::vector<std::pair<std::filesystem::path, std::filesystem::path>> covers;
};

/// The namespaces; user is none as root.
struct Namespaces {
  net::Descriptor network;
  net::Descriptor mounts;
  net::Descriptor user;
};

struct NamedNetwork {
  std::unique_ptr<net::ChildProcess> holder;  ///< it exists as long as this, or somebody inside
  std::unique_ptr<net::ChildProcess> way_out;
  std::string offline;               ///< why there is no way out: the machine itself has none
  std::vector<net::Descriptor> tcp;  ///< in the order of the doors
  std::vector<net::Descriptor> udp;
  Namespaces namespaces;
};

/// Throws CellError, which says why there is none and what to do about it.
Task<NamedNetwork> make_named_network(core::Workers& pool, NamedNetworkOptions options);

/// Listening sockets there, for what comes later, in the order of doors; none (-1) where somebody
/// inside has the place. Throws CellError.
Task<std::vector<net::Descriptor>> open_doors(core::Workers& pool, const Namespaces* namespaces,
                                              std::vector<Door> doors);

/// The same as NamedNetworkOptions::covers, later: whoever replaces a file outside by renaming
/// another takes its cover away (rename(2) succeeds on what is a mount point elsewhere). Throws
/// CellError.
Task<void> cover(core::Workers& pool, const Namespaces* namespaces,
                 std::vector<std::pair<std::filesystem::path, std::filesystem::path>> covers);

/// The calling process goes there, for good; it has one thread, and its working folder is the same.
/// Throws CellError: then it may be anywhere.
void join(const Namespaces& namespaces);

}  // namespace tandem::sandbox
