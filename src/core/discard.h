// Large values are taken apart where blocking work is done: to free millions of small pieces takes
// about as long as to make them, and nobody waits for it.
#pragma once

#include <memory>
#include <utility>

#include "core/workers.h"

namespace tandem::core {

/// Destroys value on workers, some time later. Its destructor must reach nothing but memory that is
/// its own.
template <class T>
void discard(Workers& workers, T value) {
  auto owned = std::make_shared<T>(std::move(value));
  workers.post([owned = std::move(owned)]() mutable { owned.reset(); });
}

/// Holds a value and discards it in the end, however that comes. Borrows workers.
template <class T>
class Discarded {
 public:
  explicit Discarded(Workers& workers) : workers_(workers) {}
  ~Discarded() {
    if (value_) discard(workers_, std::move(value_));
  }
  Discarded(const Discarded&) = delete;
  Discarded& operator=(const Discarded&) = delete;

  void set(std::unique_ptr<T> value) { value_ = std::move(value); }
  T& operator*() const { return *value_; }

 private:
  Workers& workers_;
  std::unique_ptr<T> value_;
};

}  // namespace tandem::core
