#include "services/lambda/exec/executor.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/check.h"
#include "core/supervise.h"
#include "services/lambda/model/rules.h"

namespace tandem::lambda {
namespace {

/// How often idle instances are looked at: those that run still, and those that may end.
constexpr std::chrono::milliseconds kFreezeInterval{50};
constexpr std::chrono::milliseconds kEndInterval{500};

/// How often work that waits looks whether the machine can start an instance for it.
constexpr std::chrono::milliseconds kLookInterval{20};
/// How long a start is thought to take before one was measured, and at most.
constexpr std::chrono::milliseconds kUsualStart{50};
constexpr std::chrono::milliseconds kLongestStart{1'000};

}  // namespace

Executor::Executor(Host& host, CredentialSource& credentials)
    : host_(host),
      credentials_(credentials),
      awake_(host.executor),
      changed_(host.executor),
      ended_(host.executor),
      queued_(host.executor),
      gate_(host.clock, host.processor_times, core::processors()) {}

void Executor::start() {
  stopping_ = false;
  roots_ = std::make_unique<core::TaskGroup>(host_.executor);
  core::supervise(*roots_, "lambda idle instances", [this] { return tend_idle(); });
  core::supervise(*roots_, "lambda waiting invocations", [this] { return tend_waiting(); });
}

Task<void> Executor::stop() {
  stopping_ = true;
  for (auto& [name, pool] : pools_) {
    while (!pool.waiting.empty()) {
      const InvocationPtr invocation = std::move(pool.waiting.front().invocation);
      pool.waiting.pop_front();
      refuse(invocation, pool);
    }
    const auto all = pool.all;
    for (const auto& instance : all) instance->kill();
  }
  while (alive_ > 0) {
    changed_.clear();
    co_await changed_.wait();
  }
  pools_.clear();
  if (roots_) co_await roots_->stop();
}

Throttle Executor::admit(const std::string& function, const ConcurrencyShare& share) const {
  int own = 0;
  int unreserved = 0;
  for (const auto& [key, pool] : pools_) {
    if (pool.function == function) own += pool.running;
    if (!pool.reserved) unreserved += pool.running;
  }
  if (share.reserved) return own >= *share.reserved ? Throttle::kReserved : Throttle::kNone;
  return unreserved >= kAccountConcurrency - share.reserved_elsewhere ? Throttle::kAccount
                                                                      : Throttle::kNone;
}

Throttle Executor::submit(InvocationPtr invocation, ConcurrencyShare share) {
  const FunctionPtr& function = invocation->function;
  if (stopping_) return Throttle::kAccount;
  Pool& pool = pools_[function->key()];
  pool.function = function->name;
  for (auto& [key, each] : pools_) {
    if (each.function == function->name) each.reserved = share.reserved.has_value();
  }
  const Throttle throttle = admit(function->name, share);
  if (throttle != Throttle::kNone) return throttle;
  ++pool.running;
  if (!awake_.is_set()) awake_.set();
  Instance* instance = nullptr;
  // Whoever came before is before.
  if (!waits(pool, *function)) {
    instance = take_idle(pool, *function);
    if (instance == nullptr) instance = take_finishing(pool, *function);
  }
  if (instance != nullptr) {
    instance->assign(std::move(invocation));
  } else {
    pool.waiting.push_back({.invocation = invocation,
                            .since_ns = host_.clock.steady_ns(),
                            .credentials = credentials_.credentials_for(*function)});
    start_waiting(pool);
  }
  return Throttle::kNone;
}

Instance* Executor::take_idle(Pool& pool, const Function& function) {
  while (!pool.idle.empty()) {
    Instance* instance = pool.idle.back();
    pool.idle.pop_back();
    if (!instance->idle()) continue;
    if (instance->function().generation == function.generation) return instance;
    instance->retire();
  }
  return nullptr;
}

Instance* Executor::take_finishing(Pool& pool, const Function& function) {
  while (!pool.finishing.empty()) {
    Instance* instance = pool.finishing.back();
    pool.finishing.pop_back();
    if (instance->finishing() && instance->function().generation == function.generation) {
      return instance;
    }
  }
  return nullptr;
}

void Executor::launch(Pool& pool, Waiting work) {
  const FunctionPtr function = work.invocation->function;
  auto instance = std::make_shared<Instance>(host_, function, std::move(work.credentials), *this);
  pool.all.push_back(instance);
  pool.starting.push_back(instance.get());
  instance->assign(std::move(work.invocation));
  if (work.last) instance->retire_when_idle();
  gate_.started(instance.get());
  ++alive_;
  awake_.set();
  roots_->spawn("lambda " + function->key(), live(std::move(instance)));
}

bool Executor::waits(const Pool& pool, const Function& function) {
  return std::any_of(pool.waiting.begin(), pool.waiting.end(), [&](const Waiting& work) {
    return work.invocation->function->generation == function.generation;
  });
}

bool Executor::lives(const Pool& pool, const Function& function) {
  return std::any_of(pool.all.begin(), pool.all.end(), [&](const auto& instance) {
    return !instance->retiring() && instance->function().generation == function.generation;
  });
}

/// As far as the machine can; the others are looked at again by tend_waiting().
void Executor::start_waiting(Pool& pool) {
  while (!pool.waiting.empty() && !stopping_) {
    const auto takes = pool.start_takes.count() == 0 ? kUsualStart : pool.start_takes;
    Waiting& oldest = pool.waiting.front();
    const StartGate::Wish wish{
        .first = !lives(pool, *oldest.invocation->function),
        .waited = std::chrono::nanoseconds(host_.clock.steady_ns() - oldest.since_ns),
        .patience = std::min<std::chrono::nanoseconds>(takes, kLongestStart)};
    if (!gate_.may_start(wish)) return queued_.set();
    Waiting work = std::move(oldest);
    pool.waiting.pop_front();
    launch(pool, std::move(work));
  }
}

/// What an instance of this function that is free should do: "If a pre-initialized execution
/// environment becomes available while Lambda is initializing a new execution environment to
/// process an invocation, Lambda can use the pre-initialized execution environment" (Lambda
/// developer guide, "Understanding the Lambda execution environment lifecycle").
InvocationPtr Executor::take_oldest(Pool& pool, const Function& function) {
  for (auto at = pool.starting.begin(); at != pool.starting.end();) {
    Instance& starting = **at;
    if (starting.function().generation != function.generation) {
      ++at;
      continue;
    }
    at = pool.starting.erase(at);
    if (InvocationPtr invocation = starting.give_back()) return invocation;
  }
  const auto fits = std::find_if(pool.waiting.begin(), pool.waiting.end(), [&](const auto& each) {
    return each.invocation->function->generation == function.generation;
  });
  if (fits == pool.waiting.end()) return nullptr;
  InvocationPtr invocation = std::move(fits->invocation);
  pool.waiting.erase(fits);
  return invocation;
}

Task<void> Executor::live(std::shared_ptr<Instance> instance) {
  // A spawned root may run at once, and an instance whose code cannot even be executed would be
  // gone before it was given the work it was launched for.
  co_await asio::post(host_.executor, asio::use_awaitable);
  std::exception_ptr escaped;
  try {
    co_await instance->run(instance);
  } catch (...) {
    escaped = std::current_exception();
  }
  instance->end_start();  // or a few that fail so would leave no place for others
  --alive_;
  changed_.set();
  ended_.set();
  if (escaped) std::rethrow_exception(escaped);
}

void Executor::retire(const std::string& function_key) {
  const auto found = pools_.find(function_key);
  if (found == pools_.end()) return;
  found->second.idle.clear();
  for (Waiting& work : found->second.waiting) work.last = true;
  const auto all = found->second.all;
  for (const auto& instance : all) instance->retire();
}

bool Executor::uses_code(const std::string& code_id) const {
  return std::any_of(pools_.begin(), pools_.end(), [&](const auto& each) {
    const auto& all = each.second.all;
    const auto& waiting = each.second.waiting;
    return std::any_of(
               all.begin(), all.end(),
               [&](const auto& instance) { return instance->function().uses_code(code_id); }) ||
           std::any_of(waiting.begin(), waiting.end(), [&](const auto& work) {
             return work.invocation->function->uses_code(code_id);
           });
  });
}

Executor::Pool* Executor::pool_of(const Instance& instance) {
  const auto found = pools_.find(instance.function().key());
  return found == pools_.end() ? nullptr : &found->second;
}

Task<void> Executor::await_end() {
  co_await ended_.wait();
  ended_.clear();
}

Task<bool> Executor::await_start(Instance* instance, bool first) {
  // launch() took the first place.
  if (first) co_return !stopping_;
  while (!gate_.has_place() && !stopping_) co_await core::sleep_for(kLookInterval);
  if (stopping_) co_return false;
  gate_.started(instance);
  co_return true;
}

void Executor::start_ended(Instance& instance) {
  gate_.ended(&instance);
  Pool* pool = pool_of(instance);
  if (pool != nullptr && instance.start_took()) pool->start_takes = *instance.start_took();
}

void Executor::instance_idle(Instance& instance) {
  Pool* pool = pool_of(instance);
  CHECK(pool != nullptr);
  std::erase(pool->finishing, &instance);
  std::erase(pool->starting, &instance);
  if (InvocationPtr work = take_oldest(*pool, instance.function())) {
    instance.assign(std::move(work));
  } else if (instance.retires_when_idle()) {
    instance.retire();
  } else {
    pool->idle.push_back(&instance);
    if (!awake_.is_set()) awake_.set();
  }
}

void Executor::invocation_ended(Instance& instance) {
  Pool* pool = pool_of(instance);
  CHECK(pool != nullptr && pool->running > 0);
  --pool->running;
  if (instance.finishing()) pool->finishing.push_back(&instance);
}

void Executor::work_returned(Instance& instance, InvocationPtr invocation) {
  Pool* pool = pool_of(instance);
  CHECK(pool != nullptr);
  if (stopping_) return refuse(std::move(invocation), *pool);
  if (Instance* other = take_idle(*pool, *invocation->function)) {
    other->assign(std::move(invocation));
  } else {
    pool->waiting.push_front({.invocation = std::move(invocation),
                              .since_ns = host_.clock.steady_ns(),
                              .credentials = instance.credentials(),
                              .last = instance.retiring() || instance.retires_when_idle()});
    start_waiting(*pool);
  }
}

void Executor::refuse(InvocationPtr invocation, Pool& pool) {
  --pool.running;
  invocation->result = Invocation::Result::kSandboxFailed;
  invocation->answer = "The region is stopping.";
  invocation->settle();
}

void Executor::instance_gone(Instance& instance) {
  Pool* pool = pool_of(instance);
  CHECK(pool != nullptr);
  std::erase(pool->idle, &instance);
  std::erase(pool->finishing, &instance);
  std::erase(pool->starting, &instance);
  std::erase_if(pool->all, [&](const auto& each) { return each.get() == &instance; });
  if (pool->all.empty() && pool->running == 0) pools_.erase(instance.function().key());
}

/// Functions of which nothing lives first, then the longest wait.
Task<void> Executor::tend_waiting() {
  using Order = std::tuple<bool, std::int64_t, Pool*>;
  while (true) {
    queued_.clear();
    std::vector<Order> waiting;
    for (auto& [key, pool] : pools_) {
      if (pool.waiting.empty()) continue;
      const Waiting& oldest = pool.waiting.front();
      waiting.emplace_back(lives(pool, *oldest.invocation->function), oldest.since_ns, &pool);
    }
    std::sort(waiting.begin(), waiting.end());
    for (const auto& [alive, since_ns, pool] : waiting) start_waiting(*pool);
    if (!queued_.is_set()) co_await queued_.wait();
    co_await core::sleep_for(kLookInterval);
  }
}

/// Returns whether none of them runs.
bool Executor::rest(Pool& pool, std::int64_t now_ns) {
  const auto passed = [&](std::int64_t since_ns, std::chrono::nanoseconds duration) {
    return now_ns - since_ns > duration.count();
  };
  bool all_frozen = pool.running == 0;
  const auto idle = pool.idle;
  for (Instance* instance : idle) {
    if (passed(instance->idle_since_ns(), host_.durations.idle)) {
      std::erase(pool.idle, instance);
      instance->retire();
      continue;
    }
    if (passed(instance->idle_since_ns(), host_.durations.freeze)) instance->freeze();
    all_frozen = all_frozen && instance->frozen();
  }
  return all_frozen;
}

Task<void> Executor::tend_idle() {
  while (true) {
    awake_.clear();
    const std::int64_t now_ns = host_.clock.steady_ns();
    bool all_frozen = true;
    for (auto& [key, pool] : pools_) all_frozen = rest(pool, now_ns) && all_frozen;
    if (alive_ == 0) {
      co_await awake_.wait();
    } else if (all_frozen) {
      co_await awake_.wait_for(kEndInterval);
    }
    co_await core::sleep_for(kFreezeInterval);
  }
}

}  // namespace tandem::lambda
