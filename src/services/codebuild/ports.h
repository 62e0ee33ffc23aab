// What CodeBuild needs from the rest of its region, wired by the assembler.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.h"
#include "core/task.h"
#include "core/workers.h"
#include "service/object_files.h"
#include "service/roles.h"

namespace tandem::codebuild {

struct LogLine {
  std::int64_t timestamp_ms = 0;
  std::string message;
};

/// Where builds' log lines go. Makes group and stream when they are missing.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(std::string_view group, std::string_view stream,
                     std::vector<LogLine> lines) = 0;
};

/// Temporary credentials of a project's role, as the container credentials endpoint of AWS gives
/// them out (169.254.170.2).
struct RoleCredentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;
  std::int64_t expires_s = 0;
  std::string role_arn;
};

struct RoomOptions {
  std::string name;               ///< for the log and for folders: the build's id
  std::filesystem::path folder;   ///< the room's own, which does not exist yet; removed by close()
  std::int64_t memory_bytes = 0;  ///< what all its processes may hold
  std::string compute_type;       ///< whose memory that is, for people
  /// Of the shells, from their beginning.
  std::vector<std::pair<std::string, std::string>> environment;
  /// Asked each time somebody inside asks for credentials.
  std::function<RoleCredentials()> credentials;
  /// Pieces of what is printed inside, both streams in order, not cut at lines. The room does not
  /// read on before it returns.
  std::function<void(std::string_view)> on_output;
};

struct Command {
  std::string text;
  /// kSame: in the room's one shell, which keeps folder, variables and functions between commands
  /// (buildspec 0.2); kNew: in a shell of its own, that begins in the source folder with the
  /// environment the room began with (buildspec 0.1).
  enum class Shell { kSame, kNew };
  Shell shell = Shell::kSame;
  std::string interpreter = "/bin/sh";  ///< "/bin/sh" or "bash"
  std::string user;                     ///< run-as; empty: root of the room
  /// Set and exported before it, for it and what follows in that shell.
  std::vector<std::pair<std::string, std::string>> variables;
};

struct CommandEnd {
  int code = 0;    ///< when signal is 0
  int signal = 0;  ///< what killed the shell, or 0
};

/// A machine for one build, and the one network and view of files that it has. All on the loop's
/// thread. Nothing of it outlives it: not when it is destroyed, and not when the process is killed.
class BuildRoom {
 public:
  virtual ~BuildRoom() = default;
  /// Where the source folder is outside. Empty when the room is opened; seen inside at
  /// source_inside(), which is where shells begin. What is in it may be changed by whoever is
  /// inside at any time while something runs there: links in it are hostile.
  virtual std::filesystem::path source_outside() const = 0;
  virtual std::string source_inside() const = 0;
  /// Everything in the source folder belongs to the room's root from now on. After it was filled
  /// from outside, before the first command.
  virtual Task<void> give_source() = 0;
  /// One at a time. Returns when the shell has come to the command's end; what was printed until
  /// then has reached on_output. When the shell itself ends (exit, a signal), the next command is
  /// begun in a new one that goes on with the folder and the exported variables as they were after
  /// the command before.
  virtual Task<CommandEnd> run(Command command) = 0;
  /// The shell's exported variables after the last command.
  virtual Task<std::vector<std::pair<std::string, std::string>>> variables() = 0;
  /// Ends whatever runs inside, at once; run() returns with a signal. Nothing can be run any more.
  virtual void kill() = 0;
  /// kill(), and the folder is gone when it returns. To be awaited before the end.
  virtual Task<void> close() = 0;
  /// What somebody who reads the build's log should know of this machine ("as an ordinary user
  /// …: packages cannot be installed"), sentences.
  virtual std::vector<std::string> remarks() const = 0;
};

class BuildRooms {
 public:
  virtual ~BuildRooms() = default;
  /// Throws std::exception saying why there can be no room and what to do about it.
  virtual Task<std::unique_ptr<BuildRoom>> open(RoomOptions options) = 0;
  /// Removes what a process that was killed has left of its rooms in that folder, mounts included.
  /// Blocking; before the first open().
  virtual void sweep(const std::filesystem::path& rooms_folder) = 0;
};

struct CodeBuildPorts {
  LogSink& logs;
  BuildRooms& rooms;
  service::ObjectFiles& objects;
  service::Roles& roles;
  /// For work of minutes, which is not to be in the way of what takes milliseconds.
  core::Workers& slow;
};

}  // namespace tandem::codebuild
