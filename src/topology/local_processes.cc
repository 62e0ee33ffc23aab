// The processes of a world on this machine: finding them, asking them, starting and ending them.
#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#include "core/clock.h"
#include "core/files.h"
#include "core/text.h"
#include "core/timer.h"
#include "topology/local.h"
#include "topology/state_files.h"

namespace tandem::topology {
namespace {

using Clock = core::TimerClock;
using std::chrono::milliseconds;

constexpr int kReadyTimeoutMs = 15'000;
constexpr int kPollMs = 5;
/// With what a command does besides, people have an answer within two seconds.
constexpr milliseconds kPingDeadline{1'800};
/// What a stop gives a process before it asks whether that still answers, and the answer's time.
constexpr milliseconds kStopBeforeAsking{1'000};
constexpr milliseconds kStopAsking{700};
constexpr milliseconds kStopLimit{15'000};
constexpr milliseconds kRemainsLimit{2'000};

/// The first word of `<process>/ended`.
constexpr std::string_view kStoppedWord = "stopped";
constexpr std::string_view kKilledWord = "killed";
/// Of an ISO 8601 time with milliseconds.
constexpr std::size_t kTimeBytes = 24;

/// What a starting process says over its ready pipe: "" when it is ready, else what went wrong.
std::string await_ready(int descriptor, const std::string& name) {
  std::string said;
  char buffer[512];
  for (;;) {
    pollfd waiting{descriptor, POLLIN, 0};
    const int events = poll(&waiting, 1, kReadyTimeoutMs);
    if (events < 0 && errno == EINTR) continue;
    if (events <= 0)
      return fmt::format("{} did not get ready within {} s", name, kReadyTimeoutMs / 1000);
    const ssize_t got = read(descriptor, buffer, sizeof buffer);
    if (got <= 0) break;
    said.append(buffer, static_cast<std::size_t>(got));
  }
  if (said == "ready\n") return "";
  return said.empty() ? fmt::format("{} ended while starting", name) : said;
}

/// What an ended process of that name was about to start ends by itself, but may hold the ports
/// until then. Should it not, who starts says that the port is taken.
void await_remains(const std::string& name, const std::filesystem::path& config) {
  const auto until = Clock::now() + kRemainsLimit;
  for (const int handle : remains_of(name, config)) {
    const auto left = std::chrono::ceil<milliseconds>(until - Clock::now()).count();
    pollfd ended{handle, POLLIN, 0};
    poll(&ended, 1, std::max(0, static_cast<int>(left)));
    close(handle);
  }
}

bool is_stopped(pid_t pid) {
  const auto facts = process_facts(pid);
  return facts && facts->stopped;
}

void write_ending(const std::filesystem::path& folder, std::string_view how) {
  std::error_code ignored;
  std::filesystem::remove(folder / "pid", ignored);
  const auto time = core::iso8601_ms(core::SystemClock().now_us() / 1000);
  try {
    core::write_file_atomically(folder / "ended", fmt::format("{} {}\n", how, time), 0644);
  } catch (const std::system_error&) {
    // A full disk, a lost folder: status does not know how it ended, and that is all.
  }
}

void judge(ProcessState& process, const Pong& pong) {
  process.life = Life::kSilent;
  if (is_stopped(*process.pid)) {
    process.problem =
        fmt::format("a signal has stopped it; 'kill -CONT {}' lets it go on", *process.pid);
  } else if (pong.kind == Pong::Kind::kNobody) {
    process.problem = "it does not listen on " + process.address;
  } else if (pong.kind == Pong::Kind::kStranger ||
             (pong.kind == Pong::Kind::kTandem && pong.pid != *process.pid)) {
    process.problem = "another process answers on " + process.address;
  }
  if (pong.kind != Pong::Kind::kTandem || pong.pid != *process.pid) return;
  process.life = pong.problem.empty() ? Life::kRunning : Life::kUnwell;
  process.problem = pong.problem;
  process.store = pong.store;
  process.clock = pong.clock;
}

}  // namespace

std::string_view life_text(Life life) {
  switch (life) {
    case Life::kStopped:
      return "stopped";
    case Life::kRunning:
      return "running";
    case Life::kUnwell:
      return "unwell";
    case Life::kSilent:
      return "does not answer";
  }
  return "";
}

std::string_view state_text(const ProcessState& process) {
  if (process.life != Life::kStopped) return life_text(process.life);
  switch (process.ending.how) {
    case Ending::How::kStopped:
      return "stopped";
    case Ending::How::kKilled:
      return "killed";
    case Ending::How::kCrashed:
      return "crashed";
  }
  return "";
}

Ending parse_ending(std::string_view text) {
  text = core::trim(text);
  const auto space = text.find(' ');
  Ending ending;
  if (text.substr(0, space) == kKilledWord) ending.how = Ending::How::kKilled;
  if (space != std::string_view::npos) ending.at = text.substr(space + 1, kTimeBytes);
  return ending;
}

std::string advice(const ProcessState& process) {
  if (process.life == Life::kStopped) {
    return fmt::format("{0} is not running; 'tandem region start {0}' starts it", process.name);
  }
  return fmt::format(
      "{0} (pid {1}) does not answer{2}; 'tandem region kill {0}' ends it, then 'tandem region "
      "start {0}' starts it anew",
      process.name, *process.pid, process.problem.empty() ? "" : " (" + process.problem + ")");
}

std::vector<std::string> LocalWorld::names() const {
  std::vector<std::string> all{"global"};
  for (const auto& region : config_.regions) all.push_back(region.name);
  return all;
}

/// By their pid files; should one be lost, by what the process table says of our processes. The
/// table is read once at most, since that asks every process of the machine.
std::map<std::string, ProcessId> LocalWorld::find_processes(
    const std::vector<std::string>& names) const {
  const auto config = folder_ / "config.json";
  std::optional<std::vector<NodeProcess>> table;
  std::map<std::string, ProcessId> found;
  for (const std::string& name : names) {
    const auto folder = folder_ / name;
    const auto ours = [&](const NodeProcess& process) {
      return process.name == name && works_in(process, folder);
    };
    if (const auto id = parse_pid_file(read_state_file(folder / "pid").text.value_or(""))) {
      const auto process = node_process(id->pid, config);
      if (process && process->id == *id && ours(*process)) {
        found.emplace(name, *id);
        continue;
      }
    }
    if (!table) table = node_processes(config);
    const auto process = std::ranges::find_if(*table, ours);
    if (process != table->end()) found.emplace(name, process->id);
  }
  return found;
}

std::optional<pid_t> LocalWorld::running_pid(const std::string& name) const {
  const auto found = find_processes({name});
  return found.empty() ? std::nullopt : std::optional(found.begin()->second.pid);
}

PingTarget LocalWorld::target_of(const std::string& name) const {
  const auto* region = config_.find_region(name);
  if (region == nullptr) return {config_.global_address, config_.ports.endpoint};
  return {region->address, config_.ports.http};
}

std::vector<ProcessState> LocalWorld::processes() const {
  std::vector<ProcessState> all;
  std::vector<PingTarget> targets;
  const auto found = find_processes(names());
  for (const std::string& name : names()) {
    const PingTarget target = target_of(name);
    all.push_back({.name = name, .address = target.address, .pid = std::nullopt});
    if (const auto id = found.find(name); id != found.end()) all.back().pid = id->second.pid;
    if (all.back().pid) targets.push_back(target);
  }
  const std::vector<Pong> pongs = ping(targets, kPingDeadline);
  std::size_t next = 0;
  for (ProcessState& process : all) {
    if (process.pid) {
      judge(process, pongs[next++]);
    } else {
      process.ending = ending_of(process.name);
    }
  }
  return all;
}

/// Whoever ends a process takes its pid file away and says how; what ends otherwise leaves it.
Ending LocalWorld::ending_of(const std::string& name) const {
  std::error_code failed;
  if (std::filesystem::exists(folder_ / name / "pid", failed)) {
    return {.how = Ending::How::kCrashed};
  }
  return parse_ending(read_state_file(folder_ / name / "ended").text.value_or(""));
}

/// One that says that it cannot serve is there for some moments more, in which it would be taken
/// for a process that does not answer.
std::string LocalWorld::await_start(const std::string& name, const Starting& starting) {
  std::string failure = await_ready(starting.ready, name);
  close(starting.ready);
  if (failure.empty()) return failure;
  const int handle = static_cast<int>(syscall(SYS_pidfd_open, starting.child, 0));
  if (handle >= 0) {
    pollfd ended{handle, POLLIN, 0};
    poll(&ended, 1, static_cast<int>(kStopBeforeAsking.count()));
    close(handle);
  }
  waitpid(starting.child, nullptr, WNOHANG);
  return fmt::format("{} (its log: {})", core::trim(failure), log_file(name).string());
}

LocalWorld::Starting LocalWorld::spawn(const std::string& name) {
  const auto folder = folder_ / name;
  make_way_for_folder(folder, note_);
  std::filesystem::create_directories(folder);
  for (const auto& file : {folder / "pid", folder / "pid.new", log_file(name)}) {
    make_way(file, note_);
  }
  std::error_code ignored;
  std::filesystem::remove(folder / "ended", ignored);
  const std::string config = (folder_ / "config.json").string();
  await_remains(name, config);
  const std::string log = log_file(name).string();
  const std::string pid_file = (folder / "pid").string();
  const std::string new_pid_file = (folder / "pid.new").string();
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (out < 0) throw LocalError(fmt::format("cannot write {}: {}", log, strerror(errno)));
  int ready[2];
  if (pipe2(ready, O_CLOEXEC) != 0) throw LocalError("cannot make a pipe");
  const pid_t child = fork();
  if (child < 0) throw LocalError(fmt::format("cannot start {}: {}", name, strerror(errno)));
  if (child == 0) {
    setsid();
    // Its working folder tells it from a process whose folder was removed and made anew.
    if (chdir(folder.c_str()) != 0) _exit(126);
    // Written by the child, so that no moment of this command's death leaves a process unknown.
    // Without room for it the process table tells who runs: a process on a full disk waits for room
    // (service/lives.h), and must be there to say so.
    if (!write_own_pid_file(pid_file.c_str(), new_pid_file.c_str()) && errno != ENOSPC &&
        errno != EDQUOT) {
      dprintf(ready[1], "cannot write %s: %s\n", pid_file.c_str(), strerror(errno));
      _exit(126);
    }
    const int null = ::open("/dev/null", O_RDONLY);
    dup2(null, 0);
    dup2(out, 1);
    dup2(out, 2);
    dup2(ready[1], 3);
    // Nothing of the command's own may stay open in a process that outlives it.
    close_range(4, ~0U, 0);
    execl("/proc/self/exe", "tandem", "node", "--config", config.c_str(), "--name", name.c_str(),
          "--ready-fd", "3", nullptr);
    _exit(127);
  }
  close(out);
  close(ready[1]);
  return {child, ready[0]};
}

/// By what they say themselves, so that a command that was ended between writing the configuration
/// and telling of it leaves nobody behind. Who cannot be told is started anew.
void LocalWorld::tell_regions() {
  std::vector<std::string> running;
  std::vector<PingTarget> targets;
  for (const auto& [name, id] : find_processes(names())) {
    running.push_back(name);
    targets.push_back(target_of(name));
  }
  const std::vector<Pong> pongs = ping(targets, kPingDeadline);
  std::vector<std::string> behind;
  std::vector<PingTarget> to_tell;
  for (std::size_t i = 0; i < running.size(); ++i) {
    if (pongs[i].kind != Pong::Kind::kTandem || pongs[i].regions == config_.regions) continue;
    behind.push_back(running[i]);
    to_tell.push_back(targets[i]);
  }
  const auto problems = tell_to_reload(to_tell, config_.credentials, kPingDeadline);
  std::vector<std::string> deaf;
  for (std::size_t i = 0; i < behind.size(); ++i) {
    if (problems[i].empty()) continue;
    note_(fmt::format("{} does not follow the change of regions ({}): started anew", behind[i],
                      problems[i]));
    deaf.push_back(behind[i]);
  }
  end(deaf, SIGTERM);
}

/// Waits while a process that another command started is there and does not listen yet. False: it
/// is too late for that.
bool LocalWorld::await_answer(const std::string& name, int& left_ms) const {
  constexpr int kSaidAfterMs = 1'000;
  for (int waited_ms = 0; left_ms > 0; waited_ms += kPollMs, left_ms -= kPollMs) {
    const auto pid = running_pid(name);
    if (!pid || is_stopped(*pid)) return true;
    const auto kind = ping({target_of(name)}, kPingDeadline).front().kind;
    if (kind != Pong::Kind::kNobody) return true;
    if (waited_ms == kSaidAfterMs) {
      note_(fmt::format("waiting for {} (pid {}), which does not listen yet", name, *pid));
    }
    poll(nullptr, 0, kPollMs);
  }
  return false;
}

std::vector<std::string> LocalWorld::start_missing() {
  std::vector<std::pair<std::string, Starting>> all;
  std::string failures;
  std::string silent;
  const auto add = [](std::string& to, std::string_view what) {
    to.append(to.empty() ? "" : "\n").append(what);
  };
  int left_ms = kReadyTimeoutMs;
  for (const ProcessState& process : processes()) {
    if (process.life == Life::kSilent && !await_answer(process.name, left_ms)) break;
  }
  for (const ProcessState& process : processes()) {
    if (process.life == Life::kStopped) all.emplace_back(process.name, spawn(process.name));
    if (process.life == Life::kSilent) add(silent, advice(process));
  }
  std::vector<std::string> started;
  for (const auto& [name, starting] : all) {
    const std::string failure = await_start(name, starting);
    if (failure.empty()) {
      started.push_back(name);
    } else {
      add(failures, failure);
    }
  }
  if (!failures.empty()) throw LocalError(failures + (silent.empty() ? "" : "\n") + silent);
  if (!silent.empty()) throw NotRunning(silent);
  return started;
}

bool LocalWorld::start(const std::string& name) {
  for (const ProcessState& process : processes()) {
    if (process.name != name || process.life == Life::kStopped) continue;
    if (process.life == Life::kSilent) throw NotRunning(advice(process));
    return false;
  }
  check_ca();
  const std::string failure = await_start(name, spawn(name));
  if (!failure.empty()) throw LocalError(failure);
  return true;
}

/// A process that was told to end, and whether it has.
struct LocalWorld::Leaving {
  std::string name;
  pid_t pid;
  int handle;
  int number;  ///< of the last signal it got
  bool ended = false;
};

/// Only people read it, so that a folder that is gone or full is no reason to fail.
void LocalWorld::note_end(const Leaving& ended) const {
  write_ending(folder_ / ended.name, ended.number == SIGKILL ? kKilledWord : kStoppedWord);
}

void note_own_end() {
  const auto id = parse_pid_file(read_state_file("pid").text.value_or(""));
  const auto self = process_facts(getpid());
  if (id && self && *id == self->id) write_ending(".", kStoppedWord);
}

namespace {

/// Until all have ended, or for so long.
template <class Endings>
void await_end(Endings& endings, milliseconds limit) {
  const auto until = Clock::now() + limit;
  for (;;) {
    std::vector<pollfd> waiting;
    for (auto& ending : endings) waiting.push_back({ending.ended ? -1 : ending.handle, POLLIN, 0});
    const auto left = std::chrono::ceil<milliseconds>(until - Clock::now()).count();
    const bool all = std::ranges::all_of(endings, [](const auto& one) { return one.ended; });
    if (all || left <= 0) return;
    poll(waiting.data(), waiting.size(), static_cast<int>(left));
    for (std::size_t i = 0; i < endings.size(); ++i) endings[i].ended |= waiting[i].revents != 0;
  }
}

}  // namespace

/// SIGKILL to those that were told to end and answer nothing any more: one that is about to end has
/// closed its listener.
void LocalWorld::end_silent(std::vector<Leaving>& endings) {
  std::vector<PingTarget> targets;
  for (const Leaving& ending : endings) targets.push_back(target_of(ending.name));
  const std::vector<Pong> pongs = ping(targets, kStopAsking);
  for (std::size_t i = 0; i < endings.size(); ++i) {
    Leaving& ending = endings[i];
    const bool silent = pongs[i].kind == Pong::Kind::kSilent || is_stopped(ending.pid);
    if (ending.ended || !silent) continue;
    note_(fmt::format("{} (pid {}) does not answer: ended by SIGKILL", ending.name, ending.pid));
    ending.number = SIGKILL;
    send_signal(ending.handle, SIGKILL);
  }
}

std::vector<std::string> LocalWorld::end(const std::vector<std::string>& names, int number) {
  std::vector<Leaving> endings;
  const auto found = find_processes(names);
  for (const std::string& name : names) {
    const auto id = found.find(name);
    const int handle = id == found.end() ? -1 : open_process(id->second);
    if (handle < 0) continue;
    endings.push_back({.name = name, .pid = id->second.pid, .handle = handle, .number = number});
    send_signal(handle, number);
  }
  await_end(endings, kStopBeforeAsking);
  const auto all_ended = [&] {
    return std::ranges::all_of(endings, [](const Leaving& one) { return one.ended; });
  };
  if (!all_ended()) end_silent(endings);
  await_end(endings, kStopLimit);
  if (!all_ended()) {
    for (Leaving& ending : endings) {
      ending.number = SIGKILL;
      send_signal(ending.handle, SIGKILL);
    }
    await_end(endings, kStopLimit);
  }
  std::vector<std::string> ended;
  std::string left;
  for (const Leaving& ending : endings) {
    close(ending.handle);
    if (!ending.ended) {
      left += fmt::format("{}{} (pid {}) does not end", left.empty() ? "" : "\n", ending.name,
                          ending.pid);
      continue;
    }
    waitpid(ending.pid, nullptr, WNOHANG);
    note_end(ending);
    ended.push_back(ending.name);
  }
  if (!left.empty()) throw LocalError(left);
  return ended;
}

bool LocalWorld::stop(const std::string& name) { return !end({name}, SIGTERM).empty(); }
bool LocalWorld::kill(const std::string& name) { return !end({name}, SIGKILL).empty(); }

std::vector<std::string> LocalWorld::stop_all() {
  std::vector<std::string> all = names();
  // Of a configuration that was lost, say.
  for (const NodeProcess& process : node_processes(folder_ / "config.json")) {
    if (std::ranges::find(all, process.name) == all.end()) all.push_back(process.name);
  }
  std::vector<std::string> ended = end(all, SIGTERM);
  end_strays();
  return ended;
}

void LocalWorld::end_strays() {
  std::vector<Leaving> endings;
  for (const NodeProcess& process : node_processes(folder_ / "config.json")) {
    if (works_in(process, folder_ / process.name)) continue;
    const int handle = open_process(process.id);
    if (handle < 0) continue;
    endings.push_back(
        {.name = process.name, .pid = process.id.pid, .handle = handle, .number = SIGKILL});
    // Not SIGTERM: it would write the rest of its state into a folder that is another's by now.
    send_signal(handle, SIGKILL);
  }
  await_end(endings, kStopLimit);
  for (const Leaving& ending : endings) {
    close(ending.handle);
    waitpid(ending.pid, nullptr, WNOHANG);
    note_(fmt::format("{} (pid {}) ran on although its state folder was removed: ended",
                      ending.name, ending.pid));
  }
}

}  // namespace tandem::topology
