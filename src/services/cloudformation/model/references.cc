#include "services/cloudformation/model/references.h"

#include <algorithm>
#include <fmt/format.h>

#include "services/cloudformation/errors.h"
#include "services/cloudformation/model/sub.h"

namespace tandem::cloudformation {
namespace {

constexpr std::string_view kPseudoParameters[] = {
    "AWS::AccountId", "AWS::NotificationARNs", "AWS::NoValue",   "AWS::Partition",
    "AWS::Region",    "AWS::StackId",          "AWS::StackName", "AWS::URLSuffix"};

// As AWS lists them to whom uses another one.
constexpr std::string_view kFunctions[] = {"Fn::Base64",
                                           "Fn::GetAtt",
                                           "Fn::GetAZs",
                                           "Fn::ImportValue",
                                           "Fn::Join",
                                           "Fn::Split",
                                           "Fn::FindInMap",
                                           "Fn::Select",
                                           "Ref",
                                           "Fn::Equals",
                                           "Fn::If",
                                           "Fn::Not",
                                           "Condition",
                                           "Fn::And",
                                           "Fn::Or",
                                           "Fn::Contains",
                                           "Fn::EachMemberEquals",
                                           "Fn::EachMemberIn",
                                           "Fn::ValueOf",
                                           "Fn::ValueOfAll",
                                           "Fn::RefAll",
                                           "Fn::Sub",
                                           "Fn::Cidr"};

void require_function(std::string_view name) {
  if (std::find(std::begin(kFunctions), std::end(kFunctions), name) != std::end(kFunctions)) return;
  throw validation_error(
      fmt::format("Template validation error: Template error: Encountered unsupported function: {} "
                  "Supported functions are: {}",
                  name, bracketed({std::begin(kFunctions), std::end(kFunctions)})));
}

bool is_pseudo(std::string_view name) {
  return std::find(std::begin(kPseudoParameters), std::end(kPseudoParameters), name) !=
         std::end(kPseudoParameters);
}

class Walker {
 public:
  Walker(const Conditions* conditions, const std::function<void(const Reference&)>& visit)
      : conditions_(conditions), visit_(visit) {}

  void walk(const json::value& expression) {
    if (const auto* list = expression.if_array()) {
      for (const auto& item : *list) walk(item);
      return;
    }
    const auto* object = expression.if_object();
    if (object == nullptr) return;
    const std::string_view function = function_name(expression);
    if (function.empty()) {
      for (const auto& member : *object) walk(member.value());
      return;
    }
    call(function, object->begin()->value());
  }

 private:
  void call(std::string_view function, const json::value& argument) {
    if (function == "Ref") {
      if (!argument.is_string()) {
        throw template_error("every Ref object must have a single String value.");
      }
      visit_({Reference::Kind::kRef, json::to_std(argument), ""});
    } else if (function == "Fn::GetAtt") {
      const auto [name, attribute] = get_att_parts(argument);
      visit_({Reference::Kind::kGetAtt, name,
              attribute.is_string() ? json::to_std(attribute) : std::string()});
      walk(attribute);
    } else if (function == "Fn::Sub") {
      sub(argument);
    } else if (function == "Fn::If") {
      branch(argument);
    } else {
      require_function(function);
      walk(argument);
    }
  }

  void sub(const json::value& argument) {
    const json::value* text = &argument;
    const json::object* local = nullptr;
    if (const auto* list = argument.if_array(); list != nullptr && list->size() == 2) {
      text = &(*list)[0];
      local = (*list)[1].if_object();
      if (local != nullptr) walk((*list)[1]);
    }
    if (!text->is_string()) return;  // the evaluator says what is wrong with it
    for (const SubPart& part : parse_sub(json::view(text->get_string()))) {
      if (part.kind == SubPart::Kind::kLiteral) continue;
      if (local != nullptr && local->contains(part.text)) continue;
      const auto dot = part.text.find('.');
      if (dot == std::string::npos) {
        visit_({Reference::Kind::kSub, part.text, ""});
      } else {
        visit_(
            {Reference::Kind::kSubAttribute, part.text.substr(0, dot), part.text.substr(dot + 1)});
      }
    }
  }

