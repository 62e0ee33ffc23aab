#include "services/cloudformation/engine/journal.h"

#include <algorithm>
#include <fmt/format.h>

#include "core/ids.h"

namespace tandem::cloudformation {

json::object Journal::event(StackRecord& stack, std::string_view logical_id,
                            std::string_view physical_id, std::string_view type,
                            std::string_view status, std::string_view reason) {
  // INVARIANT(events-in-order): whoever follows a stack sorts by time, so that no two events have
  // one, as on AWS.
  stack.last_event_ms = std::max(clock_.now_ms(), stack.last_event_ms + 1);
  json::object event;
  // Two events of one resource may share status and millisecond, so the id holds a UUID too.
  event["EventId"] = type == "AWS::CloudFormation::Stack"
                         ? core::uuid4(random_)
                         : fmt::format("{}-{}-{}", logical_id, status, core::uuid4(random_));
  event["StackId"] = stack.id;
  event["StackName"] = stack.name;
  event["LogicalResourceId"] = logical_id;
  event["PhysicalResourceId"] = physical_id;
  event["ResourceType"] = type;
  event["Timestamp"] = static_cast<double>(stack.last_event_ms) / 1000.0;
  event["ResourceStatus"] = status;
  if (!reason.empty()) event["ResourceStatusReason"] = reason;
  if (!stack.token.empty()) event["ClientRequestToken"] = stack.token;
  return event;
}

void Journal::stack(StackRecord& stack, StackStatus status, std::string_view reason,
                    const StackStore::Also& also) {
  // INVARIANT(status-with-event): one batch, so that no status is without its event after a crash.
  stack.status = status;
  stack.status_reason = reason;
  stacks_.save_event(
      stack,
      event(stack, stack.name, stack.id, "AWS::CloudFormation::Stack", name_of(status), reason),
      also);
}

void Journal::resource(StackRecord& stack, ResourceRecord& resource, ResourceStatus status,
                       std::string_view reason) {
  resource.status = status;
  resource.status_reason = reason;
  json::object written = event(stack, resource.logical_id, resource.physical_id, resource.type,
                               name_of(status), reason);
  resource.updated_ms = stack.last_event_ms;
  if (!resource.shown.empty()) written["ResourceProperties"] = resource.shown;
  stacks_.save_event(stack, written, {{resource.logical_id}, false});
}

}  // namespace tandem::cloudformation
