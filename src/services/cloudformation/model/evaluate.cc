#include "services/cloudformation/model/evaluate.h"

#include <fmt/format.h>

#include "services/cloudformation/errors.h"

namespace tandem::cloudformation {
namespace {

// What all functions of one evaluation may produce: far above any real template, far below memory.
constexpr std::size_t kMostBytes = 8 * 1024 * 1024;

}  // namespace

bool is_unknown(const json::value& value) {
  if (const auto* text = value.if_string()) {
    return json::view(*text).find(kUnknown) != std::string_view::npos;
  }
  if (const auto* list = value.if_array()) {
    for (const auto& item : *list) {
      if (is_unknown(item)) return true;
    }
  } else if (const auto* object = value.if_object()) {
    for (const auto& member : *object) {
      if (is_unknown(member.value())) return true;
    }
  }
  return false;
}

std::optional<std::string> scalar_text(const json::value& value) {
  if (value.is_string()) return json::to_std(value);
  if (value.is_bool() || value.is_int64() || value.is_uint64()) return json::to_text(value);
  if (value.is_double()) return fmt::format("{}", value.get_double());
  return std::nullopt;
}

std::pair<std::string, json::value> get_att_parts(const json::value& argument) {
  constexpr std::string_view kWrong =
      "every Fn::GetAtt object requires two non-empty parameters, the resource name and the "
      "resource attribute";
  if (argument.is_string()) {
    const std::string text = json::to_std(argument);
    const auto dot = text.find('.');
    if (dot == std::string::npos || dot == 0 || dot + 1 == text.size()) {
      throw template_error(kWrong);
    }
    return {text.substr(0, dot), json::string(text.substr(dot + 1))};
  }
  const auto* list = argument.if_array();
  if (list == nullptr || list->size() < 2 || !(*list)[0].is_string() ||
      (*list)[0].get_string().empty()) {
    throw template_error(kWrong);
  }
  if (list->size() == 2) return {json::to_std((*list)[0]), (*list)[1]};
  std::string attribute;  // [A, Outputs, X] names the attribute Outputs.X
  for (std::size_t i = 1; i < list->size(); ++i) {
    if (!(*list)[i].is_string()) throw template_error(kWrong);
    attribute += (i > 1 ? "." : "") + json::to_std((*list)[i]);
  }
  return {json::to_std((*list)[0]), json::string(attribute)};
}

Evaluator::Function Evaluator::find_function(std::string_view name) {
  static constexpr std::pair<std::string_view, Function> kFunctions[] = {
      {"Ref", &Evaluator::ref},
      {"Fn::GetAtt", &Evaluator::get_att},
      {"Fn::Sub", &Evaluator::sub},
      {"Fn::Join", &Evaluator::join},
      {"Fn::Select", &Evaluator::select},
      {"Fn::Split", &Evaluator::split},
      {"Fn::FindInMap", &Evaluator::find_in_map},
      {"Fn::If", &Evaluator::if_else},
      {"Fn::Base64", &Evaluator::base64},
      {"Fn::Cidr", &Evaluator::cidr},
      {"Fn::GetAZs", &Evaluator::get_azs},
      {"Fn::ImportValue", &Evaluator::import},
  };
  for (const auto& [known, function] : kFunctions) {
    if (known == name) return function;
  }
  throw template_error(fmt::format("{} is not a supported intrinsic function here", name));
}

void Evaluator::spend(std::size_t bytes) {
  produced_ += bytes;
  if (produced_ > kMostBytes) {
    throw template_error("the values of the template's functions are too large");
  }
}

std::optional<json::value> Evaluator::evaluate(const json::value& expression) {
  if (const auto* list = expression.if_array()) {
    json::array result;
    for (const auto& item : *list) {
      if (auto value = evaluate(item)) result.push_back(std::move(*value));
    }
    spend(result.size() * sizeof(json::value));
    return result;
  }
  if (const auto* object = expression.if_object()) {
    const std::string_view name = function_name(expression);
    if (name.empty()) return evaluate_object(*object);
    const Function function = find_function(name);
    return (this->*function)(object->begin()->value());
  }
  if (const auto* text = expression.if_string()) {
    spend(text->size());
    if (json::view(*text).find("{{resolve:") != std::string_view::npos) {
      throw template_error("dynamic references ({{resolve:...}}) are not supported");
    }
  }
  return expression;
}

json::object Evaluator::evaluate_object(const json::object& object) {
  json::object result;
  for (const auto& member : object) {
    const std::string_view key = member.key();
    if (key.starts_with("Fn::")) {
      throw template_error(fmt::format("{} must be the only key of its object", key));
    }
    spend(key.size() + sizeof(json::value));
    if (auto value = evaluate(member.value())) result[key] = std::move(*value);
  }
  return result;
}

std::string Evaluator::evaluate_text(const json::value& expression, std::string_view what) {
  const auto value = evaluate(expression);
  const auto text = value ? scalar_text(*value) : std::nullopt;
  if (!text) throw format_error(fmt::format("The {} must be a string.", what));
  return *text;
}

std::optional<std::string> Evaluator::text_of(const json::value& expression) {
  const auto value = evaluate(expression);
  return value ? scalar_text(*value) : std::nullopt;
}

std::optional<json::array> Evaluator::list_of(const json::value& expression) {
  auto value = evaluate(expression);
  if (!value || !value->is_array()) return std::nullopt;
  return std::move(value->get_array());
}

}  // namespace tandem::cloudformation
