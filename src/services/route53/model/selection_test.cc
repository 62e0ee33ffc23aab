// The rules come from the Developer Guide: "Values specific for weighted records", "How Amazon
// Route 53 chooses records when health checking is configured" and "How health checks work in
// complex configurations".
#include "services/route53/model/selection.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <set>

namespace tandem::route53 {
namespace {

class SelectionTest : public testing::Test {
 public:
  SelectionTest() : seed_(core::SystemRandom().next()), random_(seed_) {}

  /// A weighted group; each member answers with its number.
  RecordGroup weighted(std::vector<std::uint32_t> weights) {
    RecordGroup group;
    group.policy = Policy::kWeighted;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      Member member;
      member.weight = weights[i];
      member.rdata = {std::to_string(i)};
      member.check = board_.add(true);
      group.members.push_back(std::move(member));
    }
    return group;
  }
  const Member* pick(const RecordGroup& group) {
    Origin origin(places_, {}, 0);
    const Choice choice = select(group, board_, origin, random_);
    EXPECT_LE(choice.count, 1u);
    EXPECT_FALSE(origin.asked()) << "weighted answers do not depend on who asks";
    return choice.count == 0 ? nullptr : choice.members[0];
  }
  void fail(const RecordGroup& group, std::size_t member) {
    board_.set(group.members[member].check, false);
  }
  /// Shares in percent over 20,000 draws.
  std::map<std::string, double> shares(const RecordGroup& group) {
    std::map<std::string, double> counts;
    for (int i = 0; i < 20'000; ++i) {
      const Member* member = pick(group);
      counts[member == nullptr ? "none" : member->rdata[0]] += 100.0 / 20'000;
    }
    return counts;
  }
  std::string trace() const { return fmt::format("seed {}", seed_); }

  std::uint64_t seed_;
  core::SeededRandom random_;
  HealthBoard board_;
  const aws::Places places_ = aws::Places::built_in();
};

TEST_F(SelectionTest, WeightsAreShares) {
  SCOPED_TRACE(trace());
  auto counts = shares(weighted({90, 10}));
  EXPECT_NEAR(counts["0"], 90, 1.5);
  EXPECT_NEAR(counts["1"], 10, 1.5);
  counts = shares(weighted({1, 1, 2}));
  EXPECT_NEAR(counts["2"], 50, 2);
}

TEST_F(SelectionTest, StandingsSayWhoIsDrawn) {
  SCOPED_TRACE(trace());
  for (int round = 0; round < 200; ++round) {
    constexpr std::uint32_t kWeights[] = {0, 1, 5};
    std::vector<std::uint32_t> weights(1 + random_.below(4));
    for (std::uint32_t& weight : weights) weight = kWeights[random_.below(3)];
    const RecordGroup group = weighted(weights);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (random_.below(2) == 0) fail(group, i);
    }
    std::set<std::string> drawn;
    // The least share is 1 in 16: missing it in 1,000 draws has a chance below 1e-27.
    for (int i = 0; i < 1'000; ++i) drawn.insert(pick(group)->rdata[0]);
    std::set<std::string> said;
    const std::vector<Standing> standing = standings(group, board_);
    ASSERT_EQ(standing.size(), weights.size());
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (answers(standing[i])) said.insert(std::to_string(i));
    }
    ASSERT_EQ(said, drawn) << "round " << round;
  }
}

TEST_F(SelectionTest, StandingsSayWhy) {
  RecordGroup group = weighted({50, 50, 0});
  fail(group, 0);
  EXPECT_EQ(standings(group, board_),
            (std::vector{Standing::kCheckFails, Standing::kAnswers, Standing::kWeightIsZero}));
  fail(group, 1);
  EXPECT_EQ(standings(group, board_),
            (std::vector{Standing::kCheckFails, Standing::kCheckFails, Standing::kAnswers}));
  fail(group, 2);
  EXPECT_EQ(standings(group, board_),
            (std::vector{Standing::kFailOpen, Standing::kFailOpen, Standing::kWeightIsZero}));
  group.policy = Policy::kSimple;
  EXPECT_EQ(standings(group, board_),
            (std::vector{Standing::kAnswers, Standing::kFirstAnswers, Standing::kFirstAnswers}));
}

