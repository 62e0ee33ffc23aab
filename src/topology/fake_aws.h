// AWS as deployments see it, in memory, beyond a first one: change sets, updates that change
// nothing, and an end at any call. Every request and answer is held against the API models.
#pragma once

#include <algorithm>
#include <stdexcept>

#include "topology/rehearsal.h"
#include "topology/template_reading.h"

namespace tandem::topology {

/// The process was killed before the call went out.
struct Killed : std::runtime_error {
  Killed() : std::runtime_error("killed") {}
};

class FakeAws : public Rehearsal {
 public:
  FakeAws() : Rehearsal("123456789012") {}

  Task<aws::ApiResult> call(aws::ApiCall call) override {
    const bool changes =
        !call.operation.starts_with("Describe") && !call.operation.starts_with("List") &&
        !call.operation.starts_with("Get") && !call.operation.starts_with("Head") &&
        call.operation != "ValidateTemplate";
    if (changes && killed_at > 0 && ++changed == killed_at) throw Killed();
    co_return co_await Rehearsal::call(std::move(call));
  }

  /// Of all stacks: region, name and template.
  std::map<Place, std::string> bodies() const {
    std::map<Place, std::string> all;
    for (const auto& [place, stack] : stacks_) all[place] = stack.body;
    return all;
  }
  std::size_t change_sets() const { return change_sets_.size(); }
  /// Where in the list of calls the operation on the stack is first; -1: nowhere.
  int place_of(std::string_view operation, std::string_view stack) const {
    for (std::size_t i = 0; i < calls().size(); ++i) {
      const aws::ApiCall& call = calls()[i].call;
      if (call.operation == operation && json::string_or(call.input, "StackName") == stack) {
        return static_cast<int>(i);
      }
    }
    return -1;
  }
  int count(std::string_view operation) const {
    int found = 0;
    for (const RecordedCall& one : calls()) found += one.call.operation == operation ? 1 : 0;
    return found;
  }

  std::string refuses;  ///< what ValidateTemplate says; empty: nothing
  int killed_at = 0;    ///< the call that changes something which is not made any more; 0: none
  int changed = 0;

 protected:
  json::object answer(const aws::ApiCall& call) override {
    if (call.operation == "GetFunctionConfiguration") return {{"State", "Active"}};
    if (call.operation == "ValidateTemplate" && !refuses.empty()) {
      throw aws::ApiError(400, "ValidationError", refuses);
    }
    const Place place{call.region, json::string_or(call.input, "StackName")};
    const auto* parameters = json::find_array(call.input, "Parameters");
    if (call.operation == "UpdateStack") {
      const Stack& stack = stacks_.at(place);
      if (stack.body == json::string_or(call.input, "TemplateBody") && parameters != nullptr &&
          stack.parameters == *parameters) {
        throw aws::ApiError(400, "ValidationError", "No updates are to be performed.");
      }
    }
    const std::pair set{place, json::string_or(call.input, "ChangeSetName")};
    if (call.operation == "CreateChangeSet") {
      change_sets_[set] = changes(stacks_.at(place), call.input);
      return {{"Id", "arn:" + set.second}};
    }
    if (call.operation == "DescribeChangeSet") {
      const json::array& changes = change_sets_.at(set);
      return {{"Status", changes.empty() ? "FAILED" : "CREATE_COMPLETE"}, {"Changes", changes}};
    }
    if (call.operation == "DeleteChangeSet") {
      change_sets_.erase(set);
      return {};
    }
    if (call.operation == "ListChangeSets") {
      json::array list;
      for (const auto& [key, changes] : change_sets_) {
        if (key.first == place) list.push_back(json::object{{"ChangeSetName", key.second}});
      }
      return {{"Summaries", std::move(list)}};
    }
    return Rehearsal::answer(call);
  }

  std::string physical_id(const Place& place, const std::string& logical_id) const override {
    // Functions are asked by their names, whose form the API models know.
    return logical_id == "Function" ? "todo-Function" : Rehearsal::physical_id(place, logical_id);
  }

 private:
  /// As text: a resource is changed when its lines or any parameter is. Coarser than
  /// CloudFormation.
  static json::array changes(const Stack& stack, const json::object& input) {
    const std::string body = json::string_or(input, "TemplateBody");
    const auto* parameters = json::find_array(input, "Parameters");
    const bool same =
        stack.body == body && parameters != nullptr && stack.parameters == *parameters;
    json::array list;
    if (same) return list;
    const auto had = resources_of_template(stack.body);
    const auto wanted = resources_of_template(body);
    const auto has = [](const auto& in, const ResourceChange& one) {
      return std::any_of(in.begin(), in.end(), [&](const ResourceChange& other) {
        return other.logical_id == one.logical_id;
      });
    };
    const auto add = [&list](const char* action, const ResourceChange& one) {
      json::object change{
          {"Action", action}, {"LogicalResourceId", one.logical_id}, {"ResourceType", one.type}};
      if (std::string_view(action) != "Add") change["PhysicalResourceId"] = "old-" + one.logical_id;
      if (std::string_view(action) == "Modify") change["Replacement"] = "False";
      list.push_back(json::object{{"Type", "Resource"}, {"ResourceChange", std::move(change)}});
    };
    for (const auto& one : had) add(has(wanted, one) ? "Modify" : "Remove", one);
    for (const auto& one : wanted) {
      if (!has(had, one)) add("Add", one);
    }
    return list;
  }

  std::map<std::pair<Place, std::string>, json::array> change_sets_;
};

}  // namespace tandem::topology
