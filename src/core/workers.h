// Where blocking work is done, off the loop's thread: a pool of threads, or whatever stands in for
// one where a run must be reproducible.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <optional>

namespace tandem {

namespace asio = boost::asio;

namespace core {

class Workers {
 public:
  virtual ~Workers() = default;
  /// work is called once, perhaps on another thread. It must not throw.
  virtual void post(std::function<void()> work) = 0;
};

class WorkerThreads final : public Workers {
 public:
  explicit WorkerThreads(std::size_t threads) : threads_(threads) {}
  void post(std::function<void()> work) override;
  /// Returns when everything posted has been done; nothing may be posted afterwards.
  void join() { threads_.join(); }

 private:
  asio::thread_pool threads_;
};

/// Threads of their own for work that takes minutes, so that what takes milliseconds elsewhere does
/// not wait for it. They begin with the first work. post() on one thread.
class WorkersOnDemand final : public Workers {
 public:
  explicit WorkersOnDemand(std::size_t threads) : count_(threads) {}
  void post(std::function<void()> work) override;

 private:
  std::size_t count_;
  std::optional<WorkerThreads> threads_;  ///< joins at its end
};

}  // namespace core
}  // namespace tandem
