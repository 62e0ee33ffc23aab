// The first process of a build's room. It has no more rights than what runs there, and knows
// nothing that is not in the room.
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <map>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "core/text.h"
#include "net/descriptor.h"
#include "sandbox/room_accounts.h"
#include "sandbox/room_builder.h"
#include "sandbox/room_plan.h"
#include "sandbox/room_wire.h"

namespace tandem::sandbox {
namespace {

constexpr int kScript = 3;  ///< of a shell
constexpr std::size_t kPiece = 64 * 1024;
constexpr int kTurns = 64;
constexpr int kNotFound = 127;
constexpr int kNotRun = 126;
/// Where a shell's complaints say that they come from, as on AWS.
constexpr const char* kScriptName = "/codebuild/output/tmp/script.sh";

void say(std::string_view words) {
  [[maybe_unused]] const ssize_t said = ::write(STDOUT_FILENO, words.data(), words.size());
}

struct Shell {
  pid_t process = -1;
  net::Descriptor script;
  std::string pending;  ///< of what it is to read
  bool finishing = false;
};

/// Between fork and exec, in a process of one thread.
[[noreturn]] void become_shell(const RoomMessage& start, int script) {
  ::setsid();
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  const std::string& interpreter = start.fields[1];
  const std::string& user = start.fields[2];
  const std::string& folder = start.fields[3];
  if (::dup2(script, kScript) < 0 || ::dup2(STDOUT_FILENO, STDERR_FILENO) < 0) ::_exit(kNotRun);
  ::close_range(kScript + 1, ~0U, 0);
  if (!user.empty()) {
    if (const std::string why = become_account(user, kScript); !why.empty()) {
      say(fmt::format("{}\n", why));
      ::_exit(kNotRun);
    }
  }
  if (::chdir(folder.c_str()) != 0 && ::chdir("/") != 0) ::_exit(kNotRun);
  std::vector<std::string> variables(start.fields.begin() + 4, start.fields.end());
  std::vector<char*> environment;
  for (std::string& each : variables) environment.push_back(each.data());
  environment.push_back(nullptr);
  const std::string program = interpreter == "bash" ? "/bin/bash" : interpreter;
  const std::array<const char*, 3> words = {program.c_str(), kScriptName, nullptr};
  ::execve(program.c_str(), const_cast<char**>(words.data()), environment.data());
  say(fmt::format("{}: {}\n", program, std::strerror(errno)));
  ::_exit(errno == ENOENT ? kNotFound : kNotRun);
}

class Server {
 public:
  /// False: it cannot be begun.
  bool begin() {
    sigset_t children;
    ::sigemptyset(&children);
    ::sigaddset(&children, SIGCHLD);
    ::sigprocmask(SIG_SETMASK, &children, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    deaths_ = net::Descriptor(::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
    // Whoever writes to standard input reads nothing.
    const net::Descriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    ::umask(S_IWGRP | S_IWOTH);
    // Open for writing, too, so that it does not end with each shell.
    reports_ = net::Descriptor(::open(kRoomReport, O_RDWR | O_NONBLOCK | O_CLOEXEC));
    ::fcntl(kRoomControl, F_SETFD, FD_CLOEXEC);
    return deaths_.get() >= 0 && reports_.get() >= 0 && ::dup2(null.get(), STDIN_FILENO) >= 0;
  }

  void serve() {
    send({RoomMessage::Kind::kReady, {}});
    while (!ended_) {
      std::vector<pollfd> watched = {
          {kRoomControl, POLLIN, 0}, {deaths_.get(), POLLIN, 0}, {reports_.get(), POLLIN, 0}};
      std::vector<std::string> writing;
      for (const auto& [name, shell] : shells_) {
        if (shell.pending.empty()) continue;
        watched.push_back({shell.script.get(), POLLOUT, 0});
        writing.push_back(name);
      }
      if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) return;
      for (const std::string& name : writing) feed(name);
      if (watched[2].revents != 0) hear();
      if (watched[1].revents != 0) bury();
      if (watched[0].revents != 0) obey();
    }
  }

 private:
  void send(const RoomMessage& message) {
    const std::string text = message.text();
    std::string_view rest = text;
    while (!rest.empty()) {
      const ssize_t sent = ::send(kRoomControl, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) {
        ended_ = true;
        return;
      }
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  void obey() {
    std::array<char, kPiece> piece{};
    const ssize_t got = ::read(kRoomControl, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) return;
    if (got <= 0) {
      ended_ = true;
      return;
    }
    control_.add({piece.data(), static_cast<std::size_t>(got)});
    while (const auto message = control_.next()) take(*message);
    ended_ = ended_ || control_.broken();
  }

  void take(const RoomMessage& message) {
    using Kind = RoomMessage::Kind;
    const std::vector<std::string>& fields = message.fields;
    if (message.kind == Kind::kStart && fields.size() >= 4) {
      start(message);
    } else if (message.kind == Kind::kCommand && fields.size() == 3) {
      const auto shell = shells_.find(fields[0]);
      if (shell == shells_.end()) {
        // It has ended, which was said; this is for who did not hear.
        send({RoomMessage::Kind::kEnded, {fields[0], std::to_string(kNotRun), "0"}});
        return;
      }
      drop_reports();
      current_ = fields[0];
      mark_ = fields[2];
      shell->second.pending += fields[1];
      feed(fields[0]);
    } else if (message.kind == Kind::kFinish && fields.size() == 1) {
      const auto shell = shells_.find(fields[0]);
      if (shell == shells_.end()) return;
      shell->second.finishing = true;
      feed(fields[0]);
    }
  }

  void start(const RoomMessage& message) {
    std::array<int, 2> ends{};
    Shell shell;
    if (::pipe2(ends.data(), O_CLOEXEC) == 0) {
      const net::Descriptor read(ends[0]);
      shell.script = net::Descriptor(ends[1]);
      ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
      shell.process = ::fork();
      if (shell.process == 0) become_shell(message, read.get());
    }
    if (shell.process < 0) {
      say(fmt::format("a shell cannot be started: {}\n", std::strerror(errno)));
      send({RoomMessage::Kind::kEnded, {message.fields[0], std::to_string(kNotRun), "0"}});
      return;
    }
    // A shell keeps what it was started by as its own descriptor.
    shell.pending = fmt::format("exec {}<&-\n", kScript);
    shells_.insert_or_assign(message.fields[0], std::move(shell));
  }

  void feed(const std::string& name) {
    const auto found = shells_.find(name);
    if (found == shells_.end()) return;
    Shell& shell = found->second;
    while (!shell.pending.empty()) {
      const ssize_t written =
          ::write(shell.script.get(), shell.pending.data(), shell.pending.size());
      if (written <= 0) {
        // Its end is told by its death.
        if (errno != EAGAIN && errno != EINTR) shell.pending.clear();
        break;
      }
      shell.pending.erase(0, static_cast<std::size_t>(written));
    }
    if (shell.finishing && shell.pending.empty()) shell.script = net::Descriptor();
  }

  void drop_reports() {
    std::array<char, kPiece> piece{};
    for (int turn = 0; turn < kTurns; ++turn) {
      if (::read(reports_.get(), piece.data(), piece.size()) <= 0) break;
    }
    report_.clear();
  }

  void hear() {
    std::array<char, kPiece> piece{};
    ssize_t got = 0;
    // In turns: whoever is inside may write without end.
    for (int turn = 0; turn < kTurns && !current_.empty(); ++turn) {
      got = ::read(reports_.get(), piece.data(), piece.size());
      if (got <= 0) return;
      report_.append(piece.data(), static_cast<std::size_t>(got));
      auto fields = take_report(report_, mark_);
      if (!fields) continue;
      fields->insert(fields->begin(), std::exchange(current_, ""));
      send({RoomMessage::Kind::kReport, std::move(*fields)});
    }
    if (current_.empty()) drop_reports();
  }

  /// Whoever has no parent any more is a child of this process.
  void bury() {
    signalfd_siginfo ignored{};
    while (::read(deaths_.get(), &ignored, sizeof ignored) > 0) {
    }
    for (;;) {
      int status = 0;
      const pid_t dead = ::waitpid(-1, &status, WNOHANG);
      if (dead <= 0) return;
      const auto shell = std::ranges::find_if(
          shells_, [dead](const auto& each) { return each.second.process == dead; });
      if (shell == shells_.end()) continue;
      hear();
      const std::string name = shell->first;
      shells_.erase(shell);
      send({RoomMessage::Kind::kEnded,
            {name, std::to_string(WIFEXITED(status) ? WEXITSTATUS(status) : 0),
             std::to_string(WIFSIGNALED(status) ? WTERMSIG(status) : 0)}});
    }
  }

  net::Descriptor deaths_;
  net::Descriptor reports_;
  RoomReader control_;
  std::map<std::string, Shell> shells_;
  std::string current_;  ///< the shell that has a command
  std::string mark_;     ///< of its report
  std::string report_;
  bool ended_ = false;
};

}  // namespace

int serve_room() noexcept {
  try {
    Server server;
    if (!server.begin()) {
      fmt::print(stderr, "the room's first process: {}\n", std::strerror(errno));
      return 1;
    }
    server.serve();
  } catch (const std::exception& error) {
    fmt::print(stderr, "the room's first process: {}\n", error.what());
    return 1;
  }
  return 0;
}

}  // namespace tandem::sandbox
