// The region's instances: finds or starts one for each invocation, keeps to the concurrency
// limits, retires what is idle, watches what runs.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "services/lambda/exec/instance.h"
#include "services/lambda/exec/start_gate.h"

namespace tandem::lambda {

/// Where an instance's credentials come from and are forgotten.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;
  virtual FunctionCredentials credentials_for(const Function& function) = 0;
};

enum class Throttle {
  kNone,
  kReserved,  ///< ReservedFunctionConcurrentInvocationLimitExceeded
  kAccount,   ///< ConcurrentInvocationLimitExceeded
};

/// Of the account's concurrency.
struct ConcurrencyShare {
  std::optional<int> reserved;  ///< for the function with all its versions
  int reserved_elsewhere = 0;   ///< for others
};

class Executor final : public InstanceOwner {
 public:
  /// Borrows host and credentials.
  Executor(Host& host, CredentialSource& credentials);

  void start();
  /// Kills everything and returns when it has ended. start() makes it usable again.
  Task<void> stop();

  /// Gives the invocation to an instance; its done is set when it has ended.
  Throttle submit(InvocationPtr invocation, ConcurrencyShare share);
  /// Instances of this function's version (Function::key) end after what they are doing.
  void retire(const std::string& function_key);
  /// No instance uses this code any more.
  bool uses_code(const std::string& code_id) const;
  /// Returns when an instance has ended since the last time. For one coroutine.
  Task<void> await_end();

  std::size_t instances() const { return alive_; }

  Task<bool> await_start(Instance* instance, bool first) override;
  void start_ended(Instance& instance) override;
  void instance_idle(Instance& instance) override;
  void invocation_ended(Instance& instance) override;
  void work_returned(Instance& instance, InvocationPtr invocation) override;
  void instance_gone(Instance& instance) override;

 private:
  struct Waiting {
    InvocationPtr invocation;
    std::int64_t since_ns = 0;
    FunctionCredentials credentials;  ///< of the function as it was then
    bool last = false;                ///< its function was changed or deleted meanwhile
  };
  /// Of one version. What starting has is older than what waits: whoever is free looks there first.
  struct Pool {
    std::string function;
    std::vector<std::shared_ptr<Instance>> all;
    std::vector<Instance*> starting;          ///< with work, in the order they were launched
    std::deque<Waiting> waiting;              ///< for an instance
    std::chrono::nanoseconds start_takes{0};  ///< of the last that was measured
    std::vector<Instance*> idle;              ///< the one used last at the back: the others may end
    std::vector<Instance*> finishing;         ///< have answered and are about to be idle
    int running = 0;
    bool reserved = false;  ///< its running invocations count against its own reservation
  };

  Pool* pool_of(const Instance& instance);
  Instance* take_idle(Pool& pool, const Function& function);
  Instance* take_finishing(Pool& pool, const Function& function);
  Throttle admit(const std::string& function, const ConcurrencyShare& share) const;
  void launch(Pool& pool, Waiting work);
  static bool waits(const Pool& pool, const Function& function);
  static bool lives(const Pool& pool, const Function& function);
  InvocationPtr take_oldest(Pool& pool, const Function& function);
  void start_waiting(Pool& pool);
  void refuse(InvocationPtr invocation, Pool& pool);
  Task<void> live(std::shared_ptr<Instance> instance);
  bool rest(Pool& pool, std::int64_t now_ns);
  Task<void> tend_idle();
  Task<void> tend_waiting();

  Host& host_;
  CredentialSource& credentials_;
  std::map<std::string, Pool> pools_;  ///< by Function::key
  std::unique_ptr<core::TaskGroup> roots_;
  Event awake_;    ///< there may be something to let rest
  Event changed_;  ///< an instance's coroutine has ended
  Event ended_;    ///< the same, for await_end()
  Event queued_;   ///< work waits
  StartGate gate_;
  std::size_t alive_ = 0;
  bool stopping_ = false;
};

}  // namespace tandem::lambda