  void branch(const json::value& argument) {
    const auto* parts = argument.if_array();
    const bool whole = parts == nullptr || parts->size() != 3 || !(*parts)[0].is_string();
    if (whole || conditions_ == nullptr) return walk(argument);
    const auto condition = conditions_->find(json::view((*parts)[0].get_string()));
    if (condition == conditions_->end()) return walk(argument);
    walk((*parts)[condition->second ? 1 : 2]);
  }

  const Conditions* conditions_;
  const std::function<void(const Reference&)>& visit_;
};

// A type that AWS does not have is a typing error, in AWS's words and with what was meant; one that
// AWS has is no error of the caller's, and is told apart.
void check_types(const Template& source, const TypeCatalog& types) {
  std::vector<std::string> unknown;
  std::vector<std::string> not_here;
  std::string hints;
  for (const ResourceDeclaration& resource : source.resources) {
    if (types.knows(resource.type)) continue;
    const bool of_aws = types.is_aws_type(resource.type);
    std::vector<std::string>& list = of_aws ? not_here : unknown;
    if (std::find(list.begin(), list.end(), resource.type) != list.end()) continue;
    list.push_back(resource.type);
    // A template may name hundreds; who reads the first few knows what is wrong.
    constexpr std::size_t kHints = 10;
    const bool look = !of_aws && unknown.size() <= kHints;
    const std::string meant = look ? types.nearest(resource.type) : "";
    const std::string where = resource.line == 0 ? "" : fmt::format(" in line {}", resource.line);
    if (of_aws) {
      hints += fmt::format(" {} is wanted by {}{}.", resource.type, resource.logical_id, where);
    } else if (!meant.empty()) {
      hints += fmt::format(". Did you mean {} instead of {}{}?", meant, resource.type, where);
    }
  }
  if (!unknown.empty()) {
    throw format_error("Unrecognized resource types: " + bracketed(unknown) + hints);
  }
  if (!not_here.empty()) {
    throw format_error(
        fmt::format("Resource types that Tandem does not have: {}.{}", bracketed(not_here), hints));
  }
}

/// What may turn out to be no value at all.
bool may_be_absent(const json::value& value) {
  const json::object* call = value.if_object();
  if (call == nullptr || call->size() != 1) return false;
  return call->contains("Fn::If") || json::string_or(*call, "Ref") == "AWS::NoValue";
}

/// Paths, as "Config/Mode". Functions are not looked into: what they give is known later.
void find_unsupported(const Shape& shape, const json::value& value, const std::string& path,
                      std::vector<std::string>& found) {
  if (const json::array* list = value.if_array()) {
    if (!shape.item) return;
    for (const json::value& each : *list) find_unsupported(*shape.item, each, path, found);
    return;
  }
  const json::object* members = value.if_object();
  if (members == nullptr || shape.kind != Shape::Kind::kObject) return;
  for (const auto& [name, given] : *members) {
    const Member* member = shape.find(name);
    if (member == nullptr) continue;
    std::string below = path + (path.empty() ? "" : "/") + member->name;
    if (!member->refused) {
      find_unsupported(member->shape, given, below, found);
    } else if (!may_be_absent(given)) {
      found.push_back(std::move(below));
    }
  }
}

[[noreturn]] void unresolved(const std::vector<std::string>& names, std::string_view block) {
  std::string text =
      fmt::format("Unresolved resource dependencies {} in the {} block of the template",
                  bracketed(names), block);
  // AWS says the one with "Template format error" before it, and the other without.
  if (block == "Outputs") throw validation_error(std::move(text));
  throw format_error(text);
}

class NameChecker {
 public:
  NameChecker(const Template& source, const TypeCatalog& types) : source_(source), types_(types) {}

  void check(const json::value& expression) {
    visit_references(expression, nullptr, [this](const Reference& one) { reference(one); });
  }

