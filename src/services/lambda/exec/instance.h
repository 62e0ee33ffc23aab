// An execution environment: one sandboxed process, its Runtime API listener, and one invocation at
// a time.
//
// Starting ──first next──► idle ──assign──► busy ──response──► finishing ──next──► idle …
// A crash, a timeout or retire() ends it for good.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/http_server.h"
#include "net/process.h"
#include "sandbox/memory.h"
#include "sandbox/process_table.h"
#include "services/lambda/exec/host.h"
#include "services/lambda/exec/instance_log.h"
#include "services/lambda/exec/invocation.h"
#include "services/lambda/exec/runtime_session.h"
#include "services/lambda/ports.h"

namespace tandem::lambda {

class Instance;

/// Told what instances do. Called on the loop's thread, never from within assign() or retire().
class InstanceOwner {
 public:
  virtual ~InstanceOwner() = default;
  /// Returns when it may start its process; false when it is not to start one any more. After true,
  /// start_ended() is due once the process is ready or has ended.
  virtual Task<bool> await_start() = 0;
  virtual void start_ended() = 0;
  /// It waits for work.
  virtual void instance_idle(Instance& instance) = 0;
  /// Its invocation has its result; it may not yet be idle.
  virtual void invocation_ended(Instance& instance) = 0;
  /// Work that was given to it in advance is not begun in time; it is the owner's again.
  virtual void work_returned(Instance& instance, InvocationPtr invocation) = 0;
  /// It has ended; nothing of it runs any more once run() returns.
  virtual void instance_gone(Instance& instance) = 0;
};

class Instance : public std::enable_shared_from_this<Instance> {
 public:
  Instance(Host& host, FunctionPtr function, FunctionCredentials credentials, InstanceOwner& owner);
  ~Instance();

  /// The instance's whole life. Started once; self keeps it alive. Throws nothing.
  Task<void> run(std::shared_ptr<Instance> self);

  /// Gives it work: when it is idle, once before its first next, or when it has answered and is
  /// about to ask for more. In the last case it may come back through work_returned().
  void assign(InvocationPtr invocation);
  /// Ends it: at once when it is not busy, else after its invocation.
  void retire();
  /// Ends it at once; an invocation under way fails.
  void kill();

  const Function& function() const { return *function_; }
  bool idle() const { return waiting_ && current_ == nullptr && usable(); }
  /// It has answered; its next is a moment away.
  bool finishing() const { return ready_ && !waiting_ && current_ == nullptr && usable(); }
  bool busy() const { return current_ != nullptr; }
  /// Its memory and processes are to be watched: it runs, also when it has answered and is not yet
  /// stopped.
  bool active() const { return process_ != nullptr && !frozen_; }
  bool knows_processes() const { return !processes_.empty() && !look_.use.some_ended; }
  std::int64_t idle_since_ns() const { return idle_since_ns_; }
  /// Stops its session until the next assign().
  void freeze();
  bool frozen() const { return frozen_; }
  /// Frozen, it is looked at once more: processes that left its session are stopped, too, and what
  /// it holds must be within its limit, since nobody looks while it rests.
  /// Stops the processes. The table must have been read just now: a number may come to mean another
  /// process. To be followed by watch_memory().
  void hold(const std::vector<sandbox::ProcessEntry>& table);

  /// Gives its turn to start back, if it has one still.
  void end_start();
  pid_t sandbox_pid() const { return process_ ? process_->pid() : 0; }
  /// Takes its processes from a fresh table and kills it when there are too many.
  void learn_processes(const std::vector<sandbox::ProcessEntry>& table);
  /// Measures memory and kills it when it is over its limit. May be left out when its processes
  /// have not run for long enough since the last time to have filled reach_bytes.
  Task<void> watch_memory(std::int64_t reach_bytes);
  /// Until its limit, as last seen.
  std::int64_t memory_left() const;

 private:
  enum class Ending { kNone, kInitTimeout, kTimeout, kMemory, kTasks, kRetired, kReturnWork };

  /// Its process runs and is not about to be ended. A call of the runtime may still be in the air
  /// when the process is gone already.
  bool usable() const { return process_ != nullptr && ending_ == Ending::kNone && !retiring_; }

  // instance.cc: life
  Task<void> run_process();
  void arm(std::chrono::milliseconds duration, Ending on_expiry);
  void expired(Ending ending);
  void end_process(Ending ending);
  bool worth_another_try() const;
  void fail_after_exit(const net::ExitStatus& status);
  void report_init_failure(const net::ExitStatus& status);
  void complete(Invocation::Result result, std::string answer, std::string error_type);
  void finish_report();
  void signal_all(int number);
  void pause_flood();
  std::chrono::milliseconds timeout() const;
  double since_ms(std::int64_t start_ns) const;

  // instance_process.cc: its cell, and what listens for it
  bool find_entrypoint();
  Task<net::ExitStatus> start_and_wait();
  Task<void> start_process();
  void fail_sandbox(const std::string& why);
  void open_doors(std::vector<net::Descriptor> sockets);
  Task<void> close_doors();
  std::vector<std::pair<std::string, std::string>> environment() const;

  // instance_api.cc: the Runtime API
  Task<net::HttpResponse> handle(net::HttpRequest request);
  Task<net::HttpResponse> handle_stranger_or_own(net::HttpRequest request);
  Task<net::HttpResponse> next();
  Task<void> become_ready();
  net::HttpResponse deliver();
  net::HttpResponse take_response(std::string_view id, net::HttpRequest& request);
  net::HttpResponse take_error(std::string_view id, net::HttpRequest& request);
  net::HttpResponse take_init_error(net::HttpRequest& request);

  Host& host_;
  FunctionPtr function_;
  FunctionCredentials credentials_;
  InstanceOwner& owner_;
  InstanceLog log_;
  RuntimeSession session_;
  std::unique_ptr<net::HttpServer> server_;  ///< the Runtime API of the process that runs
  std::unique_ptr<FunctionNetwork::Session> aws_;
  std::unique_ptr<net::ChildProcess> process_;
  std::unique_ptr<net::ChildProcess> way_out_;  ///< what leads its network to the world
  std::string runtime_address_;
  std::uint16_t runtime_port_ = 0;

  InvocationPtr current_;     ///< assigned, without a result yet
  InvocationPtr unreported_;  ///< has its result; END and REPORT are not yet written
  bool delivered_ = false;    ///< current_ was given to the runtime
  bool waiting_ = false;      ///< a next is pending
  std::uint64_t turn_ = 0;    ///< counts nexts: a later one takes over from an earlier
  Event wake_;
  core::Timer timer_;
  core::Timer flood_timer_;
  std::uint64_t armed_ = 0;  ///< counts arm(): an expiry that was overtaken does nothing

  bool starting_ = false;  ///< owes its owner start_ended()
  bool ready_ = false;     ///< got to its first next
  bool retiring_ = false;
  bool frozen_ = false;
  int attempts_ = 0;
  Ending ending_ = Ending::kNone;
  std::int64_t process_started_ns_ = 0;
  std::int64_t init_ns_ = -1;  ///< length of the init phase, until an invocation reported it
  std::int64_t idle_since_ns_ = 0;
  std::string init_error_;  ///< what the runtime posted to init/error
  std::string init_error_type_;
  std::vector<pid_t> processes_;
  std::int64_t memory_used_ = 0;  ///< the most seen, bytes
  sandbox::MemoryLook look_;      ///< the last one
  std::int64_t looked_ns_ = 0;
  std::int64_t asked_ns_ = 0;  ///< whether to look
  int hidden_looks_ = 0;       ///< in a row
};

}  // namespace tandem::lambda
