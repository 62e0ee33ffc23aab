#include "services/lambda/exec/executor.h"

#include <algorithm>
#include <thread>

#include "core/check.h"
#include "core/supervise.h"
#include "services/lambda/model/rules.h"

namespace tandem::lambda {
namespace {

constexpr std::chrono::milliseconds kTendInterval{500};

/// Starts side by side. Whoever is given more than the machine can do gets nothing done: with 500
/// sandboxes begun at once none is ready within the ten seconds of its init phase.
std::size_t most_starts() {
  static const std::size_t most = std::max(8U, 4 * std::thread::hardware_concurrency());
  return most;
}

}  // namespace

Executor::Executor(Host& host, CredentialSource& credentials)
    : host_(host),
      credentials_(credentials),
      launched_(host.executor),
      changed_(host.executor),
      ended_(host.executor),
      start_ended_(host.executor) {}

void Executor::start() {
  stopping_ = false;
  roots_ = std::make_unique<core::TaskGroup>(host_.executor);
  core::supervise(*roots_, "lambda idle instances", [this] { return tend_idle(); });
}

Task<void> Executor::stop() {
  stopping_ = true;
  start_ended_.set();
  for (auto& [name, pool] : pools_) {
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
  Instance* instance = take_idle(pool, *function);
  if (instance == nullptr) instance = take_finishing(pool, *function);
  if (instance == nullptr) instance = &launch(pool, function);
  ++pool.running;
  instance->assign(std::move(invocation));
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

Instance& Executor::launch(Pool& pool, const FunctionPtr& function) {
  auto instance =
      std::make_shared<Instance>(host_, function, credentials_.credentials_for(*function), *this);
  pool.all.push_back(instance);
  ++alive_;
  launched_.set();
  Instance& launched = *instance;
  roots_->spawn("lambda " + function->key(), live(std::move(instance)));
  return launched;
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
  const auto all = found->second.all;
  for (const auto& instance : all) instance->retire();
}

bool Executor::uses_code(const std::string& code_id) const {
  return std::any_of(pools_.begin(), pools_.end(), [&](const auto& each) {
    const auto& all = each.second.all;
    return std::any_of(all.begin(), all.end(), [&](const auto& instance) {
      return instance->function().uses_code(code_id);
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

Task<bool> Executor::await_start() {
  while (starting_ >= most_starts() && !stopping_) {
    start_ended_.clear();
    co_await start_ended_.wait();
  }
  if (stopping_) co_return false;
  ++starting_;
  co_return true;
}

void Executor::start_ended() {
  CHECK(starting_ > 0);
  --starting_;
  start_ended_.set();
}

void Executor::instance_idle(Instance& instance) {
  Pool* pool = pool_of(instance);
  CHECK(pool != nullptr);
  std::erase(pool->finishing, &instance);
  pool->idle.push_back(&instance);
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
  if (stopping_) {
    --pool->running;
    invocation->result = Invocation::Result::kSandboxFailed;
    invocation->answer = "The region is stopping.";
    invocation->settle();
    return;
  }
  Instance* other = take_idle(*pool, *invocation->function);
  if (other == nullptr) other = &launch(*pool, invocation->function);
  other->assign(std::move(invocation));
}

void Executor::instance_gone(Instance& instance) {
  Pool* pool = pool_of(instance);
  CHECK(pool != nullptr);
  std::erase(pool->idle, &instance);
  std::erase(pool->finishing, &instance);
  std::erase_if(pool->all, [&](const auto& each) { return each.get() == &instance; });
  if (pool->all.empty() && pool->running == 0) pools_.erase(instance.function().key());
}

Task<void> Executor::tend_idle() {
  const auto ns = [](std::chrono::milliseconds duration) {
    return std::chrono::nanoseconds(duration).count();
  };
  while (true) {
    if (alive_ == 0) {
      launched_.clear();
      co_await launched_.wait();
    }
    co_await core::sleep_for(kTendInterval);
    const std::int64_t now_ns = host_.clock.steady_ns();
    for (auto& [name, pool] : pools_) {
      const auto idle = pool.idle;
      for (Instance* instance : idle) {
        const std::int64_t rested_ns = now_ns - instance->idle_since_ns();
        if (rested_ns > ns(host_.durations.idle)) {
          std::erase(pool.idle, instance);
          instance->retire();
        } else if (rested_ns > ns(host_.durations.freeze) && !instance->frozen()) {
          instance->freeze();
        }
      }
    }
  }
}

}  // namespace tandem::lambda
