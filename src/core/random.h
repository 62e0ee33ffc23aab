// Randomness as the code sees it: injected, so that a seed reproduces a run.
#pragma once

#include <cstdint>
#include <random>

namespace tandem::core {

class Random {
 public:
  virtual ~Random() = default;
  /// 64 uniform bits.
  virtual std::uint64_t next() = 0;

  /// Uniform in [0, bound). bound > 0. Rejection sampling: no modulo bias.
  std::uint64_t below(std::uint64_t bound);
  /// Uniform in [0, 1).
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
};

/// The kernel's generator: fit for keys and secrets. Buffers a page of output.
class SystemRandom final : public Random {
 public:
  std::uint64_t next() override;

 private:
  std::uint64_t buffer_[64] = {};
  unsigned used_ = 64;
};

/// Reproducible; never for secrets.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t next() override { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace tandem::core
