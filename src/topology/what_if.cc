#include "topology/what_if.h"

#include <fmt/format.h>

#include "core/ids.h"

namespace tandem::topology {
namespace {

constexpr std::string_view kPrefix = "what-if-";

ResourceChange change_of(const json::object& said) {
  using Action = ResourceChange::Action;
  const std::string action = json::string_or(said, "Action");
  const std::string replacement = json::string_or(said, "Replacement");
  ResourceChange change{.action = Action::kModify,
                        .logical_id = json::string_or(said, "LogicalResourceId"),
                        .type = json::string_or(said, "ResourceType"),
                        .physical_id = json::string_or(said, "PhysicalResourceId")};
  if (action == "Add") change.action = Action::kAdd;
  if (action == "Remove") change.action = Action::kRemove;
  if (action == "Modify" && replacement == "True") change.action = Action::kReplace;
  if (action == "Modify" && replacement == "Conditional") change.action = Action::kMayReplace;
  return change;
}

std::string said_of(const StackSpec& spec, const aws::ApiError& error) {
  return fmt::format("stack {} in {}: {}", spec.name, spec.region, error.message());
}

Refused refused(const StackSpec& spec, const aws::ApiError& error) {
  return Refused(said_of(spec, error) + "; nothing was changed");
}

Task<void> remove_change_set(Cloud* cloud, std::string region, std::string stack, std::string id) {
  json::object input{{"StackName", std::move(stack)}, {"ChangeSetName", std::move(id)}};
  co_await cloud->call(region, "cloudformation", "DeleteChangeSet", std::move(input));
}

Task<void> remove_left(Cloud* cloud, StackSpec spec) {
  json::object input{{"StackName", spec.name}};
  Cloud::Paging paging{"Summaries", "NextToken", "NextToken"};
  const json::array listed = co_await cloud->pages(spec.region, "cloudformation", "ListChangeSets",
                                                   std::move(input), std::move(paging));
  for (const json::value& one : listed) {
    const std::string name = json::string_or(one.as_object(), "ChangeSetName");
    if (name.starts_with(kPrefix)) {
      co_await remove_change_set(cloud, spec.region, spec.name, name);
    }
  }
}

Task<std::optional<json::array>> changes_in(Cloud* cloud, StackSpec spec, std::string id) {
  const json::object answer = co_await cloud->await_change_set(spec.region, spec.name, id);
  // "The submitted information didn't contain changes."
  if (json::string_or(answer, "Status") == "FAILED") co_return std::nullopt;
  json::object input{{"StackName", spec.name}, {"ChangeSetName", id}};
  Cloud::Paging paging{"Changes", "NextToken", "NextToken"};
  co_return co_await cloud->pages(spec.region, "cloudformation", "DescribeChangeSet",
                                  std::move(input), std::move(paging));
}

}  // namespace

Task<WhatIf> what_if(Cloud cloud, StackSpec spec) {
  co_await remove_left(&cloud, spec);
  core::SystemRandom random;
  const std::string id = std::string(kPrefix) + core::random_text(random, 16, core::kAlnum);
  json::object request = stack_request(spec);
  request["ChangeSetName"] = id;
  request["ChangeSetType"] = "UPDATE";
  try {
    co_await cloud.call(spec.region, "cloudformation", "CreateChangeSet", std::move(request));
  } catch (const aws::ApiError& error) {
    if (error.status() == 400) throw refused(spec, error);
    throw DeployError(said_of(spec, error));
  }
  const auto said = co_await changes_in(&cloud, spec, id);
  co_await remove_change_set(&cloud, spec.region, spec.name, id);
  WhatIf answer;
  if (!said) co_return answer;
  answer.updates = true;
  for (const json::value& one : *said) {
    if (const auto* change = json::find_object(one.as_object(), "ResourceChange")) {
      answer.changes.push_back(change_of(*change));
    }
  }
  co_return answer;
}

Task<void> check_template(Cloud cloud, StackSpec spec) {
  json::object request{{"TemplateBody", spec.body}};
  try {
    co_await cloud.call(spec.region, "cloudformation", "ValidateTemplate", std::move(request));
  } catch (const aws::ApiError& error) {
    if (error.status() != 400) throw;
    throw refused(spec, error);
  }
}

}  // namespace tandem::topology
