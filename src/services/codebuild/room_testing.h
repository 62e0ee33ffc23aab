// Rooms for this folder's tests: folders in which /bin/sh runs.
#pragma once

#include <atomic>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <memory>
#include <spawn.h>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "core/workers.h"
#include "services/codebuild/ports.h"

namespace tandem::codebuild {

namespace fs = std::filesystem;

/// A shell that is told what to do in files, one script a command: it keeps folder and exported
/// variables in files as well.
class FakeRoom final : public BuildRoom {
 public:
  FakeRoom(RoomOptions options, core::Workers& workers, std::size_t& open)
      : options_(std::move(options)), workers_(workers), open_(open) {
    fs::create_directories(options_.folder / "source");
    ++open_;
  }
  ~FakeRoom() override { --open_; }

  fs::path source_outside() const override { return options_.folder / "source"; }
  std::string source_inside() const override { return source_outside().string(); }
  Task<void> give_source() override { co_return; }

  Task<CommandEnd> run(Command command) override {
    if (killed_) co_return CommandEnd{0, SIGKILL};
    const fs::path script = options_.folder / "script";
    std::ofstream(script) << text_of(command);
    std::string output;
    auto work = [this, script, &output] { return execute(script, output); };
    const int status = co_await core::run_blocking(workers_, std::move(work));
    if (!output.empty()) options_.on_output(output);
    CommandEnd end;
    if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
    if (WIFEXITED(status)) end.code = WEXITSTATUS(status);
    co_return end;
  }

  Task<std::vector<std::pair<std::string, std::string>>> variables() override {
    Command command;
    command.text = "env";
    std::string output;
    auto write = options_.on_output;
    options_.on_output = [&](std::string_view piece) { output += piece; };
    co_await run(std::move(command));
    options_.on_output = std::move(write);
    std::vector<std::pair<std::string, std::string>> all;
    std::size_t at = 0;
    while (at < output.size()) {
      const std::size_t end = output.find('\n', at);
      const std::string line = output.substr(at, end - at);
      const std::size_t equals = line.find('=');
      if (equals != std::string::npos) {
        all.emplace_back(line.substr(0, equals), line.substr(equals + 1));
      }
      at = end + 1;
    }
    co_return all;
  }

  void kill() override {
    killed_ = true;
    if (pid_ > 0) ::kill(-pid_, SIGKILL);
  }
  Task<void> close() override {
    kill();
    fs::remove_all(options_.folder);
    co_return;
  }
  std::vector<std::string> remarks() const override { return {"A room of a test"}; }
  const RoomOptions& options() const { return options_; }

 private:
  std::string text_of(const Command& command) {
    const std::string kept = (options_.folder / "kept").string();
    const bool same = command.shell == Command::Shell::kSame;
    std::string text = "cd " + source_inside() + "\n";
    for (const auto& [name, value] : options_.environment) text += exported(name, value);
    if (same) text += "[ -f " + kept + " ] && . " + kept + "\n";
    for (const auto& [name, value] : command.variables) text += exported(name, value);
    if (same) text += "trap 'export -p > " + kept + "; echo cd \"$PWD\" >> " + kept + "' EXIT\n";
    return text + command.text + "\n";
  }
  static std::string exported(const std::string& name, const std::string& value) {
    return "export " + name + "='" + value + "'\n";
  }

  int execute(const fs::path& script, std::string& output) {
    int pipe[2];
    if (::pipe2(pipe, O_CLOEXEC) != 0) return -1;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe[1], 1);
    posix_spawn_file_actions_adddup2(&actions, pipe[1], 2);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    std::string shell = "/bin/sh";
    std::string file = script.string();
    char* arguments[] = {shell.data(), file.data(), nullptr};
    char* nothing[] = {nullptr};
    pid_t pid = 0;
    posix_spawn(&pid, shell.c_str(), &actions, &attributes, arguments, nothing);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    pid_ = pid;
    ::close(pipe[1]);
    if (killed_) ::kill(-pid, SIGKILL);
    char piece[4096];
    for (ssize_t got = 0; (got = ::read(pipe[0], piece, sizeof piece)) > 0;) {
      output.append(piece, static_cast<std::size_t>(got));
    }
    ::close(pipe[0]);
    int status = 0;
    ::waitpid(pid, &status, 0);
    pid_ = 0;
    return status;
  }

  RoomOptions options_;
  core::Workers& workers_;
  std::size_t& open_;
  std::atomic<pid_t> pid_ = 0;
  std::atomic<bool> killed_ = false;
};

class FakeRooms final : public BuildRooms {
 public:
  explicit FakeRooms(core::Workers& workers) : workers_(workers) {}
  Task<std::unique_ptr<BuildRoom>> open(RoomOptions options) override {
    if (!refusal.empty()) throw std::runtime_error(refusal);
    auto room = std::make_unique<FakeRoom>(std::move(options), workers_, open_rooms);
    last = room.get();
    ++opened;
    co_return room;
  }
  void sweep(const fs::path& folder) override { fs::remove_all(folder); }

  std::string refusal;
  std::size_t open_rooms = 0;
  int opened = 0;
  FakeRoom* last = nullptr;  ///< dangles once it is closed

 private:
  core::Workers& workers_;
};

}  // namespace tandem::codebuild
