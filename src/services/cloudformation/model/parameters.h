// A stack's parameters: what the caller gave, against what the template declares.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "services/cloudformation/model/evaluate.h"
#include "services/cloudformation/model/template.h"

namespace tandem::cloudformation {

struct GivenParameter {
  std::string key;
  std::optional<std::string> value;
  bool use_previous = false;
};

/// Values as text, one for each declared parameter.
using ParameterTexts = std::map<std::string, std::string, std::less<>>;

/// previous: the stack's present values; null when the stack is new. Throws AWS's texts.
ParameterTexts resolve_parameters(const Template& source, const std::vector<GivenParameter>& given,
                                  const ParameterTexts* previous);

/// The values Ref gives: list types are split at commas.
ParameterValues parameter_values(const Template& source, const ParameterTexts& texts);
/// The same with every NoEcho value replaced by "****".
ParameterValues masked_values(const Template& source, const ParameterTexts& texts);

inline constexpr std::string_view kMask = "****";

}  // namespace tandem::cloudformation
