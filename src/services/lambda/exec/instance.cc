#include "services/lambda/exec/instance.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/check.h"
#include "core/log.h"
#include "sandbox/explain.h"
#include "services/lambda/code/code_watch.h"
#include "services/lambda/exec/failure.h"
#include "services/lambda/model/log_lines.h"
#include "services/lambda/model/rules.h"

namespace tandem::lambda {
namespace {

constexpr std::int64_t kMebibyte = 1024 * 1024;
/// How long work waits for an instance that has just answered: about what a cold start would take.
constexpr std::chrono::milliseconds kNextWait{50};
constexpr std::string_view kRuntimeVersion = "v1";

int mebibytes(std::int64_t bytes) { return static_cast<int>((bytes + kMebibyte - 1) / kMebibyte); }

}  // namespace

Instance::Instance(Host& host, FunctionPtr function, FunctionCredentials credentials,
                   InstanceOwner& owner)
    : host_(host),
      function_(std::move(function)),
      credentials_(std::move(credentials)),
      owner_(owner),
      log_(host, *function_),
      wake_(host.executor),
      timer_(host.executor),
      next_timer_(host.executor) {}

Instance::~Instance() = default;

Task<void> Instance::run(std::shared_ptr<Instance> self) {
  log_.write(init_start_line(function_->runtime, kRuntimeVersion, host_.region));
  do {
    co_await run_process();
  } while (worth_another_try());
  complete(Invocation::Result::kSandboxFailed, "The execution environment ended.", "");
  timer_.cancel();
  next_timer_.cancel();
  owner_.instance_gone(*self);
}

Task<void> Instance::run_process() {
  ++attempts_;
  const bool may_start = co_await owner_.await_start(this, attempts_ == 1);
  if (attempts_ > 1) starting_ = may_start;
  if (!may_start || (retiring_ && current_ == nullptr)) {
    end_start();
    ending_ = Ending::kRetired;
    co_return complete(Invocation::Result::kSandboxFailed, "The region is stopping.", "");
  }
  phase_.on(PhaseEvent::kBegin);
  session_ = RuntimeSession();
  init_error_.clear();
  init_error_type_.clear();
  ending_ = Ending::kNone;
  process_started_ns_ = host_.clock.steady_ns();
  // A second attempt happens inside the invocation it is for, and its timeout (Lambda developer
  // guide, "Init phase": the init is retried at the time of the first invocation).
  if (attempts_ == 1) {
    arm(host_.durations.init, Ending::kInitTimeout);
  } else {
    arm(timeout(), Ending::kTimeout);
  }
  net::ExitStatus status;
  std::string damage;
  if (host_.watch != nullptr) damage = co_await host_.watch->look_again(function_);
  if (damage.empty() && !function_->layers.empty()) damage = co_await prepare_layers();
  if (!damage.empty()) {
    fail_sandbox(damage);
  } else if (find_entrypoint()) {
    status = co_await start_and_wait();
  }
  end_start();
  timer_.cancel();
  ++armed_;
  log_.flush();
  phase_.on(PhaseEvent::kExit);
  if (program_) memory_used_ = std::max(memory_used_, program_->memory_used());
  const bool ready = phase_.was_ready();
  if (!ready) report_init_failure(status);
  if (current_ != nullptr && ready && !delivered() && ending_ == Ending::kNone) {
    // It ended between two invocations: the second is not its failure.
    owner_.work_returned(*this, std::exchange(current_, nullptr));
  }
  const bool last = ready || attempts_ > 1 || ending_ == Ending::kRetired;
  if (current_ != nullptr && last) fail_after_exit(status);
  finish_report();
  // Calls of a process that is gone may still wait here. Last, so that nobody takes this instance
  // for one that lives meanwhile.
  if (program_) co_await program_->close_doors();
  program_.reset();
}

/// INVARIANT(starts-are-given-back): each turn to start that the owner gave is given back once,
/// when the program is ready or has ended.
void Instance::end_start() {
  if (std::exchange(starting_, false)) owner_.start_ended(*this);
}

bool Instance::worth_another_try() const {
  return !phase_.was_ready() && attempts_ == 1 && current_ != nullptr &&
         ending_ != Ending::kRetired;
}

std::chrono::milliseconds Instance::timeout() const {
  return std::chrono::seconds(function_->timeout_s);
}

double Instance::since_ms(std::int64_t start_ns) const {
  return static_cast<double>(host_.clock.steady_ns() - start_ns) / 1e6;
}

void Instance::arm(std::chrono::milliseconds duration, Ending on_expiry) {
  timer_.expires_after(duration);
  timer_.async_wait([weak = weak_from_this(), on_expiry,
                     armed = ++armed_](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self && armed == self->armed_) self->expired(on_expiry);
  });
}

