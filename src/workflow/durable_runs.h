// Runs that outlive what can happen to them: each is an object that is made from what is stored,
// and made anew from there when its process died or the store refused one of its writes.
//
// INVARIANT(stored-before-done): a run keeps nothing in mind that it has not stored before it acts
// on it, so that a new one can take its place at any moment.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "core/task.h"
#include "store/store.h"

namespace tandem::workflow {

/// Resumed: something may have been done of which the run before has not heard.
enum class Start { kFresh, kResumed };

/// Lives on the loop's thread. stop() is awaited before the end. Run has
/// `static Task<void> run(std::shared_ptr<Run>, Start)`, which throws StoreError when the store did
/// not take a write.
template <class Run>
class DurableRuns {
 public:
  /// For a store that refuses writes to take them again.
  static constexpr std::chrono::milliseconds kPause{200};

  explicit DurableRuns(asio::any_io_executor executor)
      : executor_(std::move(executor)), tasks_(std::make_unique<core::TaskGroup>(executor_)) {}

  /// What a run is made of, and what follows.
  struct Plan {
    std::string name;  ///< for the log
    std::function<std::shared_ptr<Run>(core::TaskGroup&)> make;
    std::function<void()> reload;  ///< memory is as the store has it again
    std::function<void()> ended;
  };
  /// key: one run of each at a time.
  void start(std::string key, Start how, Plan plan) {
    std::shared_ptr<Run> run = plan.make(*tasks_);
    running_[key] = run;
    std::string name = plan.name;
    tasks_->spawn(std::move(name), go(this, std::move(key), std::move(run), how, std::move(plan)));
  }

  /// Null when none is under way.
  Run* find(const std::string& key) const {
    const auto found = running_.find(key);
    return found == running_.end() ? nullptr : found->second.get();
  }

  /// How many are under way.
  std::size_t size() const { return running_.size(); }

  Task<void> stop() {
    co_await tasks_->stop();
    running_.clear();
  }
  /// After stop(): runs may be started again.
  void reopen() { tasks_ = std::make_unique<core::TaskGroup>(executor_); }

 private:
  /// False when it ended because the store did not take a write.
  static Task<bool> ends(std::shared_ptr<Run> run, Start how) {
    bool refused = false;
    try {
      Task<void> running = Run::run(run, how);
      co_await std::move(running);
    } catch (const store::StoreError&) {
      refused = true;
    }
    co_return !refused;
  }

  static Task<void> go(DurableRuns* self, std::string key, std::shared_ptr<Run> run, Start how,
                       Plan plan) {
    for (;;) {
      Task<bool> running = ends(run, how);
      const bool ended = co_await std::move(running);
      if (ended) break;
      // What the run had in mind may be more than what is written.
      co_await core::sleep_for(kPause);
      plan.reload();
      run = plan.make(*self->tasks_);
      self->running_[key] = run;
      how = Start::kResumed;
    }
    self->running_.erase(key);
    plan.ended();
  }

  asio::any_io_executor executor_;
  std::unique_ptr<core::TaskGroup> tasks_;
  std::map<std::string, std::shared_ptr<Run>> running_;
};

}  // namespace tandem::workflow
