// Starts a program in a cell: files, processes, network, system calls and numbers of things are its
// own or are not there (docs/sandbox.md).
//
// As root, cells run as users nobody else has, and as an ordinary user in his user namespaces; what
// they may do is the same.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/descriptor.h"
#include "net/process.h"
#include "sandbox/network.h"
#include "sandbox/root.h"

namespace tandem::sandbox {

/// Where the cell's network has somebody listening: we, from outside.
struct Door {
  std::string address;  ///< of the loopback ("::1", too), or "0.0.0.0" for all of IPv4
  std::uint16_t port = 0;
};

struct CellOptions {
  std::string program;  ///< inside
  std::vector<std::string> arguments = {};
  std::string working_directory;  ///< inside
  /// Folders and files outside and where they are inside, read-only.
  std::vector<std::pair<std::filesystem::path, std::string>> views;
  std::vector<std::string> empty_folders;
  /// Where a link leads, and where it is.
  std::vector<std::pair<std::string, std::string>> links = {};
  int tmp_mb = 512;
  std::vector<std::pair<std::string, std::string>> environment;
  Network network = Network::kIsolated;
  Root root = Root::kMachine;
  std::vector<Door> doors;      ///< none with Network::kHost
  std::vector<Door> udp_doors;  ///< nor of these
  std::function<void(std::string_view)> on_output;
  std::function<void(std::string_view)> on_error_output;
};

struct Cell {
  std::unique_ptr<net::ChildProcess> process;
  /// Listening sockets in the cell's network, in the order of its doors.
  std::vector<net::Descriptor> doors;
  std::vector<net::Descriptor> udp_doors;
  /// What leads to the world, with Network::kOutbound: to live as long as process does.
  std::unique_ptr<net::ChildProcess> way_out;
  std::string offline;  ///< why there is none: the machine itself has no way to the world
};

/// There is no cell; what() says why and what to do about it.
struct CellError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The work of a few milliseconds is done on the pool, whose threads must outlive the cell. Throws
/// CellError.
Task<Cell> start_cell(core::Workers& pool, CellOptions options);

}  // namespace tandem::sandbox