  void require(const std::string& logical_id) {
    if (source_.find_resource(logical_id) == nullptr) miss(logical_id);
  }

  void finish(std::string_view block) {
    if (!missing_.empty()) unresolved(missing_, block);
  }

 private:
  void reference(const Reference& one) {
    const ResourceDeclaration* resource = source_.find_resource(one.name);
    switch (one.kind) {
      case Reference::Kind::kRef:
      case Reference::Kind::kSub:
        if (resource == nullptr && !is_pseudo(one.name) &&
            source_.find_parameter(one.name) == nullptr) {
          miss(one.name);
        }
        return;
      case Reference::Kind::kGetAtt:
        if (resource == nullptr) {
          throw template_error(
              fmt::format("instance of Fn::GetAtt references undefined resource {}", one.name));
        }
        if (!one.attribute.empty()) attribute(*resource, one.attribute, "Fn::GetAtt");
        return;
      case Reference::Kind::kSubAttribute:
        if (resource == nullptr) {
          throw template_error(
              fmt::format("instance of Fn::Sub references invalid resource "
                          "attribute {}.{}",
                          one.name, one.attribute));
        }
        attribute(*resource, one.attribute, "Fn::Sub");
        return;
    }
  }

  void attribute(const ResourceDeclaration& resource, std::string_view name,
                 std::string_view function) {
    if (types_.has_attribute(resource.type, name)) return;
    throw template_error(fmt::format("resource {} does not support attribute type {} in {}",
                                     resource.logical_id, name, function));
  }

  void miss(const std::string& name) {
    if (std::find(missing_.begin(), missing_.end(), name) == missing_.end()) {
      missing_.push_back(name);
    }
  }

