#include "services/cloudformation/api/operations.h"

namespace tandem::cloudformation {

std::vector<service::Operation> Operations::stack_rows() {
  return {
      {"CreateStack",
       bind(&Operations::create_stack),
       {"StackName", "TemplateBody", "TemplateURL", "Parameters", "DisableRollback", "OnFailure",
        "TimeoutInMinutes", "Capabilities", "Tags", "ClientRequestToken", "NotificationARNs",
        "EnableTerminationProtection"},
       {}},
      {"UpdateStack",
       bind(&Operations::update_stack),
       {"StackName", "TemplateBody", "TemplateURL", "UsePreviousTemplate", "Parameters",
        "DisableRollback", "Capabilities", "Tags", "ClientRequestToken", "NotificationARNs"},
       {}},
      {"DeleteStack",
       bind_sync(&Operations::delete_stack),
       {"StackName", "RetainResources", "ClientRequestToken"},
       {}},
      {"UpdateTerminationProtection",
       bind_sync(&Operations::update_termination_protection),
       {"StackName", "EnableTerminationProtection"},
       {}},
  };
}

std::vector<service::Operation> Operations::describing_rows() {
  return {
      {"DescribeStacks", bind_sync(&Operations::describe_stacks), {"StackName", "NextToken"}, {}},
      {"ListStacks", bind_sync(&Operations::list_stacks), {"NextToken", "StackStatusFilter"}, {}},
      {"DescribeStackEvents",
       bind_sync(&Operations::describe_stack_events),
       {"StackName", "NextToken"},
       {}},
      {"DescribeStackResource",
       bind_sync(&Operations::describe_stack_resource),
       {"StackName", "LogicalResourceId"},
       {}},
      {"DescribeStackResources",
       bind_sync(&Operations::describe_stack_resources),
       {"StackName", "LogicalResourceId", "PhysicalResourceId"},
       {}},
      {"ListStackResources",
       bind_sync(&Operations::list_stack_resources),
       {"StackName", "NextToken"},
       {}},
      {"ListExports", bind_sync(&Operations::list_exports), {"NextToken"}, {}},
      {"ListImports", bind_sync(&Operations::list_imports), {"ExportName", "NextToken"}, {}},
  };
}

std::vector<service::Operation> Operations::template_rows() {
  return {
      {"GetTemplate",
       bind_sync(&Operations::get_template),
       {"StackName", "ChangeSetName", "TemplateStage"},
       {}},
      {"GetTemplateSummary",
       bind(&Operations::get_template_summary),
       {"TemplateBody", "TemplateURL", "StackName"},
       {}},
      {"ValidateTemplate",
       bind(&Operations::validate_template),
       {"TemplateBody", "TemplateURL"},
       {}},
  };
}

std::vector<service::Operation> Operations::change_set_rows() {
  return {
      {"CreateChangeSet",
       bind(&Operations::create_change_set),
       {"StackName", "TemplateBody", "TemplateURL", "UsePreviousTemplate", "Parameters",
        "Capabilities", "Tags", "ChangeSetName", "ClientToken", "Description", "ChangeSetType",
        "NotificationARNs", "IncludeNestedStacks", "ResourcesToImport"},
       {}},
      {"DescribeChangeSet",
       bind_sync(&Operations::describe_change_set),
       {"ChangeSetName", "StackName", "NextToken"},
       {}},
      {"ExecuteChangeSet",
       bind_sync(&Operations::execute_change_set),
       {"ChangeSetName", "StackName", "ClientRequestToken", "DisableRollback"},
       {}},
      {"DeleteChangeSet",
       bind_sync(&Operations::delete_change_set),
       {"ChangeSetName", "StackName"},
       {}},
      {"ListChangeSets", bind_sync(&Operations::list_change_sets), {"StackName", "NextToken"}, {}},
  };
}

std::vector<service::Operation> Operations::table() {
  std::vector<service::Operation> rows;
  for (auto group : {&Operations::stack_rows, &Operations::describing_rows,
                     &Operations::template_rows, &Operations::change_set_rows}) {
    for (service::Operation& row : (this->*group)()) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace tandem::cloudformation
