#include "services/sts/model/trust.h"

#include <algorithm>

#include "core/json.h"

namespace tandem::sts {
namespace {

bool names(const json::value& wanted, std::string_view given) {
  if (wanted.is_string()) return json::view(wanted.get_string()) == given;
  if (!wanted.is_array()) return false;
  const json::array& list = wanted.get_array();
  return std::any_of(list.begin(), list.end(),
                     [&](const json::value& item) { return names(item, given); });
}

bool accepts(const json::object& statement, const std::optional<std::string_view>& given) {
  const auto* condition = json::find_object(statement, "Condition");
  const auto* equals =
      condition != nullptr ? json::find_object(*condition, "StringEquals") : nullptr;
  const auto* wanted = equals != nullptr ? json::find(*equals, "sts:ExternalId") : nullptr;
  return wanted == nullptr || (given && names(*wanted, *given));
}

}  // namespace

bool external_id_accepted(std::string_view trust_policy,
                          const std::optional<std::string_view>& given) {
  const auto parsed = json::parse_text(trust_policy);
  if (!parsed || !parsed.value().is_object()) return false;
  const auto* statements = json::find(parsed.value().get_object(), "Statement");
  if (statements == nullptr) return false;
  const auto allows = [&](const json::value& statement) {
    return statement.is_object() && json::string_or(statement.get_object(), "Effect") == "Allow" &&
           accepts(statement.get_object(), given);
  };
  if (!statements->is_array()) return allows(*statements);
  return std::any_of(statements->get_array().begin(), statements->get_array().end(), allows);
}

}  // namespace tandem::sts
