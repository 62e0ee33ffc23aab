// How a function is named in a request: by name, partial ARN or ARN, with or without qualifier.
#pragma once

#include <string>
#include <string_view>

namespace tandem::lambda {

struct FunctionReference {
  std::string name;
  std::string qualifier;  ///< empty when none was given
};

/// Whether a qualifier can only be an alias: no number and not $LATEST.
bool is_alias_name(std::string_view qualifier);

/// Throws ResourceNotFoundException for another region or account, InvalidParameterValueException
/// when the two qualifiers differ. query_qualifier is the Qualifier parameter, or empty.
FunctionReference parse_reference(std::string_view text, std::string_view query_qualifier,
                                  std::string_view region, std::string_view account);

/// "arn:aws:lambda:<region>:<account>:function:<name>".
std::string function_arn(std::string_view region, std::string_view account, std::string_view name);

}  // namespace tandem::lambda
