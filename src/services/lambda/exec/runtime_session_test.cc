#include "services/lambda/exec/runtime_session.h"

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
  session.deliver("a");
  EXPECT_EQ(why(session.response("a")), "allowed");
  EXPECT_EQ(why(session.next()), "allowed");
  session.deliver("b");
  EXPECT_EQ(why(session.error("b")), "allowed");
  EXPECT_EQ(session.state(), State::kResponseSent);
}

TEST(RuntimeSession, RefusesCallsThatDoNotFitTheState) {
  RuntimeSession session;
  EXPECT_EQ(why(session.response("a")),
            R"(400 {"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"})");
  session.next();
  EXPECT_EQ(why(session.init_error()),
            R"(403 {"errorMessage":"Transition from Ready to InitError is not allowed.",)"
            R"("errorType":"InvalidStateTransition"})");
  session.deliver("a");
  EXPECT_EQ(why(session.next()),
            R"(403 {"errorMessage":"Transition from Running to Ready is not allowed.",)"
            R"("errorType":"InvalidStateTransition"})");
  EXPECT_EQ(why(session.response("b")),
            R"(400 {"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"})");
  session.response("a");
  EXPECT_EQ(
      why(session.response("a")),
      R"(403 {"errorMessage":"Transition from ResponseSent to InvocationResponse is not allowed.",)"
      R"("errorType":"InvalidStateTransition"})");
}

TEST(RuntimeSession, AfterAnInitErrorOnlyTheEndIsLeft) {
  RuntimeSession session;
  EXPECT_EQ(why(session.init_error()), "allowed");
  EXPECT_TRUE(session.next().has_value());
  EXPECT_TRUE(session.init_error().has_value());
}

}  // namespace
}  // namespace tandem::lambda