  const Template& source_;
  const TypeCatalog& types_;
  std::vector<std::string> missing_;
};

void check_condition(const Template& source, const std::string& name, std::string_view block) {
  if (name.empty() || source.conditions.contains(name)) return;
  throw format_error(fmt::format(
      "Unresolved condition dependency {} in the {} block of the template", name, block));
}

// Conditions are decided before any resource exists: from parameters and other conditions.
void check_names_in_condition(const Template& source, const json::value& expression) {
  if (const auto* list = expression.if_array()) {
    for (const auto& item : *list) check_names_in_condition(source, item);
  } else if (const auto* object = expression.if_object()) {
    for (const auto& member : *object) {
      const bool name = member.key() == "Condition" && member.value().is_string();
      if (name && !source.conditions.contains(json::to_std(member.value()))) {
        throw unresolved_condition(json::to_std(member.value()));
      }
      check_names_in_condition(source, member.value());
    }
  }
}

void check_conditions(const Template& source) {
  for (const auto& condition : source.conditions) {
    check_names_in_condition(source, condition.value());
    visit_references(condition.value(), nullptr, [&](const Reference& one) {
      const bool known = is_pseudo(one.name) || source.find_parameter(one.name) != nullptr;
      if (!known || !one.attribute.empty()) throw resource_in_conditions(one.name);
    });
  }
}

// Names that the chosen branches reach although their resource is left out.
void collect_excluded(const json::value& expression, const Template& source,
                      const Conditions& conditions, std::vector<std::string>& excluded) {
  visit_references(expression, &conditions, [&](const Reference& one) {
    const ResourceDeclaration* resource = source.find_resource(one.name);
    if (resource == nullptr || is_included(*resource, conditions)) return;
    if (std::find(excluded.begin(), excluded.end(), one.name) == excluded.end()) {
      excluded.push_back(one.name);
    }
  });
}

// The resources on cycles: what is left when everything without open edges is taken away from both
// ends.
void refuse_cycles(const Template& source, const Dependencies& dependencies) {
  std::set<std::string> left;
  for (const auto& [name, needed] : dependencies) left.insert(name);
  for (bool removed = true; removed;) {
    removed = false;
    for (auto at = left.begin(); at != left.end();) {
      const std::string& name = *at;
      const auto& needed = dependencies.at(name);
      const bool needs = std::any_of(needed.begin(), needed.end(),
                                     [&](const auto& one) { return left.contains(one); });
      const bool is_needed = std::any_of(left.begin(), left.end(), [&](const auto& other) {
        return dependencies.at(other).contains(name);
      });
      if (needs && is_needed) {
        ++at;
      } else {
        at = left.erase(at);
        removed = true;
      }
    }
  }
  if (left.empty()) return;
  std::vector<std::string> names;
  for (const ResourceDeclaration& resource : source.resources) {
    if (left.contains(resource.logical_id)) names.push_back(resource.logical_id);
  }
  throw validation_error("Circular dependency between resources: " + bracketed(names));
}

}  // namespace

void visit_references(const json::value& expression, const Conditions* conditions,
                      const std::function<void(const Reference&)>& visit) {
  Walker(conditions, visit).walk(expression);
}

void check_supported(const Template& source, const TypeCatalog& types) {
  std::string all;
  for (const ResourceDeclaration& resource : source.resources) {
    const Shape* shape = types.shape_of(resource.type);
    if (shape == nullptr || !resource.condition.empty()) continue;
    std::vector<std::string> found;
    find_unsupported(*shape, resource.properties, "", found);
    if (found.empty()) continue;
    all += fmt::format(" {} of {} ({})", bracketed(found), resource.logical_id, resource.type);
  }
  if (!all.empty()) throw format_error("Properties that Tandem does not have:" + all);
}

void check_references(const Template& source, const TypeCatalog& types) {
  check_types(source, types);
  check_conditions(source);
  NameChecker resources(source, types);
  for (const ResourceDeclaration& resource : source.resources) {
    check_condition(source, resource.condition, "Resources");
    for (const std::string& name : resource.depends_on) resources.require(name);
    resources.check(resource.properties);
    resources.check(resource.metadata);
    resources.check(resource.deletion_policy_function);
    resources.check(resource.update_replace_policy_function);
  }
  resources.finish("Resources");
  NameChecker outputs(source, types);
  for (const OutputDeclaration& output : source.outputs) {
    check_condition(source, output.condition, "Outputs");
    outputs.check(output.value);
    if (output.export_name) outputs.check(*output.export_name);
  }
  outputs.finish("Outputs");
}

bool is_included(const ResourceDeclaration& resource, const Conditions& conditions) {
  if (resource.condition.empty()) return true;
  const auto condition = conditions.find(resource.condition);
  return condition != conditions.end() && condition->second;
}

void check_conditional_references(const Template& source, const Conditions& conditions) {
  std::vector<std::string> excluded;
  for (const ResourceDeclaration& resource : source.resources) {
    if (!is_included(resource, conditions)) continue;
    collect_excluded(resource.properties, source, conditions, excluded);
    collect_excluded(resource.metadata, source, conditions, excluded);
  }
  if (!excluded.empty()) unresolved(excluded, "Resources");
  for (const OutputDeclaration& output : source.outputs) {
    const auto condition = conditions.find(output.condition);
    if (condition != conditions.end() && !condition->second) continue;
    collect_excluded(output.value, source, conditions, excluded);
  }
  if (!excluded.empty()) unresolved(excluded, "Outputs");
}

Dependencies dependencies_of(const Template& source, const Conditions& conditions) {
  Dependencies result;
  for (const ResourceDeclaration& resource : source.resources) {
    if (is_included(resource, conditions)) result[resource.logical_id];
  }
  for (const ResourceDeclaration& resource : source.resources) {
    const auto own = result.find(resource.logical_id);
    if (own == result.end()) continue;
    const auto add = [&](const std::string& name) {
      // A parameter or an excluded resource is no node.
      if (result.contains(name)) own->second.insert(name);
    };
    for (const std::string& name : resource.depends_on) add(name);
    const auto add_reference = [&](const Reference& one) { add(one.name); };
    visit_references(resource.properties, &conditions, add_reference);
    visit_references(resource.metadata, &conditions, add_reference);
  }
  refuse_cycles(source, result);
  return result;
}

}  // namespace tandem::cloudformation
