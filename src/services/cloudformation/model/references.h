// What refers to what in a template: checks that every name exists, and the dependency graph.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "services/cloudformation/model/evaluate.h"
#include "services/cloudformation/model/shape.h"
#include "services/cloudformation/model/template.h"

namespace tandem::cloudformation {

/// Which resource types exist and what can be read from them.
class TypeCatalog {
 public:
  virtual ~TypeCatalog() = default;
  virtual bool knows(std::string_view type) const = 0;
  virtual bool has_attribute(std::string_view type, std::string_view attribute) const = 0;
  /// Of a type that is not known: whether AWS has it, and which name was meant ("": none is near).
  virtual bool is_aws_type(std::string_view) const { return false; }
  virtual std::string nearest(std::string_view) const { return ""; }
  /// Of a type that is known; null: nothing is known of its properties.
  virtual const Shape* shape_of(std::string_view) const { return nullptr; }
};

struct Reference {
  enum class Kind { kRef, kGetAtt, kSub, kSubAttribute } kind;
  std::string name;
  std::string attribute;  ///< kGetAtt (empty when computed), kSubAttribute
};

/// Calls visit for each reference. With conditions only the chosen branch of Fn::If is walked;
/// without (null), both are.
void visit_references(const json::value& expression, const Conditions* conditions,
                      const std::function<void(const Reference&)>& visit);

/// Names, attributes and conditions that do not exist, types that are not known. Throws.
void check_references(const Template& source, const TypeCatalog& types);

/// Properties that AWS has and Tandem has not, of resources that are made in any case: refused
/// before anything is made. Throws.
void check_supported(const Template& source, const TypeCatalog& types);
/// References to resources that their condition leaves out. Throws.
void check_conditional_references(const Template& source, const Conditions& conditions);

bool is_included(const ResourceDeclaration& resource, const Conditions& conditions);

/// For each included resource, the included resources it needs first, each before its dependents in
/// no particular order.
using Dependencies = std::map<std::string, std::set<std::string>, std::less<>>;
/// Throws "Circular dependency between resources: [A, B]".
Dependencies dependencies_of(const Template& source, const Conditions& conditions);

}  // namespace tandem::cloudformation
