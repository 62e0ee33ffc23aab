#include "services/cloudformation/api/operations.h"

#include "service/table.h"

namespace tandem::cloudformation {

using service::row;

std::vector<service::Operation> Operations::stack_rows() {
  return {
      row(*this, "CreateStack", &Operations::create_stack,
          {"StackName", "TemplateBody", "TemplateURL", "Parameters", "DisableRollback", "OnFailure",
           "TimeoutInMinutes", "Capabilities", "Tags", "ClientRequestToken", "NotificationARNs",
           "EnableTerminationProtection", "RoleARN", "StackPolicyBody", "StackPolicyURL",
           "RetainExceptOnCreate=false"}),
      row(*this, "UpdateStack", &Operations::update_stack,
          {"StackName", "TemplateBody", "TemplateURL", "UsePreviousTemplate", "Parameters",
           "DisableRollback", "Capabilities", "Tags", "ClientRequestToken", "NotificationARNs",
           "RoleARN", "StackPolicyBody", "StackPolicyURL", "StackPolicyDuringUpdateBody",
           "StackPolicyDuringUpdateURL", "RetainExceptOnCreate=false"}),
      row(*this, "DeleteStack", &Operations::delete_stack,
          {"StackName", "RetainResources", "ClientRequestToken", "RoleARN",
           "DeletionMode=STANDARD"}),
      row(*this, "UpdateTerminationProtection", &Operations::update_termination_protection,
          {"StackName", "EnableTerminationProtection"}),
  };
}

std::vector<service::Operation> Operations::recovery_rows() {
  return {
      row(*this, "CancelUpdateStack", &Operations::cancel_update_stack,
          {"StackName", "ClientRequestToken"}),
      row(*this, "ContinueUpdateRollback", &Operations::continue_update_rollback,
          {"StackName", "RoleARN", "ResourcesToSkip", "ClientRequestToken"}),
      row(*this, "RollbackStack", &Operations::rollback_stack,
          {"StackName", "RoleARN", "ClientRequestToken", "RetainExceptOnCreate=false"}),
      row(*this, "SetStackPolicy", &Operations::set_stack_policy,
          {"StackName", "StackPolicyBody", "StackPolicyURL"}),
      row(*this, "GetStackPolicy", &Operations::get_stack_policy, {"StackName"}),
  };
}

std::vector<service::Operation> Operations::describing_rows() {
  return {
      row(*this, "DescribeStacks", &Operations::describe_stacks, {"StackName", "NextToken"}),
      row(*this, "ListStacks", &Operations::list_stacks, {"NextToken", "StackStatusFilter"}),
      row(*this, "DescribeStackEvents", &Operations::describe_stack_events,
          {"StackName", "NextToken"}),
      row(*this, "DescribeStackResource", &Operations::describe_stack_resource,
          {"StackName", "LogicalResourceId"}),
      row(*this, "DescribeStackResources", &Operations::describe_stack_resources,
          {"StackName", "LogicalResourceId", "PhysicalResourceId"}),
      row(*this, "ListStackResources", &Operations::list_stack_resources,
          {"StackName", "NextToken"}),
      row(*this, "ListExports", &Operations::list_exports, {"NextToken"}),
      row(*this, "ListImports", &Operations::list_imports, {"ExportName", "NextToken"}),
  };
}

std::vector<service::Operation> Operations::template_rows() {
  return {
      row(*this, "GetTemplate", &Operations::get_template,
          {"StackName", "ChangeSetName", "TemplateStage"}),
      row(*this, "GetTemplateSummary", &Operations::get_template_summary,
          {"TemplateBody", "TemplateURL", "StackName"}),
      row(*this, "ValidateTemplate", &Operations::validate_template,
          {"TemplateBody", "TemplateURL"}),
  };
}

std::vector<service::Operation> Operations::change_set_rows() {
  return {
      row(*this, "CreateChangeSet", &Operations::create_change_set,
          {"StackName", "TemplateBody", "TemplateURL", "UsePreviousTemplate", "Parameters",
           "Capabilities", "Tags", "ChangeSetName", "ClientToken", "Description", "ChangeSetType",
           "NotificationARNs", "RoleARN", "IncludeNestedStacks", "ResourcesToImport",
           "ImportExistingResources=false", "OnStackFailure"}),
      row(*this, "DescribeChangeSet", &Operations::describe_change_set,
          {"ChangeSetName", "StackName", "NextToken", "IncludePropertyValues=false"}),
      row(*this, "ExecuteChangeSet", &Operations::execute_change_set,
          {"ChangeSetName", "StackName", "ClientRequestToken", "DisableRollback",
           "RetainExceptOnCreate=false"}),
      row(*this, "DeleteChangeSet", &Operations::delete_change_set, {"ChangeSetName", "StackName"}),
      row(*this, "ListChangeSets", &Operations::list_change_sets, {"StackName", "NextToken"}),
  };
}

std::vector<service::Operation> Operations::table() {
  std::vector<service::Operation> rows;
  for (auto group :
       {&Operations::stack_rows, &Operations::recovery_rows, &Operations::describing_rows,
        &Operations::template_rows, &Operations::change_set_rows}) {
    for (service::Operation& row : (this->*group)()) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace tandem::cloudformation
