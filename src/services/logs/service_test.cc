#include "services/logs/service.h"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "aws/error.h"
#include "store/engines.h"

namespace tandem::logs {
namespace {

class LogsServiceTest : public ::testing::Test {
 protected:
  LogsServiceTest()
      : store_(store::make_memory_store()),
        service_(
            {loop_.get_executor(), pool_, clock_, random_, *store_, "", config_, "us-east-1"}) {}

  /// Runs an operation; an error's answer is {"error": code, "message": text}.
  json::object call(std::string_view name, json::object input) {
    for (const service::Operation& operation : service_.operations()) {
      if (operation.name != name) continue;
      service::RequestContext context;
      json::object output;
      asio::co_spawn(loop_, operation.handler(context, std::move(input)),
                     [&](const std::exception_ptr& escaped, service::Reply reply) {
                       output = std::move(reply.output);
                       try {
                         if (escaped) std::rethrow_exception(escaped);
                       } catch (const aws::ApiError& error) {
                         output = {{"error", error.code()}, {"message", error.message()}};
                       }
                     });
      loop_.restart();
      loop_.run();
      return output;
    }
    ADD_FAILURE() << "no operation " << name;
    return {};
  }

  json::object put(std::string_view stream, std::vector<std::pair<std::int64_t, std::string>> all) {
    json::array events;
    for (auto& [offset, message] : all) {
      events.push_back({{"timestamp", clock_.now_ms() + offset}, {"message", message}});
    }
    return call("PutLogEvents",
                {{"logGroupName", "g"}, {"logStreamName", stream}, {"logEvents", events}});
  }

  void make(std::initializer_list<std::string_view> streams) {
    call("CreateLogGroup", {{"logGroupName", "g"}});
    for (const std::string_view stream : streams) {
      call("CreateLogStream", {{"logGroupName", "g"}, {"logStreamName", stream}});
    }
  }

  static std::string messages(const json::object& page) {
    std::string all;
    for (const json::value& event : page.at("events").as_array()) {
      all += json::to_std(event.as_object().at("message")) + ",";
    }
    return all;
  }

