// Asynchronous invocations: accepted once they are in the store, run when a function can, retried
// as AWS does, forgotten after that.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "services/lambda/exec/runner.h"
#include "store/documents.h"

namespace tandem::lambda {

class AsyncQueue {
 public:
  struct Options {
    /// After a function error: the second and third attempt (developer guide, "Error handling for
    /// asynchronous invocation").
    std::vector<std::chrono::milliseconds> retries = {std::chrono::minutes(1),
                                                      std::chrono::minutes(2)};
    std::chrono::milliseconds throttle_first{1'000};
    std::chrono::milliseconds throttle_most{300'000};
    std::chrono::milliseconds event_age{std::chrono::hours(6)};
    std::size_t events = 10'000;
    std::size_t bytes = 256 * 1024 * 1024;
    std::size_t concurrent = 500;
  };

  /// Borrows everything. Reads the events that an earlier process left.
  AsyncQueue(Host& host, Runner& runner, const FunctionTable& functions, store::Store& store,
             Options options);

  void start();
  Task<void> stop();
  /// Forgets what is in memory; the store was emptied.
  void clear();

  struct Accepted {
    std::string function;
    std::string qualifier;  ///< as it was asked for; empty: none
    std::string request_id;
    std::string payload;
    std::string client_context = {};
  };
  /// Takes an event; false when the queue is full.
  bool add(Accepted event);
  std::size_t size() const { return events_.size(); }

 private:
  struct Item : Accepted {
    std::size_t failures = 0;
    std::size_t throttles = 0;
    std::int64_t accepted_ms = 0;
    std::int64_t due_ms = 0;
    bool running = false;
  };

  Task<void> run();
  Task<void> run_event(std::string id);
  bool try_settle(const std::string& id, const InvokeOutcome* outcome);
  void settle(const std::string& id, Item item, const InvokeOutcome& outcome);
  void retry(const std::string& id, Item item, std::chrono::milliseconds after);
  void forget(const std::string& id);
  void save(const std::string& id, const Item& item);
  std::chrono::milliseconds start_due();

  Host& host_;
  Runner& runner_;
  const FunctionTable& functions_;
  store::Documents documents_;
  Options options_;
  std::map<std::string, Item> events_;
  std::size_t bytes_ = 0;
  std::size_t running_ = 0;
  std::uint64_t last_id_ = 0;
  Event changed_;
  std::unique_ptr<core::TaskGroup> roots_;
};

}  // namespace tandem::lambda
