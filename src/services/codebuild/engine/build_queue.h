// So many builds run at once; the others wait for their turn, each for so long.
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <utility>

#include "core/task.h"

namespace tandem::codebuild {

/// Places are given in the order in which they were asked for. Lives on the loop's thread, and
/// longer than its places and whoever waits.
class BuildQueue {
 public:
  explicit BuildQueue(std::size_t places) : free_(places) {}
  BuildQueue(const BuildQueue&) = delete;
  BuildQueue& operator=(const BuildQueue&) = delete;

  /// Held as long as it lives, or until it is moved away.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept : queue_(std::exchange(other.queue_, nullptr)) {}
    Place& operator=(Place&& other) noexcept {
      std::swap(queue_, other.queue_);
      return *this;
    }
    ~Place() {
      if (queue_ != nullptr) queue_->leave();
    }

   private:
    friend class BuildQueue;
    explicit Place(BuildQueue* queue) : queue_(queue) {}
    BuildQueue* queue_ = nullptr;
  };

  /// One who waits.
  class Ticket {
   public:
    explicit Ticket(const asio::any_io_executor& executor) : turn_(executor, core::kNever) {}
    /// No longer, now or when it would begin to.
    void give_up() {
      given_up_ = true;
      turn_.cancel();
    }

   private:
    friend class BuildQueue;
    core::Timer turn_;
    bool given_up_ = false;
    bool has_place_ = false;
  };

  /// Nothing when till came or the ticket was given up first. Throws
  /// boost::system::system_error(operation_aborted) when cancelled. ticket outlives the call.
  Task<std::optional<Place>> enter(Ticket* ticket, core::TimePoint till);

 private:
  void leave();

  std::size_t free_;
  std::list<Ticket*> waiting_;  ///< those that have no place yet
};

}  // namespace tandem::codebuild
