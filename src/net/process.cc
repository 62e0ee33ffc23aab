#include "net/process.h"

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/check.h"
#include "core/text.h"
#include "net/descriptor.h"

namespace tandem::net {
namespace {

using asio::posix::stream_descriptor;

// Without pidfd (Linux before 5.3) the exit is polled for.
constexpr std::chrono::milliseconds kPollInterval{20};
// A descendant that left the group may hold the pipes open; output is read on for this long.
constexpr std::chrono::milliseconds kDrainTime{1'000};
constexpr std::size_t kPiece = 16 * 1024;
/// The most that a pipe holds unless an administrator raised it (pipe(7), pipe-max-size), in
/// pieces.
constexpr int kFullPipe = 1024 * 1024 / kPiece;
constexpr rlim_t kChildDescriptors = 1024;

[[noreturn]] void throw_errno(const std::string& what, int error = errno) {
  throw boost::system::system_error(error, boost::system::system_category(), what);
}

struct Pipe {
  Descriptor read;
  Descriptor write;
};

Pipe make_pipe() {
  std::array<int, 2> ends;
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno("pipe2");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

/// The child reads a file in memory at its own pace; nobody has to feed it.
Descriptor make_input(const std::string& input) {
  if (!input.empty()) return memory_file(input);
  Descriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (null.get() < 0) throw_errno("/dev/null");
  return null;
}

std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = std::getenv("PATH");
  for (const std::string_view folder :
       core::split(path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin", ':')) {
    std::string candidate = std::string(folder.empty() ? "." : folder) + '/' + name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  throw_errno(name, ENOENT);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// All that the child needs between vfork and exec, made before: there it may neither allocate nor
/// lock.
struct Launch {
  std::string program;
  std::vector<char*> arguments;
  std::vector<char*> environment;
  const char* folder = nullptr;
  int input = -1;
  int output = -1;
  int error_output = -1;
  std::vector<int> inherited;
  ChildSetup* setup = nullptr;
  bool own_group = true;
  pid_t parent = 0;
  volatile int failed_errno = 0;  ///< the child shares our memory until it execs
};

/// What is inherited may lie where other descriptors are to go.
bool move_inherited_out_of_the_way(Launch& launch) {
  constexpr int kOutOfTheWay = 64;
  for (int& each : launch.inherited) {
    each = ::fcntl(each, F_DUPFD, kOutOfTheWay);
    if (each < 0) return false;
  }
  return true;
}

/// The descriptors it is to have become 0, 1, 2, 3 …
bool place_descriptors(const Launch& launch) {
  if (::dup2(launch.input, 0) < 0 || ::dup2(launch.output, 1) < 0 ||
      ::dup2(launch.error_output, 2) < 0) {
    return false;
  }
  int next = 3;
  for (const int each : launch.inherited) {
    if (::dup2(each, next++) < 0) return false;
  }
  // Whatever other descriptors this process has or was given are not the child's business.
  ::close_range(static_cast<unsigned>(next), ~0U, CLOSE_RANGE_CLOEXEC);
  return true;
}

[[noreturn]] void run_child(Launch& launch) {
  if (launch.own_group) ::setpgid(0, 0);
  // Handlers are ours, and ignored signals would stay ignored over exec.
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction action {};
    action.sa_handler = SIG_DFL;
    ::sigaction(number, &action, nullptr);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (!move_inherited_out_of_the_way(launch)) {
    launch.failed_errno = errno;
    ::_exit(127);
  }
  // The setup needs our descriptors, so it comes before its own are put in place, and it may lower
  // their limit, so it comes after new ones were made. A change of user makes the kernel forget the
  // signal of the parent's death, which therefore comes next.
  const int refused = launch.setup == nullptr ? 0 : launch.setup->run();
  if (refused != 0) {
    launch.failed_errno = refused;
    ::_exit(127);
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have died before the line above.
  if (::getppid() != launch.parent) ::_exit(127);
  const bool ready =
      (launch.folder == nullptr || ::chdir(launch.folder) == 0) && place_descriptors(launch);
  // This process raised its limit for connections. Programs that use select() need the usual one,
  // which is Lambda's, too ("Lambda quotas": 1,024 file descriptors).
  rlimit descriptors{};
  if (::getrlimit(RLIMIT_NOFILE, &descriptors) == 0 && descriptors.rlim_cur > kChildDescriptors) {
    descriptors.rlim_cur = kChildDescriptors;
    ::setrlimit(RLIMIT_NOFILE, &descriptors);
  }
  if (ready) {
    ::execve(launch.program.c_str(), launch.arguments.data(), launch.environment.data());
  }
  launch.failed_errno = errno;
  ::_exit(127);
}

__attribute__((noinline)) pid_t vfork_and_run(Launch& launch) {
  const pid_t pid = ::vfork();
  if (pid == 0) run_child(launch);
  return pid;
}

/// vfork costs the same however much memory we have, and the child's address space being ours means
/// no signal handler may run in it: all are blocked meanwhile.
pid_t launch_child(Launch& launch) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  static const int dumpable = ::prctl(PR_GET_DUMPABLE);
  const pid_t pid = vfork_and_run(launch);
  const int error = errno;
  // A child that changed its user before it left our memory made that undumpable.
  if (launch.setup != nullptr && dumpable == 1) ::prctl(PR_SET_DUMPABLE, 1);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) throw_errno("vfork", error);
  if (launch.failed_errno != 0) {
    ::waitpid(pid, nullptr, 0);
    throw_errno(launch.program, launch.failed_errno);
  }
  return pid;
}

long peak_resident_kib() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

/// A child that runs, and our ends of its pipes.
struct Launched {
  pid_t pid = -1;
  long own_peak_kib = 0;
  Descriptor output;
  Descriptor error_output;
};

}  // namespace

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) throw_errno("getrlimit");
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  return ::setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

Descriptor memory_file(std::string_view bytes) {
  Descriptor file(::memfd_create("input", MFD_CLOEXEC));
  if (file.get() < 0) throw_errno("memfd_create");
  while (!bytes.empty()) {
    const ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_errno("memfd write");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::lseek(file.get(), 0, SEEK_SET) != 0) throw_errno("memfd seek");
  return file;
}

struct ChildProcess::State : std::enable_shared_from_this<State> {
  explicit State(const asio::any_io_executor& executor)
      : output(executor),
        error_output(executor),
        exit_watch(executor),
        poll_timer(executor),
        drain_timer(executor),
        changed(executor, core::kNever) {}

  using Sink = std::function<void(std::string_view)>;
  struct Stream {
    explicit Stream(const asio::any_io_executor& executor) : descriptor(executor) {}
    stream_descriptor descriptor;
    Sink sink;
    std::array<char, kPiece> piece;
    bool open = false;
  };

  static std::shared_ptr<State> attend(const asio::any_io_executor& executor,
                                       ProcessOptions options, Launched launched);
  enum class Taken { kMore, kAll };
  void read(Stream& stream);
  Taken take(Stream& stream, int pieces);
  void watch();
  void poll();
  bool try_reap();
  void kill_group(int number);
  void close_outputs();
  bool finished() const { return exited && !output.open && !error_output.open; }

  pid_t pid = -1;
  long own_peak_kib = 0;  ///< our own resident memory when the child began
  bool own_group = true;
  bool exited = false;
  bool waited = false;
  ExitStatus status;
  Stream output;
  Stream error_output;
  stream_descriptor exit_watch;
  core::Timer poll_timer;
  core::Timer drain_timer;
  core::Timer changed;  ///< cancelled when finished() becomes true
};

/// Bytes go from the pipe to the sink within one step of the loop: none are ever under way, so that
/// whoever drains the pipe has them in order.
void ChildProcess::State::read(Stream& stream) {
  stream.descriptor.async_wait(
      stream_descriptor::wait_read,
      [self = shared_from_this(), &stream](const boost::system::error_code& error) {
        if (!error && stream.open && self->take(stream, 1) == Taken::kMore) {
          self->read(stream);
          return;
        }
        stream.open = false;
        boost::system::error_code ignored;
        stream.descriptor.close(ignored);
        if (self->finished()) self->changed.cancel();
      });
}

/// Reads what is there, in so many pieces at most.
ChildProcess::State::Taken ChildProcess::State::take(Stream& stream, int pieces) {
  for (; pieces > 0; --pieces) {
    boost::system::error_code error;
    const std::size_t count = stream.descriptor.read_some(asio::buffer(stream.piece), error);
    if (error == asio::error::would_block || error == asio::error::interrupted) break;
    if (error) return Taken::kAll;
    if (stream.sink) stream.sink({stream.piece.data(), count});
  }
  return Taken::kMore;
}

void ChildProcess::State::watch() {
  if (!exit_watch.is_open()) {
    poll();
    return;
  }
  exit_watch.async_wait(stream_descriptor::wait_read,
                        [self = shared_from_this()](const boost::system::error_code& error) {
                          if (!error && !self->try_reap()) self->watch();
                        });
}

void ChildProcess::State::poll() {
  poll_timer.expires_after(kPollInterval);
  poll_timer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error && !self->try_reap()) self->poll();
  });
}

