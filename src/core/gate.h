// So many may be inside at once; the others wait for their turn.
#pragma once

#include <cstddef>
#include <list>
#include <utility>

#include "core/task.h"

namespace tandem::core {

/// Places are given in the order in which they were asked for. Lives on the loop's thread, and
/// longer than the places it gave and whoever waits for one.
class Gate {
 public:
  explicit Gate(std::size_t places) : free_(places) {}
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  /// Held as long as it lives, or until it is moved away.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Place& operator=(Place&& other) noexcept {
      std::swap(gate_, other.gate_);
      return *this;
    }
    ~Place() {
      if (gate_ != nullptr) gate_->leave();
    }

   private:
    friend class Gate;
    explicit Place(Gate* gate) : gate_(gate) {}
    Gate* gate_ = nullptr;
  };

  /// Throws boost::system::system_error(operation_aborted) when cancelled while it waits; the turn
  /// then is the next one's.
  Task<Place> enter();
  std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Waiter {
    explicit Waiter(const asio::any_io_executor& executor) : turn(executor, kNever) {}
    Timer turn;
    bool has_place = false;
  };
  void leave();

  std::size_t free_;
  std::list<Waiter*> waiting_;  ///< in their coroutines' frames; those that have no place yet
};

}  // namespace tandem::core
