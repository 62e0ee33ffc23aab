// Asynchronous invocations: accepted once they are in the store, run when a function can, retried
// as AWS does, forgotten after that.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/pace.h"
#include "services/lambda/exec/runner.h"
#include "services/lambda/model/async_settings.h"
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
    core::Pace pace = core::Pace();  ///< of ages that functions set
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
  /// How an attempt ended; without an outcome it was not made, and condition says why.
  struct Attempt {
    FunctionPtr function;
    std::optional<InvokeOutcome> outcome;
    Condition condition = Condition::kSuccess;
  };
  bool try_settle(const std::string& id, const Attempt& attempt);
  void settle(const std::string& id, Item item, const Attempt& attempt);
  /// False when it would be too old by then.
  bool retry(const std::string& id, Item item, std::chrono::milliseconds after);
  AsyncSettings settings_of(const Item& item) const;
  bool is_too_old(const Item& item, std::int64_t at_ms) const;
  /// Tells whoever is to be told, and forgets the event.
  void end(const std::string& id, const Item& item, const Attempt& attempt, Condition condition);
  void tell(const std::string& id, const Item& item, const std::string& destination,
            json::object record, Condition condition);
  void replace(const std::string& id, Accepted next);
  Item make_item(Accepted event) const;
  void remember(const std::string& id, Item item);
  void forget(const std::string& id);
  static json::object record_of(const Item& item);
  void save(const std::string& id, const Item& item);
  std::chrono::milliseconds start_due();

  Host& host_;
  Runner& runner_;
  const FunctionTable& functions_;
  store::Store& store_;
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
