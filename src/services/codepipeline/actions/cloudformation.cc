#include <fmt/format.h>

#include "archive/zip_writer.h"
#include "services/codepipeline/actions/actions.h"
#include "services/codepipeline/actions/stack_request.h"

namespace tandem::codepipeline {
namespace {

constexpr std::chrono::milliseconds kPoll{250};

// Action reference, "AWS CloudFormation", REPLACE_ON_FAILURE; a creation that was rolled back is
// handled in the same way.
constexpr std::string_view kReplaced[] = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED",
                                          "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED"};

Task<json::object> ask(ActionScope* scope, std::string operation, json::object input) {
  Task<aws::ApiResult> calling = scope->call_as(stack_caller(*scope), "cloudformation",
                                                std::move(operation), std::move(input), "");
  aws::ApiResult answer = co_await std::move(calling);
  co_return std::move(answer.output);
}

/// Empty: there is none of that name or id.
Task<json::object> described(ActionScope* scope, std::string stack) {
  json::object input;
  input["StackName"] = stack;
  json::object found;
  try {
    Task<json::object> asking = ask(scope, "DescribeStacks", std::move(input));
    const json::object answer = co_await std::move(asking);
    const auto* stacks = json::find_array(answer, "Stacks");
    if (stacks != nullptr && !stacks->empty()) found = stacks->front().as_object();
  } catch (const aws::ApiError& error) {
    if (!error.message().ends_with("does not exist")) throw;
  }
  co_return found;
}

std::string status_of(const json::object& stack) { return json::string_or(stack, "StackStatus"); }

void show_stack(ActionScope& scope, const std::string& id, std::string summary) {
  External external;
  external.id = id;
  external.url = fmt::format(
      "https://console.aws.amazon.com/cloudformation/home?region={}#/stack/detail?stackId={}",
      scope.region(), id);
  external.summary = std::move(summary);
  scope.show(external);
}

/// Of the first resource that failed in what the stack did last.
Task<std::string> reason_of(ActionScope* scope, std::string stack) {
  std::string reason;
  try {
    json::object input;
    input["StackName"] = stack;
    Task<json::object> asking = ask(scope, "DescribeStackEvents", std::move(input));
    const json::object answer = co_await std::move(asking);
    const auto* events = json::find_array(answer, "StackEvents");
    // Newest first. What the stack itself has said last, user initiated, is where it began.
    for (std::size_t i = 0; events != nullptr && i < events->size(); ++i) {
      const json::object& event = events->at(i).as_object();
      const std::string id = json::string_or(event, "PhysicalResourceId");
      const std::string status = json::string_or(event, "ResourceStatus");
      const std::string said = json::string_or(event, "ResourceStatusReason");
      if (id == stack && said == "User Initiated") break;
      if (id != stack && status.ends_with("_FAILED") && !said.starts_with("Resource ")) {
        reason = fmt::format(": {} ({}) {}", json::string_or(event, "LogicalResourceId"),
                             json::string_or(event, "ResourceType"), said);
      }
    }
  } catch (const aws::ApiError&) {
    // AWS shows less, too, to a role that may not ask for events.
  }
  co_return reason;
}

/// The stack once nothing happens to it; empty when it is gone.
Task<json::object> settled(ActionScope* scope, std::string stack) {
  for (;;) {
    Task<json::object> asking = described(scope, stack);
    json::object found = co_await std::move(asking);
    if (found.empty() || !status_of(found).ends_with("_IN_PROGRESS")) co_return found;
    Task<void> resting = scope->rest(kPoll);
    co_await std::move(resting);
  }
}

json::object outputs_of(const json::object& stack) {
  json::object values;
  const auto* outputs = json::find_array(stack, "Outputs");
  if (outputs == nullptr) return values;
  for (const json::value& one : *outputs) {
    const json::object& output = one.as_object();
    values[json::string_or(output, "OutputKey")] = json::string_or(output, "OutputValue");
  }
  return values;
}

/// OutputFileName: the stack's outputs, as JSON in the output artifact.
Task<void> deliver_outputs(ActionScope* scope, json::object values) {
  const std::string name = scope->configured("OutputFileName");
  if (name.empty() || scope->action().outputs.empty()) co_return;
  const std::filesystem::path path = scope->file("outputs");
  auto writing = core::run_blocking(scope->workshop().environment.blocking, [&] {
    std::filesystem::remove(path);
    archive::ZipWriter zip(path);
    zip.add_text(name, json::to_text(values));
    zip.close();
  });
  co_await std::move(writing);
  Task<void> delivering = scope->deliver(scope->action().outputs.front(), path);
  co_await std::move(delivering);
}

/// How an operation on the stack has ended.
Task<ActionResult> end_of(ActionScope* scope, std::string stack) {
  Task<json::object> waiting = settled(scope, stack);
  const json::object found = co_await std::move(waiting);
  const std::string status = found.empty() ? "DELETE_COMPLETE" : status_of(found);
  // A stack that is as it is wanted, which an update that failed may have left it: there was
  // nothing to do, and nothing has failed.
  const bool unchanged = scope->work().contains("unchanged") && !found.empty();
  const bool good =
      status == "CREATE_COMPLETE" || status == "UPDATE_COMPLETE" || status == "IMPORT_COMPLETE";
  if (!good && !unchanged) {
    Task<std::string> asking = reason_of(scope, stack);
    const std::string reason = co_await std::move(asking);
    throw ActionFailure{"JobFailed", fmt::format("The stack {} is in {} state{}",
                                                 scope->configured("StackName"), status, reason)};
  }
  ActionResult result;
  result.variables = outputs_of(found);
  result.summary = fmt::format("Stack {} is in {} state", scope->configured("StackName"), status);
  show_stack(*scope, stack, result.summary);
  Task<void> delivering = deliver_outputs(scope, result.variables);
  co_await std::move(delivering);
  co_return result;
}

/// DeleteStack, until the stack is gone.
Task<void> remove_stack(ActionScope* scope, std::string id) {
  json::object input;
  input["StackName"] = id;
  input["ClientRequestToken"] = scope->id() + "-delete";
  Task<json::object> deleting = ask(scope, "DeleteStack", std::move(input));
  co_await std::move(deleting);
  Task<json::object> waiting = settled(scope, id);
  const json::object found = co_await std::move(waiting);
  if (found.empty() || status_of(found) == "DELETE_COMPLETE") co_return;
  Task<std::string> asking = reason_of(scope, id);
  const std::string reason = co_await std::move(asking);
  throw ActionFailure{"JobFailed",
                      fmt::format("The stack {} is in {} state{}", scope->configured("StackName"),
                                  status_of(found), reason)};
}

Task<ActionResult> run_delete(ActionScope* scope) {
  ActionResult result;
  std::string id = json::string_or(scope->work(), "stack");
  if (id.empty()) {
    Task<json::object> asking = described(scope, scope->configured("StackName"));
    id = json::string_or(co_await std::move(asking), "StackId");
    if (id.empty()) co_return result;
    // One that is made under the same name meanwhile is another.
    scope->keep("stack", id);
    show_stack(*scope, id, "");
  }
  Task<void> removing = remove_stack(scope, id);
  co_await std::move(removing);
  co_return result;
}

/// Which of CreateStack and UpdateStack is asked for: decided once.
Task<std::string> chosen_operation(ActionScope* scope) {
  const json::object work = scope->work();
  std::string operation = json::string_or(work, "operation");
  if (!operation.empty()) co_return operation;
  Task<json::object> asking = described(scope, scope->configured("StackName"));
  const json::object found = co_await std::move(asking);
  const std::string status = status_of(found);
  const bool replaces =
      scope->configured("ActionMode") == "REPLACE_ON_FAILURE" &&
      std::find(std::begin(kReplaced), std::end(kReplaced), status) != std::end(kReplaced);
  std::string doomed = json::string_or(work, "doomed");
  if (replaces) {
    doomed = json::string_or(found, "StackId");
    scope->keep("doomed", doomed);
  }
  if (!doomed.empty()) {
    Task<void> removing = remove_stack(scope, doomed);
    co_await std::move(removing);
  }
  const bool there = !found.empty() && status != "REVIEW_IN_PROGRESS" && doomed.empty();
  operation = there ? "UpdateStack" : "CreateStack";
  scope->keep("operation", operation);
  co_return operation;
}

Task<ActionResult> run_create_or_update(ActionScope* scope) {
  std::string id = json::string_or(scope->work(), "stack");
  if (id.empty()) {
    Task<std::string> choosing = chosen_operation(scope);
    const std::string operation = co_await std::move(choosing);
    Task<json::object> requesting = stack_request(scope);
    json::object request = co_await std::move(requesting);
    // The same operation under the same token again is the one that is under way.
    request["ClientRequestToken"] = scope->id();
    bool nothing = false;
    try {
      Task<json::object> asking = ask(scope, operation, std::move(request));
      id = json::string_or(co_await std::move(asking), "StackId");
    } catch (const aws::ApiError& error) {
      if (error.message() != "No updates are to be performed.") throw;
      nothing = true;
    }
    if (nothing) {
      scope->keep("unchanged", true);
      Task<json::object> asking = described(scope, scope->configured("StackName"));
      id = json::string_or(co_await std::move(asking), "StackId");
    }
    scope->keep("stack", id);
    show_stack(*scope, id, "");
  }
  Task<ActionResult> ending = end_of(scope, id);
  co_return co_await std::move(ending);
}

json::object change_set_name(const ActionScope& scope) {
  json::object input;
  input["StackName"] = scope.configured("StackName");
  input["ChangeSetName"] = scope.configured("ChangeSetName");
  return input;
}

/// AWS's two texts for a change set that changes nothing.
bool is_empty_set(const json::object& change_set) {
  const std::string reason = json::string_or(change_set, "StatusReason");
  return reason.find("didn't contain changes") != std::string::npos ||
         reason.find("No updates are to be performed") != std::string::npos;
}

Task<json::object> made_change_set(ActionScope* scope) {
  for (;;) {
    Task<json::object> asking = ask(scope, "DescribeChangeSet", change_set_name(*scope));
    json::object found = co_await std::move(asking);
    const std::string status = json::string_or(found, "Status");
    if (status != "CREATE_PENDING" && status != "CREATE_IN_PROGRESS") co_return found;
    Task<void> resting = scope->rest(kPoll);
    co_await std::move(resting);
  }
}

// Begun again, it deletes what it has made and makes it once more.
Task<ActionResult> run_replace_change_set(ActionScope* scope) {
  if (!scope->work().contains("changeSet")) {
    Task<json::object> asking = described(scope, scope->configured("StackName"));
    const json::object stack = co_await std::move(asking);
    const bool there = !stack.empty() && status_of(stack) != "REVIEW_IN_PROGRESS";
    if (!stack.empty()) {
      Task<json::object> deleting = ask(scope, "DeleteChangeSet", change_set_name(*scope));
      co_await std::move(deleting);
    }
    Task<json::object> requesting = stack_request(scope);
    json::object request = co_await std::move(requesting);
    request["ChangeSetName"] = scope->configured("ChangeSetName");
    request["ChangeSetType"] = there ? "UPDATE" : "CREATE";
    request["ClientToken"] = scope->id();
    Task<json::object> making = ask(scope, "CreateChangeSet", std::move(request));
    const json::object made = co_await std::move(making);
    scope->keep("changeSet", json::string_or(made, "Id"));
    show_stack(*scope, json::string_or(made, "StackId"), "");
  }
  Task<json::object> waiting = made_change_set(scope);
  const json::object found = co_await std::move(waiting);
  ActionResult result;
  result.summary = fmt::format("Change set {} was created", scope->configured("ChangeSetName"));
  if (json::string_or(found, "Status") == "FAILED" && !is_empty_set(found)) {
    throw ActionFailure{"JobFailed", fmt::format("The change set {} has failed: {}",
                                                 scope->configured("ChangeSetName"),
                                                 json::string_or(found, "StatusReason"))};
  }
  co_return result;
}

Task<ActionResult> run_execute_change_set(ActionScope* scope) {
  std::string id = json::string_or(scope->work(), "stack");
  const bool again = !id.empty();
  json::object found;
  try {
    Task<json::object> waiting = made_change_set(scope);
    found = co_await std::move(waiting);
  } catch (const aws::ApiError&) {
    // One that was executed may be gone already.
    if (!again) throw;
  }
  if (json::string_or(found, "Status") == "FAILED" && is_empty_set(found)) {
    ActionResult result;
    result.summary = "The change set contains no changes";
    co_return result;
  }
  if (!again) {
    id = json::string_or(found, "StackId");
    scope->keep("stack", id);
    show_stack(*scope, id, "");
  }
  // A change set is executed once: begun again, its status says whether it was.
  const bool available = json::string_or(found, "ExecutionStatus") == "AVAILABLE";
  if (available || !again) {
    json::object input = change_set_name(*scope);
    input["ClientRequestToken"] = scope->id();
    Task<json::object> executing = ask(scope, "ExecuteChangeSet", std::move(input));
    co_await std::move(executing);
  }
  Task<ActionResult> ending = end_of(scope, id);
  co_return co_await std::move(ending);
}

}  // namespace

Task<ActionResult> run_cloudformation(ActionScope* scope) {
  const std::string mode = scope->configured("ActionMode");
  if (mode == "DELETE_ONLY") return run_delete(scope);
  if (mode == "CHANGE_SET_REPLACE") return run_replace_change_set(scope);
  if (mode == "CHANGE_SET_EXECUTE") return run_execute_change_set(scope);
  return run_create_or_update(scope);
}

}  // namespace tandem::codepipeline
