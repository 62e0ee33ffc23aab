#include "services/apigateway/model/authorizer_result.h"

#include <algorithm>
#include <fmt/format.h>

#include "aws/policy_wildcard.h"
#include "core/text.h"

namespace tandem::apigateway {
namespace {

constexpr std::size_t kDepth = 32;
constexpr std::string_view kInvoke = "execute-api:invoke";

core::ParseError wrong(std::string message) { return {std::move(message), 0}; }

/// A text, or a list of texts.
bool take_texts(const json::value& value, std::vector<std::string>& texts) {
  if (value.is_string()) {
    texts.push_back(json::to_std(value));
    return true;
  }
  const json::array* list = value.if_array();
  if (list == nullptr || list->empty()) return false;
  for (const json::value& each : *list) {
    if (!each.is_string()) return false;
    texts.push_back(json::to_std(each));
  }
  return true;
}

/// One of two members, the second being the opposite of the first.
bool take_either(const json::object& statement, std::string_view name, std::string_view opposite,
                 std::vector<std::string>& texts, bool& is_opposite) {
  const json::value* given = json::find(statement, name);
  const json::value* other = json::find(statement, opposite);
  if ((given == nullptr) == (other == nullptr)) return false;
  is_opposite = other != nullptr;
  return take_texts(is_opposite ? *other : *given, texts);
}

/// Objects and lists are not allowed; null is as if it were not there.
bool take_context(const json::object& context, AuthorizerResult& result) {
  for (const auto& [name, value] : context) {
    if (value.is_null()) continue;
    if (value.is_structured()) return false;
    result.context.emplace_back(name,
                                value.is_string() ? json::to_std(value) : json::to_text(value));
  }
  return true;
}

std::string text_of(const json::object& answer, std::string_view member) {
  const json::value* value = json::find(answer, member);
  if (value == nullptr || value->is_structured()) return "";
  return value->is_string() ? json::to_std(*value) : json::to_text(*value);
}

}  // namespace

core::Parsed<InvokePolicy::Statement> InvokePolicy::parse_statement(const json::value& value) {
  const json::object* given = value.if_object();
  if (given == nullptr) return wrong("a statement is no object");
  Statement statement;
  const std::string effect = json::string_or(*given, "Effect");
  if (effect != "Allow" && effect != "Deny") return wrong("a statement without an Effect");
  statement.allow = effect == "Allow";
  for (const std::string_view member : {"Condition", "Principal", "NotPrincipal"}) {
    const json::object* object = json::find_object(*given, member);
    if (json::find(*given, member) == nullptr || (object != nullptr && object->empty())) continue;
    return wrong(fmt::format("{} is not implemented in an authorizer's policy", member));
  }
  if (!take_either(*given, "Action", "NotAction", statement.actions, statement.other_actions)) {
    return wrong("a statement without an Action");
  }
  if (!take_either(*given, "Resource", "NotResource", statement.resources,
                   statement.other_resources)) {
    return wrong("a statement without a Resource");
  }
  for (std::string& action : statement.actions) action = core::to_lower(action);
  for (const std::string& resource : statement.resources) {
    if (resource.size() > kResourceBytes) return wrong("a Resource of more than 512 characters");
  }
  return statement;
}

core::Parsed<InvokePolicy> InvokePolicy::parse(const json::value& document) {
  const json::object* policy = document.if_object();
  if (policy == nullptr) return wrong("the policy document is no object");
  const json::value* statements = json::find(*policy, "Statement");
  if (statements == nullptr) return wrong("the policy document has no Statement");
  InvokePolicy made;
  const json::array one{*statements};
  const json::array& list = statements->is_array() ? statements->as_array() : one;
  if (list.size() > kStatements) return wrong("too many statements");
  for (const json::value& each : list) {
    auto statement = parse_statement(each);
    if (!statement) return statement.error();
    made.statements_.push_back(std::move(statement).value());
  }
  return made;
}

Verdict InvokePolicy::evaluate(std::string_view method_arn) const {
  Verdict verdict = Verdict::kImplicitDeny;
  for (const Statement& each : statements_) {
    const bool action = std::any_of(
        each.actions.begin(), each.actions.end(),
        [](const std::string& pattern) { return aws::matches_wildcard(pattern, kInvoke); });
    const bool resource = std::any_of(
        each.resources.begin(), each.resources.end(),
        [&](const std::string& pattern) { return aws::matches_wildcard(pattern, method_arn); });
    if (action == each.other_actions || resource == each.other_resources) continue;
    if (!each.allow) return Verdict::kExplicitDeny;
    verdict = Verdict::kAllow;
  }
  return verdict;
}

core::Parsed<AuthorizerResult> parse_authorizer_result(std::string_view payload) {
  if (payload.size() > kAuthorizerResultBytes) return wrong("the answer is too large");
  const auto parsed = json::parse_text(payload, kDepth);
  const json::object* answer = parsed ? parsed.value().if_object() : nullptr;
  if (answer == nullptr) return wrong("the answer is no JSON object");
  const json::value* document = json::find(*answer, "policyDocument");
  if (document == nullptr) return wrong("the answer has no policyDocument");
  auto policy = InvokePolicy::parse(*document);
  if (!policy) return policy.error();
  AuthorizerResult result;
  result.policy = std::move(policy).value();
  result.policy_text = json::to_text(*document);
  result.principal_id = text_of(*answer, "principalId");
  result.usage_key = text_of(*answer, "usageIdentifierKey");
  const json::value* context = json::find(*answer, "context");
  if (context != nullptr &&
      (!context->is_object() || !take_context(context->as_object(), result))) {
    return wrong("the context is no object of texts, numbers and booleans");
  }
  return result;
}

}  // namespace tandem::apigateway
