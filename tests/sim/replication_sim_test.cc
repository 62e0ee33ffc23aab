#include <array>
#include <cstdlib>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/log.h"
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

std::string run(Options options, std::uint64_t seed) {
  World world(seed, options);
  return world.run();
}

/// Seeds that once found a fault; they are always run.
constexpr std::array<std::uint64_t, 12> kRegressions = {1,
                                                        2,
                                                        10,
                                                        19,
                                                        24,
                                                        39,
                                                        186984907378,
                                                        333494321038,
                                                        702444207302,
                                                        450496123349,
                                                        548775865218,
                                                        33656991477};

/// Runs the options over the regression seeds and many of this tree's own; each failure names the
/// seed that reproduces it. TANDEM_SIM_BASE is made from the tree's hash (tests/CMakeLists.txt), so
/// that every clone of a commit runs the same ones and every commit others.
void run_seeds(Options options, std::uint64_t runs) {
  log::set_level(log::Level::kError);
  if (const std::uint64_t only = setting("TANDEM_SIM_SEED", 0); only != 0) {
    ASSERT_EQ(run(options, only), "") << "reproduce with TANDEM_SIM_SEED=" << only;
    return;
  }
  for (const std::uint64_t seed : kRegressions) {
    ASSERT_EQ(run(options, seed), "") << "reproduce with TANDEM_SIM_SEED=" << seed;
  }
  const std::uint64_t base = setting("TANDEM_SIM_BASE", 1000);
  const std::uint64_t count = setting("TANDEM_SIM_RUNS", runs / kDivisor);
  for (std::uint64_t seed = base; seed < base + count; ++seed) {
    ASSERT_EQ(run(options, seed), "") << "reproduce with TANDEM_SIM_SEED=" << seed;
  }
}

TEST(ReplicationSim, TwoRegionsConverge) {
  run_seeds({.regions = 2, .steps = 2000, .keys = 20}, 100);
}

TEST(ReplicationSim, ThreeRegionsConverge) {
  run_seeds({.regions = 3, .steps = 2000, .keys = 20}, 100);
}

TEST(ReplicationSim, FiveRegionsConverge) {
  run_seeds({.regions = 5, .steps = 1500, .keys = 20, .strangers = true}, 40);
}

/// About 1,500 writes a second are made, and each of the other copies takes a tenth of them.
TEST(ReplicationSim, ThrottledCopiesLagAndConverge) {
  run_seeds({.regions = 3, .steps = 1500, .keys = 20, .capacity = 150}, 60);
}

TEST(ReplicationSim, ThrottledCopiesAndConnectionsThatHang) {
  run_seeds({.regions = 3,
             .steps = 1500,
             .keys = 12,
             .refusals = true,
             .silences = true,
             .capacity = 150},
            60);
}

TEST(ReplicationSim, ThrottledCopiesComeAndGo) {
  run_seeds({.regions = 3, .steps = 1500, .keys = 12, .membership = true, .capacity = 150}, 60);
}

TEST(ReplicationSim, ThrottledCopiesAndStoresThatFallBack) {
  run_seeds({.regions = 3, .steps = 1500, .keys = 20, .losses = true, .capacity = 150}, 60);
}

TEST(ReplicationSim, RegionsJoinAndLeaveWhileWriting) {
  run_seeds({.regions = 3, .steps = 3000, .keys = 12, .membership = true}, 150);
}

TEST(ReplicationSim, TheFounderLeaves) {
  run_seeds({.regions = 3, .steps = 3000, .keys = 12, .membership = true, .founder_leaves = true},
            150);
}

TEST(ReplicationSim, FewKeysAreContended) {
  run_seeds({.regions = 3, .steps = 1500, .keys = 2}, 100);
}

// The loser's region lists exactly what was lost.
TEST(ReplicationSim, LostUpdatesAreListedExactlyOnce) {
  run_seeds({.regions = 2, .steps = 500, .keys = 6, .conflicts = true}, 200);
  run_seeds({.regions = 3, .steps = 400, .keys = 6, .conflicts = true}, 100);
}

// Tables that held items before are joined while all of them are written to: every item is in
// every region, the newest where there were several, and each that gave way unseen is listed.
TEST(ReplicationSim, TablesWithItemsAreJoined) {
  run_seeds({.regions = 2, .steps = 1500, .keys = 12, .joins = true}, 40);
  run_seeds({.regions = 3, .steps = 1500, .keys = 12, .silences = true, .joins = true}, 40);
  run_seeds({.regions = 3, .steps = 1500, .keys = 12, .refusals = true, .joins = true}, 60);
  run_seeds({.regions = 2, .steps = 400, .keys = 40, .conflicts = true, .joins = true}, 150);
}

TEST(ReplicationSim, StoresRefuseWrites) {
  run_seeds({.regions = 3, .steps = 2000, .keys = 20, .refusals = true}, 150);
}

TEST(ReplicationSim, ConnectionsFallSilent) {
  run_seeds({.regions = 3, .steps = 1000, .keys = 20, .silences = true}, 40);
}

TEST(ReplicationSim, StoresFallBackToAnOlderState) {
  run_seeds({.regions = 2, .steps = 2000, .keys = 20, .losses = true}, 150);
  run_seeds({.regions = 3, .steps = 2000, .keys = 20, .losses = true}, 150);
}

TEST(ReplicationSim, ClocksAreWrongByYears) {
  run_seeds({.regions = 3, .steps = 2000, .keys = 20, .years = true}, 100);
}

TEST(ReplicationSim, StrangersSayWhateverTheyLike) {
  run_seeds({.regions = 2, .steps = 1000, .keys = 10, .strangers = true, .impostors = true}, 50);
}

TEST(ReplicationSim, EverythingAtOnce) {
  run_seeds({.regions = 3,
             .steps = 2000,
             .keys = 20,
             .refusals = true,
             .losses = true,
             .years = true,
             .strangers = true},
            100);
}

}  // namespace
}  // namespace tandem::sim