  asio::io_context loop_;
  core::WorkerThreads pool_{1};
  core::ManualClock clock_;
  core::SeededRandom random_{1};
  service::Config config_;
  std::unique_ptr<store::Store> store_;
  LogsService service_;
};

TEST_F(LogsServiceTest, GroupsAndStreamsComeAndGo) {
  EXPECT_EQ(call("CreateLogStream", {{"logGroupName", "g"}, {"logStreamName", "s"}}).at("message"),
            "The specified log group does not exist.");
  make({"a", "b", "c"});
  EXPECT_EQ(call("CreateLogGroup", {{"logGroupName", "g"}}).at("error"),
            "ResourceAlreadyExistsException");
  const auto groups = call("DescribeLogGroups", {{"logGroupNamePattern", "G"}});
  const auto& group = groups.at("logGroups").as_array().at(0).as_object();
  EXPECT_EQ(group.at("arn"), "arn:aws:logs:us-east-1:123456789012:log-group:g:*");
  const auto page = call("DescribeLogStreams", {{"logGroupName", "g"}, {"limit", 2}});
  EXPECT_EQ(page.at("logStreams").as_array().size(), 2u);
  const auto rest =
      call("DescribeLogStreams", {{"logGroupName", "g"}, {"nextToken", page.at("nextToken")}});
  EXPECT_EQ(rest.at("logStreams").as_array().at(0).as_object().at("logStreamName"), "c");
  EXPECT_FALSE(rest.contains("nextToken"));
  EXPECT_TRUE(call("DeleteLogGroup", {{"logGroupName", "g"}}).empty());
  EXPECT_EQ(call("DeleteLogGroup", {{"logGroupName", "g"}}).at("error"),
            "ResourceNotFoundException");
}

TEST_F(LogsServiceTest, StreamsAfterADeletedOneAreStillListed) {
  make({"a", "b", "c", "d"});
  for (const char* order : {"LogStreamName", "LastEventTime"}) {
    json::object input = {{"logGroupName", "g"}, {"limit", 1}, {"orderBy", order}};
    const json::object page = call("DescribeLogStreams", input);
    call("DeleteLogStream",
         {{"logGroupName", "g"},
          {"logStreamName",
           page.at("logStreams").as_array().at(0).as_object().at("logStreamName")}});
    input["nextToken"] = page.at("nextToken");
    const json::object rest = call("DescribeLogStreams", input);
    ASSERT_TRUE(rest.contains("logStreams")) << json::to_text(rest);
    EXPECT_EQ(rest.at("logStreams").as_array().at(0).as_object().at("logStreamName"),
              *order == 'L' && order[1] == 'o' ? "b" : "c");
  }
}

// API reference, PutLogEvents: the batch's constraints and RejectedLogEventsInfo.
TEST_F(LogsServiceTest, PutChecksTheBatch) {
  make({"s"});
  EXPECT_EQ(put("s", {{10, "b"}, {0, "a"}}).at("message"),
            "Log events in a single PutLogEvents request must be in chronological order.");
  EXPECT_EQ(put("s", {{-kDayMs - 1, "a"}, {0, "b"}}).at("error"), "InvalidParameterException");
  EXPECT_EQ(put("s", {{0, std::string(kEventBytes, 'x')}}).at("error"),
            "InvalidParameterException");
  const auto rejected = put("s", {{0, "kept"}, {7'200'001, "too new"}});
  EXPECT_EQ(rejected.at("rejectedLogEventsInfo"), (json::object{{"tooNewLogEventStartIndex", 1}}));
  EXPECT_EQ(put("s", {{-15 * kDayMs, "too old"}}).at("rejectedLogEventsInfo"),
            (json::object{{"tooOldLogEventEndIndex", 1}}));
  const auto page = call("GetLogEvents", {{"logGroupName", "g"}, {"logStreamName", "s"}});
  EXPECT_EQ(messages(page), "kept,");
}

TEST_F(LogsServiceTest, GetPagesForwardAndBackward) {
  make({"s"});
  put("s", {{0, "1"}, {0, "2"}, {1, "3"}, {2, "4"}, {3, "5"}});
  json::object input = {{"logGroupName", "g"}, {"logStreamName", "s"}, {"limit", 2}};
  const auto tail = call("GetLogEvents", input);
  EXPECT_EQ(messages(tail), "4,5,");
  input["startFromHead"] = true;
  auto page = call("GetLogEvents", input);
  EXPECT_EQ(messages(page), "1,2,");
  input["nextToken"] = page.at("nextForwardToken");
  page = call("GetLogEvents", input);
  EXPECT_EQ(messages(page), "3,4,");
  input["nextToken"] = page.at("nextBackwardToken");
  EXPECT_EQ(messages(call("GetLogEvents", input)), "1,2,");
  input["nextToken"] = tail.at("nextForwardToken");
  const auto end = call("GetLogEvents", input);
  EXPECT_EQ(messages(end), "");
  // "If you have reached the end of the stream, it returns the same token you passed in."
  EXPECT_EQ(end.at("nextForwardToken"), tail.at("nextForwardToken"));
  input["nextToken"] = "f/1/s";
  EXPECT_EQ(call("GetLogEvents", input).at("message"), "The specified nextToken is invalid.");
}

TEST_F(LogsServiceTest, FilterMergesStreamsInOrderOfTime) {
  make({"a", "b", "other"});
  put("a", {{0, "a0 ERROR"}, {2, "a2"}, {4, "a4 ERROR"}});
  put("b", {{0, "b0 ERROR"}, {3, "b3 ERROR"}});
  put("other", {{1, "o1 ERROR"}});
  EXPECT_EQ(messages(call("FilterLogEvents", {{"logGroupName", "g"}})),
            "a0 ERROR,b0 ERROR,o1 ERROR,a2,b3 ERROR,a4 ERROR,");
  json::object input = {{"logGroupName", "g"},
                        {"logStreamNames", {"a", "b"}},
                        {"filterPattern", "ERROR"},
                        {"limit", 1}};
  std::string all;
  for (int i = 0; i < 10; ++i) {
    const auto page = call("FilterLogEvents", input);
    all += messages(page);
    if (!page.contains("nextToken")) break;
    input["nextToken"] = page.at("nextToken");
  }
  EXPECT_EQ(all, "a0 ERROR,b0 ERROR,b3 ERROR,a4 ERROR,");
  EXPECT_EQ(messages(call("FilterLogEvents",
                          {{"logGroupName", "g"}, {"startTime", clock_.now_ms() + 3}})),
            "b3 ERROR,a4 ERROR,");
}

TEST_F(LogsServiceTest, RetentionDropsOldEvents) {
  make({"s"});
  put("s", {{0, "old"}});
  EXPECT_EQ(call("PutRetentionPolicy", {{"logGroupName", "g"}, {"retentionInDays", 2}}).at("error"),
            "InvalidParameterException");
  call("PutRetentionPolicy", {{"logGroupName", "g"}, {"retentionInDays", 1}});
  clock_.advance_ms(kDayMs + 1);
  EXPECT_EQ(messages(call("FilterLogEvents", {{"logGroupName", "g"}})), "");
  service_.append("g", "s", clock_.now_ms(), "new");
  call("DeleteRetentionPolicy", {{"logGroupName", "g"}});
  EXPECT_EQ(messages(call("FilterLogEvents", {{"logGroupName", "g"}})), "new,");
}

// docs/clock.md: at 24x a day is an hour.
TEST_F(LogsServiceTest, RetentionPassesAtThePaceOfTheClock) {
  config_.clock_speed = 24;
  make({"s"});
  put("s", {{0, "old"}});
  call("PutRetentionPolicy", {{"logGroupName", "g"}, {"retentionInDays", 1}});
  clock_.advance_ms(kDayMs / 24 - 1'000);
  EXPECT_EQ(messages(call("FilterLogEvents", {{"logGroupName", "g"}})), "old,");
  clock_.advance_ms(1'001);
  EXPECT_EQ(messages(call("FilterLogEvents", {{"logGroupName", "g"}})), "");
}

TEST_F(LogsServiceTest, AppendMakesGroupAndStream) {
  service_.append("/aws/lambda/f", "2026/11/24/[$LATEST]0", clock_.now_ms(), "START");
  EXPECT_EQ(messages(call("FilterLogEvents", {{"logGroupName", "/aws/lambda/f"}})), "START,");
  const json::object arn = {
      {"resourceArn", "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/f"}};
  json::object tagging = arn;
  tagging["tags"] = {{"k", "v"}};
  call("TagResource", tagging);
  EXPECT_EQ(call("ListTagsForResource", arn).at("tags"), (json::object{{"k", "v"}}));
  EXPECT_EQ(call("ListTagsLogGroup", {{"logGroupName", "/aws/lambda/f"}}).at("tags"),
            (json::object{{"k", "v"}}));
}

}  // namespace
}  // namespace tandem::logs
