// Pipelines' stacks in several regions, found against AWS as far as deployments see it.
#include "topology/pipelines.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>

#include "topology/fake_aws.h"

namespace tandem::topology {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class PipelinesTest : public ::testing::Test {
 protected:
  PipelinesTest() {
    topology_ = {.name = "todo",
                 .regions = {{.name = "us-east-1"}, {.name = "us-west-2"}},
                 .home = "us-east-1"};
    topology_.pipeline = PipelineSettings{};
  }
  ~PipelinesTest() override { EXPECT_THAT(aws_.findings(), IsEmpty()); }

  template <class T>
  T run(Task<T> task) {
    asio::io_context loop;
    std::optional<T> result;
    std::exception_ptr failure;
    asio::co_spawn(loop, std::move(task), [&](std::exception_ptr escaped, T value) {
      failure = escaped;
      if (!escaped) result.emplace(std::move(value));
    });
    loop.run();
    if (failure) std::rethrow_exception(failure);
    return std::move(*result);
  }
  void make(const std::string& region, const std::string& stack) {
    json::object input{{"StackName", stack}, {"TemplateBody", "{\"Resources\": {}}"}};
    run(aws_.call({.region = region,
                   .service = "cloudformation",
                   .operation = "CreateStack",
                   .input = std::move(input)}));
  }
  FoundPipelines find(const std::string& only, std::set<std::string> silent) {
    return run(find_pipelines(Cloud(aws_), topology_, only, std::move(silent)));
  }

  FakeAws aws_;
  Topology topology_;
};

TEST_F(PipelinesTest, OneThatCannotBeAskedHidesNoOther) {
  make("us-east-1", "todo-pipeline-us-east-1");
  make("us-west-2", "todo-pipeline-us-west-2");
  EXPECT_THAT(find("", {}).all, SizeIs(2));
  const std::size_t before = aws_.calls().size();
  const FoundPipelines found = find("", {"us-west-2"});
  ASSERT_THAT(found.all, SizeIs(1));
  EXPECT_EQ(found.all[0].region, "us-east-1");
  EXPECT_EQ(found.unknown, (std::map<std::string, std::string>{{"us-west-2", "us-west-2"}}));
  for (std::size_t i = before; i < aws_.calls().size(); ++i) {
    EXPECT_EQ(aws_.calls()[i].call.region, "us-east-1");
  }
  EXPECT_THAT(find("us-east-1", {"us-west-2"}).unknown, IsEmpty());
  EXPECT_THAT(find("us-west-2", {"us-west-2"}).all, IsEmpty());
}

TEST_F(PipelinesTest, ThoseInOneRegionNeedNoOther) {
  topology_.pipeline->region = "us-east-1";
  make("us-east-1", "todo-pipeline-us-east-1");
  make("us-east-1", "todo-pipeline-us-west-2");
  const FoundPipelines found = find("", {"us-west-2"});
  EXPECT_THAT(found.all, SizeIs(2));
  EXPECT_THAT(found.unknown, IsEmpty());
}

TEST_F(PipelinesTest, WhatAnEditOfTheRegionLeavesIsFound) {
  make("us-east-1", "todo-pipeline-us-east-1");
  make("us-west-2", "todo-pipeline-us-west-2");
  make("us-west-2", "todo-app");
  const auto left = [this] { return run(find_left_pipelines(Cloud(aws_), topology_, {})); };
  EXPECT_THAT(left(), IsEmpty());
  topology_.pipeline->region = "us-east-1";
  make("us-east-1", "todo-pipeline-us-west-2");
  // Of a region that has left the topology.
  make("us-east-1", "todo-pipeline-eu-west-1");
  ASSERT_THAT(left(), SizeIs(2));
  EXPECT_EQ(left()[0].stack, "todo-pipeline-eu-west-1");
  EXPECT_EQ(left()[1].region, "us-west-2");
  EXPECT_EQ(left()[1].stack, "todo-pipeline-us-west-2");
}

}  // namespace
}  // namespace tandem::topology
