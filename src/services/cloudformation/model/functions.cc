// The intrinsic functions, one each. AWS's texts for malformed arguments.
#include <fmt/format.h>

#include "core/bytes.h"
#include "core/text.h"
#include "services/cloudformation/errors.h"
#include "services/cloudformation/model/cidr.h"
#include "services/cloudformation/model/evaluate.h"
#include "services/cloudformation/model/sub.h"

namespace tandem::cloudformation {
namespace {

const json::array* list_of_size(const json::value& argument, std::size_t least, std::size_t most) {
  const auto* list = argument.if_array();
  return list != nullptr && list->size() >= least && list->size() <= most ? list : nullptr;
}

json::string unknown() { return json::string(kUnknown); }

bool contains_unknown(std::string_view text) {
  return text.find(kUnknown) != std::string_view::npos;
}

}  // namespace

std::optional<json::value> Evaluator::pseudo_parameter(std::string_view name) const {
  const PseudoParameters& pseudo = scope_.pseudo;
  if (name == "AWS::AccountId") return json::string(pseudo.account);
  if (name == "AWS::Region") return json::string(pseudo.region);
  if (name == "AWS::StackId") return json::string(pseudo.stack_id);
  if (name == "AWS::StackName") return json::string(pseudo.stack_name);
  if (name == "AWS::Partition") return json::string("aws");
  if (name == "AWS::URLSuffix") return json::string("amazonaws.com");
  if (name == "AWS::NotificationARNs") return json::array();
  return std::nullopt;
}

// What Ref and ${X} mean: parameter, pseudo parameter or resource, in this order.
std::optional<json::value> Evaluator::named_value(std::string_view name) {
  if (name == "AWS::NoValue") return std::nullopt;
  const auto parameter = scope_.parameters.find(name);
  if (parameter != scope_.parameters.end()) {
    if (const auto text = scalar_text(parameter->second)) spend(text->size());
    return parameter->second;
  }
  if (auto pseudo = pseudo_parameter(name)) return pseudo;
  return resolver_.ref(name);
}

std::optional<json::value> Evaluator::ref(const json::value& argument) {
  if (!argument.is_string()) {
    throw template_error("every Ref object must have a single String value.");
  }
  return named_value(json::view(argument.get_string()));
}

std::optional<json::value> Evaluator::get_att(const json::value& argument) {
  const auto [name, expression] = get_att_parts(argument);
  const auto attribute = text_of(expression);
  if (!attribute || attribute->empty()) {
    throw template_error(
        "every Fn::GetAtt object requires two non-empty parameters, the resource name and the "
        "resource attribute");
  }
  return resolver_.attribute(name, *attribute);
}

std::optional<json::value> Evaluator::sub(const json::value& argument) {
  constexpr std::string_view kWrong =
      "One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string "
      "as first argument, and an optional second argument to specify a mapping of values to "
      "replace in the string";
  const json::value* text = &argument;
  json::object local;
  if (const auto* list = argument.if_array()) {
    if (list->size() != 2 || !(*list)[1].is_object()) throw template_error(kWrong);
    text = &(*list)[0];
    local = evaluate_object((*list)[1].get_object());
  }
  if (!text->is_string()) throw template_error(kWrong);
  std::string result;
  for (const SubPart& part : parse_sub(json::view(text->get_string()))) {
    if (part.kind == SubPart::Kind::kLiteral) {
      result += part.text;
      continue;
    }
    std::optional<json::value> value;
    const auto dot = part.text.find('.');
    if (const json::value* own = local.if_contains(part.text)) {
      value = *own;
    } else if (dot == std::string::npos) {
      value = named_value(part.text);
    } else {
      value = resolver_.attribute(part.text.substr(0, dot), part.text.substr(dot + 1));
    }
    const auto piece = value ? scalar_text(*value) : std::nullopt;
    if (!piece) {
      throw template_error(
          fmt::format("variable {} in Fn::Sub expression does not resolve to a "
                      "string",
                      part.text));
    }
    spend(piece->size());
    result += *piece;
  }
  spend(result.size());
  return json::string(result);
}

std::optional<json::value> Evaluator::join(const json::value& argument) {
  constexpr std::string_view kWrong =
      "every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of "
      "strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to "
      "be joined.";
  const auto* parts = list_of_size(argument, 2, 2);
  if (parts == nullptr || !(*parts)[0].is_string()) throw template_error(kWrong);
  const auto list = list_of((*parts)[1]);
  if (!list) {
    const auto value = evaluate((*parts)[1]);
    if (value && is_unknown(*value)) return unknown();
    throw template_error(kWrong);
  }
  const std::string delimiter = json::to_std((*parts)[0]);
  std::string result;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto piece = scalar_text((*list)[i]);
    if (!piece) throw template_error(kWrong);
    spend(piece->size() + delimiter.size());
    if (i > 0) result += delimiter;
    result += *piece;
  }
  return json::string(result);
}

