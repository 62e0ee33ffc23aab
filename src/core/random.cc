#include "core/random.h"

#include <sys/random.h>

#include "core/check.h"

namespace tandem::core {

std::uint64_t Random::below(std::uint64_t bound) {
  CHECK(bound > 0);
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  for (;;) {
    const std::uint64_t value = next();
    if (value < limit) return value % bound;
  }
}

std::uint64_t SystemRandom::next() {
  if (used_ == 64) {
    auto* bytes = reinterpret_cast<char*>(buffer_);
    std::size_t filled = 0;
    while (filled < sizeof(buffer_)) {
      const ssize_t got = getrandom(bytes + filled, sizeof(buffer_) - filled, 0);
      CHECK(got > 0);
      filled += static_cast<std::size_t>(got);
    }
    used_ = 0;
  }
  const std::uint64_t value = buffer_[used_];
  buffer_[used_++] = 0;
  return value;
}

}  // namespace tandem::core