bool ChildProcess::State::try_reap() {
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
      info.si_pid != pid) {
    return false;
  }
  // While it is a zombie its number cannot be anyone else's: the moment to end what it left behind.
  if (own_group) ::kill(-pid, SIGKILL);
  int raw = 0;
  struct rusage usage {};
  CHECK(::wait4(pid, &raw, 0, &usage) == pid);
  status.code = WIFEXITED(raw) ? WEXITSTATUS(raw) : 0;
  status.signal = WIFSIGNALED(raw) ? WTERMSIG(raw) : 0;
  if (usage.ru_maxrss > own_peak_kib) status.max_resident_kib = usage.ru_maxrss;
  exited = true;
  boost::system::error_code ignored;
  exit_watch.close(ignored);
  if (finished()) {
    changed.cancel();
    return true;
  }
  drain_timer.expires_after(kDrainTime);
  drain_timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self) self->close_outputs();
  });
  return true;
}

void ChildProcess::State::kill_group(int number) {
  if (!exited) ::kill(own_group ? -pid : pid, number);
}

void ChildProcess::State::close_outputs() {
  for (Stream* stream : {&output, &error_output}) {
    boost::system::error_code ignored;
    stream->open = false;
    stream->descriptor.close(ignored);
  }
  if (finished()) changed.cancel();
}

