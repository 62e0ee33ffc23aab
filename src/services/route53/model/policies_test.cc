// Latency, failover, geolocation and multivalue answers: the Developer Guide's "Choosing a routing
// policy", "How Amazon Route 53 chooses records when health checking is configured" and "How health
// checks work in complex configurations", each rule a row.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "services/route53/model/selection.h"

namespace tandem::route53 {
namespace {

using Address = std::vector<std::uint8_t>;

// Of places.txt.
const Address kNobody{127, 0, 0, 1};
const Address kGermany{198, 18, 54, 1};
const Address kBrazil{198, 18, 30, 1};
const Address kJapan{203, 0, 113, 1};
const Address kWashington{198, 19, 74, 1};
const Address kTexas{198, 19, 70, 1};
const Address kCanada{198, 18, 36, 1};

class PoliciesTest : public testing::Test {
 public:
  PoliciesTest() : seed_(core::SystemRandom().next()), random_(seed_) {}

  Member member(std::string name) {
    Member member;
    member.rdata = {name};
    member.set_identifier = std::move(name);
    member.check = board_.add(true);
    return member;
  }
  RecordGroup latency(const std::vector<std::string>& regions) {
    RecordGroup group{.policy = Policy::kLatency, .members = {}};
    for (const std::string& region : regions) {
      group.members.push_back(member(region));
      group.members.back().region = *places_.region(region);
    }
    return group;
  }
  RecordGroup failover() {
    RecordGroup group{.policy = Policy::kFailover, .members = {}};
    group.members.push_back(member("primary"));
    group.members.push_back(member("secondary"));
    group.members[1].failover = Failover::kSecondary;
    return group;
  }
  /// "*", "EU/" for a continent, "DE", "US-WA".
  RecordGroup geolocation(const std::vector<std::string>& locations) {
    RecordGroup group{.policy = Policy::kGeolocation, .members = {}};
    for (const std::string& location : locations) {
      group.members.push_back(member(location));
      Member& made = group.members.back();
      if (location == "*") {
        made.location = kEverywhere;
      } else if (location.ends_with('/')) {
        made.location = aws::continent_key(location.substr(0, 2));
      } else {
        const aws::GeoKey country = aws::country_key(location.substr(0, 2));
        made.continent = places_.continent_of(country);
        made.location = country;
        if (location.size() == 2) continue;
        made.country = country;
        made.location = aws::subdivision_key(location.substr(0, 2), location.substr(3));
      }
    }
    return group;
  }
  RecordGroup multivalue(int count) {
    RecordGroup group{.policy = Policy::kMultivalue, .members = {}};
    for (int i = 0; i < count; ++i) group.members.push_back(member(std::to_string(i)));
    return group;
  }
  void set_health(const RecordGroup& group, const std::set<std::string>& down) {
    for (const Member& one : group.members) {
      board_.set(one.check, !down.contains(one.set_identifier));
    }
  }
  std::vector<std::string> all(const RecordGroup& group, const Address& from) {
    Origin origin(places_, from, 32);
    const Choice choice = select(group, board_, origin, random_);
    std::vector<std::string> names;
    for (std::size_t i = 0; i < choice.count; ++i) names.push_back(choice.members[i]->rdata[0]);
    return names;
  }
  std::string one(const RecordGroup& group, const Address& from) {
    const auto names = all(group, from);
    EXPECT_LE(names.size(), 1u);
    return names.empty() ? "none" : names[0];
  }
  /// Those that standings() says are answered with.
  std::set<std::string> in_dns(const RecordGroup& group) const {
    std::set<std::string> names;
    const auto found = standings(group, board_);
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (answers(found[i])) names.insert(group.members[i].set_identifier);
    }
    return names;
  }