void Instance::expired(Ending ending) {
  if (ending == Ending::kReturnWork) {
    if (current_ == nullptr || delivered()) return;
    owner_.work_returned(*this, std::exchange(current_, nullptr));
    if (retiring_) end_process(Ending::kRetired);
    return;
  }
  if (ending == Ending::kTimeout && current_ != nullptr) {
    const std::string message = timeout_message(function_->timeout_s);
    if (!delivered()) {
      log_.start(current_);
      current_->started_ns = process_started_ns_;
    }
    if (program_) program_->drain();
    log_.flush();
    log_.write(fmt::format("{} {} {}", core::iso8601_ms(host_.clock.now_ms()), current_->request_id,
                           message));
    complete(Invocation::Result::kTimedOut,
             error_document(current_->request_id, "Sandbox.Timedout", message), "");
    // The clock that killed it says how long it took.
    unreported_->duration_ms = function_->timeout_s * 1000.0;
    finish_report();
  }
  end_process(ending);
}

/// An invocation is over when the runtime has answered and asks for more (Lambda developer guide,
/// "Lambda execution environment lifecycle", "Invoke phase"), and both have the function's timeout.
void Instance::await_next() {
  const double used_ms = since_ms(unreported_->started_ns);
  next_timer_.expires_after(timeout() - std::chrono::milliseconds(std::llround(used_ms)));
  next_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self) self->overdue();
  });
}

void Instance::overdue() {
  if (!phase_.is(Phase::kBetween) || unreported_ == nullptr) return;
  if (current_ != nullptr) owner_.work_returned(*this, std::exchange(current_, nullptr));
  if (program_) program_->drain();
  log_.flush();
  log_.write(fmt::format("{} {} {}", core::iso8601_ms(host_.clock.now_ms()),
                         unreported_->request_id, timeout_message(function_->timeout_s)));
  overdue_ = true;
  unreported_->duration_ms = function_->timeout_s * 1000.0;
  finish_report();
  end_process(Ending::kTimeout);
}

void Instance::end_process(Ending ending) {
  if (ending_ == Ending::kNone) ending_ = ending;
  if (!phase_.is(Phase::kDown)) phase_.on(PhaseEvent::kEnd);
  if (program_) program_->kill();
}

void Instance::report_init_failure(const net::ExitStatus& status) {
  if (ending_ == Ending::kRetired) return;
  InitReport report;
  report.duration_ms = since_ms(process_started_ns_);
  report.phase = attempts_ == 1 ? "init" : "invoke";
  report.status = ending_ == Ending::kInitTimeout ? "timeout" : "error";
  if (report.status == "error") {
    report.error_type = init_error_type_.empty() ? "Runtime.ExitError" : init_error_type_;
  }
  if (ending_ != Ending::kTimeout) log_.write(init_report_line(report));
  if (!init_error_.empty() || current_ == nullptr || attempts_ == 1) return;
  const std::string& complaint = log_.sandbox_complaint();
  if (complaint.empty() || status.code != 1) return;
  // bubblewrap itself gave up: the code cannot be executed, or there is no sandbox on this machine.
  constexpr std::string_view kExec = "bwrap: execvp /var/task/bootstrap: ";
  if (complaint.starts_with(kExec)) {
    init_error_type_ = "Runtime.InvalidEntrypoint";
    init_error_ = error_document(
        current_->request_id, init_error_type_,
        fmt::format("fork/exec /var/task/bootstrap: {}", complaint.substr(kExec.size())));
  } else {
    fail_sandbox(sandbox::explain_complaint(complaint));
  }
}