TEST_F(SelectionTest, RandomWeightsAndHealthGiveRenormalisedShares) {
  SCOPED_TRACE(trace());
  for (int round = 0; round < 20; ++round) {
    std::vector<std::uint32_t> weights(1 + random_.below(10));
    for (auto& weight : weights) weight = static_cast<std::uint32_t>(1 + random_.below(255));
    const RecordGroup group = weighted(weights);
    double sum = 0;
    std::vector<bool> up(weights.size());
    for (std::size_t i = 0; i < weights.size(); ++i) {
      up[i] = random_.below(3) > 0;
      if (up[i]) {
        sum += weights[i];
      } else {
        fail(group, i);
      }
    }
    if (sum == 0) continue;
    auto counts = shares(group);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      EXPECT_NEAR(counts[std::to_string(i)], up[i] ? 100 * weights[i] / sum : 0, 2.5);
    }
  }
}

TEST_F(SelectionTest, WeightZeroWaitsUntilEveryPositiveOneIsUnhealthy) {
  const RecordGroup group = weighted({0, 5, 0, 3});
  auto counts = shares(group);
  EXPECT_EQ(counts.count("0") + counts.count("2"), 0u);
  fail(group, 1);
  EXPECT_NEAR(shares(group)["3"], 100, 0.001);
  fail(group, 3);
  counts = shares(group);
  EXPECT_NEAR(counts["0"], 50, 2.5);
  EXPECT_NEAR(counts["2"], 50, 2.5);
  fail(group, 0);
  EXPECT_NEAR(shares(group)["2"], 100, 0.001);
}

TEST_F(SelectionTest, AllZeroWeightsAreEven) {
  auto counts = shares(weighted({0, 0, 0, 0}));
  for (const auto& [member, share] : counts) EXPECT_NEAR(share, 25, 2.5) << member;
}

TEST_F(SelectionTest, FailsOpenByTheOrdinaryWeights) {
  const RecordGroup group = weighted({90, 10, 0});
  for (std::size_t i = 0; i < 3; ++i) fail(group, i);
  auto counts = shares(group);
  EXPECT_NEAR(counts["0"], 90, 1.5);
  EXPECT_NEAR(counts["1"], 10, 1.5);
  EXPECT_EQ(counts.count("2"), 0u);
  EXPECT_FALSE(healthy(group, board_)) << "an alias above sees it as unhealthy";
}

TEST_F(SelectionTest, AnAliasBacksOutOfAnUnhealthyBranchOnlyWhenItEvaluates) {
  const RecordGroup east = weighted({1, 1});
  const RecordGroup west = weighted({1});
  RecordGroup top = weighted({50, 50});
  for (Member& member : top.members) {
    member.rdata.clear();
    member.alias = member.evaluate_target_health = true;
  }
  top.members[0].target = &east;
  top.members[1].target = &west;
  fail(east, 0);
  fail(east, 1);
  EXPECT_TRUE(eligible(top.members[1], board_));
  EXPECT_FALSE(eligible(top.members[0], board_));
  EXPECT_NEAR(shares(top)["0"], 100, 0.001) << "west's only member answers \"0\"";

  top.members[0].evaluate_target_health = false;
  const auto counts = shares(top);
  EXPECT_EQ(counts.count("1"), 1u) << "east's branch is drawn though all of it is unhealthy";
}

TEST_F(SelectionTest, AnAliasNeedsItsOwnCheckAndItsTarget) {
  const RecordGroup leaf = weighted({1});
  Member alias;
  alias.alias = alias.evaluate_target_health = true;
  alias.target = &leaf;
  alias.check = board_.add(true);
  EXPECT_TRUE(eligible(alias, board_));
  board_.set(alias.check, false);
  EXPECT_FALSE(eligible(alias, board_));
  board_.set(alias.check, true);
  fail(leaf, 0);
  EXPECT_FALSE(eligible(alias, board_));
}

TEST_F(SelectionTest, AnAliasToAnAwsResourceFollowsThatResource) {
  RecordGroup group = weighted({1, 1});
  for (Member& member : group.members) {
    member.alias = member.evaluate_target_health = true;
    member.target_slot = board_.add(true);
  }
  board_.set(group.members[0].target_slot, false);
  EXPECT_NEAR(shares(group)["1"], 100, 0.001);
}

TEST_F(SelectionTest, LoopsAndMissingTargetsGiveNoData) {
  RecordGroup loop;
  loop.policy = Policy::kWeighted;
  for (int i = 0; i < 100; ++i) {
    Member alias;
    alias.weight = 1;
    alias.alias = alias.evaluate_target_health = true;
    alias.target = &loop;
    loop.members.push_back(alias);
  }
  EXPECT_EQ(pick(loop), nullptr);
  EXPECT_FALSE(healthy(loop, board_));
  loop.members.resize(1);
  loop.members[0].target = nullptr;
  EXPECT_EQ(pick(loop), nullptr);
}

}  // namespace
}  // namespace tandem::route53
