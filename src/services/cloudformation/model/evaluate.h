// The value of an expression: intrinsic functions, pseudo parameters, conditions. Pure.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "services/cloudformation/model/template.h"

namespace tandem::cloudformation {

using ParameterValues = std::map<std::string, json::value, std::less<>>;  ///< string or list
using Conditions = std::map<std::string, bool, std::less<>>;

struct PseudoParameters {
  std::string account;
  std::string region;
  std::string stack_id;
  std::string stack_name;
};

/// What an expression may ask about the world outside its template.
class Resolver {
 public:
  virtual ~Resolver() = default;
  /// The physical id. Throws when there is none.
  virtual json::value ref(std::string_view logical_id) = 0;
  virtual json::value attribute(std::string_view logical_id, std::string_view attribute) = 0;
  virtual json::value import_value(std::string_view export_name) = 0;
};

/// Stands in a string for a value that is not known before its resource exists. Functions pass it
/// on instead of failing on it.
inline constexpr std::string_view kUnknown = "\x01(known after deployment)\x01";
bool is_unknown(const json::value& value);

struct Scope {
  const Template& source;
  ParameterValues parameters;
  PseudoParameters pseudo;
  Conditions conditions;
};

/// Each condition's truth. Throws on a cycle, an unknown name or a malformed operation.
Conditions evaluate_conditions(const Scope& scope);

class Evaluator {
 public:
  /// Borrows both.
  Evaluator(const Scope& scope, Resolver& resolver) : scope_(scope), resolver_(resolver) {}

  /// Nothing for AWS::NoValue. Throws ValidationError ("Template error: …").
  std::optional<json::value> evaluate(const json::value& expression);
  /// Members without value are left out.
  json::object evaluate_object(const json::object& object);
  /// A scalar as text: what outputs, export names and Fn::Equals work on.
  std::string evaluate_text(const json::value& expression, std::string_view what);

 private:
  using Function = std::optional<json::value> (Evaluator::*)(const json::value&);
  static Function find_function(std::string_view name);

  std::optional<json::value> ref(const json::value& argument);
  std::optional<json::value> get_att(const json::value& argument);
  std::optional<json::value> sub(const json::value& argument);
  std::optional<json::value> join(const json::value& argument);
  std::optional<json::value> select(const json::value& argument);
  std::optional<json::value> split(const json::value& argument);
  std::optional<json::value> find_in_map(const json::value& argument);
  std::optional<json::value> if_else(const json::value& argument);
  std::optional<json::value> base64(const json::value& argument);
  std::optional<json::value> cidr(const json::value& argument);
  std::optional<json::value> get_azs(const json::value& argument);
  std::optional<json::value> import(const json::value& argument);

  std::optional<json::value> named_value(std::string_view name);
  std::optional<json::value> pseudo_parameter(std::string_view name) const;
  std::optional<std::string> text_of(const json::value& expression);
  std::optional<json::array> list_of(const json::value& expression);
  void spend(std::size_t bytes);

  const Scope& scope_;
  Resolver& resolver_;
  std::size_t produced_ = 0;
};

/// A scalar as CloudFormation writes it into a string.
std::optional<std::string> scalar_text(const json::value& value);

/// {"Fn::GetAtt": …} as resource and attribute; throws when malformed.
std::pair<std::string, json::value> get_att_parts(const json::value& argument);

}  // namespace tandem::cloudformation