void Instance::fail_after_exit(const net::ExitStatus& status) {
  if (!delivered()) {
    log_.start(current_);
    current_->started_ns = host_.clock.steady_ns();
  }
  if (!init_error_.empty()) {
    complete(Invocation::Result::kFunctionError, init_error_, init_error_type_);
    return;
  }
  const std::string type = "Runtime.ExitError";
  std::string message = exit_message(status);
  std::string reported = type;
  if (ending_ == Ending::kMemory) {
    message = "Runtime exited with error: signal: killed";
    reported = "Runtime.OutOfMemory";
  }
  log_.write(fmt::format("RequestId: {} Error: {}", current_->request_id, message));
  log_.write(type);
  complete(Invocation::Result::kFunctionError, error_document(current_->request_id, type, message),
           reported);
}

void Instance::complete(Invocation::Result result, std::string answer, std::string error_type) {
  if (current_ == nullptr) return;
  const InvocationPtr invocation = std::exchange(current_, nullptr);
  if (phase_.is(Phase::kBusy)) phase_.on(PhaseEvent::kAnswer);
  timer_.cancel();
  ++armed_;
  invocation->result = result;
  invocation->answer = std::move(answer);
  invocation->error_type = std::move(error_type);
  if (invocation->started_ns != 0) invocation->duration_ms = since_ms(invocation->started_ns);
  unreported_ = invocation;
  if (phase_.is(Phase::kBetween) && invocation->started_ns != 0) await_next();
  invocation->settle();
  owner_.invocation_ended(*this);
}

void Instance::finish_report() {
  if (unreported_ == nullptr) return;
  const InvocationPtr invocation = std::exchange(unreported_, nullptr);
  Report report;
  report.request_id = invocation->request_id;
  report.duration_ms = invocation->duration_ms;
  if (invocation->cold_start_ns >= 0) {
    report.init_duration_ms = static_cast<double>(invocation->cold_start_ns) / 1e6;
  }
  if (program_) memory_used_ = std::max(memory_used_, program_->memory_used());
  report.memory_size_mb = function_->memory_mb;
  report.max_memory_used_mb = std::min(mebibytes(memory_used_), function_->memory_mb);
  if (invocation->result == Invocation::Result::kFunctionError) report.status = "error";
  if (overdue_ || invocation->result == Invocation::Result::kTimedOut) report.status = "timeout";
  report.error_type = invocation->error_type;
  log_.finish(report);
  invocation->reported.set();
}

void Instance::assign(InvocationPtr invocation) {
  CHECK(current_ == nullptr && !retiring_);
  if (frozen_ && program_) program_->thaw();
  frozen_ = false;
  current_ = std::move(invocation);
  current_->started_ns = 0;
  if (phase_.is(Phase::kIdle)) {
    wake_.set();
  } else if (phase_.was_ready()) {
    arm(kNextWait, Ending::kReturnWork);
  }
}

InvocationPtr Instance::give_back() {
  const bool starts = phase_.is(Phase::kDown) || phase_.is(Phase::kStarting);
  if (!starts || attempts_ > 1 || retiring_ || !init_error_.empty()) return nullptr;
  return std::exchange(current_, nullptr);
}

void Instance::retire() {
  if (retiring_) return;
  retiring_ = true;
  if (current_ == nullptr) end_process(Ending::kRetired);
}

void Instance::kill() {
  retiring_ = true;
  end_process(Ending::kRetired);
}

void Instance::freeze() {
  if (frozen_) return;
  frozen_ = true;
  if (program_) program_->freeze();
}

void Instance::exceeded(Excess what) {
  end_process(what == Excess::kMemory ? Ending::kMemory : Ending::kTasks);
}

}  // namespace tandem::lambda