  std::uint64_t seed_;
  core::SeededRandom random_;
  HealthBoard board_;
  const aws::Places places_ = aws::Places::built_in();
};

using Names = std::set<std::string>;

TEST_F(PoliciesTest, Latency) {
  const RecordGroup group = latency({"us-east-1", "us-west-2", "eu-west-1", "ap-northeast-1"});
  const struct {
    Address from;
    Names down;
    const char* answer;
  } kRows[] = {
      {kGermany, {}, "eu-west-1"},
      {kTexas, {}, "us-east-1"},
      {kWashington, {}, "us-west-2"},
      {kJapan, {}, "ap-northeast-1"},
      {kBrazil, {}, "us-east-1"},
      // Nobody is known there: default data, us-east-1's.
      {kNobody, {}, "us-east-1"},
      // The least latency among those that are eligible.
      {kGermany, {"eu-west-1"}, "us-east-1"},
      {kGermany, {"eu-west-1", "us-east-1"}, "us-west-2"},
      {kWashington, {"us-west-2"}, "us-east-1"},
      // None is: all count as healthy.
      {kGermany, {"us-east-1", "us-west-2", "eu-west-1", "ap-northeast-1"}, "eu-west-1"},
  };
  for (const auto& row : kRows) {
    set_health(group, row.down);
    EXPECT_EQ(one(group, row.from), row.answer) << row.down.size();
  }
  set_health(group, {"eu-west-1"});
  EXPECT_EQ(in_dns(group), (Names{"us-east-1", "us-west-2", "ap-northeast-1"}));
}

TEST_F(PoliciesTest, Failover) {
  const RecordGroup group = failover();
  const struct {
    Names down;
    const char* answer;
    std::vector<Standing> standings;
  } kRows[] = {
      {{}, "primary", {Standing::kAnswers, Standing::kPrimaryAnswers}},
      {{"primary"}, "secondary", {Standing::kCheckFails, Standing::kAnswers}},
      {{"secondary"}, "primary", {Standing::kAnswers, Standing::kCheckFails}},
      {{"primary", "secondary"}, "primary", {Standing::kFailOpen, Standing::kCheckFails}},
  };
  for (const auto& row : kRows) {
    set_health(group, row.down);
    EXPECT_EQ(one(group, kNobody), row.answer);
    EXPECT_EQ(standings(group, board_), row.standings) << row.answer;
  }
  RecordGroup alone = failover();
  alone.members[1].check = HealthBoard::kNone;
  set_health(RecordGroup{.policy = Policy::kFailover, .members = {alone.members[0]}}, {"primary"});
  EXPECT_EQ(one(alone, kNobody), "secondary") << "a secondary without a check is healthy";
  for (const std::size_t kept : {0u, 1u}) {
    RecordGroup half = failover();
    half.members.erase(half.members.begin() + static_cast<std::ptrdiff_t>(1 - kept));
    const std::string name = half.members[0].set_identifier;
    set_health(half, {name});
    EXPECT_EQ(one(half, kNobody), name) << "the only one";
    EXPECT_EQ(in_dns(half), Names{name});
  }
}

TEST_F(PoliciesTest, Geolocation) {
  const RecordGroup group = geolocation({"*", "EU/", "NA/", "DE", "US", "US-WA"});
  const Names kAll{"*", "EU/", "NA/", "DE", "US", "US-WA"};
  const struct {
    Address from;
    Names down;
    const char* answer;
  } kRows[] = {
      // The smallest geography.
      {kWashington, {}, "US-WA"},
      {kTexas, {}, "US"},
      {kCanada, {}, "NA/"},
      {kGermany, {}, "DE"},
      {kBrazil, {}, "*"},
      {kNobody, {}, "*"},
      // Outwards while they are unhealthy.
      {kWashington, {"US-WA"}, "US"},
      {kWashington, {"US-WA", "US"}, "NA/"},
      {kWashington, {"US-WA", "US", "NA/"}, "*"},
      {kGermany, {"DE", "EU/"}, "*"},
      // All that apply are: the smallest.
      {kWashington, kAll, "US-WA"},
      {kWashington, {"US-WA", "US", "NA/", "*"}, "US-WA"},
      {kBrazil, {"*"}, "*"},
      // Others' health is nothing to it.
      {kGermany, {"US", "NA/", "*", "US-WA"}, "DE"},
  };
  for (const auto& row : kRows) {
    set_health(group, row.down);
    EXPECT_EQ(one(group, row.from), row.answer) << row.down.size();
  }
  set_health(group, {"DE", "US", "NA/", "*", "US-WA"});
  EXPECT_EQ(in_dns(group), (Names{"EU/", "US", "NA/", "*", "US-WA"}));
}

TEST_F(PoliciesTest, GeolocationWithoutADefaultHasNoData) {
  const RecordGroup group = geolocation({"DE", "NA/"});
  EXPECT_EQ(one(group, kGermany), "DE");
  EXPECT_EQ(one(group, kJapan), "none");
  EXPECT_EQ(one(group, kNobody), "none");
}

TEST_F(PoliciesTest, MultivalueGivesUpToEightHealthyOnes) {
  SCOPED_TRACE(fmt::format("seed {}", seed_));
  const RecordGroup group = multivalue(12);
  std::map<std::string, int> counts;
  for (int i = 0; i < 6'000; ++i) {
    const auto names = all(group, kNobody);
    ASSERT_EQ(names.size(), 8u);
    ASSERT_EQ(Names(names.begin(), names.end()).size(), 8u);
    ++counts[names[0]];
  }
  for (const auto& [name, count] : counts) EXPECT_NEAR(count, 500, 120) << name;
  const RecordGroup three = multivalue(3);
  set_health(three, {"1"});
  EXPECT_EQ(Names({all(three, kNobody)[0], all(three, kNobody)[1]}).contains("1"), false);
  EXPECT_EQ(all(three, kNobody).size(), 2u);
  EXPECT_EQ(in_dns(three), (Names{"0", "2"}));
  Names down;
  for (int i = 0; i < 12; ++i) down.insert(std::to_string(i));
  set_health(group, down);
  EXPECT_EQ(all(group, kNobody).size(), 8u) << "all unhealthy: up to eight of them";
}

/// An alias that evaluates its target, in place of a member.
void lead(Member& member, const RecordGroup& target, bool evaluate = true) {
  member.rdata.clear();
  member.alias = true;
  member.evaluate_target_health = evaluate;
  member.target = &target;
}

TEST_F(PoliciesTest, TreesOfThem) {
  // The Developer Guide's complex configuration: latency over groups of each region.
  const RecordGroup east = multivalue(2);
  RecordGroup west = failover();
  RecordGroup top = latency({"us-east-1", "us-west-2"});
  lead(top.members[0], east);
  lead(top.members[1], west);
  EXPECT_EQ(one(top, kWashington), "primary");
  EXPECT_EQ(all(top, kTexas).size(), 2u) << "a leaf group of several";
  set_health(west, {"primary"});
  EXPECT_EQ(one(top, kWashington), "secondary");
  // No healthy leaf: back out and take the sibling.
  set_health(west, {"primary", "secondary"});
  EXPECT_EQ(all(top, kWashington).size(), 2u);
  EXPECT_EQ(standings(top, board_)[1], Standing::kTargetFails);
  // A check of the alias itself must pass, too.
  set_health(west, {});
  board_.set(top.members[1].check, false);
  EXPECT_EQ(all(top, kWashington).size(), 2u);
  // Nothing healthy anywhere: as if all were.
  set_health(east, {"0", "1"});
  EXPECT_EQ(one(top, kWashington), "primary");
  // Without evaluation a branch is never backed out of.
  board_.set(top.members[1].check, true);
  set_health(east, {});
  set_health(west, {"primary", "secondary"});
  lead(top.members[1], west, false);
  EXPECT_EQ(one(top, kWashington), "primary");
}

TEST_F(PoliciesTest, FailoverOverGeolocation) {
  const RecordGroup places = geolocation({"DE", "*"});
  RecordGroup top = failover();
  lead(top.members[0], places);
  EXPECT_EQ(one(top, kGermany), "DE");
  EXPECT_EQ(one(top, kJapan), "*");
  set_health(places, {"DE"});
  EXPECT_EQ(one(top, kGermany), "*") << "outwards before over";
  set_health(places, {"DE", "*"});
  EXPECT_EQ(one(top, kGermany), "secondary");
}

TEST_F(PoliciesTest, OnlyWhatLooksAtThePlaceDependsOnIt) {
  const RecordGroup groups[] = {latency({"us-east-1"}), geolocation({"*"}), failover(),
                                multivalue(3)};
  for (const RecordGroup& group : groups) {
    Origin origin(places_, kGermany, 24);
    (void)select(group, board_, origin, random_);
    const bool located = group.policy == Policy::kLatency || group.policy == Policy::kGeolocation;
    EXPECT_EQ(origin.asked(), located);
    EXPECT_EQ(origin.scope(), located ? 24 : 0);
  }
}

}  // namespace
}  // namespace tandem::route53