ChildProcess::ChildProcess(std::shared_ptr<State> state) : state_(std::move(state)) {}

ChildProcess::~ChildProcess() {
  state_->output.sink = nullptr;
  state_->error_output.sink = nullptr;
  state_->kill_group(SIGKILL);
  state_->drain_timer.cancel();
  state_->close_outputs();
  // What waits for the exit keeps the state until the child is reaped.
}

namespace {

Launched launch_with_pipes(const ProcessOptions& options) {
  CHECK(!options.arguments.empty());
  Pipe output = make_pipe();
  Pipe error_output = make_pipe();
  const Descriptor input = make_input(options.input);

  auto arguments = options.arguments;
  auto environment = options.environment;
  Launch launch;
  launch.program = find_program(arguments.front());
  launch.arguments = pointers(arguments);
  launch.environment = pointers(environment);
  if (!options.working_directory.empty()) launch.folder = options.working_directory.c_str();
  launch.input = input.get();
  launch.output = output.write.get();
  launch.error_output = error_output.write.get();
  launch.inherited = options.inherited;
  launch.setup = options.setup;
  launch.own_group = options.own_group;
  launch.parent = ::getpid();
  const long own_peak_kib = peak_resident_kib();
  return {launch_child(launch), own_peak_kib, std::move(output.read), std::move(error_output.read)};
}

}  // namespace

std::unique_ptr<ChildProcess> ChildProcess::start(asio::any_io_executor executor,
                                                  ProcessOptions options) {
  Launched launched = launch_with_pipes(options);
  return std::unique_ptr<ChildProcess>(
      new ChildProcess(State::attend(executor, std::move(options), std::move(launched))));
}

Task<std::unique_ptr<ChildProcess>> ChildProcess::start_on(core::Workers& pool,
                                                           ProcessOptions options) {
  const auto executor = co_await asio::this_coro::executor;
  Launched launched =
      co_await core::run_blocking(pool, [&options] { return launch_with_pipes(options); });
  co_return std::unique_ptr<ChildProcess>(
      new ChildProcess(State::attend(executor, std::move(options), std::move(launched))));
}

std::shared_ptr<ChildProcess::State> ChildProcess::State::attend(
    const asio::any_io_executor& executor, ProcessOptions options, Launched launched) {
  auto state = std::make_shared<State>(executor);
  state->pid = launched.pid;
  state->own_peak_kib = launched.own_peak_kib;
  state->own_group = options.own_group;
  state->output.sink = std::move(options.on_output);
  state->error_output.sink = std::move(options.on_error_output);
  state->output.descriptor.assign(launched.output.release());
  state->error_output.descriptor.assign(launched.error_output.release());
  const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, state->pid, 0));
  if (pidfd >= 0) state->exit_watch.assign(pidfd);
  for (Stream* stream : {&state->output, &state->error_output}) {
    stream->open = true;
    stream->descriptor.non_blocking(true);
    state->read(*stream);
  }
  state->watch();
  return state;
}

pid_t ChildProcess::pid() const { return state_->pid; }

void ChildProcess::drain_output() {
  for (State::Stream* stream : {&state_->output, &state_->error_output}) {
    // That it has come to its end is noticed where it is waited for.
    if (stream->open) static_cast<void>(state_->take(*stream, kFullPipe));
  }
}

void ChildProcess::signal(int number) { state_->kill_group(number); }

Task<ExitStatus> ChildProcess::wait() {
  const std::shared_ptr<State> state = state_;
  CHECK(!std::exchange(state->waited, true));
  while (!state->finished()) {
    boost::system::error_code ignored;
    co_await state->changed.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  co_return state->status;
}

}  // namespace tandem::net
