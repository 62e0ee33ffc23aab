#include "services/lambda/model/policy.h"

#include <algorithm>
#include <cctype>

#include "aws/arn.h"
#include "aws/policy_wildcard.h"
#include "core/text.h"
#include "services/lambda/errors.h"

namespace tandem::lambda {
namespace {

/// Cuts the next of the first five components off the front; the sixth is all that remains.
std::string_view take_component(std::string_view& rest) {
  const std::size_t colon = std::min(rest.find(':'), rest.size());
  const std::string_view component = rest.substr(0, colon);
  rest.remove_prefix(std::min(colon + 1, rest.size()));
  return component;
}

bool is_account(std::string_view text) {
  return text.size() == 12 && std::all_of(text.begin(), text.end(), [](char c) {
           return std::isdigit(static_cast<unsigned char>(c)) != 0;
         });
}

json::value principal_value(const std::string& principal) {
  if (principal == "*") return "*";
  if (is_account(principal)) {
    return json::object{{"AWS", fmt::format("arn:aws:iam::{}:root", principal)}};
  }
  if (principal.starts_with("arn:") && aws::Arn::parse(principal)) {
    return json::object{{"AWS", principal}};
  }
  if (principal.find('.') != std::string::npos) return json::object{{"Service", principal}};
  throw errors::invalid_parameter(
      "The provided principal was invalid. Please check the principal and try again.");
}

bool principal_matches(const json::object& statement, const std::string& principal) {
  const json::value* value = json::find(statement, "Principal");
  if (value == nullptr) return false;
  if (value->is_string()) return value->as_string() == "*";
  return json::string_or(value->as_object(), "Service") == principal;
}

bool action_matches(const json::object& statement, std::string_view wanted) {
  const std::string action = json::string_or(statement, "Action");
  return action == "*" || action == "lambda:*" || core::equals_ignoring_case(action, wanted);
}

/// Of a request that comes through a function URL without a signature.
bool url_conditions_match(const json::object& statement) {
  const json::object* conditions = json::find_object(statement, "Condition");
  if (conditions == nullptr) return true;
  for (const auto& [kind, clause] : *conditions) {
    for (const auto& [key, value] : clause.as_object()) {
      const std::string wanted = json::to_std(value);
      const bool holds = (key == "lambda:FunctionUrlAuthType" && wanted == "NONE") ||
                         (key == "lambda:InvokedViaFunctionUrl" && wanted == "true");
      if (!holds) return false;
    }
  }
  return true;
}

bool conditions_match(const json::object& statement, const Invoker& invoker) {
  const json::object* conditions = json::find_object(statement, "Condition");
  if (conditions == nullptr) return true;
  for (const auto& [kind, clause] : *conditions) {
    for (const auto& [key, value] : clause.as_object()) {
      const std::string wanted = json::to_std(value);
      if (key == "AWS:SourceArn") {
        if (!arn_like(wanted, invoker.source_arn)) return false;
      } else if (key == "AWS:SourceAccount") {
        const auto source = aws::Arn::parse(invoker.source_arn);
        if (!source || source->account != wanted) return false;
      } else {
        return false;
      }
    }
  }
  return true;
}

}  // namespace

json::object make_statement(const json::object& input, std::string_view function_arn) {
  json::object statement;
  statement["Sid"] = json::string_or(input, "StatementId");
  statement["Effect"] = "Allow";
  statement["Principal"] = principal_value(json::string_or(input, "Principal"));
  statement["Action"] = json::string_or(input, "Action");
  statement["Resource"] = json::string(function_arn);
  json::object condition;
  json::object equals;
  if (const auto account = json::find_string(input, "SourceAccount")) {
    equals["AWS:SourceAccount"] = *account;
  }
  if (const auto type = json::find_string(input, "FunctionUrlAuthType")) {
    if (!core::equals_ignoring_case(json::string_or(input, "Action"), "lambda:InvokeFunctionUrl")) {
      throw errors::invalid_parameter(
          "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action");
    }
    equals["lambda:FunctionUrlAuthType"] = *type;
  }
  if (!equals.empty()) condition["StringEquals"] = std::move(equals);
  if (json::bool_or(input, "InvokedViaFunctionUrl", false)) {
    condition["Bool"] = json::object{{"lambda:InvokedViaFunctionUrl", "true"}};
  }
  if (const auto source = json::find_string(input, "SourceArn")) {
    condition["ArnLike"] = {{"AWS:SourceArn", *source}};
  }
  if (!condition.empty()) statement["Condition"] = std::move(condition);
  return statement;
}

json::object make_layer_statement(const json::object& input, std::string_view version_arn) {
  json::object statement;
  const std::string principal = json::string_or(input, "Principal");
  statement["Sid"] = json::string_or(input, "StatementId");
  statement["Effect"] = "Allow";
  statement["Principal"] = principal_value(principal);
  statement["Action"] = json::string_or(input, "Action");
  statement["Resource"] = json::string(version_arn);
  if (const auto organization = json::find_string(input, "OrganizationId")) {
    if (principal != "*") {
      throw errors::invalid_parameter(
          "OrganizationId can only be used when the Principal is all AWS accounts (*).");
    }
    json::object equals;
    equals["aws:PrincipalOrgID"] = *organization;
    statement["Condition"] = json::object{{"StringEquals", std::move(equals)}};
  }
  return statement;
}

void require_policy_fits(const json::array& statements) {
  constexpr std::size_t kPolicyBytes = 20'480;
  const std::size_t size = policy_text(statements).size();
  if (size <= kPolicyBytes) return;
  throw errors::user(
      400, "PolicyLengthExceededException",
      fmt::format("The final policy size ({}) is bigger than the limit ({}).", size, kPolicyBytes));
}

std::string policy_text(const json::array& statements) {
  return json::serialize(
      json::object{{"Version", "2012-10-17"}, {"Id", "default"}, {"Statement", statements}});
}

bool allows_invoke(const json::array& statements, const Invoker& invoker) {
  if (invoker.principal.empty()) return true;
  return std::any_of(statements.begin(), statements.end(), [&](const json::value& each) {
    const json::object& statement = each.as_object();
    return principal_matches(statement, invoker.principal) &&
           action_matches(statement, "lambda:InvokeFunction") &&
           conditions_match(statement, invoker);
  });
}

bool allows_public_url(const json::array& statements) {
  const auto allows = [&](std::string_view action) {
    return std::any_of(statements.begin(), statements.end(), [&](const json::value& each) {
      const json::object& statement = each.as_object();
      const json::value* principal = json::find(statement, "Principal");
      return principal != nullptr && *principal == json::value("*") &&
             action_matches(statement, action) && url_conditions_match(statement);
    });
  };
  return allows("lambda:InvokeFunctionUrl") && allows("lambda:InvokeFunction");
}

bool arn_like(std::string_view pattern, std::string_view arn) {
  for (int i = 0; i < 5; ++i) {
    if (!aws::matches_wildcard(take_component(pattern), take_component(arn))) return false;
  }
  return aws::matches_wildcard(pattern, arn);
}

}  // namespace tandem::lambda
