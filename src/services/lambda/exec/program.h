// A function's program while it runs, and who runs it: in a cell on this machine
// (exec/cell_runner.h), or as a handler in the simulator's process.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/task.h"
#include "net/http_server.h"
#include "net/process.h"
#include "services/lambda/model/function.h"

namespace tandem::lambda {

/// All on the loop's thread. What the program does reaches its owner through ProgramOptions.
class Program {
 public:
  virtual ~Program() = default;
  /// Returns once it has ended and its output has been read to the end. Called once.
  virtual Task<net::ExitStatus> wait() = 0;
  /// Ends it; harmless when it has ended.
  virtual void kill() = 0;
  /// It stands still until thaw(), and is then looked at once more: nobody looks while it rests.
  virtual void freeze() = 0;
  virtual void thaw() = 0;
  /// It stands still for a while, unless it is frozen.
  virtual void pause(std::chrono::milliseconds duration) = 0;
  /// Its runtime has asked for work for the first time: what it takes is known when this returns.
  virtual Task<void> ready() = 0;
  /// What it has printed so far has reached its owner when this returns.
  virtual void drain() = 0;
  /// It has answered: memory_used() has what that took when this returns.
  virtual Task<void> answered() = 0;
  /// The most seen, in bytes.
  virtual std::int64_t memory_used() const = 0;
  /// Returns when no call of its runtime is being answered any more. After wait().
  virtual Task<void> close_doors() = 0;
};

/// What a program took too much of, and is to be ended for.
enum class Excess { kMemory, kTasks };

struct ProgramOptions {
  FunctionPtr function;
  /// Answers the runtime's calls.
  net::HttpHandler runtime_api;
  /// Its environment, once it is known where its runtime finds the Runtime API ("host:port").
  std::function<std::vector<std::pair<std::string, std::string>>(const std::string& runtime_api)>
      environment;
  std::function<void(std::string_view)> on_output;
  std::function<void(std::string_view)> on_error_output;
  std::function<void(Excess)> on_excess;
  /// Something its owner should read.
  std::function<void(const std::string& line)> remark;
};

class ProgramRunner {
 public:
  virtual ~ProgramRunner() = default;
  virtual void start() = 0;
  /// No program runs any more.
  virtual Task<void> stop() = 0;
  /// Throws std::exception saying why there can be no such program.
  virtual Task<std::shared_ptr<Program>> run(ProgramOptions options) = 0;
};

}  // namespace tandem::lambda
