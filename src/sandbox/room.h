// A build's room: a machine for somebody nobody trusts, who is root in it. Files, users, processes
// and network are its own (docs/sandbox.md, "Builds"); a shell inside does what it is told.
//
// As root, what is installed lands in layers over the machine's /usr; as an ordinary user, and
// where the kernel has no such layers, /usr is the machine's, read-only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/descriptor.h"
#include "net/process.h"
#include "sandbox/room_files.h"
#include "sandbox/room_memory.h"
#include "sandbox/room_plan.h"
#include "sandbox/room_users.h"
#include "sandbox/room_wire.h"

namespace tandem::sandbox {

struct RoomSettings {
  std::filesystem::path folder;  ///< does not exist yet
  std::string source_inside;
  std::string host_name;
  std::vector<RoomFile> files;
  Variables environment;
  Variables environment_without_layers;  ///< instead, where packages cannot be installed
  std::vector<Door> tcp;
  std::vector<Door> udp;
  std::vector<std::string> own_addresses;  ///< IPv4, beside the loopback's
  std::function<void(std::string_view)> on_output;
  /// This program, or another with its commands build-room and serve-room.
  std::string program = "/proc/self/exe";
};

struct RoomCommand {
  std::string text;
  bool new_shell = false;  ///< one of its own; else the one that all such commands share
  std::string interpreter = "/bin/sh";
  std::string user;  ///< empty: root
  Variables variables;
};

struct RoomEnd {
  int code = 0;
  int signal = 0;
};

/// On the loop's thread. close() is awaited before the end.
class Room {
 public:
  /// Throws CellError. Borrows pool and hidden.
  static Task<std::unique_ptr<Room>> open(core::Workers& pool, HiddenFiles* hidden,
                                          RoomSettings settings);
  ~Room();

  /// Sockets that listen inside, in the order of the settings' doors; taken once.
  std::vector<net::Descriptor> take_tcp();
  std::vector<net::Descriptor> take_udp();
  std::filesystem::path source_outside() const;
  Task<void> give_source();
  /// One at a time.
  Task<RoomEnd> run(RoomCommand command);
  /// As the last command has left them.
  const Variables& variables() const;
  void kill();
  bool dead() const;
  /// What everything inside holds of the machine's memory (room_memory.h).
  Task<RoomMemory> memory(std::int64_t enough_bytes);
  Task<void> close();
  /// Sentences about what this machine does not give.
  const std::vector<std::string>& remarks() const;

 private:
  struct State;
  explicit Room(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace tandem::sandbox
