// An execution environment: one program, the Runtime API it calls, and one invocation at a time.
// phase.h says where it is; a crash, a timeout or retire() ends it for good.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "services/lambda/exec/host.h"
#include "services/lambda/exec/instance_log.h"
#include "services/lambda/exec/invocation.h"
#include "services/lambda/exec/phase.h"
#include "services/lambda/exec/program.h"
#include "services/lambda/exec/runtime_session.h"
#include "services/lambda/ports.h"

namespace tandem::lambda {

class Instance;

/// Told what instances do. Called on the loop's thread, never from within assign() or retire().
class InstanceOwner {
 public:
  virtual ~InstanceOwner() = default;
  /// Returns when it may start its process; false when it is not to start one any more. After true,
  /// and for the first start in any case, start_ended() is due once the process is ready or has
  /// ended.
  virtual Task<bool> await_start(Instance* instance, bool first) = 0;
  virtual void start_ended(Instance& instance) = 0;
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
  /// The work it was launched for, when it is not ready for it yet; it goes on starting.
  InvocationPtr give_back();
  /// Ends it: at once when it is not busy, else after its invocation.
  void retire();
  /// Its owner retires it when nothing more waits for it.
  void retire_when_idle() { retires_when_idle_ = true; }
  bool retires_when_idle() const { return retires_when_idle_; }
  /// Ends it at once; an invocation under way fails.
  void kill();

  const Function& function() const { return *function_; }
  const FunctionCredentials& credentials() const { return credentials_; }
  bool idle() const { return phase_.is(Phase::kIdle) && takes_work(); }
  /// It has answered; its next is a moment away.
  bool finishing() const { return phase_.is(Phase::kBetween) && takes_work(); }
  /// It is given nothing more.
  bool retiring() const { return retiring_; }
  bool busy() const { return current_ != nullptr; }
  std::int64_t idle_since_ns() const { return idle_since_ns_; }
  /// Its program stands still until the next assign().
  void freeze();
  bool frozen() const { return frozen_; }
  /// Gives its turn to start back, if it has one still.
  void end_start();
  /// From its launch until it was ready; nothing when it is not yet.
  std::optional<std::chrono::nanoseconds> start_took() const { return start_took_; }

 private:
  enum class Ending { kNone, kInitTimeout, kTimeout, kMemory, kTasks, kRetired, kReturnWork };

  bool takes_work() const { return current_ == nullptr && !retiring_; }
  /// current_ was given to the runtime.
  bool delivered() const { return current_ != nullptr && current_->started_ns != 0; }

  // instance.cc: life
  Task<void> run_process();
  void arm(std::chrono::milliseconds duration, Ending on_expiry);
  void expired(Ending ending);
  void await_next();
  void overdue();
  void end_process(Ending ending);
  bool worth_another_try() const;
  void fail_after_exit(const net::ExitStatus& status);
  void report_init_failure(const net::ExitStatus& status);
  void complete(Invocation::Result result, std::string answer, std::string error_type);
  void finish_report();
  void exceeded(Excess what);
  std::chrono::milliseconds timeout() const;
  double since_ms(std::int64_t start_ns) const;

  // instance_program.cc: its program, and what it is given
  /// Returns what is wrong with them; empty when all is well.
  Task<std::string> prepare_layers();
  bool find_entrypoint();
  Task<net::ExitStatus> start_and_wait();
  Task<void> start_program();
  void fail_sandbox(const std::string& why);
  std::vector<std::pair<std::string, std::string>> environment(
      const std::string& runtime_api) const;

  // instance_api.cc: the Runtime API
  Task<net::HttpResponse> handle(net::HttpRequest request);
  Task<net::HttpResponse> next();
  Task<void> become_ready();
  net::HttpResponse deliver();
  net::HttpResponse take_response(std::string_view id, net::HttpRequest& request);
  net::HttpResponse take_error(std::string_view id, net::HttpRequest& request);
  net::HttpResponse take_init_error(net::HttpRequest& request);

  // instance_stream.cc: responses that come piece by piece
  enum class Passed { kWhole, kTooLarge, kBrokenOff, kNobodyWaits };
  Task<net::HttpResponse> take_stream(std::string id, net::HttpRequest request);
  Task<Passed> pass_on(InvocationPtr invocation, std::shared_ptr<net::BodySource> source);
  void complete_streamed(const net::Headers& fields);
  Task<void> complete_broken(InvocationPtr invocation);
  void complete_too_large();
  /// What its response may have.
  static std::size_t most_bytes(const Invocation& invocation);

  Host& host_;
  FunctionPtr function_;
  FunctionCredentials credentials_;
  InstanceOwner& owner_;
  InstanceLog log_;
  RuntimeSession session_;
  std::shared_ptr<Program> program_;
  PhaseTrack phase_;

  InvocationPtr current_;     ///< assigned, without a result yet
  InvocationPtr unreported_;  ///< has its result; END and REPORT are not yet written
  std::uint64_t turn_ = 0;    ///< counts nexts: a later one takes over from an earlier
  Event wake_;
  core::Timer timer_;
  std::uint64_t armed_ = 0;  ///< counts arm(): an expiry that was overtaken does nothing
  core::Timer next_timer_;   ///< what is left of the timeout for it to ask for more work
  bool overdue_ = false;     ///< it did not

  bool starting_ = true;  ///< owes its owner start_ended()
  std::optional<std::chrono::nanoseconds> start_took_;
  bool retiring_ = false;
  bool retires_when_idle_ = false;
  bool frozen_ = false;
  int attempts_ = 0;
  Ending ending_ = Ending::kNone;
  std::int64_t process_started_ns_ = 0;
  std::int64_t init_ns_ = -1;  ///< length of the init phase, until an invocation reported it
  std::int64_t idle_since_ns_ = 0;
  std::string init_error_;  ///< what the runtime posted to init/error
  std::string init_error_type_;
  std::int64_t memory_used_ = 0;  ///< the most seen, bytes
};

}  // namespace tandem::lambda
