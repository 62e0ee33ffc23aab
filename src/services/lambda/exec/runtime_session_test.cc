#include "services/lambda/exec/runtime_session.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tandem::lambda {
namespace {

using State = RuntimeSession::State;

std::string why(const std::optional<RuntimeSession::Refusal>& refusal) {
  if (!refusal) return "allowed";
  return fmt::format("{} {}", refusal->status, refusal->body());
}

// Lambda developer guide, "Using the Lambda runtime API": next, then response or error, then next.
TEST(RuntimeSession, TheOrdinaryRound) {
  RuntimeSession session;
  EXPECT_EQ(why(session.next()), "allowed");
  session.deliver("a", "1");
  EXPECT_EQ(why(session.response("a", "")), "allowed");
  EXPECT_EQ(why(session.next()), "allowed");
  session.deliver("b", "1");
  EXPECT_EQ(why(session.error("b", "")), "allowed");
  EXPECT_EQ(session.state(), State::kResponseSent);
}

TEST(RuntimeSession, RefusesCallsThatDoNotFitTheState) {
  RuntimeSession session;
  EXPECT_EQ(why(session.response("a", "")),
            R"(400 {"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"})");
  session.next();
  EXPECT_EQ(why(session.init_error()),
            R"(403 {"errorMessage":"Transition from Ready to InitError is not allowed.",)"
            R"("errorType":"InvalidStateTransition"})");
  session.deliver("a", "1");
  EXPECT_EQ(why(session.next()),
            R"(403 {"errorMessage":"Transition from Running to Ready is not allowed.",)"
            R"("errorType":"InvalidStateTransition"})");
  EXPECT_EQ(why(session.response("b", "")),
            R"(400 {"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"})");
  session.response("a", "");
  EXPECT_EQ(
      why(session.response("a", "")),
      R"(403 {"errorMessage":"Transition from ResponseSent to InvocationResponse is not allowed.",)"
      R"("errorType":"InvalidStateTransition"})");
}

// aws-lambda-python-runtime-interface-client 4.0.2 and aws-lambda-dotnet: the id of one time a
// request is run is sent back with its answer, and a late answer of an earlier time is 410 Gone.
TEST(RuntimeSession, AnAnswerOfAnEarlierTimeIsGone) {
  RuntimeSession session;
  session.next();
  session.deliver("a", "1");
  EXPECT_EQ(why(session.response("a", "1")), "allowed");
  session.next();
  session.deliver("a", "2");
  for (const auto& late : {session.response("a", "1"), session.error("a", "1")}) {
    EXPECT_EQ(why(late), R"(410 {"errorMessage":"The invocation has ended.",)"
                         R"("errorType":"ErrorRuntimeInvokeTimeout"})");
  }
  EXPECT_EQ(session.state(), State::kRunning);
  EXPECT_EQ(why(session.error("a", "2")), "allowed");
}

TEST(RuntimeSession, NothingIsTakenBeforeTheEndOfAResponse) {
  RuntimeSession session;
  session.next();
  session.deliver("a", "1");
  EXPECT_EQ(why(session.begin_response("a", "1")), "allowed");
  EXPECT_EQ(why(session.next()),
            R"(403 {"errorMessage":"Transition from InvocationResponse to Ready is not allowed.",)"
            R"("errorType":"InvalidStateTransition"})");
  EXPECT_TRUE(session.error("a", "1").has_value());
  EXPECT_TRUE(session.begin_response("a", "1").has_value());
  session.end_response();
  EXPECT_EQ(why(session.next()), "allowed");
}

TEST(RuntimeSession, AfterAnInitErrorOnlyTheEndIsLeft) {
  RuntimeSession session;
  EXPECT_EQ(why(session.init_error()), "allowed");
  EXPECT_TRUE(session.next().has_value());
  EXPECT_TRUE(session.init_error().has_value());
}

}  // namespace
}  // namespace tandem::lambda
