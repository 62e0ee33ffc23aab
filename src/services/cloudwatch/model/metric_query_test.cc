#include "services/cloudwatch/model/metric_query.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "aws/error.h"

namespace tandem::cloudwatch {
namespace {

const QueryPlace kPlace{"us-east-1", "123456789012", 0, 300};

/// The message of what is refused, or how many series there are.
std::string evaluated(const json::array& queries) {
  try {
    const auto read = read_queries(queries, "MetricDataQueries", "123456789012");
    std::map<std::string, Fetched> fetched;
    for (const MetricQuery& each : read) {
      if (each.metric) fetched[each.id].series.points = {{0, 1}};
    }
    return std::to_string(evaluate_queries(read, std::move(fetched), kPlace).size());
  } catch (const aws::ApiError& error) {
    return error.message();
  }
}

json::object metric(std::string_view id) {
  return {
      {"Id", id},
      {"MetricStat",
       {{"Metric", {{"Namespace", "n"}, {"MetricName", "m"}}}, {"Period", 60}, {"Stat", "Sum"}}}};
}

TEST(MetricQueries, WhatDoublesWithEachIsRefusedEarly) {
  json::array queries{metric("m1")};
  std::string before = "m1";
  for (int i = 0; i < 400; ++i) {
    const std::string id = fmt::format("e{}", i);
    queries.push_back(json::object{
        {"Id", id}, {"Expression", fmt::format("[{0}, {0}]", before)}, {"ReturnData", false}});
    before = id;
  }
  EXPECT_EQ(evaluated(queries), "Error in expression 'e8' [An array has too many time series]");
}

TEST(MetricQueries, ManyResultsAreRefused) {
  json::array queries;
  for (int i = 0; i < 200; ++i) queries.push_back(metric(fmt::format("m{}", i)));
  EXPECT_EQ(evaluated(queries), "200");
  for (int i = 0; i < 60; ++i) {
    queries.push_back(json::object{{"Id", fmt::format("e{}", i)}, {"Expression", "METRICS() * 2"}});
  }
  EXPECT_EQ(evaluated(queries), "The queries return more than 10000 time series.");
}

}  // namespace
}  // namespace tandem::cloudwatch
