// A program in a cell: the process, the Runtime API it finds there, its memory and its processes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/http_server.h"
#include "net/process.h"
#include "sandbox/cell.h"
#include "sandbox/memory.h"
#include "sandbox/process_table.h"
#include "services/lambda/exec/host.h"
#include "services/lambda/exec/program.h"
#include "services/lambda/model/runtimes.h"
#include "services/lambda/ports.h"

namespace tandem::lambda {

/// Told by programs that there is something to look at.
class CellWatch {
 public:
  virtual ~CellWatch() = default;
  virtual void program_runs() = 0;
  virtual void program_froze() = 0;
};

class CellProgram final : public Program, public std::enable_shared_from_this<CellProgram> {
 public:
  CellProgram(Host& host, CellWatch& watch, ProgramOptions options);

  /// Throws sandbox::CellError.
  Task<void> start();

  Task<net::ExitStatus> wait() override;
  void kill() override;
  void freeze() override;
  void thaw() override;
  void pause(std::chrono::milliseconds duration) override;
  Task<void> ready() override;
  void drain() override;
  Task<void> answered() override;
  std::int64_t memory_used() const override { return memory_used_; }
  Task<void> close_doors() override;

  /// Its memory and processes are to be watched: it runs, and does not rest.
  bool active() const { return process_ != nullptr && !frozen_; }
  bool frozen() const { return process_ != nullptr && frozen_; }
  bool knows_processes() const { return !processes_.empty() && !look_.use.some_ended; }
  /// Takes its processes from a fresh table; says when there are too many.
  void learn_processes(const std::vector<sandbox::ProcessEntry>& table);
  /// Stops the processes of one that is frozen, those that left its session, too. The table must
  /// have been read just now: a number may come to mean another process. To be followed by
  /// watch_memory().
  void hold(const std::vector<sandbox::ProcessEntry>& table);
  /// Measures memory, and says when it is over its limit. May be left out when its processes have
  /// not run for long enough since the last time to have filled reach_bytes.
  Task<void> watch_memory(std::int64_t reach_bytes);
  /// Until its limit, as last seen.
  std::int64_t memory_left() const;

 private:
  Task<net::HttpResponse> handle(net::HttpRequest request);
  void plan_network(sandbox::CellOptions& options) const;
  void plan_files(sandbox::CellOptions& options) const;
  Task<void> plan_runtime(RuntimeImage image, sandbox::CellOptions* to);
  void open_doors(sandbox::Cell& cell);
  void signal_session(int number);
  std::int64_t limit_bytes() const;

  Host& host_;
  CellWatch& watch_;
  ProgramOptions options_;
  std::unique_ptr<net::HttpServer> server_;  ///< the Runtime API
  std::unique_ptr<FunctionNetwork::Session> aws_;
  std::unique_ptr<net::ChildProcess> process_;
  std::unique_ptr<net::ChildProcess> way_out_;  ///< what leads its network to the world
  core::Timer pause_timer_;

  bool frozen_ = false;
  std::vector<pid_t> processes_;
  std::int64_t memory_used_ = 0;
  sandbox::MemoryLook look_;  ///< the last one
  std::int64_t looked_ns_ = 0;
  int hidden_looks_ = 0;  ///< in a row
};

}  // namespace tandem::lambda
