// Child processes: started with posix_spawn semantics, watched by the loop, never left behind.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

#include "core/task.h"
#include "net/descriptor.h"

namespace tandem::net {

/// Raises this process's limit of open descriptors to what it may be, for connections. Child
/// processes get the usual 1,024. Returns the limit. Throws boost::system::system_error.
std::size_t raise_descriptor_limit();
/// What is done in the child before its program begins. It runs in our memory, with every other
/// thread of ours going on: system calls only, no allocation, no lock, no library function that
/// speaks to threads (setuid does).
class ChildSetup {
 public:
  virtual ~ChildSetup() = default;
  /// 0, or the errno for which start() throws.
  virtual int run() noexcept = 0;
};

struct ProcessOptions {
  std::vector<std::string> arguments;    ///< arguments[0] is the program, looked up in PATH
  std::vector<std::string> environment;  ///< "NAME=value"; nothing is inherited
  std::string working_directory;         ///< empty: as ours
  std::string input;                     ///< written to its standard input, which is then closed
  /// Called on the loop's thread with each piece of output as it comes. Standard output and
  /// standard error are told apart.
  std::function<void(std::string_view)> on_output;
  std::function<void(std::string_view)> on_error_output;
  /// Own process group, killed as a whole; dies with this process.
  bool own_group = true;
  std::vector<int> inherited;   ///< become its descriptors 3, 4 …; borrowed until start() returns
  ChildSetup* setup = nullptr;  ///< borrowed until start() returns
};

/// A file without a name that holds bytes, to be read from its start. Throws system_error.
Descriptor memory_file(std::string_view bytes);

struct ExitStatus {
  int code = 0;    ///< when signal is 0
  int signal = 0;  ///< what killed it, or 0
  /// Of the process and the children it waited for; 0 when it never had more than we had when it
  /// began, because a child's peak starts at its parent's and execve keeps it.
  long max_resident_kib = 0;
};

class ChildProcess {
 public:
  /// Throws boost::system::system_error when it cannot be started.
  static std::unique_ptr<ChildProcess> start(asio::any_io_executor executor,
                                             ProcessOptions options);
  /// The same for a child whose setup takes a while: it is launched by a thread of the pool, which
  /// must live as long as the child is to.
  static Task<std::unique_ptr<ChildProcess>> start_on(core::Workers& pool, ProcessOptions options);
  /// Kills the group if it still runs.
  ~ChildProcess();

  pid_t pid() const;
  /// Returns once it has ended and its output is read to the end. May be called once.
  Task<ExitStatus> wait();
  /// What it has written so far has reached on_output and on_error_output when this returns.
  void drain_output();
  /// To the whole group. Harmless when it has ended.
  void signal(int number);

 private:
  struct State;
  explicit ChildProcess(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace tandem::net
