#include "topology/identity.h"

#include <gtest/gtest.h>

namespace tandem::topology {
namespace {

Topology with_regions(const std::vector<std::string>& names) {
  Topology topology;
  topology.name = "todo";
  for (const std::string& name : names) topology.regions.push_back({.name = name});
  topology.home = names.front();
  return topology;
}

std::vector<std::string> names_of(const Topology& topology) {
  std::vector<std::string> names;
  for (const Region& region : topology.regions) names.push_back(region.name);
  return names;
}

const std::vector<std::string> kKnown{"us-east-1", "us-west-2"};
const Identity kTodo{"todo", "us-east-1"};

TEST(Identity, IsReadFromTheDataStackAlone) {
  const Made made{
      "todos", {{"us-west-2", "my-data-app", "id", {}}, {"us-west-2", "my-data-data", "id", {}}}};
  EXPECT_EQ(identity_of(made)->name, "my-data");
  EXPECT_EQ(identity_of(made)->home, "us-west-2");
  EXPECT_FALSE(identity_of({}));
  EXPECT_FALSE(identity_of({"todos", {{"us-west-2", "todo-app", "id", {}}}}));
}

TEST(Identity, TheOrderOfRegionsIsNoEdit) {
  const Topology swapped = settled(with_regions({"us-west-2", "us-east-1"}), kKnown, kTodo);
  EXPECT_EQ(names_of(swapped), kKnown);
  EXPECT_EQ(swapped.home, "us-east-1");
  EXPECT_EQ(why_another(swapped, kTodo), "");
}

TEST(Identity, ANewRegionComesLast) {
  const Topology more =
      settled(with_regions({"eu-west-1", "us-west-2", "us-east-1"}), kKnown, kTodo);
  EXPECT_EQ(names_of(more), (std::vector<std::string>{"us-east-1", "us-west-2", "eu-west-1"}));
  EXPECT_EQ(more.home, "us-east-1");
}

TEST(Identity, BeforeTheFirstUpTheFirstRegionIsHome) {
  const Topology fresh = settled(with_regions({"us-west-2", "us-east-1"}), {}, std::nullopt);
  EXPECT_EQ(names_of(fresh).front(), "us-west-2");
  EXPECT_EQ(fresh.home, "us-west-2");
}

TEST(Identity, AStatedHomeIsAnEdit) {
  Topology stated = with_regions({"us-west-2", "us-east-1"});
  stated.home_stated = true;
  EXPECT_NE(why_another(settled(stated, kKnown, kTodo), kTodo).find("'home: us-east-1'"),
            std::string::npos);
}

TEST(Identity, AHomeThatLeavesIsAnEdit) {
  const Topology without = settled(with_regions({"eu-west-1", "us-west-2"}), kKnown, kTodo);
  EXPECT_NE(why_another(without, kTodo), "");
}

TEST(Identity, AnotherNameIsAnotherDeployment) {
  Topology renamed = with_regions({"us-east-1", "us-west-2"});
  renamed.name = "shop";
  EXPECT_NE(why_another(renamed, kTodo).find("set 'name: todo' again"), std::string::npos);
}

}  // namespace
}  // namespace tandem::topology