std::optional<json::value> Evaluator::select(const json::value& argument) {
  const auto* parts = list_of_size(argument, 2, 2);
  if (parts == nullptr) {
    throw template_error(
        "Fn::Select requires a list argument with two elements: an integer index and a list");
  }
  const auto index_text = text_of((*parts)[0]);
  const auto list = list_of((*parts)[1]);
  if (!list) {
    const auto value = evaluate((*parts)[1]);
    if (value && is_unknown(*value)) return unknown();
    throw template_error(
        "Fn::Select requires a list argument with two elements: an integer index and a list");
  }
  if (index_text && contains_unknown(*index_text)) return unknown();
  const auto index = index_text ? core::parse_uint(*index_text) : std::nullopt;
  if (!index) {
    throw template_error(
        "Fn::Select requires a list argument with two elements: an integer index and a list");
  }
  if (*index >= list->size()) {
    if (is_unknown(*list)) return unknown();
    throw template_error(
        fmt::format("Fn::Select cannot select nonexistent value at index {}", *index));
  }
  return (*list)[*index];
}

std::optional<json::value> Evaluator::split(const json::value& argument) {
  constexpr std::string_view kWrong =
      "every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to "
      "be split or a function that returns a string to be split.";
  const auto* parts = list_of_size(argument, 2, 2);
  if (parts == nullptr || !(*parts)[0].is_string() || (*parts)[0].get_string().empty()) {
    throw template_error(kWrong);
  }
  const auto text = text_of((*parts)[1]);
  if (!text) throw template_error(kWrong);
  if (contains_unknown(*text)) return json::array{unknown()};
  const std::string delimiter = json::to_std((*parts)[0]);
  json::array result;
  std::string_view rest = *text;
  for (auto at = rest.find(delimiter); at != std::string_view::npos; at = rest.find(delimiter)) {
    result.push_back(json::string(rest.substr(0, at)));
    rest.remove_prefix(at + delimiter.size());
    spend(sizeof(json::value));
  }
  result.push_back(json::string(rest));
  spend(text->size());
  return result;
}

std::optional<json::value> Evaluator::find_in_map(const json::value& argument) {
  const auto* parts = list_of_size(argument, 3, 3);
  if (parts == nullptr) {
    throw template_error(
        "every Fn::FindInMap object requires three parameters, the map name, map key and the "
        "attribute for return value");
  }
  std::string names[3];
  for (std::size_t i = 0; i < 3; ++i) {
    const auto name = text_of((*parts)[i]);
    if (!name) throw template_error("every Fn::FindInMap parameter must be a string");
    names[i] = *name;
  }
  const json::object* mapping = json::find_object(scope_.source.mappings, names[0]);
  if (mapping == nullptr) {
    throw template_error(fmt::format(
        "Mapping named '{}' is not present in the 'Mappings' section of template.", names[0]));
  }
  const json::object* attributes = json::find_object(*mapping, names[1]);
  const json::value* found = attributes == nullptr ? nullptr : json::find(*attributes, names[2]);
  if (found == nullptr) {
    throw template_error(
        fmt::format("Unable to get mapping for {}::{}::{}", names[0], names[1], names[2]));
  }
  spend(json::to_text(*found).size());
  return *found;
}

std::optional<json::value> Evaluator::if_else(const json::value& argument) {
  const auto* parts = list_of_size(argument, 3, 3);
  if (parts == nullptr || !(*parts)[0].is_string()) {
    throw template_error("Fn::If requires a list argument with three elements");
  }
  const std::string name = json::to_std((*parts)[0]);
  const auto condition = scope_.conditions.find(name);
  if (condition == scope_.conditions.end()) {
    throw template_error(fmt::format("unresolved condition dependency {} in Fn::If", name));
  }
  return evaluate((*parts)[condition->second ? 1 : 2]);
}

std::optional<json::value> Evaluator::base64(const json::value& argument) {
  const auto text = text_of(argument);
  if (!text) throw template_error("every Fn::Base64 object must have a String-typed value.");
  if (contains_unknown(*text)) return unknown();
  spend(text->size() * 4 / 3);
  return json::string(core::base64_encode(*text));
}

std::optional<json::value> Evaluator::cidr(const json::value& argument) {
  const auto* parts = list_of_size(argument, 2, 3);
  if (parts == nullptr) {
    throw template_error("every Fn::Cidr object requires an IP block, a count and cidrBits");
  }
  const auto block = text_of((*parts)[0]);
  const auto count = text_of((*parts)[1]);
  const auto bits = parts->size() == 3 ? text_of((*parts)[2]) : std::string("8");
  if (!block || !count || !bits) {
    throw template_error("every Fn::Cidr object requires an IP block, a count and cidrBits");
  }
  if (contains_unknown(*block)) return json::array{unknown()};
  json::array result;
  for (const std::string& subnet : cidr_blocks(*block, core::parse_int(*count).value_or(0),
                                               core::parse_int(*bits).value_or(0))) {
    result.push_back(json::string(subnet));
  }
  return result;
}

std::optional<json::value> Evaluator::get_azs(const json::value& argument) {
  const auto given = text_of(argument);
  if (!given) throw template_error("every Fn::GetAZs object must have a String-typed value.");
  const std::string region = given->empty() ? scope_.pseudo.region : *given;
  // The zones of a new account's default VPC; regions have three unless known otherwise.
  std::string_view letters = "abc";
  if (region == "us-east-1") letters = "abcdef";
  if (region == "us-west-2") letters = "abcd";
  if (region == "us-west-1") letters = "ab";
  json::array zones;
  for (const char letter : letters) zones.push_back(json::string(region + letter));
  return zones;
}

std::optional<json::value> Evaluator::import(const json::value& argument) {
  const auto name = text_of(argument);
  if (!name) throw template_error("the attribute in Fn::ImportValue must be a string");
  return resolver_.import_value(*name);
}

}  // namespace tandem::cloudformation
