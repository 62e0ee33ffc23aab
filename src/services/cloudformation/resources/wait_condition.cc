// AWS::CloudFormation::WaitConditionHandle, which is a URL, and AWS::CloudFormation::WaitCondition,
// which is made once enough signals came there.
#include <chrono>
#include <fmt/format.h>

#include "core/check.h"
#include "services/cloudformation/resources/common.h"
#include "services/cloudformation/resources/table.h"
#include "services/cloudformation/responses/answers.h"

namespace tandem::cloudformation {
namespace {

/// User Guide, "AWS::CloudFormation::WaitCondition", Timeout: 12 hours.
constexpr std::int64_t kLongestWait_s = 43'200;

[[noreturn]] void fail(std::string text) { throw HandlerError("", std::move(text)); }

Answers& answers_of(const HandlerContext& context) {
  CHECK(context.answers() != nullptr);
  return *context.answers();
}

class WaitConditionHandle final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object) const override {
    const HandlerContext::Identity& identity = context.identity();
    Physical physical{answers_of(context).signals.open(identity.stack_id, identity.logical_id), {}};
    context.claim(physical);
    co_return physical;
  }
  Task<void> remove(HandlerContext& context, Physical physical, json::object) const override {
    answers_of(context).signals.close(physical.id);
    co_return;
  }
};

class WaitCondition final : public Handler {
 public:
  Task<Physical> create(HandlerContext& context, json::object properties) const override {
    const HandlerContext::Identity& identity = context.identity();
    SignalBox& signals = answers_of(context).signals;
    const std::string handle = text_of(properties, "Handle");
    if (handle.empty()) fail("Property Handle cannot be empty.");
    if (!signals.is_handle(handle)) fail("WaitConditionHandle is not valid.");
    const std::int64_t wanted = json::int_or(properties, "Count", 1);
    Physical physical{fmt::format("{}/{}", identity.stack_id, identity.logical_id), {}};
    context.claim(physical);
    // Begun again after a restart, it waits on until the same moment.
    ResponseBox::Request wait;
    wait.stack = identity.stack_id.substr(identity.stack_id.rfind('/') + 1);
    wait.id = identity.operation + identity.logical_id;
    wait.timeout = timeout_of(properties);
    for (;;) {
      SignalBox::Signals received = signals.received(handle);
      if (!received.failure.empty()) fail(std::move(received.failure));
      const auto count = static_cast<std::int64_t>(received.data.size());
      if (count >= wanted) {
        physical.attributes["Data"] = json::to_text(received.data);
        co_return physical;
      }
      const std::chrono::milliseconds left = answers_of(context).responses.left(wait);
      if (left.count() <= 0) {
        fail(fmt::format("WaitCondition timed out. Received {} conditions when expecting {}", count,
                         wanted));
      }
      if (context.cancelled()) throw Cancelled();
      constexpr std::chrono::milliseconds kLook{250};
      Task<void> resting = signals.rest(handle, std::min(left, kLook));
      co_await std::move(resting);
    }
  }
  Task<void> remove(HandlerContext&, Physical, json::object) const override { co_return; }
  Task<Physical> update(HandlerContext&, Physical, json::object, json::object) const override {
    // User Guide: "Updates aren't supported".
    fail("Update to resource type AWS::CloudFormation::WaitCondition is not supported.");
    co_return Physical();
  }
  bool creation_goes_on() const override { return true; }

 private:
  static std::chrono::seconds timeout_of(const json::object& properties) {
    const std::int64_t seconds = json::int_or(properties, "Timeout", -1);
    if (seconds < 0 || seconds > kLongestWait_s) {
      fail(fmt::format("Property Timeout must be a number of seconds between 0 and {}",
                       kLongestWait_s));
    }
    return std::chrono::seconds(seconds);
  }
};

}  // namespace

ResourceType cloudformation_wait_condition() {
  ResourceType type =
      declare("AWS::CloudFormation::WaitCondition", {.serves = "Count Handle Timeout"}, {"Data"},
              "", std::make_unique<WaitCondition>());
  // AWS's schema calls it a text; templates give numbers and texts.
  for (Member& member : type.shape.members) {
    if (member.name == "Timeout") member.shape.kind = Shape::Kind::kInteger;
  }
  return type;
}

ResourceType cloudformation_wait_condition_handle() {
  return declare("AWS::CloudFormation::WaitConditionHandle", {}, {}, "",
                 std::make_unique<WaitConditionHandle>());
}

}  // namespace tandem::cloudformation
