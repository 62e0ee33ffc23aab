#include <cstdlib>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/text.h"
#include "tests/sim/world.h"

namespace tandem::sim {
namespace {

std::uint64_t setting(const char* name, std::uint64_t fallback) {
  const char* value = std::getenv(name);
  return value == nullptr ? fallback : core::parse_uint(value).value_or(fallback);
}

/// Unoptimised builds (sanitizers, coverage) are slow: they try fewer seeds.
#ifdef __OPTIMIZE__
constexpr std::uint64_t kDivisor = 1;
#else
constexpr std::uint64_t kDivisor = 4;
#endif

/// Runs the options over many seeds; each failure names the seed that reproduces it.
void run_seeds(Options options, std::uint64_t runs) {
  const std::uint64_t only = setting("TANDEM_SIM_SEED", 0);
  const std::uint64_t first = only != 0 ? only : 1;
  const std::uint64_t count = only != 0 ? 1 : setting("TANDEM_SIM_RUNS", runs / kDivisor);
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    World world(seed, options);
    const std::string wrong = world.run();
    ASSERT_EQ(wrong, "") << "reproduce with TANDEM_SIM_SEED=" << seed;
  }
}

TEST(ReplicationSim, TwoRegionsConverge) {
  run_seeds({.regions = 2, .steps = 2000, .keys = 20, .membership = false}, 150);
}

TEST(ReplicationSim, ThreeRegionsConverge) {
  run_seeds({.regions = 3, .steps = 2000, .keys = 20, .membership = false}, 150);
}

TEST(ReplicationSim, RegionsJoinAndLeaveWhileWriting) {
  run_seeds({.regions = 3, .steps = 3000, .keys = 12, .membership = true}, 200);
}

TEST(ReplicationSim, FewKeysAreContended) {
  run_seeds({.regions = 3, .steps = 1500, .keys = 2, .membership = false}, 100);
}

}  // namespace
}  // namespace tandem::sim
